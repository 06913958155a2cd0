/* SPDX-License-Identifier: MIT
 *
 * Valgrind's massif: allocated bytes against time. Trees show the sites of these bytes at the peak, at the end, and at 10%
 * or more of the snapshots in between: massif-visualizer draws its areas from them. A tree begins at the allocating line
 * and continues with its callers.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/export/export.h"
#include "analysis/export/moments.h"
#include "analysis/export/stacks.h"
#include "analysis/time/summary.h"
#include "analysis/time/timeline.h"

#define SNAPSHOTS 100 /* massif's own default */

struct printer {
    const struct hs_export_job *job;
    struct hs_stacks stacks;
    struct hs_moments moments;
    const struct hs_stack **order; /* the stacks, sorted by their frames, the innermost frame first */
    uint64_t *weight;              /* of each stack in `order`, in the current tree */
    unsigned snapshot, next;       /* number of snapshots so far; the next of `moments` */
    bool failed;
};

/* Stacks with the same innermost frames. */
struct branch {
    size_t first, end;
    uint64_t weight;
};

static uint32_t frame_at(const struct hs_stack *stack, unsigned depth)
{
    return depth < stack->n ? stack->frame[stack->n - 1 - depth] : UINT32_MAX;
}

static int by_frames(const void *a, const void *b)
{
    const struct hs_stack *x = *(const struct hs_stack *const *)a, *y = *(const struct hs_stack *const *)b;
    for (unsigned depth = 0; depth < x->n || depth < y->n; depth++) {
        uint32_t fx = frame_at(x, depth), fy = frame_at(y, depth);
        if (fx != fy)
            return fx < fy ? -1 : 1;
    }
    return 0;
}

