/* SPDX-License-Identifier: MIT
 *
 * A source file with the bytes that each line requested.
 */
#ifndef HS_REPORT_ANNOTATE_H
#define HS_REPORT_ANNOTATE_H

#include "analysis/model/knowledge.h"
#include "analysis/sites/line_costs.h"
#include "analysis/draw/json.h"

#define HS_ALL_LINES UINT64_MAX

struct hs_annotation {
    const struct hs_line_costs *lines;
    const struct hs_knowledge *known;
    size_t first, n;    /* the entries of this file */
    const char *source; /* path of the source, NULL when it was not found */
    char *text;         /* its contents */
    const char *doubt;  /* why it may differ from the source that ran; NULL: no reason known */
    uint64_t context;   /* lines shown around each line that requested memory, or HS_ALL_LINES */
    bool color;
};

/* With `text`: the listing. Without: only the line numbers. */
void hs_annotation_text(const struct hs_annotation *annotation, FILE *out);

/* Adds one object to the current array: the file and its lines that requested memory. */
void hs_annotation_json(const struct hs_annotation *annotation, struct hs_json *json);

#endif
