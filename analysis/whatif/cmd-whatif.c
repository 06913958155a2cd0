/* SPDX-License-Identifier: MIT
 *
 * heapstrata whatif: replay the program on another heap.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/whatif/edit.h"
#include "analysis/whatif/whatifview.h"

#define ROWS_MAX 64u

struct args {
    struct hs_common common;
    const char *heap, *policy, *threshold;
    uint64_t granule;
    int death;
    const char *edit[HS_EDITS]; /* one line for each kind */
};

static const double deaths[] = {HS_DEATH_EARLY, 0.5, HS_DEATH_LATE};

static const struct hs_option options[] = {
    {"heap", 0, "SIZE,...", HS_OPT_TEXT, offsetof(struct args, heap),
     "heaps of these sizes, as in -X heapsize= (default: the one recorded)", NULL},
    {"policy", 'p', "POLICY,...", HS_OPT_TEXT, offsetof(struct args, policy),
     "first-fit, best-fit, next-fit, tlsf, buddy, compacting or all (default first-fit, which is MicroPython's)",
     "first-fit|best-fit|next-fit|tlsf|buddy|compacting|all"},
    {"threshold", 't', "BYTES", HS_OPT_TEXT, offsetof(struct args, threshold),
     "collect whenever that many bytes have been allocated, as gc.threshold() does; none: only when there is no room (default: as "
     "recorded)",
     NULL},
    {"granule", 'g', "N", HS_OPT_UINT, offsetof(struct args, granule),
     "granules of N bytes, a power of two (default: as recorded)", NULL},
    {"region", 0, "REGION", HS_OPT_TEXT, offsetof(struct args, common.region),
     "what was allocated in this region, by name or number (default: all that are not inside another)", NULL},
    {"death", 0, "WHEN", HS_OPT_CHOICE, offsetof(struct args, death),
     "when garbage became unreachable, within the time that the trace does not decide: early, middle or late (default late)",
     "early|middle|late"},
    {"drop", 0, "LINE", HS_OPT_TEXT, offsetof(struct args, edit[HS_EDIT_DROP]),
     "as if only the newest block that LINE (main.py:5) keeps stayed", NULL},
    {"final-size", 0, "LINE", HS_OPT_TEXT, offsetof(struct args, edit[HS_EDIT_FINAL_SIZE]),
     "as if a block that LINE makes larger had its final size from the start", NULL},
    {"reuse", 0, "LINE", HS_OPT_TEXT, offsetof(struct args, edit[HS_EDIT_REUSE]),
     "as if LINE allocated one block, of its largest size, and reused it", NULL},
    {"at-start", 0, "LINE", HS_OPT_TEXT, offsetof(struct args, edit[HS_EDIT_AT_START]),
     "as --reuse, and the block is allocated when the program starts", NULL},
    {"collect-at", 0, "LINE", HS_OPT_TEXT, offsetof(struct args, edit[HS_EDIT_COLLECT]),
     "as if gc.collect() were called before each allocation of LINE; needs a trace that shows when garbage dies "
     "(record --collect-every), or --death early",
     NULL},
    {"omit", 0, "LINE", HS_OPT_TEXT, offsetof(struct args, edit[HS_EDIT_OMIT]), "as if LINE allocated nothing", NULL},
    {"release", 0, "LINE", HS_OPT_TEXT, offsetof(struct args, edit[HS_EDIT_RELEASE]),
     "as if what LINE keeps were freed just before a request that fails", NULL},
    {0},
};

static const char *const edit_names[HS_EDITS] = {
    [HS_EDIT_DROP] = "drop",     [HS_EDIT_FINAL_SIZE] = "final-size", [HS_EDIT_REUSE] = "reuse", [HS_EDIT_AT_START] = "at-start",
    [HS_EDIT_BEFORE] = "before", [HS_EDIT_COLLECT] = "collect-at",    [HS_EDIT_OMIT] = "omit",   [HS_EDIT_RELEASE] = "release",
};