/* Branches of equal weight keep their order; qsort alone does not guarantee that. */
static int heaviest_first(const void *a, const void *b)
{
    const struct branch *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* The branches of `of` at `depth`, the heaviest first. Branches without weight, and stacks that end here, are skipped. */
static struct branch *branches(struct printer *p, const struct branch *of, unsigned depth, unsigned *n)
{
    struct branch *branch = calloc(of->end - of->first + 1, sizeof *branch);
    *n = 0;
    p->failed |= !branch;
    for (size_t i = of->first, next; branch && i < of->end; i = next) {
        uint32_t frame = frame_at(p->order[i], depth);
        uint64_t weight = 0;
        for (next = i; next < of->end && frame_at(p->order[next], depth) == frame; next++)
            weight += p->weight[next];
        if (weight && frame != UINT32_MAX)
            branch[(*n)++] = (struct branch){i, next, weight};
    }
    if (branch)
        qsort(branch, *n, sizeof *branch, heaviest_first);
    return branch;
}

/* Replaces characters that end a line or begin a comment. */
static void put_text(const struct printer *p, const char *text)
{
    for (; *text; text++)
        putc(*text == '\n' || *text == '\r' ? ' ' : *text == '#' ? '_' : *text, p->job->out);
}

static void put_place(const struct printer *p, const struct branch *b, unsigned depth)
{
    const struct hs_stack_frame *frame = &p->stacks.frame[frame_at(p->order[b->first], depth - 1)];
    fputs(" 0x0: ", p->job->out);
    put_text(p, frame->line ? frame->function : frame->name);
    fputs(" (", p->job->out);
    put_text(p, frame->line ? frame->file : "in native code");
    if (frame->line)
        fprintf(p->job->out, ":%" PRIu32, frame->line);
    fputs(")\n", p->job->out);
}

static void put_branch(struct printer *p, const struct branch *b, unsigned depth)
{
    unsigned n;
    struct branch *below = branches(p, b, depth, &n);
    fprintf(p->job->out, "%*sn%u: %" PRIu64, (int)depth, "", n, b->weight);
    put_place(p, b, depth);
    for (unsigned i = 0; i < n; i++)
        put_branch(p, &below[i], depth + 1);
    free(below);
}

/* Scales the weights down if their sum is more than `used`, because estimates may be too large. Returns the new sum. */
static uint64_t fit(struct printer *p, uint64_t used)
{
    uint64_t sum = 0, fitted = 0;
    for (size_t i = 0; i < p->stacks.n; i++)
        sum += p->weight[i];
    if (sum <= used)
        return sum;
    for (size_t i = 0; i < p->stacks.n; i++) {
        p->weight[i] = (uint64_t)((double)p->weight[i] / (double)sum * (double)used);
        fitted += p->weight[i];
    }
    return fitted;
}

/* The tree of `used` bytes; bytes that belong to no stack are a separate branch. */
static void put_tree(struct printer *p, const char *kind, uint64_t used)
{
    unsigned n;
    struct branch all = {0, p->stacks.n, fit(p, used)};
    struct branch *below = branches(p, &all, 0, &n);
    uint64_t rest = used > all.weight ? used - all.weight : 0;
    fprintf(p->job->out, "heap_tree=%s\nn%u: %" PRIu64 " (all allocations)\n", kind, n + (rest > 0), all.weight + rest);
    for (unsigned i = 0; i < n; i++)
        put_branch(p, &below[i], 1);
    if (rest)
        fprintf(p->job->out, " n0: %" PRIu64 " 0x0: (not recorded) (in native code)\n", rest);
    free(below);
}

static void put_snapshot(struct printer *p, double seconds, uint64_t used)
{
    fprintf(p->job->out,
            "#-----------\nsnapshot=%u\n#-----------\ntime=%.3f\nmem_heap_B=%" PRIu64 "\nmem_heap_extra_B=0\nmem_stacks_B=0\n",
            p->snapshot++, seconds * 1e3, used);
}

static void weigh(struct printer *p, enum hs_weight weight)
{
    for (size_t i = 0; i < p->stacks.n; i++)
        p->weight[i] = hs_weight_of(&p->order[i]->sum, weight);
}

static void put_moment(struct printer *p, const struct hs_moment *m, const struct hs_reader *reader)
{
    for (size_t i = 0; i < p->stacks.n; i++) {
        uint32_t sum = p->order[i]->site + 1u; /* 0: unknown site */
        p->weight[i] = sum < m->n && p->order[i] != p->stacks.rest ? m->live[sum] : 0;
    }
    put_snapshot(p, hs_seconds(reader, m->at), m->used);
    put_tree(p, "detailed", m->used);
}

/* Writes the moments up to a time in ticks since the first boot. */
static void put_moments(struct printer *p, uint64_t until, const struct hs_reader *reader)
{
    for (; p->next < p->moments.n && p->moments.moment[p->next].at <= until; p->next++)
        put_moment(p, &p->moments.moment[p->next], reader);
}

/* The first point that reaches the peak. */
static uint32_t peak_point(const struct hs_timeline *t, uint64_t peak)
{
    uint32_t i = 0;
    while (i + 1 < t->series.n && !(t->series.point[i].max.value[HS_FIGURE_USED] >= (double)peak))
        i++;
    return i;
}

static void put_all(struct printer *p, const struct hs_timeline *t, const struct hs_reader *reader)
{
    uint64_t top = t->model->levels.peak > t->model->peak ? t->model->levels.peak : t->model->peak;
    uint32_t peak = peak_point(t, top);
    fprintf(p->job->out, "desc: exported by heapstrata " HS_VERSION "\ncmd: %s\ntime_unit: ms\n", p->job->input);
    for (uint32_t i = 0; i < t->series.n; i++) {
        const struct hs_point *point = &t->series.point[i];
        double used = point->end.last.value[HS_FIGURE_USED];
        bool last = i + 1 == t->series.n;
        put_moments(p, point->at, reader);
        if (i == peak && top) {
            put_snapshot(p, hs_seconds(reader, point->at), top);
            weigh(p, HS_WEIGHT_PEAK);
            put_tree(p, "peak", top);
        }
        if (isnan(used) || (!point->samples && !last))
            continue;
        put_moments(p, point->time, reader);
        put_snapshot(p, hs_seconds(reader, point->time), (uint64_t)used);
        weigh(p, HS_WEIGHT_LIVE);
        if (last)
            put_tree(p, "detailed", (uint64_t)used);
        else
            fputs("heap_tree=empty\n", p->job->out);
    }
}

static int print(struct printer *p, const struct hs_timeline *t, const struct hs_reader *reader)
{
    int status = hs_stacks_build(&p->stacks, t->model, &(struct hs_names){.reader = reader, .symbols = p->job->symbols});
    p->order = calloc(p->stacks.n + 1, sizeof *p->order);
    p->weight = calloc(p->stacks.n + 1, sizeof *p->weight);
    if (status || !p->order || !p->weight)
        return HS_ERR_MEMORY;
    for (size_t i = 0; i < p->stacks.n; i++)
        p->order[i] = &p->stacks.stack[i];
    qsort(p->order, p->stacks.n, sizeof *p->order, by_frames);
    put_all(p, t, reader);
    return p->failed ? HS_ERR_MEMORY : HS_OK;
}

/* The number of events before the next moment is due; at least one. */
static long piece(const struct hs_moments *m, const struct hs_model *model, const struct hs_event *events, long n)
{
    long k = 0;
    while (k < n && events[k].boot == model->boot && !hs_moments_due(m, hs_event_elapsed(model, &events[k])))
        k++;
    return k ? k : 1;
}

static int feed(struct printer *p, struct hs_timeline *t, const struct hs_event *events, long n)
{
    int error = HS_OK;
    for (long k; n > 0 && !error; events += k, n -= k) {
        k = piece(&p->moments, t->model, events, n);
        error = hs_timeline_feed(t, events, k, true);
        bool fresh = !hs_model_summary_only(t->model) || events[k - 1].kind == HS_SUMMARY;
        if (!error && fresh && hs_moments_due(&p->moments, hs_model_elapsed(t->model)))
            hs_moments_keep(&p->moments, t->model);
    }
    return error;
}

static int measure(struct printer *p, struct hs_timeline *t, struct hs_reader *reader)
{
    const struct hs_event *events;
    long n;
    while ((n = hs_reader_next(reader, &events)) > 0 && !feed(p, t, events, n))
        ;
    return n < 0 ? (int)n : p->moments.short_of_memory ? HS_ERR_MEMORY : hs_timeline_finish(t);
}

static int run(const struct hs_export_job *job, struct hs_error *error)
{
    struct printer p = {.job = job};
    struct hs_reader *reader = hs_export_open(job, error);
    if (!reader)
        return error->code;
    struct hs_timeline *t = hs_timeline_new(&(struct hs_timeline_config){.points = SNAPSHOTS});
    int status = t ? measure(&p, t, reader) : HS_ERR_MEMORY;
    *error = *hs_reader_error(reader);
    if (!status)
        status = print(&p, t, reader);
    if (status)
        hs_export_fail(error, status, "%s: %s", job->input, hs_strerror(status));
    hs_timeline_free(t);
    hs_stacks_free(&p.stacks);
    hs_moments_free(&p.moments);
    free(p.order);
    free(p.weight);
    hs_reader_close(reader);
    return status;
}

const struct hs_exporter hs_exporter_massif = {
    .name = "massif",
    .summary = "allocated bytes against time, for ms_print and massif-visualizer",
    .run = run,
};
