/* SPDX-License-Identifier: MIT
 *
 * heapstrata map: the heap at a moment, or the changes between two.
 */
#include <string.h>

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/picture_option.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/time_spec.h"
#include "analysis/time/timeline.h"
#include "analysis/map/map_svg.h"
#include "analysis/map/mapview.h"

enum style { STYLE_SITE, STYLE_KIND, STYLE_FUNCTION, STYLE_FILE, STYLE_AGE, STYLE_MEMINFO };

struct args {
    struct hs_common common;
    const char *at, *diff;
    int style; /* enum style */
    bool full;
};

static const struct hs_option options[] = {
    {"at", 'a', "WHEN", HS_OPT_TEXT, offsetof(struct args, at),
     "end, a time such as 1.5s or 20ms, record:N, mark:LABEL (the last of that label) or mark:LABEL#2 (default end)"},
    {"diff", 'd', "WHEN", HS_OPT_TEXT, offsetof(struct args, diff), "compare with another moment"},
    {"style", 's', "STYLE", HS_OPT_CHOICE, offsetof(struct args, style),
     "site, kind, function, file, age: what letters and colours stand for; meminfo: as micropython.mem_info(1) "
     "prints it (default site)",
     "site|kind|function|file|age|meminfo"},
    {"full", 'f', NULL, HS_OPT_FLAG, offsetof(struct args, full), "every granule: leave no lines out, put none together"},
    {0},
};

/* A moment of a trace that the user requested. */
struct moment {
    struct hs_time_spec when;
    struct hs_heap_snapshot snapshot;
    bool done;
};

struct source {
    const char *path;
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_symbols *symbols;
    struct hs_names names;
    struct moment *moment;
    unsigned n_moments;
    int error;
    bool ready; /* all moments are taken */
};

enum { STOP = 1 };

static void take(struct source *s, struct moment *m)
{
    int error = hs_heap_snapshot_take(&m->snapshot, s->model);
    s->error = s->error ? s->error : error;
}

static void take_before(struct source *s, struct moment *m, const struct hs_event *e, double at)
{
    if (m->done || !hs_time_spec_before(&m->when, e, at))
        return;
    take(s, m);
    m->done = true;
}

static void take_at(struct source *s, struct moment *m, const struct hs_event *e)
{
    if (m->done || !hs_time_spec_at(&m->when, e))
        return;
    take(s, m);
    m->done = m->when.occurrence > 0;
}

static int watch(void *context, const struct hs_event *events, long n)
{
    struct source *s = context;
    for (const struct hs_event *e = events; e < events + n; e++) {
        double at = hs_seconds(s->reader, hs_event_elapsed(s->model, e));
        unsigned done = 0;
        for (unsigned i = 0; i < s->n_moments; i++)
            take_before(s, &s->moment[i], e, at);
        hs_model_feed(s->model, e, 1);
        for (unsigned i = 0; i < s->n_moments; i++) {
            take_at(s, &s->moment[i], e);
            done += s->moment[i].done;
        }
        if (done == s->n_moments)
            return STOP;
    }
    return s->error ? s->error : s->model->error;
}

/* Moments not reached while reading are taken at the trace's end; a mark that does not exist is an error. */
static int take_rest(struct source *s)
{
    for (unsigned i = 0; i < s->n_moments; i++) {
        struct moment *m = &s->moment[i];
        bool late = (m->when.kind == HS_TIME_SPEC_TIME || m->when.kind == HS_TIME_SPEC_EVENT) && !m->done;
        if (late && !m->snapshot.taken)
            hs_complain("%s: the trace ends before that moment: its end is shown", s->path);
        if (m->when.kind != HS_TIME_SPEC_MARK && !m->done)
            take(s, m);
        if (!m->snapshot.taken)
            return hs_time_spec_no_mark(&m->when, s->path, s->reader);
    }
    int error = s->error ? s->error : s->model->error;
    s->ready = !error;
    return error ? hs_complain("%s: %s", s->path, hs_strerror(error)) : HS_EXIT_OK;
}

static bool only_the_end(const struct source *s)
{
    for (unsigned i = 0; i < s->n_moments; i++)
        if (s->moment[i].when.kind != HS_TIME_SPEC_END)
            return false;
    return true;
}

