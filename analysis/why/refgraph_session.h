/* SPDX-License-Identifier: MIT
 *
 * The reference graph of a trace, at the moment that a command asks for.
 */
#ifndef HS_WHY_REFGRAPH_SESSION_H
#define HS_WHY_REFGRAPH_SESSION_H

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/time_spec.h"
#include "analysis/sites/names.h"
#include "analysis/refs/retained.h"

struct hs_refgraph_session {
    struct hs_reader *reader;
    struct hs_model *model; /* at the trace's end, or behind the graph when a moment was asked for */
    struct hs_names names;
    struct hs_refs refs;
    struct hs_retained retained;
    struct hs_time_spec when; /* UNSET: the trace's last graph; else the first at or behind that moment */
    const char *path;
    bool armed; /* the moment came */
    bool taken; /* and its graph too */
    int error;
    int status; /* to exit with when all else is well */
};

/* Reads the trace, and measures its graph. `at` may be NULL. Complains and returns false when there is none.
 * Call hs_refgraph_session_close in any case. */
bool hs_refgraph_session_open(struct hs_refgraph_session *graph, const struct hs_common *common, const char *at);
/* The name that a module has in the graph, by what the user calls it. The script that was run is __main__ there; it is
 * meant by "main" and by its file's name too, unless a module has that name. NULL when there is no such module. */
const char *hs_refgraph_session_module(const struct hs_refgraph_session *graph, const char *name, size_t length);

void hs_refgraph_session_close(struct hs_refgraph_session *graph);

#endif
