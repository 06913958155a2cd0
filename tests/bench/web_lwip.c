/* SPDX-License-Identifier: MIT
 *
 * The example of lwIP as it is, lwIP's pools and heap recorded, with a clock that runs.
 */
#include <time.h>

#include "tests/bench/web_clock.h"
#define __wrap_hs_port_ticks simulated_ticks
#include "examples/lwip-timeouts/web.c"
#undef __wrap_hs_port_ticks

static struct timespec since;

static void clock_ticked(void) { clock_gettime(CLOCK_MONOTONIC, &since); }

uint32_t __wrap_hs_port_ticks(void);
uint32_t __wrap_hs_port_ticks(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t us = (now.tv_sec - since.tv_sec) * INT64_C(1000000) + (now.tv_nsec - since.tv_nsec) / 1000;
    return simulated_ticks() + (us < 999 ? (uint32_t)us : 999);
}
