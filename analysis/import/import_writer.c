/* SPDX-License-Identifier: MIT
 *
 * Passes calls to the recorder. Live blocks are one bit per granule, because no two blocks begin in the same granule.
 */
#include "analysis/import/import_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/import/import_port.h"
#include "lib/host/replay/heapmap.h"
#include "lib/trace.h"
#include "lib/host/util/system.h"

#define N_SITES 32768u
#define HASH_SIZE 131072u
#define PACKET 16384u
#define MEMORY (4 * PACKET)
#define STEP (UINT32_C(1) << 30)     /* most ticks between two records */
#define TIME_MAX (UINT64_C(1) << 47) /* most ticks of a trace */
#define LOST_MAX (UINT32_C(1) << 30) /* most records that may be missing between two packets */
#define NOWHERE HS_POS_IMPLIED

struct recording {
    struct hs_importer *in;
    const struct hs_import_region *region;
    unsigned n_regions;
    uint32_t granules;
    uint64_t *live;      /* one bit per granule: a live block begins there */
    uint64_t *taken;     /* it belongs to a live block */
    uint64_t *swept;     /* the running collection frees the block that begins there */
    bool sweeping;       /* a sweep has to be written */
    uint64_t *displaced; /* the block that began there was freed implicitly: a late realloc may still refer to it */
    void *memory;
    struct hs_site_entry *site;
    uint16_t *hash;
    struct hs_learned learned;
    uint32_t thread;
    uint32_t hz;
    uint64_t now; /* ticks of the last record */
    char facts[HS_FACTS_MAX];
    uint32_t facts_len;
};

static struct recording *recording; /* for the recorder's callbacks */

static uintptr_t nobody(void)
{
    return hs_code_address((uintptr_t)hs_anchor); /* distance 0 from the anchor means no native caller */
}

/* ---- callbacks of the recorder ---- */

/* Finds the names of a site that is only an address. */
static void name_place(struct hs_call_place *place)
{
    struct hs_call_place named = *place;
    char text[HS_OBJECT_TEXT];
    hs_objects_name(&recording->in->objects, &named, text);
    char *file = strdup(named.file), *function = strdup(named.function);
    if (!file || !function) {
        free(file);
        free(function);
        return;
    }
    free((char *)place->file);
    free((char *)place->function);
    *place = named;
    place->file = file;
    place->function = function;
}

static void describe(uintptr_t code, struct hs_place *place)
{
    struct hs_call_place *from = &recording->in->places.item[code];
    if (from->ip && !*from->function)
        name_place(from);
    *place = (struct hs_place){
        .file = {from->file, (uint32_t)strlen(from->file)},
        .line = from->line,
        .function = {from->function, (uint32_t)strlen(from->function)},
    };
}

static void put_region(struct recording *r, unsigned index)
{
    const struct hs_import_region *span = &r->region[index];
    const struct hs_call_name *process = r->in->processes.n > 1 ? &r->in->processes.item[span->process] : NULL;
    char name[64];
    unsigned before = 0;
    for (unsigned i = 0; i < index; i++)
        before += r->region[i].process == span->process && r->region[i].mapped == span->mapped;
    if (span->name)
        snprintf(name, sizeof name, "%s", span->name);
    else if (process) /* each process is a heap */
        snprintf(name, sizeof name, "%.8s-%u/%s %u", process->name, process->id, span->mapped ? "map" : "heap", before + 1);
    else
        snprintf(name, sizeof name, "libc/%s %u", span->mapped ? "mapped" : "heap", before + 1);
    hs_record(&(struct hs_record){
        .kind = HS_REGION,
        .region =
            {
                .region = (uint8_t)index,
                .first = span->first,
                .granules = span->granules,
                .shift = span->shift,
                .memory = HS_MEMORY_HOST,
                .placement = HS_PLACE_EXPLICIT,
                .base = span->base,
                .name = {name, (uint32_t)strlen(name)},
            },
    });
}

/* The last region first: a reader that makes room for it has room for all. */
static void keyframe(void)
{
    for (unsigned i = recording->n_regions; i-- > 0;)
        put_region(recording, i);
}

static uint32_t keyframe_size(void) { return 0; }

/* ---- time ---- */

