/* SPDX-License-Identifier: MIT
 *
 * heapstrata compare: what one run holds and allocates that another does not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/model/knowledge.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/source.h"
#include "analysis/cmd/time_spec.h"
#include "analysis/refs/globals.h"
#include "analysis/time/timeline.h"
#include "analysis/compare/compareview.h"
#include "lib/host/util/array.h"

struct args {
    struct hs_common common;
    const char *at, *fail_above;
    struct hs_list source;
    int by; /* enum hs_cost */
    uint64_t limit;
    bool all;
};

enum { STOP = 1 };

/* A trace and the data taken from it. */
struct source {
    const char *path;
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_names names;
    struct hs_time_spec when; /* UNSET: after the last collection */
    struct hs_heap_snapshot snapshot;
    bool tearing_down; /* in the collection that ends the heap */
    struct hs_refs refs;
    bool wants_names; /* waiting for the next snapshot of references */
    struct hs_named_cost *global;
    size_t n_globals;
    struct hs_phases *phases;
    uint32_t *entry; /* of the snapshot's blocks, in `phases` */
    size_t entries_room;
    const struct args *args;
    struct hs_same_files same; /* its source files that are also files of the first trace */
    bool loaded;
    int error;
};

struct work {
    const struct args *args;
    struct source source[HS_SIDES];
    unsigned n;
    struct hs_compareview view;
};

/* ---- the moment ---- */

static void drop_names(struct source *s)
{
    for (size_t i = 0; i < s->n_globals; i++)
        free(s->global[i].name);
    free(s->global);
    s->global = NULL;
    s->n_globals = 0;
}

static int keep_entries(struct source *s)
{
    if (!hs_array_reserve(s->entry, s->entries_room, (size_t)s->snapshot.n_blocks + 1))
        return HS_ERR_MEMORY;
    for (uint32_t i = 0; i < s->snapshot.n_blocks; i++)
        s->entry[i] = hs_phases_entry_at(s->phases, s->snapshot.block[i].pos, s->snapshot.block[i].site);
    return HS_OK;
}

static void take(struct source *s)
{
    int error = hs_heap_snapshot_take(&s->snapshot, s->model);
    error = error ? error : keep_entries(s);
    s->error = s->error ? s->error : error;
    s->wants_names = true;
    drop_names(s);
}

static int keep_names(struct source *s, const struct hs_global_costs *costs)
{
    s->global = calloc(costs->n + 1, sizeof *s->global);
    for (size_t i = 0; s->global && i < costs->n; i++) {
        if (asprintf(&s->global[i].name, "%s.%s", costs->cost[i].module->name, costs->cost[i].global->name) < 0)
            return HS_ERR_MEMORY;
        s->global[i].bytes = costs->cost[i].total;
        s->n_globals++;
    }
    return s->global ? HS_OK : HS_ERR_MEMORY;
}

/* Uses the first snapshot of references after the moment. If the number of blocks has changed since, it shows another
 * heap and is ignored. */
static int take_names(struct source *s)
{
    struct hs_retained retained;
    struct hs_global_costs costs;
    const struct hs_frame_facts facts = hs_frame_facts(s->reader);
    s->wants_names = false;
    if (s->refs.graph.snapshot.n_blocks != s->snapshot.n_blocks)
        return HS_OK;
    int error = hs_retained_measure(&retained, &s->refs.graph);
    if (error)
        return error;
    error = hs_global_costs_measure(&costs, &retained, &facts);
    error = error ? error : keep_names(s, &costs);
    hs_global_costs_free(&costs);
    hs_retained_free(&retained);
    return error;
}

static void watch_names(struct source *s, const struct hs_event *e)
{
    s->refs.pointer_bytes = hs_reader_info(s->reader)->pointer_bytes;
    int fed = s->wants_names ? hs_refs_feed(&s->refs, s->model, e) : 0;
    if (fed > 0)
        fed = take_names(s);
    s->error = s->error || fed >= 0 ? s->error : fed;
}

/* A collection that tears down the heap at exit or soft reset leaves no live blocks, so it is ignored. */
static void watch_collections(struct source *s, const struct hs_event *e)
{
    if (e->kind == HS_COLLECT)
        s->tearing_down = e->record->collect.cause == 3;
    if (e->kind == HS_COLLECT_END && !s->tearing_down)
        take(s);
}

static int watch(void *context, const struct hs_event *events, long n)
{
    struct source *s = context;
    const bool chosen = s->when.kind != HS_TIME_SPEC_UNSET;
    for (const struct hs_event *e = events; e < events + n; e++) {
        double at = hs_seconds(s->reader, hs_event_elapsed(s->model, e));
        if (chosen && !s->snapshot.taken && hs_time_spec_before(&s->when, e, at))
            take(s);
        hs_model_feed(s->model, e, 1);
        hs_phases_feed(s->phases, s->model, e);
        if (!chosen)
            watch_collections(s, e);
        else if (hs_time_spec_at(&s->when, e))
            take(s);
        watch_names(s, e);
    }
    s->error = s->error ? s->error : s->phases->error;
    return s->error ? s->error : s->model->error;
}

