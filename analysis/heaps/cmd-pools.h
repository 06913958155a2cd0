/* SPDX-License-Identifier: MIT
 *
 * heapstrata report --pools, heapstrata timeline --pools.
 */
#ifndef HS_HEAPS_CMD_POOLS_H
#define HS_HEAPS_CMD_POOLS_H

#include "analysis/cmd/cmd.h"

/* Prints the pools, of each the first `limit` holders. Returns the status to exit with. */
int hs_report_pools(const struct hs_common *common, uint64_t limit);

/* Prints how full they were over time, in at most `points` spans; 0: as many as fit. */
int hs_timeline_pools(const struct hs_common *common, uint64_t points);

#endif
