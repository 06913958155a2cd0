/* SPDX-License-Identifier: MIT
 *
 * heapstrata blame: which blocks prevent an allocation, and which lines allocate such blocks.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/picture_option.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/finding.h"
#include "analysis/cmd/time_spec.h"
#include "analysis/time/timeline.h"
#include "analysis/blame/blame_svg.h"
#include "analysis/blame/blameview.h"

#define CASES_KEPT 32u
#define LIMIT_AUTO UINT64_MAX
#define STEPS_TRIED 200000u /* advice is not tried on longer programs */

struct args {
    struct hs_common common;
    const char *at;
    uint64_t size, limit;
    int fewest; /* enum hs_blame_by */
};

static const struct hs_option options[] = {
    {"size", 's', "BYTES", HS_OPT_UINT, offsetof(struct args, size),
     "ask about an allocation of BYTES instead of those that failed", .least = 1, .most = UINT32_MAX},
    {"at", 'a', "WHEN", HS_OPT_TEXT, offsetof(struct args, at),
     "with --size: end, a time such as 1.5s or 20ms, record:N, mark:LABEL or mark:LABEL#2 (default end)", NULL},
    {"fewest", 'f', "WHAT", HS_OPT_CHOICE, offsetof(struct args, fewest),
     "the smallest set is that of the fewest blocks or bytes (default blocks)", "blocks|bytes"},
    {"limit", 'n', "N", HS_OPT_UINT, offsetof(struct args, limit),
     "rows of each table, 0 for all (default 12 in text, all in JSON)", NULL},
    {0},
};

struct work {
    const struct args *args;
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_model_watcher watcher;
    struct hs_exam *exam;
    struct hs_names names;
    struct hs_time_spec when;
    struct hs_heap_snapshot snapshot;
    struct hs_islands islands;
    struct hs_program program;   /* of the last boot */
    struct hs_blame_case *cases; /* the last ones, oldest first */
    size_t n;
    uint64_t failures, unplaced;
    bool done; /* the moment has passed and cannot come again */
    int error;
};

/* ---- cases ---- */

static struct hs_blame_case *new_case(struct work *w)
{
    if (w->n == CASES_KEPT) {
        hs_blame_free(&w->cases[0].blame);
        memmove(w->cases, w->cases + 1, --w->n * sizeof *w->cases);
    }
    w->cases[w->n] = (struct hs_blame_case){.elapsed = hs_model_elapsed(w->model)};
    return &w->cases[w->n++];
}

static void blame(struct work *w, struct hs_blame_case *c)
{
    struct hs_blame_request request = {
        .size = c->failure.size,
        .by = (enum hs_blame_by)w->args->fewest,
        .asked = c->failure.region,
        .caps = c->failure.caps,
    };
    if (!w->error)
        w->error = hs_heap_snapshot_take(&w->snapshot, w->model);
    if (!w->error)
        w->error = hs_blame_find(&c->blame, &w->snapshot, &request);
    hs_blame_ages(&c->blame, w->model);
}

static bool failed_for_room(const struct hs_model *m, const struct hs_failure *f)
{
    return m->synced && !hs_model_summary_only(m) && f->verdict != HS_VERDICT_LOCKED && f->verdict != HS_VERDICT_REFUSED;
}

static void on_failure(void *context, const struct hs_failure *failure)
{
    struct work *w = context;
    w->failures++;
    if (w->args->size)
        return;
    if (!failed_for_room(w->model, failure)) {
        w->unplaced++;
        return;
    }
    struct hs_blame_case *c = new_case(w);
    c->failure = *failure;
    blame(w, c);
}

/* Takes the moment that --at names; a later mark with the same label replaces an earlier one. */
static void ask(struct work *w)
{
    struct hs_space_stats layout = hs_model_layout(w->model, HS_ALL_REGIONS);
    if (w->n)
        hs_blame_free(&w->cases[--w->n].blame);
    struct hs_blame_case *c = new_case(w);
    c->hypothetical = true;
    c->failure = (struct hs_failure){
        .size = w->args->size < UINT32_MAX ? (uint32_t)w->args->size : UINT32_MAX,
        .number = w->model->number,
        .site = HS_SITE_UNKNOWN,
        .region = HS_ALL_REGIONS,
        .used = layout.used,
        .free = layout.free,
        .largest_free = layout.largest_free,
        .synced = w->model->synced && !hs_model_summary_only(w->model),
        .verdict = HS_VERDICT_UNKNOWN,
    };
    blame(w, c);
}

