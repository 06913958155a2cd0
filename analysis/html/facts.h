/* SPDX-License-Identifier: MIT
 *
 * The part of a page's data that is not its history, as JSON: firmware, losses, verdict, places, sites and stacks by
 * number, notes, source lines.
 *
 *   sites    by number plus 1 (0: not known): [place, kind, frames of its stack, outermost first]
 *   places   lines as reports show them, several sites each, with their sums over the whole trace; `as`: the name in the
 *            first of two traces, if it differs
 *   stands_for  files of the second trace that match files of another name in the first: {own, base}
 *   frames   names of the frames of stacks; `frames_as`: their names in the first trace, null if equal
 *   columns  of the history, in order, with their lengths in bytes; the columns follow the JSON
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
    /* Returns the text of a source file, which its caller frees; NULL when it is not found. */
    char *(*source)(void *context, const char *file);
    void *context;
    struct hs_same_files same; /* of the second of two traces: its files that match files of the first; else empty */
};

/* Adds an object to `json`. Returns HS_OK or a negative enum hs_err. */
int hs_page_facts(const struct hs_page_facts *facts, struct hs_json *json);

#endif