/* If the moment was not reached, the end of the trace is used; but a mark that does not exist is an error. */
static int take_rest(struct source *s)
{
    if (!s->snapshot.taken && s->when.kind == HS_TIME_SPEC_MARK)
        return hs_time_spec_no_mark(&s->when, s->path, s->reader);
    if (!s->snapshot.taken)
        take(s);
    int error = s->error ? s->error : s->model->error;
    if (error)
        return hs_complain("%s: %s", s->path, hs_strerror(error));
    if (!s->model->n_regions)
        return hs_complain("%s: nothing to compare: %s", s->path,
                           hs_knowledge_lost(s->reader) ? hs_knowledge_lost(s->reader) : "no heap in this trace");
    return HS_EXIT_OK;
}

/* ---- sources ---- */

static char *text_of(void *context, const char *file)
{
    const struct source *s = context;
    char *path = hs_source_find(&(struct hs_sources){s->path, s->reader, &s->args->source, .unseen = true}, file);
    char *text = path ? hs_source_load(path) : NULL;
    free(path);
    return text;
}

static int align_files(struct work *w, struct source *s)
{
    const struct hs_run_files own = {s->reader, text_of, s}, base = {w->source[0].reader, text_of, &w->source[0]};
    return hs_same_files_make(&s->same, &own, &base);
}

/* ---- loading ---- */

/* Estimates and summaries do not contain every block. */
static int check_levels(const struct source *s)
{
    for (unsigned level = HS_LEVEL_SAMPLED; level <= HS_LEVEL_SUMMARY; level++)
        if (hs_model_saw_level(s->model, (enum hs_level)level))
            return hs_complain("%s: recorded at level %s, at least in part: only traces at level full can be compared to the "
                               "byte. See heapstrata report for its estimates",
                               s->path, hs_level_name(level));
    return HS_EXIT_OK;
}

static int load(struct work *w, struct source *s)
{
    s->reader = hs_cmd_open_selected(&w->args->common, s->path);
    if (!s->reader)
        return HS_EXIT_BAD;
    s->names.reader = s->reader;
    s->model = hs_model_new(NULL);
    s->phases = hs_phases_new();
    if (!s->model || !s->phases)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    int damaged;
    if (!hs_cmd_replay(s->reader, watch, s, &damaged))
        return damaged;
    int status = take_rest(s);
    if (!status)
        status = check_levels(s);
    if (!status)
        status = hs_cmd_symbols(&s->names.symbols, &w->args->common, s->reader);
    if (!status && hs_phases_finish(s->phases, s->model, &s->names))
        status = hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    s->loaded = !status;
    return status ? status : damaged;
}

static void unload(struct source *s)
{
    hs_same_files_free(&s->same);
    drop_names(s);
    free(s->entry);
    hs_phases_free(s->phases);
    hs_refs_free(&s->refs);
    hs_heap_snapshot_free(&s->snapshot);
    hs_symbols_close(s->names.symbols);
    hs_model_free(s->model);
    hs_reader_close(s->reader);
}

static int load_all(struct work *w)
{
    int worst = HS_EXIT_OK;
    for (unsigned i = 0; i < w->n; i++) {
        int status = load(w, &w->source[i]);
        if (!w->source[i].snapshot.taken || !w->source[i].loaded)
            return HS_EXIT_BAD;
        worst = status > worst ? status : worst;
    }
    for (unsigned i = 1; i < w->n; i++)
        if (align_files(w, &w->source[i]))
            return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    return worst;
}

/* ---- arguments ---- */

/* Parses "64", "2K", "5%". Returns HS_EXIT_OK, or complains. */
static int parse_limit(struct hs_compareview *view, const char *text)
{
    static const char units[] = "KMG";
    char *end;
    if (!text)
        return HS_EXIT_OK;
    view->limited = true;
    view->limit_text = text;
    view->limit_bytes = strtod(text, &end);
    bool number = end != text && view->limit_bytes >= 0 && view->limit_bytes < 1e18;
    const char *unit = *end ? strchr(units, *end & ~0x20) : NULL;
    view->percent = !strcmp(end, "%");
    for (long i = unit ? unit - units : -1; i >= 0; i--)
        view->limit_bytes *= 1024;
    end += unit || view->percent;
    if (number && !*end)
        return HS_EXIT_OK;
    return hs_complain("--fail-above takes bytes (64, 2K) or a share (5%%), not '%s'", text);
}

