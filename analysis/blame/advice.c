/* SPDX-License-Identifier: MIT */
#include "analysis/blame/advice.h"

#include <stdlib.h>

#include "analysis/whatif/edit.h"
#include "analysis/whatif/rerun.h"

#define SHARE_WORTH 0.05 /* rows with a smaller share of the bytes that islands split off get no advice */
#define LONGER 3u        /* "long-lived": minimum ratio of the block's lifetime to that of its freed neighbours */
#define MANY 8u          /* blocks */
#define SOME 4u
#define BUFFER 64u       /* minimum bytes of a block that is worth reusing */
#define MISSING_PART 16u /* islands that split off less than this part of the failed request did not cause the failure */
#define LESS 0.95        /* times the fragmentation without the change; smaller gains are not reported */
#define HEAP_PARTS 8u    /* a collection that frees less than this part of the heap needs no threshold */

/* Input of the conditions. */
struct scene {
    const struct hs_advised *advised;
    const struct hs_island_report *report;
    const struct hs_groups *groups;
    const struct hs_model *model;
};

static uint64_t mean(uint64_t sum, uint64_t n) { return n ? sum / n : 0; }

/* Blocks that are live at the end count even if their recorded life is short. A line whose neighbours are its own
 * blocks has no other line to be separated from. */
static bool long_lived(const struct hs_island_row *r)
{
    uint64_t own = mean(r->sum.lifetime, r->sum.ended), beside = mean(r->sum.beside_lifetime, r->sum.besides);
    return r->sum.besides && r->beside != r->group && own > beside && (own >= LONGER * beside || r->sum.kept * 2 >= r->sum.ended);
}

/* ---- conditions: each fills in the evidence, and returns whether the advice applies ---- */

/* The neighbouring line allocates one buffer after another, and never held all of them at a time. `blocks` of its `of` blocks were neighbours; `bytes` is
 * their mean size, `ticks` their lifetime, `other_ticks` that of the islands; `largest` is the sum of its sites' maxima
 * of live bytes. */
static bool reuse(const struct scene *s, const struct hs_island_row *r, struct hs_advice *a)
{
    if (r->beside == UINT32_MAX)
        return false;
    const struct hs_site_sum *beside = &s->groups->group[r->beside].self;
    uint64_t size = mean(beside->bytes, beside->allocs + beside->reallocs), most = 0;
    for (size_t i = 0; i < s->groups->group[r->beside].n_sites; i++)
        most += hs_model_site(s->model, s->groups->group[r->beside].site[i])->max_live;
    a->group = r->beside;
    a->blocks = r->beside_blocks;
    a->of = beside->allocs;
    a->bytes = size;
    a->largest = most;
    a->ticks = r->beside_lifetime;
    a->other_ticks = mean(r->sum.lifetime, r->sum.ended);
    return long_lived(r) && size >= BUFFER && beside->allocs >= MANY && beside->live_blocks * 4 < beside->allocs &&
           most < beside->bytes;
}

/* `blocks` of its `of` blocks were allocated while a module was imported, between blocks that were freed later. */
static bool import(const struct scene *s, const struct hs_island_row *r, struct hs_advice *a)
{
    (void)s;
    a->blocks = r->sum.in_import;
    a->of = r->sum.blocks;
    a->bytes = r->sum.bytes;
    return r->sum.in_import * 2 > r->sum.blocks && r->sum.besides;
}

/* Resized repeatedly: `blocks` resizes of its `of` blocks, up to `largest` bytes. */
static bool final_size(const struct scene *s, const struct hs_island_row *r, struct hs_advice *a)
{
    const struct hs_site_sum *self = &s->groups->group[r->group].self;
    a->blocks = r->sum.resized;
    a->of = r->sum.blocks;
    a->largest = r->sum.largest;
    return self->reallocs && r->sum.resized >= 2 * r->sum.blocks;
}

/* Many and long-lived: `blocks` blocks of `smallest` to `largest` bytes with lifetime `ticks`, `of` of them live at the
 * end, beside blocks with lifetime `other_ticks`. */