struct work {
    const struct args *args;
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_names names;
    struct hs_program program;
    struct hs_heap_size size;
    uint64_t collect_every, threshold;
    uint64_t heap[ROWS_MAX];
    const struct hs_policy *policy[ROWS_MAX];
    unsigned n_heaps, n_policies;
    struct hs_whatif recorded, row[ROWS_MAX];
    unsigned n;
    struct hs_whatif_bounds bounds;
};

/* ---- arguments ---- */

/* A size below 4 GB; 0: invalid. */
static uint64_t parse_size(const char *text, size_t length)
{
    uint64_t value;
    return hs_cmd_number(&value, text, length) && value <= UINT32_MAX ? value : 0;
}

static int add_heap(struct work *w, const char *text, size_t length)
{
    w->heap[w->n_heaps] = parse_size(text, length);
    if (!w->heap[w->n_heaps++])
        return hs_complain("--heap takes sizes below 4G such as 48K,65536, not '%.*s'", (int)length, text);
    return HS_EXIT_OK;
}

static int add_policy(struct work *w, const char *text, size_t length)
{
    char name[32] = "";
    if (length < sizeof name)
        memcpy(name, text, length);
    if (!strcmp(name, "all")) {
        while ((w->policy[w->n_policies] = hs_policy_at(w->n_policies)))
            w->n_policies++;
        return HS_EXIT_OK;
    }
    w->policy[w->n_policies] = hs_policy_find(name);
    if (!w->policy[w->n_policies++])
        return hs_complain("no such policy: '%.*s'. There are first-fit, best-fit, next-fit, tlsf, buddy, compacting and all",
                           (int)length, text);
    return HS_EXIT_OK;
}

static int each(struct work *w, const char *text, int (*add)(struct work *, const char *, size_t))
{
    int status = HS_EXIT_OK;
    for (unsigned n = 0; text && !status; n++) {
        size_t length = strcspn(text, ",");
        if (n >= ROWS_MAX / 8)
            return hs_complain("not more than %u at once", ROWS_MAX / 8);
        status = add(w, text, length);
        text = text[length] ? text + length + 1 : NULL;
    }
    return status;
}

static int parse_threshold(struct work *w)
{
    const char *text = w->args->threshold;
    if (!text)
        return HS_EXIT_OK;
    w->threshold = !strcmp(text, "none") ? HS_THRESHOLD_NONE : parse_size(text, strlen(text));
    return w->threshold ? HS_EXIT_OK : hs_complain("--threshold takes bytes, such as 8K, or none, not '%s'", text);
}

static int parse(struct work *w)
{
    uint64_t granule = w->args->granule;
    if (granule && (granule & (granule - 1) || granule < 4 || granule > 65536))
        return hs_complain("--granule takes a power of two from 4 to 65536");
    if (each(w, w->args->heap, add_heap) || each(w, w->args->policy, add_policy))
        return HS_EXIT_BAD;
    return parse_threshold(w);
}

/* ---- reading ---- */

static int take(void *context, const struct hs_event *events, long n)
{
    struct work *w = context;
    int error = HS_OK;
    w->program.reader = w->reader;
    for (const struct hs_event *e = events; e < events + n && !error; e++) {
        error = hs_program_before(&w->program, w->model, e);
        hs_model_feed(w->model, e, 1);
        error = error ? error : hs_program_after(&w->program, w->model, e);
    }
    return error ? error : w->model->error;
}

static int check(const struct work *w)
{
    const char *path = w->args->common.input;
    if (w->program.error || w->model->error)
        return hs_complain("%s: %s", path, hs_strerror(HS_ERR_MEMORY));
    if (w->model->levels.last > HS_LEVEL_FULL)
        return hs_complain("%s: nothing to replay: recorded at level %s, which does not record every block. Record at level "
                           "full",
                           path, hs_level_name(w->model->levels.last));
    if (!w->program.running && w->program.left_out)
        return hs_complain("%s: nothing to replay: the heap's layout is not known at the end: no snapshot since the trace "
                           "begins, or since records were lost",
                           path);
    if (!w->program.allocated || !w->program.areas)
        return hs_complain("%s: nothing to replay: the trace has no heap whose layout is known, or nothing was allocated", path);
    return HS_EXIT_OK;
}

