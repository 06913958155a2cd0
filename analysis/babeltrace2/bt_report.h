/* SPDX-License-Identifier: MIT
 *
 * sink.heapstrata.report: the report of any trace that babeltrace2 reads.
 */
#ifndef HS_BABELTRACE2_BT_REPORT_H
#define HS_BABELTRACE2_BT_REPORT_H

#include <stdio.h>

#include "analysis/babeltrace2/lttng.h"
#include "analysis/sites/groups.h"

/* The same options as `heapstrata report`. */
struct hs_bt_report_options {
    const char *sort, *elf; /* NULL: by line; none */
    uint64_t limit;         /* rows; 0: all */
    enum hs_weight weight;
    bool json;
};

struct hs_bt_report;

/* Copies the options and their strings. On an error, returns NULL and fills *error. */
struct hs_bt_report *hs_bt_report_new(const struct hs_bt_report_options *options, struct hs_error *error);
void hs_bt_report_free(struct hs_bt_report *report);

/* The listener that receives the trace's events. */
const struct hs_bt_listener *hs_bt_report_listener(const struct hs_bt_report *report);

/* Prints the report; call it at the end of the trace. Returns HS_OK or a negative enum hs_err, with *error filled. */
int hs_bt_report_print(struct hs_bt_report *report, FILE *out, struct hs_error *error);

#endif
