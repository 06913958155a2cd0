/* SPDX-License-Identifier: MIT */
#include "analysis/why/refgraph_session.h"

#include <string.h>

#include "analysis/model/knowledge.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/source.h"
#include "analysis/time/timeline.h"

enum { STOP = 1 };

/* Of several marks with one label the last counts, so each of them discards the graph after an earlier one. */
static void arm(struct hs_refgraph_session *g, const struct hs_event *e, double at)
{
    if (g->when.kind == HS_TIME_SPEC_MARK) {
        if (hs_time_spec_at(&g->when, e)) {
            g->armed = true;
            g->taken = false;
        }
    } else if (!g->armed) {
        g->armed = g->when.kind != HS_TIME_SPEC_END &&
                   (hs_time_spec_before(&g->when, e, at) || (g->when.kind == HS_TIME_SPEC_EVENT && e->number == g->when.number));
    }
}

static bool goes_on(const struct hs_refgraph_session *g)
{
    return !g->taken || (g->when.kind == HS_TIME_SPEC_MARK && !g->when.occurrence);
}

/* After the chosen graph, ignores later ones: measures are taken at the end, so none may replace it. */
static int watch(void *context, const struct hs_event *events, long n)
{
    struct hs_refgraph_session *g = context;
    bool chosen = g->when.kind != HS_TIME_SPEC_UNSET && g->when.kind != HS_TIME_SPEC_END;
    for (const struct hs_event *e = events; e < events + n && !g->error; e++) {
        if (chosen)
            arm(g, e, hs_seconds(g->reader, hs_event_elapsed(g->model, e)));
        hs_model_feed(g->model, e, 1);
        if (chosen && (!g->armed || g->taken))
            continue;
        g->refs.pointer_bytes = hs_reader_info(g->reader)->pointer_bytes;
        int fed = hs_refs_feed(&g->refs, g->model, e);
        g->error = fed < 0 ? fed : g->model->error;
        g->taken = g->taken || fed > 0;
        if (chosen && !goes_on(g))
            return STOP;
    }
    return g->error;
}

static int missing(const struct hs_refgraph_session *g)
{
    if (g->when.kind == HS_TIME_SPEC_MARK && !g->armed)
        return hs_time_spec_no_mark(&g->when, g->path, g->reader);
    if (g->refs.dropped || g->refs.gathering)
        return hs_complain("%s: no complete snapshot of references%s: those in the trace are truncated, or events were lost "
                           "among them",
                           g->path, g->armed ? " after that moment" : "");
    if (g->model->levels.last > HS_LEVEL_FULL)
        return hs_complain("%s: no snapshot of references%s: level %s has none. Record at level full", g->path,
                           g->armed ? " after that moment" : "", hs_level_name(g->model->levels.last));
    const char *lost = hs_knowledge_lost(g->reader);
    if (lost)
        hs_complain("%s: what the trace has is not all of the run: %s", g->path, lost);
    return hs_complain("%s: no snapshot of references%s: let the program call heapstrata.snapshot(refs=True), or "
                       "heapstrata.refs(\"mark,fail\"); on the unix port set HEAPSTRATA_REFS=mark,fail",
                       g->path, g->armed ? " after that moment" : "");
}

bool hs_refgraph_session_open(struct hs_refgraph_session *g, const struct hs_common *common, const char *at)
{
    *g = (struct hs_refgraph_session){.path = common->input};
    if (!hs_time_spec_parse(&g->when, at, "at"))
        return false;
    g->reader = hs_cmd_open_selected(common, common->input); /* memory around the interpreter's heap is never collected */
    if (!g->reader)
        return false;
    g->names.reader = g->reader;
    g->model = hs_model_new(NULL);
    if (!g->model)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY)), false;
    if (!hs_cmd_replay(g->reader, watch, g, &g->status))
        return false;
    if (!g->error && (!g->refs.complete || !g->taken))
        return missing(g), false;
    if (hs_cmd_symbols(&g->names.symbols, common, g->reader))
        return false;
    if (!g->error)
        g->error = hs_retained_measure(&g->retained, &g->refs.graph);
    if (g->error)
        return hs_complain("%s", hs_strerror(g->error)), false;
    return true;
}

static const char *module_called(const struct hs_refgraph *g, const char *name, size_t length)
{
    for (uint32_t i = 0; i < g->n_modules; i++)
        if (strlen(g->module[i].name) == length && !memcmp(g->module[i].name, name, length))
            return g->module[i].name;
    return NULL;
}

/* Whether the body of a file NAME.py or NAME.mpy has run. */
static bool ran_as_file(const struct hs_reader *reader, const char *name, size_t length)
{
    for (uint32_t i = 1; i < hs_reader_sites(reader); i++) {
        const struct hs_site *site = hs_reader_site(reader, i);
        const char *file = site && !strcmp(site->function, "<module>") ? hs_last_part(site->file) : "";
        if (!strncmp(file, name, length) && file[length] == '.' && !strchr(file + length + 1, '.'))
            return true;
    }
    return false;
}

const char *hs_refgraph_session_module(const struct hs_refgraph_session *g, const char *name, size_t length)
{
    const char *module = module_called(&g->refs.graph, name, length);
    bool script = (length == 4 && !memcmp(name, "main", 4)) || ran_as_file(g->reader, name, length);
    return module || !script ? module : module_called(&g->refs.graph, "__main__", 8);
}

void hs_refgraph_session_close(struct hs_refgraph_session *g)
{
    hs_retained_free(&g->retained);
    hs_refs_free(&g->refs);
    hs_symbols_close(g->names.symbols);
    hs_model_free(g->model);
    hs_reader_close(g->reader);
}