static void move_clock(struct recording *r, uint64_t ns)
{
    uint64_t ticks = (ns - r->in->first_ns) / (1000000000u / r->hz);
    while (ticks - r->now > STEP) { /* a pause that is too long for one record */
        r->now += STEP;
        hs_import_port.ticks += STEP;
        hs_record(&(struct hs_record){.kind = HS_THREAD, .thread.thread = r->thread});
    }
    hs_import_port.ticks += (uint32_t)(ticks - r->now);
    r->now = ticks;
}

static void switch_thread(struct recording *r, uint32_t thread)
{
    if (thread == r->thread)
        return;
    r->thread = thread;
    hs_record(&(struct hs_record){.kind = HS_THREAD, .thread.thread = thread});
}

/* ---- calls ---- */

static bool get(const uint64_t *bits, uint32_t pos) { return pos != NOWHERE && bits[pos / 64] >> pos % 64 & 1; }

static void set(uint64_t *bits, uint32_t pos, bool value)
{
    uint64_t bit = UINT64_C(1) << pos % 64;
    bits[pos / 64] = value ? bits[pos / 64] | bit : bits[pos / 64] & ~bit;
}

static void fill(uint64_t *bits, uint32_t pos, uint32_t end, bool value)
{
    for (uint32_t next; pos < end; pos = next) {
        next = (pos | 63) + 1 < end ? (pos | 63) + 1 : end;
        uint64_t part = ~UINT64_C(0) >> (64 - (next - pos)) << pos % 64;
        bits[pos / 64] = value ? bits[pos / 64] | part : bits[pos / 64] & ~part;
    }
}

/* The first granule from `pos` on whose bit is set; `end` if there is none. */
static uint32_t first_set(const uint64_t *bits, uint32_t pos, uint32_t end)
{
    for (; pos < end; pos = (pos | 63) + 1) {
        uint64_t rest = bits[pos / 64] >> pos % 64;
        if (rest) {
            pos += (uint32_t)__builtin_ctzll(rest);
            return pos < end ? pos : end;
        }
    }
    return end;
}

static uint32_t pos_in(const struct hs_import_region *span, uint64_t ptr)
{
    return span ? span->first + (uint32_t)((ptr - span->begin) >> span->shift) : NOWHERE;
}

/* The region of the call's new block; NULL: there is none. */
static const struct hs_import_region *new_region(const struct recording *r, const struct hs_import_call *call)
{
    bool mapped = hs_arena_map_is_mapped(call->ptr, call->size) &&
                  !hs_arena_map_is_declared(r->in->spans, call->process, call->ptr);
    return call->ptr ? hs_arena_map_find(r->in->spans, call->process, mapped, call->ptr) : NULL;
}

/* Place of the call's old block. The call does not say whether it was mapped; the kind that is live is used. */
static uint32_t old_pos(const struct recording *r, const struct hs_import_call *call)
{
    const struct hs_import_region *mapped = hs_arena_map_find(r->in->spans, call->process, true, call->old);
    uint32_t pos = pos_in(mapped, call->old);
    if (mapped && !((call->old - mapped->begin) & ((UINT64_C(1) << mapped->shift) - 1)) &&
        (get(r->live, pos) || get(r->displaced, pos)))
        return pos;
    return pos_in(hs_arena_map_find(r->in->spans, call->process, false, call->old), call->old);
}

