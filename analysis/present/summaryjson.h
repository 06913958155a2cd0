/* SPDX-License-Identifier: MIT
 *
 * The figures of a summary as members of the JSON object at hand, under the names that all commands use.
 */
#ifndef HS_PRESENT_SUMMARYJSON_H
#define HS_PRESENT_SUMMARYJSON_H

#include "analysis/measure/summary.h"
#include "analysis/present/json.h"

/* Of the trace. */
void hs_summary_json(const struct hs_summary *summary, struct hs_json *json);

/* Of the heap, or of one region. */
void hs_summary_space_json(const struct hs_space *space, struct hs_json *json);

#endif
