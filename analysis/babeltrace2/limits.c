/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace2/limits.h"

#include "analysis/babeltrace2/bt_internal.h"

#if HS_BT

#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#define SECONDS_LEAST 2u          /* between two messages, and one more for each... */
#define SECOND_OF (1u << 20)      /* ...bytes of the trace; the library reads ten times as many in a second */
#define MEMORY_LEAST (256u << 20) /* bytes; the library itself takes 20 MB */
#define MEMORY_OF_BYTE 160u       /* an array's element of one byte takes 88 */
#define MESSAGES_OF_BYTE 32u      /* an event has a bit at least, and a packet with events brings three messages more */

static time_t seconds;
static struct rlimit before;

/* Private memory of this process in bytes, as RLIMIT_DATA counts it. 0: unknown. */
static uint64_t memory_now(void)
{
    unsigned long long data = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm)
        return 0;
    int n = fscanf(statm, "%*u %*u %*u %*u %*u %llu", &data);
    fclose(statm);
    return n == 1 ? data * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void limit_memory(uint64_t bytes)
{
    uint64_t now = memory_now(), most = now + MEMORY_LEAST + MEMORY_OF_BYTE * bytes;
    if (!now || bytes > UINT64_MAX / MEMORY_OF_BYTE / 2 || before.rlim_cur <= most)
        return;
    setrlimit(RLIMIT_DATA, &(struct rlimit){.rlim_cur = most, .rlim_max = before.rlim_max});
}

void hs_bt_progress(void)
{
    if (seconds)
        setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = seconds}, NULL);
}

void hs_bt_limit(uint64_t bytes)
{
    seconds = (time_t)(SECONDS_LEAST + bytes / SECOND_OF);
    if (!getrlimit(RLIMIT_DATA, &before))
        limit_memory(bytes);
    hs_bt_progress();
}

void hs_bt_limit_end(void)
{
    if (!seconds)
        return;
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = 0}, NULL);
    setrlimit(RLIMIT_DATA, &before);
    seconds = 0;
}

uint64_t hs_bt_most_messages(uint64_t bytes)
{
    return bytes < UINT64_MAX / MESSAGES_OF_BYTE - 1000 ? (bytes + 1000) * MESSAGES_OF_BYTE : UINT64_MAX;
}

#endif
