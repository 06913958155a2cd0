/* SPDX-License-Identifier: MIT
 *
 * Perfetto's trace: the heap's state as counters, collections as slices, marks, failures, resets and losses as instants,
 * and all allocations as a heap profile.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/export/export.h"
#include "analysis/export/proto.h"

enum track { PROCESS = 1, USED, FREE_BYTES, LARGEST, FRAGMENTATION, COLLECTIONS, EVENTS };

static const struct hs_perfetto_track tracks[] = {
    {PROCESS, 0, "firmware", HS_PERFETTO_NO_COUNTER},
    {USED, PROCESS, "heap used", HS_PERFETTO_BYTES},
    {FREE_BYTES, PROCESS, "heap free", HS_PERFETTO_BYTES},
    {LARGEST, PROCESS, "largest free run", HS_PERFETTO_BYTES},
    {FRAGMENTATION, PROCESS, "external fragmentation, permille", HS_PERFETTO_COUNT},
    {COLLECTIONS, PROCESS, "collections", HS_PERFETTO_NO_COUNTER},
    {EVENTS, PROCESS, "marks and failures", HS_PERFETTO_NO_COUNTER},
};

static const struct {
    const char *field;
    enum track track;
} counters[] = {
    {"used", USED},
    {"free", FREE_BYTES},
    {"largest_free", LARGEST},
    {"fragmentation_permille", FRAGMENTATION},
};

struct writer {
    const struct hs_export_job *job;
    uint64_t now;
    bool collecting;
};

/* Value of a field by its name. A linear search: classes have few fields, and it is used only for rare events. */
static union hs_event_stream_value value_of(const struct hs_stream_item *t, const char *name)
{
    const struct hs_event_stream_class *class = hs_event_stream_class(t->class);
    for (unsigned i = 0; i < class->n_fields; i++)
        if (!strcmp(class->field[i].name, name))
            return t->value[i];
    return (union hs_event_stream_value){.s = ""};
}

static int put(const struct writer *w, enum hs_perfetto_type type, enum track track, const char *name)
{
    const struct hs_perfetto_event event = {.type = type, .track = track, .ns = w->now, .name = name};
    return hs_perfetto_put_event(w->job->out, &event);
}

/* ---- events ---- */

static int put_heap(struct writer *w, const struct hs_stream_item *t)
{
    int status = HS_OK;
    for (size_t i = 0; !status && i < sizeof counters / sizeof *counters; i++) {
        const struct hs_perfetto_event event = {
            .type = HS_PERFETTO_VALUE,
            .track = counters[i].track,
            .ns = t->ns,
            .value = value_of(t, counters[i].field).i,
        };
        status = hs_perfetto_put_event(w->job->out, &event);
    }
    return status;
}

static int put_usage(struct writer *w, const struct hs_stream_item *t)
{
    const struct hs_perfetto_event used = {.type = HS_PERFETTO_VALUE, .track = USED, .ns = t->ns, .value = value_of(t, "used").i};
    const struct hs_perfetto_event free = {
        .type = HS_PERFETTO_VALUE, .track = FREE_BYTES, .ns = t->ns, .value = value_of(t, "free").i};
    int status = hs_perfetto_put_event(w->job->out, &used);
    return status ? status : hs_perfetto_put_event(w->job->out, &free);
}

static int put_collect(struct writer *w, const struct hs_stream_item *t)
{
    static const char *const causes[] = {"asked for", "no room", "threshold", "heap torn down"};
    uint64_t cause = value_of(t, "cause").u;
    int status = w->collecting ? put(w, HS_PERFETTO_END, COLLECTIONS, NULL) : HS_OK;
    w->collecting = true;
    return status ? status : put(w, HS_PERFETTO_BEGIN, COLLECTIONS, cause < 4 ? causes[cause] : "collection");
}

