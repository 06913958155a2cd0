/* SPDX-License-Identifier: MIT
 *
 * The example of lwIP with a clock that runs: its simulated milliseconds, and in each of them the microseconds that this
 * machine takes. For the benchmark's web_lwip.c and web_esp.c, which define clock_ticked().
 */
#ifndef TESTS_BENCH_WEB_CLOCK_H
#define TESTS_BENCH_WEB_CLOCK_H

#include "examples/lwip-timeouts/network.h"

static void clock_ticked(void);

static void tick_with_clock(void)
{
    clock_ticked();
    network_tick();
}

#define network_tick tick_with_clock

#endif
