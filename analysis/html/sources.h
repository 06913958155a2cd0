/* SPDX-License-Identifier: MIT
 *
 * The source lines around each place that requested memory, if the source is found.
 */
#ifndef HS_HTML_SOURCES_H
#define HS_HTML_SOURCES_H

#include "analysis/html/facts.h"
#include "analysis/sites/groups.h"

#define HS_SOURCE_AROUND 4u /* lines before and after */

/* Adds "source": { file: { line: text, ... }, ... }. Returns HS_OK or HS_ERR_MEMORY. */
int hs_page_sources(const struct hs_page_facts *facts, const struct hs_groups *lines, struct hs_json *json);

#endif
