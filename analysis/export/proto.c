/* SPDX-License-Identifier: MIT */
#include "analysis/export/proto.h"

#if defined HS_WITHOUT_PROTOBUF || !__has_include(<protobuf-c/protobuf-c.h>) || \
    !__has_include("analysis/export/proto/pprof.pb-c.h") || !__has_include("analysis/export/proto/perfetto.pb-c.h")

const char *const hs_proto_missing = "libprotobuf-c (Debian: libprotobuf-c-dev and protobuf-c-compiler)";

int hs_pprof_profile(FILE *out, const struct hs_stacks *stacks)
{
    (void)out;
    (void)stacks;
    return HS_ERR_ARG;
}

int hs_perfetto_put_clocks(FILE *out)
{
    (void)out;
    return HS_ERR_ARG;
}

int hs_perfetto_put_track(FILE *out, const struct hs_perfetto_track *track)
{
    (void)out;
    (void)track;
    return HS_ERR_ARG;
}

int hs_perfetto_put_event(FILE *out, const struct hs_perfetto_event *event)
{
    (void)out;
    (void)event;
    return HS_ERR_ARG;
}

int hs_perfetto_put_heap(FILE *out, const struct hs_stacks *stacks, uint64_t ns)
{
    (void)out;
    (void)stacks;
    (void)ns;
    return HS_ERR_ARG;
}

#else

#include <protobuf-c/protobuf-c.h>
#include <stdlib.h>
#include <string.h>

/* The build generates these headers from proto/. */
#include "analysis/export/proto/perfetto.pb-c.h"
#include "analysis/export/proto/pprof.pb-c.h"

const char *const hs_proto_missing = NULL;

static int put_message(FILE *out, const ProtobufCMessage *message)
{
    size_t length = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(length + 1);
    if (!bytes)
        return HS_ERR_MEMORY;
    protobuf_c_message_pack(message, bytes);
    bool written = fwrite(bytes, 1, length, out) == length;
    free(bytes);
    return written ? HS_OK : HS_ERR_IO;
}

/* An array of messages and an array of pointers to them: the library's form of repeated fields. */
struct messages {
    void *item;
    void **pointer;
};

static bool make_messages(struct messages *m, size_t n, size_t size)
{
    m->item = calloc(n + 1, size);
    m->pointer = calloc(n + 1, sizeof *m->pointer);
    for (size_t i = 0; m->item && m->pointer && i < n; i++)
        m->pointer[i] = (char *)m->item + i * size;
    return m->item && m->pointer;
}

static void free_messages(struct messages *m)
{
    free(m->item);
    free(m->pointer);
}

/* ---- pprof ---- */

/* The string table: first these, then the name and file of each frame, then the comments. */
static const char *const words[] = {"", "alloc_objects", "count", "alloc_space", "bytes", "inuse_objects", "inuse_space"};
enum { WORD_COUNT = 2, WORD_BYTES = 4, WORDS = sizeof words / sizeof *words };
static const char *const comments[] = {
    "Figures of the end are estimated from samples, or summed up by the firmware: see heapstrata stat.",
    "Requests were not recorded.",
};
enum { COMMENTS = sizeof comments / sizeof *comments };
static const unsigned value_words[][2] = {{1, WORD_COUNT}, {3, WORD_BYTES}, {5, WORD_COUNT}, {6, WORD_BYTES}};
enum { VALUES = sizeof value_words / sizeof *value_words };

struct pprof {
    struct messages types, samples, locations, lines, functions;
    char **strings;
    uint64_t *location_ids; /* of all samples, concatenated */
    int64_t *values;        /* VALUES of each sample */
};

static size_t count_calls(const struct hs_stacks *stacks)
{
    size_t n = 0;
    for (size_t i = 0; i < stacks->n; i++)
        n += stacks->stack[i].n;
    return n;
}