static int put_collect_end(struct writer *w, const struct hs_stream_item *t)
{
    bool ends = w->collecting;
    (void)t;
    w->collecting = false;
    return ends ? put(w, HS_PERFETTO_END, COLLECTIONS, NULL) : HS_OK;
}

static int put_mark(struct writer *w, const struct hs_stream_item *t)
{
    return put(w, HS_PERFETTO_INSTANT, EVENTS, value_of(t, "label").s);
}

static int put_fail(struct writer *w, const struct hs_stream_item *t)
{
    char name[256];
    snprintf(name, sizeof name, "failed: %" PRIu64 " bytes, %s, %s:%" PRIu64, value_of(t, "size").u, value_of(t, "verdict").s,
             value_of(t, "file").s, value_of(t, "line").u);
    return put(w, HS_PERFETTO_INSTANT, EVENTS, name);
}

static int put_reset(struct writer *w, const struct hs_stream_item *t)
{
    char name[64];
    snprintf(name, sizeof name, "boot %" PRIu64, value_of(t, "boot").u);
    int status = put_collect_end(w, t); /* of a collection that the reset interrupted */
    return status ? status : put(w, HS_PERFETTO_INSTANT, EVENTS, name);
}

static const struct {
    const char *class;
    int (*put)(struct writer *w, const struct hs_stream_item *t);
} putters[] = {
    {"heapstrata:heap", put_heap},       {"heapstrata:usage", put_usage},
    {"heapstrata:collect", put_collect}, {"heapstrata:collect_end", put_collect_end},
    {"heapstrata:mark", put_mark},       {"heapstrata:fail", put_fail},
    {"heapstrata:reset", put_reset},
};

static int put_event(struct writer *w, const struct hs_stream_item *t)
{
    const char *name = hs_event_stream_class(t->class)->name;
    for (size_t i = 0; i < sizeof putters / sizeof *putters; i++)
        if (!strcmp(name, putters[i].class))
            return putters[i].put(w, t);
    return HS_OK;
}

static int put_loss(const struct writer *w, const struct hs_stream_item *t)
{
    char name[64];
    snprintf(name, sizeof name, "%" PRIu64 " records are missing", t->count);
    return put(w, HS_PERFETTO_INSTANT, EVENTS, name);
}

static int put_end(struct writer *w, const struct hs_stream_item *t)
{
    struct hs_stacks stacks;
    int status = put_collect_end(w, t);
    if (!status)
        status = hs_stacks_build(&stacks, t->model, &(struct hs_names){.reader = t->reader, .symbols = w->job->symbols});
    else
        return status;
    if (!status)
        status = hs_perfetto_put_heap(w->job->out, &stacks, w->now);
    hs_stacks_free(&stacks);
    return status;
}

static int emit(void *context, const struct hs_stream_item *t)
{
    struct writer *w = context;
    w->now = t->ns;
    switch (t->kind) {
    case HS_STREAM_ITEM_EVENT: return put_event(w, t);
    case HS_STREAM_ITEM_LOSS: return put_loss(w, t);
    case HS_STREAM_ITEM_END: return put_end(w, t);
    default: return HS_OK;
    }
}

static int run(const struct hs_export_job *job, struct hs_error *error)
{
    struct writer w = {.job = job};
    struct hs_export_job records = *job;
    int status = HS_OK;
    records.sets = HS_EVENT_STREAM_RECORDS;
    status = hs_perfetto_put_clocks(job->out);
    for (size_t i = 0; !status && i < sizeof tracks / sizeof *tracks; i++)
        status = hs_perfetto_put_track(job->out, &tracks[i]);
    if (status)
        return hs_export_fail(error, status, "the trace cannot be written: %s", hs_strerror(status));
    return hs_export_emit_all(&records, emit, &w, NULL, error);
}

const struct hs_exporter hs_exporter_perfetto = {
    .name = "perfetto",
    .summary = "counters, collections, marks, heap profile, for ui.perfetto.dev",
    .binary = true,
    .missing = &hs_proto_missing,
    .run = run,
};
