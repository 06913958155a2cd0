/* SPDX-License-Identifier: MIT
 *
 * heapstrata report --retained.
 */
#ifndef HS_WHY_REPORT_RETAINED_H
#define HS_WHY_REPORT_RETAINED_H

#include "analysis/cmd/cmd.h"
#include "analysis/sites/groups.h"

/* Prints what places retained at the trace's last snapshot of references, the first `limit` rows. Returns the
 * status to exit with. */
int hs_report_retained(const struct hs_common *common, const struct hs_grouping *by, uint64_t limit);

#endif
