/* SPDX-License-Identifier: MIT
 *
 * heapstrata report --phase.
 */
#ifndef HS_PHASES_REPORT_PHASE_H
#define HS_PHASES_REPORT_PHASE_H

#include "analysis/cmd/cmd.h"

/* Prints what imports cost, the first `limit` rows of the tree. Returns the status to exit with. */
int hs_report_phase(const struct hs_common *common, uint64_t limit);

#endif
