/* SPDX-License-Identifier: MIT
 *
 * Adds a summary's figures to the innermost JSON object, under the names common to all commands.
 */
#ifndef HS_DRAW_SUMMARYJSON_H
#define HS_DRAW_SUMMARYJSON_H

#include "analysis/time/summary.h"
#include "analysis/draw/json.h"

/* Of the trace. */
void hs_summary_json(const struct hs_summary *summary, struct hs_json *json);

/* Of the heap, or of one region. */
void hs_summary_space_json(const struct hs_space *space, struct hs_json *json);

#endif