static bool make_pprof(struct pprof *p, const struct hs_stacks *stacks)
{
    p->strings = calloc(WORDS + 2 * stacks->n_frames + COMMENTS, sizeof *p->strings);
    p->location_ids = calloc(count_calls(stacks) + 1, sizeof *p->location_ids);
    p->values = calloc(stacks->n * VALUES + 1, sizeof *p->values);
    return make_messages(&p->types, VALUES, sizeof(Pprof__ValueType)) &&
           make_messages(&p->samples, stacks->n, sizeof(Pprof__Sample)) &&
           make_messages(&p->locations, stacks->n_frames, sizeof(Pprof__Location)) &&
           make_messages(&p->lines, stacks->n_frames, sizeof(Pprof__Line)) &&
           make_messages(&p->functions, stacks->n_frames, sizeof(Pprof__Function)) && p->strings && p->location_ids && p->values;
}

static void free_pprof(struct pprof *p)
{
    free_messages(&p->types);
    free_messages(&p->samples);
    free_messages(&p->locations);
    free_messages(&p->lines);
    free_messages(&p->functions);
    free(p->strings);
    free(p->location_ids);
    free(p->values);
}

/* Each frame is a function and a location with one line; their ids are the frame's number plus 1. */
static void fill_frames(struct pprof *p, const struct hs_stacks *stacks)
{
    for (size_t i = 0; i < stacks->n_frames; i++) {
        const struct hs_stack_frame *frame = &stacks->frame[i];
        size_t string = WORDS + 2 * i;
        p->strings[string] = (char *)(frame->function[0] ? frame->function : frame->name);
        p->strings[string + 1] = (char *)frame->file;
        Pprof__Function *function = p->functions.pointer[i];
        pprof__function__init(function);
        function->id = i + 1;
        function->name = (int64_t)string; /* with a system_name, pprof would take <module> for a C++ template */
        function->filename = (int64_t)string + 1;
        Pprof__Line *line = p->lines.pointer[i];
        pprof__line__init(line);
        line->function_id = i + 1;
        line->line = frame->line;
        Pprof__Location *location = p->locations.pointer[i];
        pprof__location__init(location);
        location->id = i + 1;
        location->n_line = 1;
        location->line = (Pprof__Line **)&p->lines.pointer[i];
    }
}

static void fill_samples(struct pprof *p, const struct hs_stacks *stacks)
{
    uint64_t *ids = p->location_ids;
    for (size_t i = 0; i < stacks->n; i++) {
        const struct hs_stack *stack = &stacks->stack[i];
        int64_t *value = &p->values[i * VALUES];
        value[0] = (int64_t)hs_all_requests(&stack->sum);
        value[1] = (int64_t)hs_all_bytes(&stack->sum);
        value[2] = (int64_t)hs_all_blocks(&stack->sum);
        value[3] = (int64_t)hs_all_live(&stack->sum);
        Pprof__Sample *sample = p->samples.pointer[i];
        pprof__sample__init(sample);
        sample->value = value;
        sample->n_value = VALUES;
        sample->location_id = ids;
        sample->n_location_id = stack->n;
        for (unsigned k = stack->n; k-- > 0;)
            *ids++ = stack->frame[k] + UINT64_C(1);
    }
}

/* Comments on the limits of the figures. Returns their number. */
static size_t fill_comments(struct pprof *p, const struct hs_stacks *stacks, int64_t comment[COMMENTS])
{
    const bool wanted[COMMENTS] = {stacks->told, !hs_stacks_weight(stacks, HS_WEIGHT_BYTES)};
    size_t n = 0, string = WORDS + 2 * stacks->n_frames;
    for (size_t i = 0; i < COMMENTS; i++) {
        p->strings[string + i] = (char *)comments[i];
        if (wanted[i])
            comment[n++] = (int64_t)(string + i);
    }
    return n;
}

