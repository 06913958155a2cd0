/* SPDX-License-Identifier: MIT
 *
 *   lttng_peer EVENTS        the synthetic stream of explicit frees into LTTng-UST, in a session under way
 *
 * Prints ns an event.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "tests/bench/lttng_peer_tp.h"
#include "tests/bench/synthetic.h"

#define CHUNK 65536u

static struct stream stream;
static struct event event[CHUNK];

/* Processor time: others on the machine count less. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
    double spent = 0;
    stream_start(&stream, 42, false);
    while (stream.events < events) {
        uint32_t n = stream_next(&stream, event, CHUNK);
        double start = now();
        for (uint32_t i = 0; i < n; i++)
            if (event[i].kind == EV_ALLOC)
                lttng_ust_tracepoint(hs_bench, alloc, event[i].site, event[i].pos, event[i].size);
            else
                lttng_ust_tracepoint(hs_bench, release, event[i].pos);
        spent += now() - start;
    }
    printf("%.3f %llu\n", spent / (double)stream.events, (unsigned long long)stream.events);
    return 0;
}