/* ---- replays ---- */

static uint64_t bytes_of(const char *text) { return text ? strtoull(text, NULL, 10) : 0; }

/* Defaults: the heap as recorded. With --collect-every a trace shows no threshold of the program. */
static void settle(struct work *w)
{
    w->collect_every = bytes_of(hs_reader_fact(w->reader, "collect-every"));
    w->size = (struct hs_heap_size){.micropython = w->program.micropython, .shift = w->program.shift};
    if (!w->threshold)
        w->threshold = w->collect_every || !w->program.threshold ? HS_THRESHOLD_NONE : w->program.threshold << w->program.shift;
    if (!w->n_policies)
        w->policy[w->n_policies++] = hs_policy_at(0);
    if (!w->n_heaps)
        w->heap[w->n_heaps++] = hs_heap_bytes(&w->size, (uint32_t)(w->program.bytes >> w->program.shift));
    while (w->args->granule && UINT64_C(1) << w->size.shift != w->args->granule)
        w->size.shift += UINT64_C(1) << w->size.shift < w->args->granule ? 1u : -1u;
}

static int replay_recorded(struct work *w)
{
    w->recorded.setting = (struct hs_setting){
        .policy = hs_policy_at(0), .shift = w->program.shift, .death = deaths[w->args->death]};
    return hs_rerun(&w->recorded.result, &w->program, &w->recorded.setting);
}

static int replay_row(struct work *w, struct hs_whatif *row, const struct hs_policy *policy, uint64_t bytes)
{
    row->bytes = bytes;
    row->setting = (struct hs_setting){
        .policy = policy,
        .granules = hs_heap_granules(&w->size, bytes),
        .shift = w->size.shift,
        .threshold = w->threshold,
        .death = deaths[w->args->death],
        .stop = true,
        .course = true,
    };
    if (!row->setting.granules)
        return HS_ERR_ARG;
    int error = hs_rerun(&row->result, &w->program, &row->setting);
    if (row > w->row && row[-1].setting.policy == policy)
        row->smallest = row[-1].smallest; /* a row of another heap size: the search is the same */
    else if (!error)
        error = hs_smallest_find(&row->smallest, &w->program, &row->setting, &w->size);
    return error;
}

/* The smallest heap for another `death` than the first row's, or the same one. */
static int find_bound(struct work *w, struct hs_smallest *bound, double death)
{
    struct hs_setting set = w->row[0].setting;
    *bound = w->row[0].smallest;
    if (set.death == death)
        return HS_OK;
    set.death = death;
    return hs_smallest_find(bound, &w->program, &set, &w->size);
}

static int find_bounds(struct work *w)
{
    w->bounds.taken = w->row[0].smallest;
    int error = find_bound(w, &w->bounds.early, HS_DEATH_EARLY);
    return error ? error : find_bound(w, &w->bounds.late, HS_DEATH_LATE);
}

static int edit(struct work *w, enum hs_edit_kind kind)
{
    const char *line = w->args->edit[kind];
    struct hs_program changed = {0};
    bool found;
    if (!line)
        return HS_EXIT_OK;
    struct hs_edit edit = {.kind = kind, .n_sites = hs_reader_sites(w->reader)};
    bool *site = hs_sites_of_line(&w->names, edit.n_sites, line, &found);
    edit.site = site;
    int error = site ? found ? hs_program_edit(&changed, &w->program, &edit) : HS_ERR_ARG : HS_ERR_MEMORY;
    free(site);
    if (error == HS_ERR_ARG) {
        hs_program_free(&changed);
        return hs_complain(found ? "--%s: there is nothing to change at '%s'"
                                 : "--%s: no allocation at '%s'. Lines are named as report "
                                   "names them: main.py:5",
                           edit_names[kind], line);
    }
    if (!error)
        hs_program_free(&w->program);
    else
        hs_program_free(&changed);
    if (error)
        return hs_complain("%s", hs_strerror(error));
    w->program = changed;
    return HS_EXIT_OK;
}