static bool many(const struct scene *s, const struct hs_island_row *r, struct hs_advice *a)
{
    (void)s;
    a->blocks = r->sum.blocks;
    a->bytes = r->sum.bytes;
    a->smallest = r->sum.smallest;
    a->largest = r->sum.largest;
    a->of = r->sum.kept;
    a->ticks = mean(r->sum.lifetime, r->sum.ended);
    a->other_ticks = mean(r->sum.beside_lifetime, r->sum.besides);
    return long_lived(r) && r->sum.blocks >= MANY && r->sum.resized * 4 < r->sum.blocks;
}

static bool few(const struct scene *s, const struct hs_island_row *r, struct hs_advice *a)
{
    return !many(s, r, a) && long_lived(r) && r->sum.blocks < MANY && !r->sum.resized && r->sum.in_import * 2 <= r->sum.blocks;
}

/* Placed after garbage: of the `of` blocks that survived the first collection after their allocation, `blocks` would
 * have fit at a lower address if that collection had come first. */
static bool collect(const struct scene *s, const struct hs_island_row *r, struct hs_advice *a)
{
    (void)s;
    a->blocks = r->birth.lower;
    a->of = r->birth.blocks;
    return long_lived(r) && r->birth.blocks >= SOME && r->birth.lower * 2 >= r->birth.blocks;
}

/* About the whole run: `blocks` of its `of` collections started only when an allocation did not fit, and freed `bytes`
 * each on average. A threshold of `largest` bytes would start them twice as early. */
static bool threshold(const struct scene *s, const struct hs_island_row *none, struct hs_advice *a)
{
    const struct hs_collections *c = &s->model->collections;
    uint64_t heap = 0, lower = 0, births = 0;
    (void)none;
    for (unsigned i = 0; i < s->model->n_regions; i++)
        heap += s->model->region[i].present ? (uint64_t)s->model->region[i].granules << s->model->region[i].shift : 0;
    for (size_t i = 0; i < s->report->n; i++) {
        lower += s->report->row[i].birth.lower;
        births += s->report->row[i].birth.blocks;
    }
    a->blocks = c->cause[1];
    a->of = c->begun;
    a->bytes = mean(c->freed_bytes, c->done);
    a->largest = a->bytes / 2 / 1024 * 1024;
    return c->cause[1] && c->cause[1] * 2 >= c->begun && !c->cause[2] && a->bytes >= heap / HEAP_PARTS && a->largest &&
           lower * 4 >= births && lower;
}

static const struct {
    bool (*applies)(const struct scene *scene, const struct hs_island_row *row, struct hs_advice *advice);
    bool whole_run;
} conditions[HS_ADVICE_KINDS] = {
    [HS_ADVICE_REUSE] = {reuse, false},        [HS_ADVICE_IMPORT] = {import, false}, [HS_ADVICE_FINAL_SIZE] = {final_size, false},
    [HS_ADVICE_PREALLOCATE] = {many, false},   [HS_ADVICE_EARLIER] = {few, false},   [HS_ADVICE_COLLECT] = {collect, false},
    [HS_ADVICE_THRESHOLD] = {threshold, true},
};

/* ---- rows ---- */

static void add_site(struct hs_island_row *of, const struct hs_islands *is, const struct hs_groups *groups, uint32_t site)
{
    uint32_t group = hs_groups_of(groups, site), index = site + 1;
    if (group == UINT32_MAX || index >= is->n_sites)
        return;
    hs_island_add(&of[group].sum, &is->site[index]);
    of[group].birth.blocks += is->birth[index].blocks;
    of[group].birth.lower += is->birth[index].lower;
}