/* Reads a trace up to its last moment. */
static int load(struct source *s, const struct args *args)
{
    s->reader = hs_cmd_open_selected(&args->common, s->path);
    if (!s->reader)
        return HS_EXIT_BAD;
    s->model = hs_model_new(NULL);
    if (!s->model)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    int damaged;
    if (!(only_the_end(s) ? hs_cmd_replay_model(s->reader, s->model, &damaged) : hs_cmd_replay(s->reader, watch, s, &damaged)))
        return damaged;
    int status = take_rest(s);
    s->names.reader = s->reader;
    if (status == HS_EXIT_OK)
        status = hs_cmd_symbols(&s->symbols, &args->common, s->reader);
    s->names.symbols = s->symbols;
    return status == HS_EXIT_OK ? damaged : status;
}

static void unload(struct source *s)
{
    for (unsigned i = 0; i < s->n_moments; i++)
        hs_heap_snapshot_free(&s->moment[i].snapshot);
    hs_model_free(s->model);
    hs_symbols_close(s->symbols);
    if (s->reader)
        hs_reader_close(s->reader);
}

static const enum hs_group_by keys[] = {
    [STYLE_SITE] = HS_KEY_LINE, [STYLE_KIND] = HS_KEY_KIND, [STYLE_FUNCTION] = HS_KEY_FUNCTION,
    [STYLE_FILE] = HS_KEY_FILE, [STYLE_AGE] = HS_KEY_LINE,  [STYLE_MEMINFO] = HS_KEY_LINE,
};

static int as_json(const struct hs_mapview *view, const struct hs_comparison *comparison, const struct hs_map_classes *classes,
                   const struct hs_names *names)
{
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    int error = comparison ? hs_mapview_changes_json(view, comparison, classes, json) : hs_mapview_json(view, names, json);
    hs_json_end(json);
    int printed = hs_json_print(json, stdout, false);
    hs_json_free(json);
    return error ? error : printed;
}

static int draw(const void *what, const struct hs_sheet_style *style, FILE *out) { return hs_mappicture_draw(what, style, out); }

/* Draws what a view shows. Complains; returns the exit status. */
static int draw_all(const struct args *args, const struct source *s, struct hs_mappicture picture)
{
    char subject[256];
    picture.subject = hs_cmd_subject(s->path, s->reader, subject, sizeof subject);
    return hs_cmd_draw(&args->common, draw, &picture);
}

static int exit_status(int error) { return error ? hs_complain("%s", hs_strerror(error)) : HS_EXIT_OK; }

static int show_one(struct source *s, const struct args *args)
{
    struct hs_terminal terminal = hs_terminal_probe(hs_cmd_colors(&args->common));
    struct hs_mapview view = {&s->moment[0].snapshot, args->full, hs_reader_info(s->reader)->hz};
    struct hs_map_classes classes;
    bool draws = hs_cmd_draws(&args->common);
    if (args->common.json && !draws)
        return exit_status(as_json(&view, NULL, NULL, &s->names));
    if (args->style == STYLE_MEMINFO && !draws)
        return exit_status(hs_mapview_meminfo(&view, stdout));
    if (args->style == STYLE_AGE)
        hs_map_classes_init_ages(&classes);
    else
        hs_map_classes_init(&classes, &s->names, keys[args->style]);
    hs_map_classes_add(&classes, view.snapshot);
    int status = draws ? draw_all(args, s, (struct hs_mappicture){.view = &view, .classes = &classes})
                       : exit_status(hs_mapview_classes(&view, &classes, &terminal, stdout));
    hs_map_classes_free(&classes);
    return status;
}

static int show_two(struct source *before, struct source *after, const struct args *args)
{
    struct hs_terminal terminal = hs_terminal_probe(hs_cmd_colors(&args->common));
    struct hs_comparison comparison = {
        .before = &before->moment[0].snapshot,
        .after = &after->moment[after->n_moments - 1].snapshot,
        .same_trace = before == after,
    };
    struct hs_mapview view = {comparison.after, args->full, hs_reader_info(after->reader)->hz};
    struct hs_map_classes classes;
    int status;
    hs_map_classes_init(&classes, &before->names, keys[args->style]);
    hs_map_classes_compare(&classes, &comparison, &after->names);
    if (hs_cmd_draws(&args->common))
        status = draw_all(args, after, (struct hs_mappicture){.view = &view, .classes = &classes, .comparison = &comparison});
    else if (args->common.json)
        status = exit_status(as_json(&view, &comparison, &classes, NULL));
    else
        status = exit_status(hs_mapview_changes(&view, &comparison, &classes, &terminal, stdout));
    hs_map_classes_free(&classes);
    return status;
}

