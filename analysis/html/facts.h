/* SPDX-License-Identifier: MIT
 *
 * What a page knows of a trace beside its history, as JSON: the firmware, what was lost, the verdict, places, sites and
 * stacks by number, notes, lines of the source.
 *
 *   sites    by number plus 1 (0: not known): [place, kind, frames of its stack, outermost first]
 *   places   lines as reports show them, several sites each, with their sums over the whole trace; `as`: what the first of two
 *            traces calls it, where that is another name
 *   frames   names of the frames of stacks; `frames_as`: likewise, null where it is the same name
 *   columns  those of the history, in order, with their bytes, which follow the JSON
 */
#ifndef HS_HTML_FACTS_H
#define HS_HTML_FACTS_H

#include "analysis/html/html_trace.h"
#include "analysis/sites/names.h"
#include "analysis/sites/samefiles.h"
#include "analysis/draw/head.h"
#include "analysis/draw/json.h"

struct hs_page_facts {
    const struct hs_page_trace *trace;
    struct hs_names names;
    struct hs_head head;
    /* The text of a source file, which the callee frees; NULL when it is not at hand. */
    char *(*source)(void *context, const char *file);
    void *context;
    struct hs_same_files same; /* of the second of two: its files that are the first's; else none */
};

/* Adds an object to `json`. Returns HS_OK or a negative enum hs_err. */
int hs_page_facts(const struct hs_page_facts *facts, struct hs_json *json);

#endif