static int watch(void *context, const struct hs_event *events, long n)
{
    struct work *w = context;
    for (const struct hs_event *e = events; e < events + n && !w->error; e++) {
        if (!w->done && hs_time_spec_before(&w->when, e, hs_seconds(w->reader, hs_event_elapsed(w->model, e)))) {
            ask(w);
            w->done = true;
        }
        int error = hs_islands_before(&w->islands, w->model, e);
        error = error ? error : hs_program_before(&w->program, w->model, e);
        hs_model_feed(w->model, e, 1);
        error = error ? error : hs_islands_after(&w->islands, w->model, e);
        error = error ? error : hs_program_after(&w->program, w->model, e);
        w->error = w->error ? w->error : error;
        if (!w->done && hs_time_spec_at(&w->when, e)) {
            ask(w);
            w->done = w->when.occurrence > 0;
        }
    }
    return w->error = w->error ? w->error : w->model->error;
}

/* ---- missing data ---- */

static int no_layout(const struct work *w)
{
    if (w->snapshot.taken ? w->snapshot.level > HS_LEVEL_FULL : w->model->levels.last > HS_LEVEL_FULL)
        return hs_complain("%s: blame needs a trace at level full; this one is level %s, which does not record where "
                           "blocks are. heapstrata report reads it",
                           w->args->common.input, hs_level_name(w->snapshot.taken ? w->snapshot.level : w->model->levels.last));
    return hs_complain("%s: the heap's layout is not known at that moment: no snapshot since the trace begins, or since "
                       "records were lost",
                       w->args->common.input);
}

static int check(struct work *w)
{
    const char *path = w->args->common.input;
    if (w->error)
        return hs_complain("%s: %s", path, hs_strerror(w->error));
    if (w->args->size && w->when.kind != HS_TIME_SPEC_MARK && !w->done)
        ask(w);
    if (w->args->size && !w->n)
        return hs_time_spec_no_mark(&w->when, path, w->reader);
    if (w->args->size ? !w->cases[0].failure.synced : w->unplaced && !w->n && !w->islands.moments)
        return no_layout(w);
    return HS_EXIT_OK;
}

/* ---- output ---- */

static int draw(const void *what, const struct hs_sheet_style *style, FILE *out)
{
    return hs_blamepicture_draw(what, style, out);
}

/* Draws the last case. Complains on errors; returns the exit status. */
static int draw_all(const struct work *w, const struct hs_blameview *view)
{
    char subject[256];
    return hs_cmd_draw(
        &w->args->common, draw,
        &(struct hs_blamepicture){view, &w->snapshot, hs_cmd_subject(w->args->common.input, w->reader, subject, sizeof subject)});
}

static int exit_status(int error) { return error ? hs_complain("%s", hs_strerror(error)) : HS_EXIT_OK; }

/* Returns the exit status. */
static int print(struct work *w, const struct hs_groups *lines, const struct hs_island_report *report)
{
    const struct args *args = w->args;
    char finding[HS_CMD_FINDING_LEN];
    bool found = !args->size && hs_cmd_finding(w->exam, args->common.input, &w->names, finding);
    uint64_t limit = args->limit == LIMIT_AUTO ? args->common.json ? UINT64_MAX : 12 : args->limit ? args->limit : UINT64_MAX;
    struct hs_blameview view = {
        .head = {args->common.input, w->reader, w->model},
        .names = &w->names,
        .cases = w->cases,
        .n = w->n,
        .failures = w->failures,
        .unplaced = w->unplaced,
        .by = (enum hs_blame_by)args->fewest,
        .when = args->size ? args->at ? args->at : "end" : NULL,
        .groups = lines,
        .islands = report,
        .finding = found ? finding : NULL,
        .limit = limit,
        .color = hs_cmd_colors(&args->common),
    };
    if (hs_cmd_draws(&args->common))
        return draw_all(w, &view);
    if (args->common.json)
        return exit_status(hs_blameview_json(&view, stdout));
    hs_blameview_text(&view, stdout);
    return HS_EXIT_OK;
}