static void find_beside(struct hs_island_row *row, const struct hs_groups *groups)
{
    row->beside = UINT32_MAX;
    for (unsigned i = 0; i < HS_BESIDES; i++) {
        uint32_t group = row->sum.beside[i].blocks ? hs_groups_of(groups, row->sum.beside[i].site) : UINT32_MAX;
        uint64_t blocks = 0, bytes = 0, lifetime = 0;
        for (unsigned j = 0; group != UINT32_MAX && j < HS_BESIDES; j++) {
            const struct hs_beside *b = &row->sum.beside[j];
            if (!b->blocks || hs_groups_of(groups, b->site) != group)
                continue;
            blocks += b->blocks;
            bytes += b->bytes;
            lifetime += b->lifetime;
        }
        if (bytes <= row->beside_bytes)
            continue;
        row->beside = group;
        row->beside_blocks = blocks;
        row->beside_bytes = bytes;
        row->beside_lifetime = lifetime / blocks;
    }
}

static int by_parted(const void *left, const void *right)
{
    const struct hs_island_row *a = left, *b = right;
    if (a->sum.parted != b->sum.parted)
        return a->sum.parted < b->sum.parted ? 1 : -1;
    return (a->group > b->group) - (a->group < b->group);
}

static void make_rows(struct hs_island_report *report, const struct hs_islands *is, const struct hs_groups *groups)
{
    for (uint32_t site = 0; site < is->n_sites; site++)
        add_site(report->row, is, groups, site - 1);
    for (uint32_t g = 0; g < groups->n; g++) {
        struct hs_island_row row = report->row[g];
        row.group = g;
        if (!row.sum.blocks)
            continue;
        find_beside(&row, groups);
        report->parted += row.sum.parted;
        report->row[report->n++] = row;
    }
    for (size_t i = 0; i < report->n; i++)
        report->row[i].share = report->parted ? (double)report->row[i].sum.parted / (double)report->parted : 0;
    qsort(report->row, report->n, sizeof *report->row, by_parted);
}

/* ---- advice ---- */

static struct hs_rerun_result rerun(const struct hs_program *program, double death, uint64_t threshold, bool *ran)
{
    struct hs_rerun_result result = {.failed = false};
    const struct hs_setting set = {.policy = hs_policy_at(0), .shift = program->shift, .death = death, .threshold = threshold};
    *ran = *ran && hs_rerun(&result, program, &set) == HS_OK;
    return result;
}

/* Replays the program as it is and as it would be, on the same heap. `threshold` 0: as recorded. Returns whether it helps. */
static bool replay(struct hs_advice *a, const struct hs_program *program, const struct hs_program *changed, uint64_t threshold)
{
    bool ran = true;
    uint64_t before = rerun(program, HS_DEATH_EARLY, 0, &ran).failures;
    struct hs_rerun_result was = rerun(program, HS_DEATH_LATE, 0, &ran), late = rerun(changed, HS_DEATH_LATE, threshold, &ran);
    uint64_t early = rerun(changed, HS_DEATH_EARLY, threshold, &ran).failures;
    if (!ran)
        return false;
    a->trial = late.failures < before ? HS_ADVICE_HELPS : early < before ? HS_ADVICE_HELPS_EARLY : HS_ADVICE_LESS;
    a->failures = late.failures < before ? late.failures : early;
    a->before = was.fragmentation;
    a->after = late.fragmentation;
    return a->trial != HS_ADVICE_LESS || (!before && !late.failures && a->after < LESS * a->before);
}

/* The same with the line of the advice changed. */
static bool try_edit(struct hs_advice *a, enum hs_edit_kind kind, const struct hs_program *program, const struct hs_group *group)
{
    struct hs_program changed = {0};
    struct hs_edit edit = {.kind = kind};
    for (size_t i = 0; i < group->n_sites; i++)
        edit.n_sites = group->site[i] >= edit.n_sites ? group->site[i] + 1 : edit.n_sites;
    bool *site = calloc((size_t)edit.n_sites + 1, sizeof *site), helps = false;
    for (size_t i = 0; site && i < group->n_sites; i++)
        site[group->site[i]] = true;
    edit.site = site;
    if (site && hs_program_edit(&changed, program, &edit) == HS_OK)
        helps = replay(a, program, &changed, 0);
    hs_program_free(&changed);
    free(site);
    return helps;
}

