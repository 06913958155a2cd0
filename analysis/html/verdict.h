/* SPDX-License-Identifier: MIT
 *
 * The verdict on a trace, in one sentence.
 */
#ifndef HS_HTML_VERDICT_H
#define HS_HTML_VERDICT_H

#include "analysis/draw/json.h"
#include "analysis/html/html_trace.h"
#include "analysis/sites/names.h"

#define HS_SENTENCE_MAX 2048u

enum hs_page_finding { HS_PAGE_NOTHING, HS_PAGE_FRAGMENTED, HS_PAGE_FAILED };

/* Writes the sentence into `text`, of HS_SENTENCE_MAX bytes: the doctor's first finding, or else how full the heap was. Call
 * it once, at the end of the trace. */
enum hs_page_finding hs_page_verdict(const struct hs_page_trace *trace, const struct hs_names *names, char *text);

/* Adds what the doctor advises first, as the array "next". Call it after hs_page_verdict. */
void hs_page_next(const struct hs_page_trace *trace, struct hs_json *json);

const char *hs_page_finding_name(enum hs_page_finding finding);

#endif