static int put_pprof(FILE *out, struct pprof *p, const struct hs_stacks *stacks)
{
    Pprof__Profile profile = PPROF__PROFILE__INIT;
    int64_t comment[COMMENTS];
    for (size_t i = 0; i < WORDS; i++)
        p->strings[i] = (char *)words[i];
    for (size_t i = 0; i < VALUES; i++) {
        Pprof__ValueType *type = p->types.pointer[i];
        pprof__value_type__init(type);
        type->type = value_words[i][0];
        type->unit = value_words[i][1];
    }
    fill_frames(p, stacks);
    fill_samples(p, stacks);
    profile.n_sample_type = VALUES;
    profile.sample_type = (Pprof__ValueType **)p->types.pointer;
    profile.n_sample = stacks->n;
    profile.sample = (Pprof__Sample **)p->samples.pointer;
    profile.n_location = stacks->n_frames;
    profile.location = (Pprof__Location **)p->locations.pointer;
    profile.n_function = stacks->n_frames;
    profile.function = (Pprof__Function **)p->functions.pointer;
    profile.n_comment = fill_comments(p, stacks, comment);
    profile.comment = comment;
    profile.n_string_table = WORDS + 2 * stacks->n_frames + COMMENTS;
    profile.string_table = p->strings;
    profile.default_sample_type = value_words[VALUES - 1][0];
    return put_message(out, &profile.base);
}

int hs_pprof_profile(FILE *out, const struct hs_stacks *stacks)
{
    struct pprof pprof = {0};
    int status = make_pprof(&pprof, stacks) ? put_pprof(out, &pprof, stacks) : HS_ERR_MEMORY;
    free_pprof(&pprof);
    return status;
}

/* ---- Perfetto ---- */

enum { SEQUENCE = 1, PROCESS_ID = 1, STATE_CLEARED = 1, STATE_NEEDED = 2 };
enum { CLOCK_OF_PROFILES = 4, CLOCK_OF_TRACES = 6 }; /* MONOTONIC_COARSE, BOOTTIME */

/* Concatenated traces are a valid trace, so each packet is written as its own trace. */
static int put_packet(FILE *out, Perfetto__TracePacket *packet)
{
    Perfetto__Trace trace = PERFETTO__TRACE__INIT;
    packet->has_trusted_packet_sequence_id = 1;
    packet->trusted_packet_sequence_id = SEQUENCE;
    trace.n_packet = 1;
    trace.packet = &packet;
    return put_message(out, &trace.base);
}

static char *text(const char *s) { return (char *)s; /* the library does not write to it */ }

int hs_perfetto_put_clocks(FILE *out)
{
    static const uint32_t ids[] = {1, 2, 3, CLOCK_OF_PROFILES, 5, CLOCK_OF_TRACES};
    enum { CLOCKS = sizeof ids / sizeof *ids };
    Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
    Perfetto__ClockSnapshot snapshot = PERFETTO__CLOCK_SNAPSHOT__INIT;
    Perfetto__Clock clock[CLOCKS], *clocks[CLOCKS];
    for (size_t i = 0; i < CLOCKS; i++) {
        clock[i] = (Perfetto__Clock)PERFETTO__CLOCK__INIT;
        clock[i].has_clock_id = clock[i].has_timestamp = 1;
        clock[i].clock_id = ids[i];
        clocks[i] = &clock[i];
    }
    snapshot.n_clocks = CLOCKS;
    snapshot.clocks = clocks;
    snapshot.has_primary_trace_clock = 1;
    snapshot.primary_trace_clock = CLOCK_OF_TRACES;
    packet.clock_snapshot = &snapshot;
    return put_packet(out, &packet);
}

