/* SPDX-License-Identifier: MIT
 *
 * How far the figures of a trace are known. A trace may begin in the middle of the run, have gaps, or be recorded at a level
 * that does not have every event. Each view asks here before it prints a figure: what is not known is "-" in a table, null in
 * JSON and empty in CSV; what is only a lower bound is marked "at least".
 */
#ifndef HS_MODEL_KNOWLEDGE_H
#define HS_MODEL_KNOWLEDGE_H

#include "analysis/model/model.h"

enum hs_certainty {
    HS_EXACT,
    HS_ESTIMATED, /* from samples */
    HS_AT_LEAST,  /* a lower bound */
    HS_NOT_KNOWN,
};

struct hs_knowledge {
    enum hs_certainty requests; /* allocations and reallocs together, and their bytes */
    enum hs_certainty split;    /* allocations and reallocs, each alone */
    enum hs_certainty lines;    /* requests of one line */
    enum hs_certainty ends;     /* blocks freed by the program and by collections, and their lifetimes */
    enum hs_certainty failures; /* their number */
    enum hs_certainty live;     /* bytes and blocks by line at the end; HS_AT_LEAST: of some blocks the line is not known */
    enum hs_certainty peak;     /* the most used bytes */
    enum hs_certainty at_peak;  /* the same by line */
    bool placed;                /* where each block is at the end */
    bool clock;                 /* times */
    bool text;                  /* the trace is made from text of mem_info(): blocks are known by kind, not by line */
};

const char *hs_certainty_name(enum hs_certainty certainty); /* "at least" */

/* Whether the trace is made from text of mem_info(). */
bool hs_is_text_of_meminfo(const struct hs_reader *reader);

/* Of a model that has all events of the trace. */
struct hs_knowledge hs_knowledge_of(const struct hs_model *model, const struct hs_reader *reader);

/* Why the blocks at the end are not known by line, in words that follow a colon: "level summary does not record ...". NULL: they
 * are known, of some blocks at least. */
const char *hs_knowledge_why(const struct hs_model *model, const struct hs_reader *reader);

/* Why records that a command looks for may be missing, in words that follow a colon. NULL: the trace has all of them. */
const char *hs_knowledge_lost(const struct hs_reader *reader);

#endif
