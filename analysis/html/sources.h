/* SPDX-License-Identifier: MIT
 *
 * The lines of the source around each place that asked for memory, where the source is at hand.
 */
#ifndef HS_HTML_SOURCES_H
#define HS_HTML_SOURCES_H

#include "analysis/html/facts.h"
#include "analysis/sites/groups.h"

#define HS_SOURCE_AROUND 4u /* lines before and behind */

/* Adds "source": { file: { line: text, ... }, ... }. Returns HS_OK or HS_ERR_MEMORY. */
int hs_page_sources(const struct hs_page_facts *facts, const struct hs_groups *lines, struct hs_json *json);

#endif