/* Applies the edits; the replay as recorded was made before, with the unchanged program. */
static int edit_all(struct work *w)
{
    int status = HS_EXIT_OK;
    for (unsigned kind = 0; kind < HS_EDITS && !status; kind++)
        status = edit(w, (enum hs_edit_kind)kind);
    return status;
}

static int replay_all(struct work *w)
{
    int error = HS_OK;
    for (unsigned p = 0; p < w->n_policies; p++)
        for (unsigned h = 0; h < w->n_heaps && !error; h++)
            error = replay_row(w, &w->row[w->n++], w->policy[p], w->heap[h]);
    return error ? error : find_bounds(w);
}

/* With --heap, a heap that is too small is a finding. */
static int finding(const struct work *w)
{
    for (unsigned i = 0; w->args->heap && i < w->n; i++)
        if (w->row[i].result.failed)
            return HS_EXIT_FINDING;
    return HS_EXIT_OK;
}

static int print(const struct work *w)
{
    const struct hs_common *common = &w->args->common;
    struct hs_whatifview view = {
        .head = {common->input, w->reader, w->model},
        .names = &w->names,
        .program = &w->program,
        .recorded = &w->recorded,
        .row = w->row,
        .n = w->n,
        .bounds = &w->bounds,
        .collect_every = w->collect_every,
        .death = deaths[w->args->death],
        .terminal = hs_terminal_probe(hs_cmd_colors(common)),
    };
    if (common->json)
        return hs_whatifview_json(&view, stdout);
    if (common->csv)
        hs_whatifview_csv(&view, stdout);
    else
        hs_whatifview_text(&view, stdout);
    return HS_OK;
}

static int work(struct work *w)
{
    w->names.reader = w->reader;
    w->model = hs_model_new(NULL);
    if (!w->model)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    int damaged;
    if (!hs_cmd_replay(w->reader, take, w, &damaged))
        return damaged;
    if (check(w) || hs_cmd_symbols(&w->names.symbols, &w->args->common, w->reader))
        return HS_EXIT_BAD;
    settle(w);
    int error = replay_recorded(w);
    if (!error && edit_all(w))
        return HS_EXIT_BAD;
    error = error ? error : replay_all(w);
    if (error == HS_ERR_ARG)
        return hs_complain("a heap of %llu bytes has no room for a granule", (unsigned long long)w->row[w->n - 1].bytes);
    error = error ? error : print(w);
    if (error)
        return hs_complain("%s", hs_strerror(error));
    return damaged ? damaged : finding(w);
}

static int run(void *memory)
{
    struct work *w = calloc(1, sizeof *w);
    if (!w)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    w->args = memory;
    int status = parse(w);
    if (!status) {
        w->reader = hs_cmd_open_selected(&w->args->common, w->args->common.input);
        status = w->reader ? work(w) : HS_EXIT_BAD;
    }
    hs_program_free(&w->program);
    hs_symbols_close(w->names.symbols);
    hs_model_free(w->model);
    if (w->reader)
        hs_reader_close(w->reader);
    free(w);
    return status;
}

const struct hs_cmd hs_cmd_whatif = {
    .name = "whatif",
    .summary = "replay on another heap size, allocator, granule or threshold; find the smallest heap",
    .usage = "[FILE]",
    .about = "Replays the recorded allocations on other heaps: would one have failed, when, how often would the collector have "
             "run, how fragmented would it have been, and how small could the heap have been. A replay as recorded comes "
             "first, and says how many blocks it placed where the real heap placed them.",
    .examples = "  heapstrata whatif run.hst\n"
                "  heapstrata whatif --heap 32K,48K,64K --policy all run.hst\n"
                "  heapstrata whatif --threshold 8K --granule 16 --json run.hst\n"
                "  heapstrata whatif --reuse main.py:12 run.hst\n"
                "  heapstrata record --collect-every 1K -o run.hst ./micropython script.py && heapstrata whatif run.hst\n",
    .uses = HS_USES_INPUT | HS_USES_JSON | HS_USES_CSV | HS_USES_COLOR | HS_USES_ELF,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.death = 2},
    .run = run,
};