/* The requested bytes, if they round up to the same number of granules as the allocated bytes. */
static uint32_t size_of(const struct hs_import_call *call, unsigned shift)
{
    uint64_t mask = (UINT64_C(1) << shift) - 1, size = call->size;
    if (call->asked && call->asked <= size && ((call->asked + mask) | mask) == ((size + mask) | mask))
        size = call->asked;
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static struct hs_key key_of(const struct hs_import_call *call)
{
    return (struct hs_key){.code = call->place, .caller = nobody()};
}

/* The end of the live block at `pos`: the next granule that is free, or another block's first. */
static uint32_t end_of(const struct recording *r, uint32_t pos)
{
    for (pos++; pos < r->granules; pos = (pos | 63) + 1) {
        uint64_t ends = (~r->taken[pos / 64] | r->live[pos / 64]) >> pos % 64;
        if (ends)
            return pos + (uint32_t)__builtin_ctzll(ends);
    }
    return r->granules;
}

static void forget(struct recording *r, uint32_t pos)
{
    fill(r->taken, pos, end_of(r, pos), false);
    set(r->live, pos, false);
    set(r->displaced, pos, false);
}

static void remember(struct recording *r, uint32_t pos, uint32_t end)
{
    set(r->live, pos, true);
    fill(r->taken, pos, end, true);
}

static void free_at(struct recording *r, uint32_t pos)
{
    hs_free(nobody(), pos);
    forget(r, pos);
}

/* Live blocks at the place of a new one were freed without a record. */
static void clear_place(struct recording *r, uint32_t pos, uint32_t end)
{
    uint32_t at = first_set(r->taken, pos, end);
    set(r->displaced, pos, false);
    while (at < end && !get(r->live, at)) /* only the first may begin before the place */
        at--;
    for (; at < end; at = first_set(r->live, at, end)) {
        free_at(r, at);
        set(r->displaced, at, true); /* until the next block there is gone */
        r->in->stats.doubled++;
    }
}

/* The end of a block of `size` bytes at `pos`. */
static uint32_t end_in(const struct hs_import_region *span, uint32_t pos, uint32_t size)
{
    uint64_t end = pos + (((uint64_t)(size ? size : 1) + (UINT64_C(1) << span->shift) - 1) >> span->shift);
    return end < span->first + span->granules ? (uint32_t)end : span->first + span->granules;
}

static void on_alloc(struct recording *r, const struct hs_import_call *call)
{
    const struct hs_import_region *span = new_region(r, call);
    uint32_t pos = pos_in(span, call->ptr);
    if (pos == NOWHERE) {
        if (call->size)
            hs_fail(key_of(call), size_of(call, 0), 0);
        return;
    }
    uint32_t size = size_of(call, span->shift), end = end_in(span, pos, size);
    clear_place(r, pos, end);
    hs_alloc(key_of(call), (struct hs_block){pos, size});
    remember(r, pos, end);
}

static void on_free(struct recording *r, const struct hs_import_call *call)
{
    uint32_t pos = old_pos(r, call);
    if (get(r->live, pos))
        free_at(r, pos);
    else if (call->old)
        r->in->stats.unknown++;
}

/* ---- collections ---- */

/* A block that the running collection frees. All of them are in the sweep, which is written before the next other call. */
static void on_swept(struct recording *r, const struct hs_import_call *call)
{
    uint32_t pos = old_pos(r, call);
    if (get(r->live, pos)) {
        set(r->swept, pos, true);
        r->sweeping = true;
    } else if (call->old) {
        r->in->stats.unknown++;
    }
}

static void sweep_region(struct recording *r, const struct hs_import_region *span)
{
    struct hs_runs_writer w;
    hs_sweep_begin(&w, span->first);
    for (uint32_t pos = span->first; pos < span->first + span->granules; pos++)
        if (get(r->live, pos))
            hs_sweep_heads(&w, pos, !get(r->swept, pos), 1);
    hs_sweep_end(&w, span->first + span->granules);
    for (uint32_t pos = span->first; pos < span->first + span->granules; pos++)
        if (get(r->swept, pos)) {
            forget(r, pos);
            set(r->swept, pos, false);
        }
}

static void write_sweep(struct recording *r)
{
    for (unsigned i = 0; r->sweeping && i < r->n_regions; i++)
        sweep_region(r, &r->region[i]);
    r->sweeping = false;
}

/* It has a sweep also if it frees nothing: a reader takes one without for a recording that leaves out what is freed. */
static void on_collect(struct recording *r, const struct hs_import_call *call)
{
    r->sweeping = true;
    hs_record(&(struct hs_record){.kind = HS_COLLECT, .collect.cause = (uint8_t)call->size});
}

static void on_collect_end(struct recording *r, const struct hs_import_call *call)
{
    (void)r;
    (void)call;
    hs_record(&(struct hs_record){.kind = HS_COLLECT_END});
}

/* ---- resizes, and the other calls ---- */

static void on_realloc(struct recording *r, const struct hs_import_call *call)
{
    const struct hs_import_region *span = new_region(r, call);
    uint32_t old = call->old ? old_pos(r, call) : NOWHERE, pos = pos_in(span, call->ptr);
    if (!call->size && !call->ptr) {
        on_free(r, call);
        return;
    }
    if (pos == NOWHERE || !call->old) {
        on_alloc(r, call);
        return;
    }
    /* The event is recorded after the call: another thread may have allocated and recorded the old place in between. */
    bool late = get(r->displaced, old);
    if (late || !get(r->live, old)) {
        r->in->stats.unknown += !late;
        r->in->stats.doubled -= late;
        if (late)
            set(r->displaced, old, false);
        on_alloc(r, call);
        return;
    }
    uint32_t size = size_of(call, span->shift), end = end_in(span, pos, size);
    forget(r, old);
    clear_place(r, pos, end);
    hs_realloc(key_of(call), (struct hs_block){pos, size}, old);
    remember(r, pos, end);
}

static void on_mark(struct recording *r, const struct hs_import_call *call)
{
    const char *label = r->in->places.item[call->place].function;
    hs_mark((struct hs_text){label, (uint32_t)strlen(label)});
}

/* Counts the calls as lost records, in steps that the record numbers can express. */
static void on_lost(struct recording *r, const struct hs_import_call *call)
{
    (void)r;
    for (uint64_t left = call->size, n; left; left -= n) {
        n = left < LOST_MAX ? left : LOST_MAX;
        hs_flush();
        hs_trace.offered += (uint32_t)n;
        hs_trace.lost += (uint32_t)n;
        hs_trace.lost_unsaid += (uint32_t)n;
    }
}

static void on_end(struct recording *r, const struct hs_import_call *call)
{
    for (unsigned i = 0; i < r->n_regions; i++) {
        const struct hs_import_region *span = &r->region[i];
        if (span->process != call->process)
            continue;
        hs_record(&(struct hs_record){.kind = HS_REGION_END, .region_end.region = (uint8_t)i});
        fill(r->live, span->first, span->first + span->granules, false);
        fill(r->taken, span->first, span->first + span->granules, false);
    }
}

static void on_fail(struct recording *r, const struct hs_import_call *call)
{
    (void)r;
    hs_fail(key_of(call), size_of(call, 0), 0);
}

static void (*const handlers[HS_CALL_KINDS])(struct recording *, const struct hs_import_call *) = {
    [HS_CALL_ALLOC] = on_alloc,     [HS_CALL_FREE] = on_free,
    [HS_CALL_REALLOC] = on_realloc, [HS_CALL_FAIL] = on_fail,
    [HS_CALL_MARK] = on_mark,       [HS_CALL_LOST] = on_lost,
    [HS_CALL_END] = on_end,         [HS_CALL_SWEPT] = on_swept,
    [HS_CALL_COLLECT] = on_collect, [HS_CALL_COLLECT_END] = on_collect_end,
};

/* ---- facts ---- */

static void add_fact(struct recording *r, const char *key, const char *value)
{
    size_t room = sizeof r->facts - r->facts_len;
    int n = snprintf(r->facts + r->facts_len, room, "%s=%s", key, value);
    if (n > 0 && (size_t)n < room)
        r->facts_len += (uint32_t)n + 1;
    else
        r->facts[r->facts_len] = '\0';
}

static void add_facts(struct recording *r, const char *origin)
{
    const struct hs_call_names *processes = &r->in->processes, *threads = &r->in->threads;
    char text[96] = "unknown program";
    if (processes->n == 1 && *processes->item->name)
        snprintf(text, sizeof text, "%s", processes->item->name);
    else if (processes->n > 1)
        snprintf(text, sizeof text, "%zu processes", processes->n);
    add_fact(r, "system", text);
    add_fact(r, "port", origin);
    add_fact(r, "import", "calls");
    for (size_t i = 0; i < threads->n; i++) {
        snprintf(text, sizeof text, "thread %u", threads->item[i].id);
        if (*threads->item[i].name)
            add_fact(r, text, threads->item[i].name);
    }
}

/* ---- the whole trace ---- */

static bool make_room(struct recording *r)
{
    size_t words = r->granules / 64 + 1;
    r->live = calloc(words, sizeof *r->live);
    r->taken = calloc(words, sizeof *r->taken);
    r->displaced = calloc(words, sizeof *r->displaced);
    r->swept = calloc(words, sizeof *r->swept);
    r->memory = aligned_alloc(8, MEMORY);
    r->site = calloc(N_SITES, sizeof *r->site);
    r->hash = calloc(HASH_SIZE, sizeof *r->hash);
    if (r->memory)
        memset(r->memory, 0, MEMORY);
    return r->live && r->taken && r->displaced && r->swept && r->memory && r->site && r->hash;
}

static void release(struct recording *r)
{
    free(r->live);
    free(r->taken);
    free(r->displaced);
    free(r->swept);
    free(r->memory);
    free(r->site);
    free(r->hash);
    memset(&hs_trace, 0, sizeof hs_trace);
    recording = NULL;
}

static int start(struct recording *r)
{
    const struct hs_config config = {
        .memory = r->memory,
        .memory_size = MEMORY,
        .packet_size = PACKET,
        .site = r->site,
        .hash = r->hash,
        .n_sites = N_SITES,
        .hash_size = HASH_SIZE,
        .hz = r->hz,
        .facts = {r->facts, r->facts_len},
        .flags = HS_RING_STREAM | HS_RING_64BIT,
        .placement = HS_PLACE_EXPLICIT,
        .learned = &r->learned,
        .shift = 4,
        .describe = describe,
        .keyframe = keyframe,
        .keyframe_size = keyframe_size,
    };
    int error = hs_init(&config);
    if (!error)
        hs_start();
    return error;
}

static int replay(struct recording *r)
{
    struct hs_import_call call;
    int more = 0;
    while (!hs_import_port.failed && (more = hs_call_log_get(&r->in->spool, &call)) > 0) {
        if (call.kind != HS_CALL_SWEPT)
            write_sweep(r);
        move_clock(r, call.ns);
        switch_thread(r, call.thread);
        handlers[call.kind % HS_CALL_KINDS](r, &call);
    }
    write_sweep(r);
    hs_stop();
    return more < 0 ? more : hs_import_port.failed || fflush(hs_import_port.out) ? HS_ERR_IO : HS_OK;
}

static int record_all(struct recording *r, const char *origin, FILE *out)
{
    long n = hs_arena_map_regions(r->in->spans, HS_HEAPMAP_GRANULES, &r->region);
    if (n < 0)
        return (int)n;
    r->n_regions = r->in->stats.regions = (unsigned)n;
    r->granules = n ? r->region[n - 1].first + r->region[n - 1].granules : 1;
    for (r->hz = 1000000000u; r->hz > 1 && (r->in->last_ns - r->in->first_ns) / (1000000000u / r->hz) >= TIME_MAX;)
        r->hz /= 1000;
    add_facts(r, origin);
    if (!make_room(r))
        return HS_ERR_MEMORY;
    recording = r;
    hs_import_port = (struct hs_import_port){.out = out};
    int error = start(r);
    return error ? error : replay(r);
}

static const char *why(int error)
{
    switch (error) {
    case HS_ERR_FULL: return "the heap has more than 512 MB of small blocks, or is in more pieces than can be followed";
    case HS_ERR_IO: return strerror(errno);
    default: return hs_strerror(error);
    }
}

int hs_importer_write(struct hs_importer *in, const struct hs_importer_options *options, struct hs_error *error)
{
    struct recording r = {.in = in};
    int copy = hs_system_duplicate(options->fd, 0), status = in->error ? in->error : hs_call_log_rewind(&in->spool);
    if (!status && options->elf)
        status = hs_objects_use(&in->objects, options->elf, error);
    FILE *out = copy >= 0 ? fdopen(copy, "wb") : NULL;
    if (!status)
        status = out ? record_all(&r, options->origin, out) : HS_ERR_IO;
    release(&r);
    if (out && fclose(out) && !status)
        status = HS_ERR_IO;
    if (!status && lseek(options->fd, 0, SEEK_SET))
        status = HS_ERR_IO;
    if (status && !error->code)
        snprintf(error->text, sizeof error->text, "%s", why(status));
    return error->code = status;
}
