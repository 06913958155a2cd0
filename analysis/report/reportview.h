/* SPDX-License-Identifier: MIT
 *
 * A report on which code requested memory, as text, CSV or JSON. Only prints; measures nothing.
 */
#ifndef HS_REPORT_REPORTVIEW_H
#define HS_REPORT_REPORTVIEW_H

#include "analysis/sites/callers.h"
#include "analysis/sites/groups.h"
#include "analysis/blame/separators.h"
#include "analysis/time/summary.h"
#include "analysis/draw/head.h"

#define HS_NO_LIMIT UINT64_MAX

struct hs_report {
    struct hs_head head;
    struct hs_summary summary;
    const struct hs_names *names;
    const struct hs_groups *groups; /* the table */
    bool call_graph;                /* callers below each row */
    bool color;
    uint64_t limit;   /* rows; HS_NO_LIMIT: all */
    double min_share; /* rows below it are left out */

    const struct hs_groups *lines;          /* the groups of `separators` */
    const struct hs_separators *separators; /* NULL: none */
    const char *separators_when;            /* "when an allocation last failed for fragmentation" */
    const char *headline;                   /* the doctor's first finding; NULL: none */
    uint64_t separators_asked;              /* bytes of that request; 0: no request */
};

void hs_report_text(const struct hs_report *report, FILE *out);
void hs_report_csv(const struct hs_report *report, FILE *out);

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_report_json(const struct hs_report *report, FILE *out);

#endif