/* Whether advice can be given: what was not seen to help is not, unless the trace cannot be replayed. */
static bool stands_trial(struct hs_advice *a, const struct hs_advised *advised, const struct hs_groups *groups)
{
    static const enum hs_edit_kind edits[HS_ADVICE_KINDS] = {
        [HS_ADVICE_REUSE] = HS_EDIT_REUSE,           [HS_ADVICE_IMPORT] = HS_EDIT_BEFORE,
        [HS_ADVICE_FINAL_SIZE] = HS_EDIT_FINAL_SIZE, [HS_ADVICE_PREALLOCATE] = HS_EDIT_BEFORE,
        [HS_ADVICE_EARLIER] = HS_EDIT_BEFORE,        [HS_ADVICE_COLLECT] = HS_EDIT_COLLECT};
    if (!advised->program)
        return true;
    if (a->kind == HS_ADVICE_THRESHOLD)
        return replay(a, advised->program, advised->program, a->largest);
    return try_edit(a, edits[a->kind], advised->program, &groups->group[a->group]);
}

/* When two lines have islands between the same buffers, the advice about the buffers is given once. */
static bool already_given(const struct hs_island_report *report, const struct hs_advice *a)
{
    for (size_t i = 0; i < report->n_advice; i++)
        if (report->advice[i].kind == a->kind && report->advice[i].group == a->group)
            return true;
    return false;
}

static void advise(struct hs_island_report *report, const struct scene *s, size_t row, bool whole_run)
{
    for (unsigned kind = 0; kind < HS_ADVICE_KINDS; kind++) {
        struct hs_advice a = {.kind = (enum hs_advice_kind)kind,
                              .row = whole_run ? UINT32_MAX : (uint32_t)row,
                              .group = whole_run ? UINT32_MAX : report->row[row].group};
        if (conditions[kind].whole_run == whole_run && conditions[kind].applies(s, whole_run ? NULL : &report->row[row], &a) &&
            !already_given(report, &a) && stands_trial(&a, s->advised, s->groups))
            report->advice[report->n_advice++] = a;
    }
}

static bool has_source(const struct hs_reader *reader, const struct hs_group *group)
{
    for (size_t i = 0; i < group->n_sites; i++) {
        const struct hs_site *site = hs_reader_site(reader, group->site[i]);
        if (site && site->file)
            return true;
    }
    return false;
}

/* When source lines are recorded, blocks without a line are the interpreter's own: a user cannot change them. */
static bool any_source(const struct hs_reader *reader, const struct hs_groups *groups)
{
    for (size_t i = 0; i < groups->n; i++)
        if (has_source(reader, &groups->group[i]))
            return true;
    return false;
}

/* Whether advice about a row is useful: its islands split off, on average, a relevant share of the missing bytes. */
static bool is_worth_it(const struct hs_advised *a, const struct hs_island_report *report, size_t row,
                        const struct hs_groups *groups)
{
    bool users = !any_source(a->reader, groups) || has_source(a->reader, &groups->group[report->row[row].group]);
    const struct hs_island_row *r = &report->row[row];
    return r->share >= SHARE_WORTH && MISSING_PART * mean(r->sum.parted, r->sum.moments) >= a->missing && users;
}

int hs_island_report_make(struct hs_island_report *report, const struct hs_islands *is, const struct hs_groups *groups,
                          const struct hs_advised *advised)
{
    *report = (struct hs_island_report){.moments = is->moments, .row = calloc(groups->n + 1, sizeof *report->row)};
    if (!report->row)
        return HS_ERR_MEMORY;
    make_rows(report, is, groups);
    report->advice = calloc((report->n + 1) * HS_ADVICE_KINDS, sizeof *report->advice);
    if (!report->advice)
        return HS_ERR_MEMORY;
    struct scene scene = {advised, report, groups, advised->model};
    bool any = false;
    for (size_t i = 0; i < report->n; i++) {
        if (!is_worth_it(advised, report, i, groups))
            continue;
        any = true;
        advise(report, &scene, i, false);
    }
    if (any)
        advise(report, &scene, 0, true);
    return HS_OK;
}

void hs_island_report_free(struct hs_island_report *report)
{
    free(report->row);
    free(report->advice);
    *report = (struct hs_island_report){0};
}