static int parse_args(struct work *w)
{
    const struct hs_common *common = &w->args->common;
    bool apart = !(common->n_files && common->file[0] == common->input); /* the first one was given by -i */
    w->n = (unsigned)common->n_files + apart;
    if (w->n < 2 || w->n > HS_SIDES)
        return hs_complain("takes 2 to %u traces, the first being what the others are compared with", HS_SIDES);
    for (unsigned i = 0; i < w->n; i++) {
        w->source[i].args = w->args;
        w->source[i].path = apart ? i ? common->file[i - 1] : common->input : common->file[i];
        if (!hs_time_spec_parse(&w->source[i].when, w->args->at, "at"))
            return HS_EXIT_BAD;
    }
    w->view = (struct hs_compareview){
        .when = w->args->at ? w->args->at : "after the last collection",
        .all = w->args->all,
        .limit = w->args->limit ? w->args->limit : UINT64_MAX,
        .color = hs_cmd_colors(common),
    };
    return parse_limit(&w->view, w->args->fail_above);
}

/* ---- output ---- */

static int print(struct work *w, struct hs_compare *c)
{
    bool failed = false;
    w->view.compare = c;
    if (!w->args->common.json)
        hs_compareview_text(&w->view, stdout);
    else if (hs_compareview_json(&w->view, stdout))
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    for (unsigned s = 1; s < c->n; s++)
        failed = failed || hs_compareview_exceeds(&w->view, s);
    return failed ? HS_EXIT_FINDING : HS_EXIT_OK;
}

static int compare(struct work *w)
{
    bool before = w->args->by > HS_COST_BLOCKS;
    struct hs_compare c = {.n = w->n, .by = before ? HS_COST_RETAINED : (enum hs_cost)w->args->by};
    for (unsigned i = 0; i < w->n; i++) {
        const struct source *s = &w->source[i];
        c.side[i] = (struct hs_side){s->path,      s->model,     &s->names,
                                     &s->snapshot, s->same.file, s->same.n,
                                     s->global,    s->n_globals, s->phases->records ? s->phases : NULL,
                                     s->entry};
    }
    int error = hs_compare_measure(&c);
    int status = error ? hs_complain("%s", hs_strerror(error)) : print(w, &c);
    hs_compare_free(&c);
    return status;
}

static int run(void *memory)
{
    struct work w = {.args = memory};
    int status = parse_args(&w);
    if (!status)
        status = load_all(&w);
    bool ready = w.n && !status;
    for (unsigned i = 0; i < w.n && status; i++) /* damage that the reader could skip is reported, and the traces are still
                                                  * compared */
        ready = w.source[i].loaded && (i == 0 || w.source[i].same.file);
    int compared = ready ? compare(&w) : HS_EXIT_BAD;
    for (unsigned i = 0; i < w.n; i++)
        unload(&w.source[i]);
    return status > compared ? status : compared;
}

#define BEFORE "retained" /* the first word's name before; it means another thing in `retained` and `why` */

static const struct hs_option options[] = {
    {"at", 'a', "WHEN", HS_OPT_TEXT, offsetof(struct args, at),
     "compare what is live then: end, a time such as 1.5s, record:N, mark:LABEL (the last of that label) or mark:LABEL#2 "
     "(default: after the last collection)",
     NULL},
    {"by", 'b', "FIGURE", HS_OPT_CHOICE, offsetof(struct args, by),
     "what rows show and --fail-above judges: live, allocated, allocs, peak or blocks (default live)",
     "live|allocated|allocs|peak|blocks|" BEFORE},
    {"fail-above", 0, "LIMIT", HS_OPT_TEXT, offsetof(struct args, fail_above),
     "exit with 1, naming the lines that grew, when a trace has more of FIGURE than the first, by more than LIMIT: bytes (64, "
     "2K), or percent of the first (5%)",
     NULL},
    {"source", 's', "PATH", HS_OPT_LIST, offsetof(struct args, source),
     "a source file, or a folder of them, so that lines that moved are found again; may be given several times", NULL},
    {"limit", 'n', "N", HS_OPT_UINT, offsetof(struct args, limit), "rows of each table, 0 for all (default 20)", NULL},
    {"all", 0, NULL, HS_OPT_FLAG, offsetof(struct args, all), "also rows that do not differ", NULL},
    {0},
};

const struct hs_cmd hs_cmd_compare = {
    .name = "compare",
    .summary = "compare two runs line by line, to the byte",
    .usage = "BASE OTHER...",
    .about =
        "By kind, line, function, import and phase of an import: differences add up to that of gc.mem_alloc(). Marks are matched by their "
        "labels; lines by the text of the sources, where they are beside the traces, in the folder the firmware ran "
        "in, or given by --source. If each run has one source file that the other does not have, such as the main script, "
        "the two are compared as the same file, unless they have little in common.",
    .examples = "  heapstrata compare before.hst after.hst\n"
                "  heapstrata compare --at mark:ready plain.hst const.hst none.hst\n"
                "  heapstrata compare --fail-above 2% --by peak main.hst branch.hst\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_JSON | HS_USES_COLOR | HS_USES_ELF,
    .options = options,
    .min_files = 1,
    .max_files = HS_SIDES,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.limit = 20},
    .run = run,
};
