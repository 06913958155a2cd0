/* SPDX-License-Identifier: MIT
 *
 * The reference graph of a trace at the moment that the user requests.
 */
#ifndef HS_WHY_REFGRAPH_SESSION_H
#define HS_WHY_REFGRAPH_SESSION_H

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/time_spec.h"
#include "analysis/sites/names.h"
#include "analysis/refs/retained.h"

/* What commands with a session have in common: the row of their option --at, and their first sentence of help. */
#define HS_REFGRAPH_AT(offset) \
    { \
        "at", 'a', "WHEN", HS_OPT_TEXT, offset, \
            "the first snapshot of references at or after that moment: a time such as 1.5s, record:N, mark:LABEL or " \
            "mark:LABEL#2 (default: the trace's last one)", \
            NULL \
    }
#define HS_REFGRAPH_NEEDS \
    "Needs a trace with a snapshot of references: heapstrata.snapshot(refs=True) in the program, or " \
    "HEAPSTRATA_REFS=mark,fail in the environment of the unix port"

struct hs_refgraph_session {
    struct hs_reader *reader;
    struct hs_model *model; /* at the trace's end, or after the graph if the user chose a moment */
    struct hs_names names;
    struct hs_refs refs;
    struct hs_retained retained;
    struct hs_time_spec when; /* UNSET, END: the last graph of the trace; else the first at or after this moment */
    const char *path;
    bool armed; /* the moment is reached */
    bool taken; /* a graph is stored */
    int error;
    int status; /* exit status if nothing fails later */
};

/* Reads the trace and measures its graph. `at` may be NULL. Without a graph, prints an error and returns false.
 * Call hs_refgraph_session_close in any case. */
bool hs_refgraph_session_open(struct hs_refgraph_session *graph, const struct hs_common *common, const char *at);
/* The name of a module in the graph, from the name that the user gives. The script is __main__ in the graph; the user can
 * also call it "main" or by its file's name, unless a module has that name. NULL when there is no such module. */
const char *hs_refgraph_session_module(const struct hs_refgraph_session *graph, const char *name, size_t length);

void hs_refgraph_session_close(struct hs_refgraph_session *graph);

#endif