int hs_perfetto_put_track(FILE *out, const struct hs_perfetto_track *track)
{
    Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
    Perfetto__TrackDescriptor descriptor = PERFETTO__TRACK_DESCRIPTOR__INIT;
    Perfetto__ProcessDescriptor process = PERFETTO__PROCESS_DESCRIPTOR__INIT;
    Perfetto__CounterDescriptor counter = PERFETTO__COUNTER_DESCRIPTOR__INIT;
    descriptor.has_uuid = 1;
    descriptor.uuid = track->uuid;
    descriptor.name = text(track->name);
    descriptor.has_parent_uuid = track->parent != 0;
    descriptor.parent_uuid = track->parent;
    process.has_pid = 1;
    process.pid = PROCESS_ID;
    process.process_name = text(track->name);
    descriptor.process = track->parent ? NULL : &process;
    counter.has_unit = 1;
    counter.unit = track->unit;
    descriptor.counter = track->unit ? &counter : NULL;
    packet.has_sequence_flags = 1;
    packet.sequence_flags = track->parent ? STATE_NEEDED : STATE_CLEARED;
    packet.track_descriptor = &descriptor;
    return put_packet(out, &packet);
}

int hs_perfetto_put_event(FILE *out, const struct hs_perfetto_event *e)
{
    Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
    Perfetto__TrackEvent event = PERFETTO__TRACK_EVENT__INIT;
    packet.has_timestamp = 1;
    packet.timestamp = e->ns;
    packet.track_event = &event;
    event.has_type = 1;
    event.type = e->type;
    event.has_track_uuid = 1;
    event.track_uuid = e->track;
    event.name = text(e->name);
    event.has_counter_value = e->type == HS_PERFETTO_VALUE;
    event.counter_value = e->value;
    return put_packet(out, &packet);
}

/* Tables of the heap profile: a name and a frame for each frame of the stacks, a call stack for each stack. */
struct heap {
    struct messages names, frames, stacks, samples;
    uint64_t *frame_ids;
};

static bool make_heap(struct heap *h, const struct hs_stacks *stacks)
{
    h->frame_ids = calloc(count_calls(stacks) + 1, sizeof *h->frame_ids);
    return make_messages(&h->names, stacks->n_frames, sizeof(Perfetto__InternedString)) &&
           make_messages(&h->frames, stacks->n_frames, sizeof(Perfetto__Frame)) &&
           make_messages(&h->stacks, stacks->n, sizeof(Perfetto__Callstack)) &&
           make_messages(&h->samples, stacks->n, sizeof(Perfetto__HeapSample)) && h->frame_ids;
}

static void free_heap(struct heap *h)
{
    free_messages(&h->names);
    free_messages(&h->frames);
    free_messages(&h->stacks);
    free_messages(&h->samples);
    free(h->frame_ids);
}

static void set_string(Perfetto__InternedString *string, uint64_t iid, const char *s)
{
    perfetto__interned_string__init(string);
    string->has_iid = string->has_str = 1;
    string->iid = iid;
    string->str = (ProtobufCBinaryData){strlen(s), (uint8_t *)text(s)};
}

/* Readers drop frames without a mapping, so all frames are in one mapping. */
static void fill_heap_frames(struct heap *h, const struct hs_stacks *stacks)
{
    for (size_t i = 0; i < stacks->n_frames; i++) {
        set_string(h->names.pointer[i], i + 1, stacks->frame[i].name);
        Perfetto__Frame *frame = h->frames.pointer[i];
        perfetto__frame__init(frame);
        frame->has_iid = frame->has_function_name_id = frame->has_mapping_id = frame->has_rel_pc = 1;
        frame->iid = frame->function_name_id = frame->rel_pc = i + 1;
        frame->mapping_id = 1;
        frame->has_line_number = stacks->frame[i].line != 0;
        frame->line_number = stacks->frame[i].line;
    }
}

static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* The allocation of a live block may not be recorded, and a summary has requested bytes, not allocated bytes. */
static void fill_sample(Perfetto__HeapSample *sample, const struct hs_site_sum *sum)
{
    uint64_t live = hs_all_live(sum), blocks = hs_all_blocks(sum), taken = hs_all_taken(sum);
    sample->has_self_allocated = sample->has_self_freed = sample->has_alloc_count = sample->has_free_count = 1;
    sample->self_allocated = most(taken ? taken : hs_all_bytes(sum), live);
    sample->self_freed = sample->self_allocated - live;
    sample->alloc_count = most(hs_all_requests(sum), blocks);
    sample->free_count = sample->alloc_count - blocks;
}