/* Size of the smallest failed request; 0: none failed. */
static uint64_t smallest_request(const struct work *w)
{
    uint64_t least = 0;
    for (size_t i = 0; i < w->n; i++)
        least = !least || w->cases[i].failure.size < least ? w->cases[i].failure.size : least;
    return least;
}

static int measure_and_print(struct work *w)
{
    static const struct hs_grouping by_line = {.key = {HS_KEY_LINE}, .n_keys = 1};
    struct hs_island_report report = {0};
    struct hs_groups *lines = hs_groups_new(w->model, &w->names, &by_line);
    hs_islands_finish(&w->islands, w->model);
    bool can_try = w->program.n <= STEPS_TRIED && hs_program_replays(&w->program, w->model);
    struct hs_advised advised = {w->model, w->reader, smallest_request(w), can_try ? &w->program : NULL};
    int error = lines ? hs_island_report_make(&report, &w->islands, lines, &advised) : HS_ERR_MEMORY;
    for (size_t i = 0; !error && i < w->n; i++)
        error = hs_blame_groups_find(&w->cases[i].blame_groups, &w->cases[i].blame, &w->names);
    int status = error ? exit_status(error) : print(w, lines, &report);
    hs_island_report_free(&report);
    hs_groups_free(lines);
    return status;
}

static int replay(struct work *w)
{
    w->names.reader = w->program.reader = w->reader;
    w->model = hs_model_new(NULL);
    w->cases = calloc(CASES_KEPT, sizeof *w->cases);
    if (!w->model || !w->cases)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    w->watcher = (struct hs_model_watcher){.context = w, .failed = on_failure};
    hs_model_watch(w->model, &w->watcher);
    w->exam = hs_cmd_finding_watch(w->model, w->reader);
    int damaged;
    if (!hs_cmd_replay(w->reader, watch, w, &damaged))
        return damaged;
    int status = check(w);
    if (!status)
        status = hs_cmd_symbols(&w->names.symbols, &w->args->common, w->reader);
    if (!status)
        status = measure_and_print(w);
    return status ? status : damaged;
}

static void release(struct work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        hs_blame_free(&w->cases[i].blame);
        hs_blame_groups_free(&w->cases[i].blame_groups);
    }
    free(w->cases);
    hs_islands_free(&w->islands);
    hs_program_free(&w->program);
    hs_heap_snapshot_free(&w->snapshot);
    hs_symbols_close(w->names.symbols);
    hs_model_free(w->model);
    hs_cmd_finding_free(w->exam);
    hs_reader_close(w->reader);
}

static int run(void *memory)
{
    struct work w = {.args = memory};
    if (hs_cmd_can_draw(&w.args->common))
        return HS_EXIT_BAD;
    if (w.args->at && !w.args->size)
        return hs_complain("--at needs --size: the size of the allocation to ask about");
    if (!hs_time_spec_parse(&w.when, w.args->size ? w.args->at ? w.args->at : "end" : NULL, "at"))
        return HS_EXIT_BAD;
    w.reader = hs_cmd_open_selected(&w.args->common, w.args->common.input);
    if (!w.reader)
        return HS_EXIT_BAD;
    w.done = !w.args->size;
    int status = replay(&w);
    release(&w);
    return status;
}

const struct hs_cmd hs_cmd_blame = {
    .name = "blame",
    .summary = "find what fragments the free space, and what would help",
    .usage = "[FILE]",
    .about = "For every allocation that failed, or one that is asked about: the smallest set of live blocks without which "
             "there would be room, by line, with age and kind. Over the run: the lines whose blocks fragment the free "
             "space, and suggested fixes with evidence.",
    .examples = "  heapstrata blame run.hst\n"
                "  heapstrata blame --size 12K --at mark:ready run.hst\n"
                "  heapstrata blame --svg blame.svg run.hst\n"
                "  heapstrata blame --fewest bytes --json run.hst\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_JSON | HS_USES_COLOR | HS_USES_ELF | HS_USES_PICTURE,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.limit = LIMIT_AUTO},
    .run = run,
};
