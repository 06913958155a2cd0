/* SPDX-License-Identifier: MIT
 *
 * The Python program that `record` sends to a firmware without our module (stock.h).
 */
#ifndef HS_RECORD_STOCK_HELPER_H
#define HS_RECORD_STOCK_HELPER_H

#include <stdbool.h>
#include <stddef.h>

/* What the firmware has. */
struct hs_stock_firmware {
    bool mem_info; /* otherwise the figures of gc only, no map */
    bool ticks;    /* a clock: time.ticks_ms or supervisor.ticks_ms */
    bool time;     /* the clock is time.ticks_ms */
    bool builtins; /* built-in functions can be replaced, so imports can be noticed */
    bool timer;    /* machine.Timer and micropython.schedule: samples at intervals */
    bool levels;   /* micropython.opt_level: code without numbers of lines */
};

struct hs_stock_helper {
    const struct hs_stock_firmware *firmware;
    unsigned interval;  /* milliseconds between two looks of the timer */
    const char *script; /* what it does not name is left out of the helper, but for mark(); NULL: all is sent */
    size_t script_len;
};

/* The code that makes the helper. Afterwards
 *
 *     import heapstrata              is the helper's; with samples at intervals the timer is its attribute `step`
 *     _hs_("")                       executes heapstrata.code, an object of compile(); with a sample when an exception leaves it
 *     _hs_("end"), "raised" or "collected"     a sample; none at intervals follows
 *
 * The caller frees it; NULL: no memory. */
char *hs_stock_helper(const struct hs_stock_helper *helper);

#endif