static void fill_heap_stacks(struct heap *h, const struct hs_stacks *stacks)
{
    uint64_t *ids = h->frame_ids;
    for (size_t i = 0; i < stacks->n; i++) {
        Perfetto__Callstack *stack = h->stacks.pointer[i];
        perfetto__callstack__init(stack);
        stack->has_iid = 1;
        stack->iid = i + 1;
        stack->n_frame_ids = stacks->stack[i].n;
        stack->frame_ids = ids;
        for (unsigned k = 0; k < stacks->stack[i].n; k++)
            *ids++ = stacks->stack[i].frame[k] + UINT64_C(1);
        Perfetto__HeapSample *sample = h->samples.pointer[i];
        perfetto__heap_sample__init(sample);
        sample->has_callstack_id = 1;
        sample->callstack_id = i + 1;
        fill_sample(sample, &stacks->stack[i].sum);
    }
}

static int put_interned(FILE *out, const struct heap *h, const struct hs_stacks *stacks)
{
    Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
    Perfetto__InternedData data = PERFETTO__INTERNED_DATA__INIT;
    Perfetto__Mapping mapping = PERFETTO__MAPPING__INIT, *mappings = &mapping;
    Perfetto__InternedString build, path, *builds = &build, *paths = &path;
    uint64_t path_id = 1;
    set_string(&build, 1, "firmware");
    set_string(&path, 1, "firmware");
    mapping.has_iid = mapping.has_build_id = 1;
    mapping.iid = mapping.build_id = 1;
    mapping.n_path_string_ids = 1;
    mapping.path_string_ids = &path_id;
    data.n_function_names = data.n_frames = stacks->n_frames;
    data.function_names = (Perfetto__InternedString **)h->names.pointer;
    data.frames = (Perfetto__Frame **)h->frames.pointer;
    data.n_callstacks = stacks->n;
    data.callstacks = (Perfetto__Callstack **)h->stacks.pointer;
    data.n_build_ids = data.n_mapping_paths = data.n_mappings = 1;
    data.build_ids = &builds;
    data.mapping_paths = &paths;
    data.mappings = &mappings;
    packet.interned_data = &data;
    packet.has_sequence_flags = 1;
    packet.sequence_flags = STATE_NEEDED;
    return put_packet(out, &packet);
}

static int put_samples(FILE *out, const struct heap *h, const struct hs_stacks *stacks, uint64_t ns)
{
    Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;
    Perfetto__ProfilePacket profile = PERFETTO__PROFILE_PACKET__INIT;
    Perfetto__ProcessHeapSamples dump = PERFETTO__PROCESS_HEAP_SAMPLES__INIT, *dumps = &dump;
    dump.has_pid = dump.has_from_startup = dump.has_timestamp = 1;
    dump.pid = PROCESS_ID;
    dump.heap_name = text("firmware heap");
    dump.from_startup = 1;
    dump.timestamp = ns;
    dump.n_samples = stacks->n;
    dump.samples = (Perfetto__HeapSample **)h->samples.pointer;
    profile.n_process_dumps = 1;
    profile.process_dumps = &dumps;
    profile.has_index = 1;
    packet.profile_packet = &profile;
    packet.has_timestamp = packet.has_sequence_flags = 1;
    packet.timestamp = ns;
    packet.sequence_flags = STATE_NEEDED;
    return put_packet(out, &packet);
}

int hs_perfetto_put_heap(FILE *out, const struct hs_stacks *stacks, uint64_t ns)
{
    struct heap heap = {0};
    int status = make_heap(&heap, stacks) ? HS_OK : HS_ERR_MEMORY;
    if (!status) {
        fill_heap_frames(&heap, stacks);
        fill_heap_stacks(&heap, stacks);
        status = put_interned(out, &heap, stacks);
    }
    if (!status)
        status = put_samples(out, &heap, stacks, ns);
    free_heap(&heap);
    return status;
}

#endif