/* Levels above "full" have no map, nor has a run that is recorded from its middle on, before its first snapshot. */
static int check_moments(const struct source *s)
{
    for (unsigned i = 0; i < s->n_moments; i++) {
        const struct hs_heap_snapshot *p = &s->moment[i].snapshot;
        if (p->level > HS_LEVEL_FULL)
            return hs_complain("%s: no map: recorded at level %s at that moment, which has used and free bytes and free "
                               "runs, not where blocks are. See heapstrata stat or timeline; for a map, record at level "
                               "full, or choose a moment with --at",
                               s->path, hs_level_name(p->level));
        if (!p->known)
            return hs_complain("%s: no map: the trace has neither the start of the run nor a snapshot of the heap%s", s->path,
                               s->moment[i].when.kind == HS_TIME_SPEC_END ? ""
                                                                          : " before that moment. Choose a later one with --at");
    }
    return HS_EXIT_OK;
}

/* Prints what was loaded, unless there is nothing to print. */
static int show(struct source *before, struct source *after, const struct args *args, int status)
{
    if (!before->ready || !after->ready || check_moments(before) || check_moments(after))
        return HS_EXIT_BAD;
    if (args->style == STYLE_MEMINFO && !after->moment[0].snapshot.synced)
        return hs_complain("%s: the heap's layout is not known at that moment: no snapshot since the trace begins, or "
                           "since records were lost",
                           after->path);
    bool one = before == after && after->n_moments == 1;
    int shown = one ? show_one(after, args) : show_two(before, after, args);
    return shown ? shown : status;
}

static int run_one(const struct args *args, struct moment *moment)
{
    struct source source = {.path = args->common.input, .moment = moment, .n_moments = args->diff ? 2 : 1};
    int status = show(&source, &source, args, load(&source, args));
    unload(&source);
    return status;
}

static int run_two(const struct args *args, const char *other, struct moment *moment)
{
    struct source before = {.path = args->common.input, .moment = &moment[0], .n_moments = 1};
    struct source after = {.path = other, .moment = &moment[1], .n_moments = 1};
    int status = load(&before, args), status_after = load(&after, args);
    status = show(&before, &after, args, status > status_after ? status : status_after);
    unload(&before);
    unload(&after);
    return status;
}

/* The plain argument that is not the input. */
static const char *other_file(const struct hs_common *common)
{
    int own = common->n_files && common->file[0] == common->input;
    return common->n_files > own ? common->file[own] : NULL;
}

static int run(void *memory)
{
    const struct args *args = memory;
    const char *other = other_file(&args->common);
    struct moment moment[2] = {0};
    const char *at = args->at ? args->at : "end";
    if (hs_cmd_can_draw(&args->common) || !hs_time_spec_parse(&moment[0].when, at, "at") ||
        !hs_time_spec_parse(&moment[1].when, args->diff ? args->diff : at, "diff"))
        return HS_EXIT_BAD;
    if (args->style == STYLE_MEMINFO && (args->diff || other))
        return hs_complain("--style meminfo shows one moment; leave it out to compare two");
    return other ? run_two(args, other, moment) : run_one(args, moment);
}

const struct hs_cmd hs_cmd_map = {
    .name = "map",
    .summary = "show the heap granule by granule at a moment, or what changed between two",
    .usage = "[FILE [FILE]]",
    .about = "With --diff, or with two files, shows granule by granule what was allocated, freed and unchanged, and which "
             "sites it belongs to. With --style meminfo prints what the firmware's own micropython.mem_info(1) "
             "prints at that moment, with h for the first granule of a block.",
    .examples = "  heapstrata map trace.hst\n"
                "  heapstrata map --at mark:loop#2 --style meminfo trace.hst\n"
                "  heapstrata map --at 1.5s --diff end trace.hst\n"
                "  heapstrata map --style kind --svg map.svg trace.hst\n"
                "  heapstrata map --at mark:ready before.hst after.hst\n",
    .uses = HS_USES_INPUT | HS_USES_JSON | HS_USES_COLOR | HS_USES_ELF | HS_USES_REGION | HS_USES_PICTURE,
    .options = options,
    .max_files = 2,
    .args_size = sizeof(struct args),
    .run = run,
};
