/* SPDX-License-Identifier: MIT
 *
 * Console output of Zephyr and FreeRTOS: a heap or a pool of network buffers that had nothing left.
 */
#include <stdio.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define QUOTED 3u /* lines about one kind of failure that are quoted */

/* ---- Zephyr: pools of its network stack ---- */

static const struct {
    const char *message, *what, *next;
} pools[] = {
    {"Data buffer (", "the network stack had no data buffer left",
     "make CONFIG_NET_BUF_RX_COUNT or CONFIG_NET_BUF_TX_COUNT larger, by the direction that the message is about"},
    {"Failed to get free buffer", "a pool of network buffers was empty",
     "make CONFIG_NET_BUF_RX_COUNT or CONFIG_NET_BUF_TX_COUNT larger, or the pool's NET_BUF_POOL_DEFINE"},
    {"Unable to allocate buffer", "the Bluetooth stack had no buffer left",
     "make CONFIG_BT_BUF_ACL_TX_COUNT, CONFIG_BT_L2CAP_TX_BUF_COUNT or CONFIG_BT_ATT_TX_COUNT larger, and wait for what is sent before "
     "more is"},
    {"Not enough connection contexts", "the network stack had no connection context left", "make CONFIG_NET_MAX_CONN larger"},
};

#define N_POOLS (sizeof pools / sizeof *pools)

/* The pool that a line's error is about; N_POOLS: none. */
static size_t pool_in(const char *line)
{
    const char *message = hs_zephyr_error_in(line);
    size_t k = message ? 0 : N_POOLS;
    while (k < N_POOLS && !strstr(message, pools[k].message))
        k++;
    return k;
}

static void advise_pool(struct hs_finding *f, size_t k)
{
    hs_finding_next(f, "%s", pools[k].next);
    if (!strstr(pools[k].what, "Bluetooth"))
        hs_finding_next(f, "a number that only falls is a leak: the shell's net mem shows how many are free, and "
                           "CONFIG_NET_BUF_POOL_USAGE keeps the least number; each net_pkt and net_buf that is received must be "
                           "given back by net_pkt_unref() or net_buf_unref(), also after an error");
}

/* One finding for all, since one lack leads to the next. Whether there is one. */
static bool report_pools(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct hs_finding *f = NULL;
    unsigned quoted = 0;
    size_t first = N_POOLS;
    for (size_t i = 0; i < p->n_lines && quoted < QUOTED; i++) {
        size_t k = pool_in(p->line[i].text);
        if (k == N_POOLS)
            continue;
        first = quoted ? first : k;
        if (!quoted)
            f = hs_finding_new(findings, "HS-POOL-EMPTY", HS_SEVERITY_PROBLEM, "Zephyr: %s", pools[k].what);
        hs_finding_quote(f, &p->line[i]);
        quoted++;
    }
    if (quoted)
        advise_pool(f, first);
    return quoted;
}

/* ---- a thread's stack ---- */

static void report_stack(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    static const char *const messages[] = {">>> ZEPHYR FATAL ERROR 2: Stack overflow", "vApplicationStackOverflowHook", NULL};
    const struct hs_doctor_line *line = NULL;
    bool zephyr = false;
    for (const char *const *message = messages; *message && !line; message++)
        for (size_t i = 0; i < p->n_lines && !line; i++) {
            const char *logged = hs_zephyr_error_in(p->line[i].text);
            bool says = hs_message_in(p->line[i].text, *message) || (logged && !strncmp(logged, *message, strlen(*message)));
            line = says ? &p->line[i] : NULL;
            zephyr = message == messages;
        }
    if (!line)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-RTOS-STACK", HS_SEVERITY_PROBLEM,
                                          "a thread's stack was too small: this is not the heap");
    hs_finding_quote(f, line);
    hs_finding_next(f, zephyr ? "make that thread's stack larger (K_THREAD_STACK_DEFINE, CONFIG_MAIN_STACK_SIZE); "
                                "CONFIG_THREAD_ANALYZER prints what each stack needs"
                              : "make that task's stack larger; uxTaskGetStackHighWaterMark() shows what is left");
}

/* ---- heaps ---- */

static void report_zephyr(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *line = hs_doctor_input_that(p, hs_zephyr_failure_in);
    if (!line)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-RTOS-FAILED", HS_SEVERITY_PROBLEM,
                                          "a heap of Zephyr could not give what was requested");
    hs_finding_quote(f, line);
    hs_finding_evidence(f, "k_malloc() takes from CONFIG_HEAP_MEM_POOL_SIZE bytes, malloc() from an arena of "
                           "CONFIG_COMMON_LIBC_MALLOC_ARENA_SIZE: each is full for itself");
    hs_finding_next(
        f, "with CONFIG_SYS_HEAP_RUNTIME_STATS sys_heap_runtime_stats_get() tells what is free, in use, and was at most");
    hs_finding_next(f, "or record it: firmware-hooks/zephyr shows by caller and thread who holds what");
}

static void report_freertos(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    static const char *const messages[] = {"vApplicationMallocFailedHook", NULL};
    const struct hs_doctor_line *line = hs_doctor_input_message(p, messages);
    if (!line)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-RTOS-FAILED", HS_SEVERITY_PROBLEM,
                                          "FreeRTOS's heap could not give what was requested");
    hs_finding_quote(f, line);
    hs_finding_figures(f, p, line);
    hs_finding_evidence(f, "pvPortMalloc() calls this function before it returns NULL; tasks, queues and timers that are not "
                           "static take their memory there too");
    hs_finding_next(f, "vPortGetHeapStats() tells what is free, the largest free block, and the least that was ever free: with "
                       "a large free block that is too small the heap is in pieces, without one it is full");
    hs_finding_next(f, "full: make configTOTAL_HEAP_SIZE larger, or stacks smaller (uxTaskGetStackHighWaterMark())");
    hs_finding_next(f, "or record it: firmware-hooks/freertos shows by caller and task who holds what");
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    report_stack(p, findings);
    if (!report_pools(p, findings))
        report_zephyr(p, findings);
    report_freertos(p, findings);
}

const struct hs_check hs_check_rtos = {.name = "rtos", .look = look};
