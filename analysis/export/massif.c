/* SPDX-License-Identifier: MIT
 *
 * Valgrind's massif: bytes taken against time, with the tree of who took them at the peak and at the end.
 * The tree begins at the allocating line and goes outwards to its callers.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "analysis/export/export.h"
#include "analysis/export/stacks.h"
#include "analysis/measure/summary.h"
#include "analysis/measure/timeline.h"

#define SNAPSHOTS 100 /* massif's own default */

struct printer {
    const struct hs_export_job *job;
    struct hs_stacks stacks;
    const struct hs_stack **order; /* of the stacks, by frames from the innermost outwards */
    enum hs_weight weight;
    unsigned snapshot;
    bool failed;
};

/* Stacks whose innermost `depth` frames are the same. */
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

/* Equals keep the order of their frames, whatever qsort does with equals. */
static int heaviest_first(const void *a, const void *b)
{
    const struct branch *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* The branches of one, at `depth`, heaviest first. Those without weight, and stacks that end here, are none. */
static struct branch *branches(struct printer *p, const struct branch *of, unsigned depth, unsigned *n)
{
    struct branch *branch = calloc(of->end - of->first + 1, sizeof *branch);
    *n = 0;
    p->failed |= !branch;
    for (size_t i = of->first, next; branch && i < of->end; i = next) {
        uint32_t frame = frame_at(p->order[i], depth);
        uint64_t weight = 0;
        for (next = i; next < of->end && frame_at(p->order[next], depth) == frame; next++)
            weight += hs_weight_of(&p->order[next]->sum, p->weight);
        if (weight && frame != UINT32_MAX)
            branch[(*n)++] = (struct branch){ i, next, weight };
    }
    if (branch)
        qsort(branch, *n, sizeof *branch, heaviest_first);
    return branch;
}

static void put_place(const struct printer *p, const struct branch *b, unsigned depth)
{
    const struct hs_stack_frame *frame = &p->stacks.frame[frame_at(p->order[b->first], depth - 1)];
    if (frame->line)
        fprintf(p->job->out, " 0x0: %s (%s:%" PRIu32 ")\n", frame->function, frame->file, frame->line);
    else
        fprintf(p->job->out, " 0x0: %s (in native code)\n", frame->name);
}

static void put_branch(struct printer *p, const struct branch *b, unsigned depth)
{
    unsigned n;
    struct branch *below = branches(p, b, depth, &n);
    fprintf(p->job->out, "%*sn%u: %" PRIu64, (int)depth, "", n, b->weight);
    if (depth)
        put_place(p, b, depth);
    else
        fputs(" (all allocations)\n", p->job->out);
    for (unsigned i = 0; i < n; i++)
        put_branch(p, &below[i], depth + 1);
    free(below);
}

static void put_snapshot(struct printer *p, double seconds, uint64_t used)
{
    fprintf(p->job->out, "#-----------\nsnapshot=%u\n#-----------\ntime=%.3f\nmem_heap_B=%" PRIu64
            "\nmem_heap_extra_B=0\nmem_stacks_B=0\n", p->snapshot++, seconds * 1e3, used);
}

static void put_tree(struct printer *p, const char *kind, enum hs_weight weight)
{
    p->weight = weight;
    const struct branch all = { 0, p->stacks.n, hs_weight_of(&p->stacks.total, weight) };
    fprintf(p->job->out, "heap_tree=%s\n", kind);
    put_branch(p, &all, 0);
}

/* When the heap was fullest, in ticks of the series: the point that holds the record. */
static uint32_t peak_point(const struct hs_timeline *t)
{
    uint32_t i = 0;
    while (i + 1 < t->series.n && t->series.point[i].number < t->model->peak_number)
        i++;
    return i;
}

static void put_all(struct printer *p, const struct hs_timeline *t, const struct hs_reader *reader)
{
    uint32_t peak = peak_point(t);
    fprintf(p->job->out, "desc: exported by heapstrata " HS_VERSION "\ncmd: %s\ntime_unit: ms\n", p->job->input);
    for (uint32_t i = 0; i < t->series.n; i++) {
        const struct hs_point *point = &t->series.point[i];
        if (i == peak && t->model->peak) { /* summaries do not tell who held what */
            put_snapshot(p, hs_seconds(reader, point->at), t->model->peak);
            put_tree(p, "peak", HS_WEIGHT_PEAK);
        }
        bool last = i + 1 == t->series.n;
        if (!point->samples && !last)
            continue;
        put_snapshot(p, hs_seconds(reader, point->time), (uint64_t)point->end.last.value[HS_FIGURE_USED]);
        if (!last)
            fputs("heap_tree=empty\n", p->job->out);
        else
            put_tree(p, "detailed", HS_WEIGHT_LIVE);
    }
}

static int print(struct printer *p, const struct hs_timeline *t, const struct hs_reader *reader)
{
    int status = hs_stacks_build(&p->stacks, t->model, &(struct hs_names){ .reader = reader, .symbols = p->job->symbols });
    p->order = calloc(p->stacks.n + 1, sizeof *p->order);
    if (status || !p->order)
        return HS_ERR_MEMORY;
    for (size_t i = 0; i < p->stacks.n; i++)
        p->order[i] = &p->stacks.stack[i];
    qsort(p->order, p->stacks.n, sizeof *p->order, by_frames);
    put_all(p, t, reader);
    return p->failed ? HS_ERR_MEMORY : HS_OK;
}

static int measure(struct hs_timeline *t, struct hs_reader *reader)
{
    const struct hs_event *events;
    long n;
    while ((n = hs_reader_next(reader, &events)) > 0 && !hs_timeline_feed(t, events, n, true))
        ;
    return n < 0 ? (int)n : hs_timeline_finish(t);
}

static int run(const struct hs_export_job *job, struct hs_error *error)
{
    struct printer p = { .job = job };
    struct hs_reader *reader = hs_export_open(job, error);
    if (!reader)
        return error->code;
    struct hs_timeline *t = hs_timeline_new(&(struct hs_timeline_config){ .points = SNAPSHOTS });
    int status = t ? measure(t, reader) : HS_ERR_MEMORY;
    *error = *hs_reader_error(reader);
    if (!status)
        status = print(&p, t, reader);
    if (status)
        hs_export_fail(error, status, "%s: %s", job->input, hs_strerror(status));
    hs_timeline_free(t);
    hs_stacks_free(&p.stacks);
    free(p.order);
    hs_reader_close(reader);
    return status;
}

const struct hs_exporter hs_exporter_massif = {
    .name = "massif", .summary = "bytes taken against time, for ms_print and massif-visualizer", .run = run,
};
