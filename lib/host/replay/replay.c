/* SPDX-License-Identifier: MIT
 *
 * From records to events: every block gets its place, from the trace or by the allocator's rule.
 *
 * The layout is known from the start of a boot whose first packet is present, or after a complete snapshot,
 * until a loss, a stop or a contradiction.
 */
#include <string.h>

#include "lib/assertion.h"
#include "lib/host/input/fail.h"
#include "lib/host/replay/replay.h"

#define INLINE static inline __attribute__((always_inline))
#define RARELY(x) __builtin_expect(!!(x), 0)

static void forget_recent(struct hs_reader *r) { memset(r->recent, 0xff, sizeof r->recent); }

void hs_heap_replay_gap(struct hs_reader *r)
{
    r->synced = r->drawing = false;
    r->collecting = 0;
    r->collected = false;
    forget_recent(r);
}

void hs_heap_replay_contradiction(struct hs_reader *r, const char *what)
{
    r->info.diverged++;
    hs_fail_with(&r->error, HS_ERR_CHECK, r->packet_offset,
                 "%s: packet %u at byte %llu contradicts the layout followed so far: "
                 "%s. Places are unknown from here to the next snapshot",
                 r->path, r->packet.seq, (unsigned long long)r->packet_offset, what);
    hs_heap_replay_gap(r);
}

void hs_heap_replay_keyframe(struct hs_reader *r)
{
    forget_recent(r);
    if (!r->synced)
        hs_heap_replay_anew(r, false);
}

void hs_heap_replay_anew(struct hs_reader *r, bool known)
{
    hs_heapmap_clear(&r->map);
    for (unsigned i = 0; i < r->n_regions; i++)
        r->region[i].present = 0;
    hs_heap_replay_gap(r);
    r->synced = known;
}

/* --- blocks ------------------------------------------------------------------------------------------- */

/* Granules of a block in a region with a placement rule: such blocks have no header. */
INLINE uint32_t granules_of(uint32_t size, uint8_t shift)
{
    return (uint32_t)hs_block_granules(size, (struct hs_block_form){.shift = shift});
}

/* Granules of a block placed explicitly. */
INLINE uint32_t granules_at(struct hs_reader *r, uint32_t pos, uint32_t size)
{
    const struct hs_map_area *a = r->map.last;
    if (RARELY(!a || pos - a->first >= a->granules) && !(a = hs_heapmap_area(&r->map, pos)))
        return granules_of(size, r->rule_shift);
    const struct hs_region *region = &r->region[a->number];
    return (uint32_t)hs_block_granules(size, (struct hs_block_form){region->least, region->header, region->shift});
}

INLINE void unplaced(struct hs_reader *r, struct hs_event *e)
{
    r->level = HS_LEVEL_FULL; /* if another level was set, the LEVEL record that ended it is lost */
    e->flags |= HS_EVENT_UNPLACED;
    e->pos = e->old = e->granules = e->old_granules = HS_POS_IMPLIED;
    if (e->kind != HS_FREE)
        r->recent[r->number & (HS_RANKS - 1)] = HS_POS_IMPLIED;
    r->checkable = false;
}

INLINE void placed(struct hs_reader *r, struct hs_event *e, uint32_t pos)
{
    e->pos = pos;
    e->region = r->map.last->number;
    r->recent[r->number & (HS_RANKS - 1)] = pos;
    r->check = HS_CHECK(r->check, pos);
}

/* A block with an explicit place. If the layout is known, the granules must be free. */
INLINE void place(struct hs_reader *r, struct hs_event *e, uint32_t pos)
{
    e->granules = granules_at(r, pos, e->size);
    r->recent[r->number & (HS_RANKS - 1)] = pos;
    r->check = HS_CHECK(r->check, pos);
    int gone = hs_heapmap_place(&r->map, (struct hs_extent){pos, e->granules});
    if (RARELY(gone < 0)) {
        e->flags |= HS_EVENT_UNPLACED; /* in no known region; the packet's check is still valid */
        e->pos = e->old = e->granules = e->old_granules = HS_POS_IMPLIED;
        return;
    }
    e->pos = pos;
    e->region = r->map.last->number;
    if (RARELY(gone && r->synced)) {
        e->flags |= HS_EVENT_DIVERGED;
        r->info.diverged++;
    }
}

INLINE void on_alloc(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    r->collected = false;
    if (!r->decoder.implied) {
        place(r, e, record->event.pos);
        return;
    }
    if (RARELY(!r->synced)) {
        unplaced(r, e);
        return;
    }
    e->granules = granules_of(record->event.size, r->rule_shift);
    uint32_t pos = hs_heapmap_alloc(&r->map, e->granules);
    if (RARELY(pos == HS_POS_IMPLIED)) {
        hs_heap_replay_contradiction(r, "a block was allocated where there is no room for it");
        unplaced(r, e);
        return;
    }
    placed(r, e, pos);
}

/* Head of the block that a record refers to. */
INLINE uint32_t target(const struct hs_reader *r, const struct hs_record *record)
{
    return record->flags & HS_REC_RANK ? r->recent[(r->number - record->event.old) & (HS_RANKS - 1)] : record->event.old;
}

/* A record refers to a block that does not exist. With explicit places, later places are still correct. */
static void no_such_block(struct hs_reader *r, struct hs_event *e)
{
    if (!r->synced)
        return;
    e->flags |= HS_EVENT_DIVERGED;
    if (r->decoder.implied)
        hs_heap_replay_contradiction(r, "a block is freed or resized that is not there");
    else
        r->info.diverged++;
}

/* Whether the record does not say which block it is about, because the ring has no room for the layout. The layout is then
 * unknown from here on. */
INLINE bool untold(struct hs_reader *r, const struct hs_record *record)
{
    if (RARELY(record->event.old == HS_POS_IMPLIED)) {
        hs_heap_replay_gap(r);
        return true;
    }
    return false;
}

INLINE void on_free(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    uint32_t old = target(r, record);
    if (RARELY(untold(r, record))) {
        unplaced(r, e);
        return;
    }
    if (RARELY(!r->synced && (r->decoder.implied || old == HS_POS_IMPLIED))) {
        unplaced(r, e);
        return;
    }
    e->old = old;
    e->old_granules = hs_heapmap_free(&r->map, old);
    if (RARELY(!e->old_granules)) {
        /* a finaliser frees a block that the SWEEP record, written before the finalisers run, has freed already */
        if (!r->collecting)
            no_such_block(r, e);
    } else {
        e->region = r->map.last->number;
    }
}

/* A block resized where places are explicit. */
static void on_explicit_realloc(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    uint32_t old = target(r, record), pos = record->flags & HS_REC_IN_PLACE ? old : record->event.pos;
    if (pos == HS_POS_IMPLIED) {
        unplaced(r, e);
        return;
    }
    e->old = old;
    e->old_granules = hs_heapmap_free(&r->map, old);
    if (!e->old_granules)
        no_such_block(r, e);
    place(r, e, pos);
}

INLINE void on_realloc(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    struct hs_resize resize = {.old = target(r, record), .collected = r->collected};
    r->collected = false;
    if (RARELY(!r->decoder.implied)) {
        on_explicit_realloc(r, record, e);
    } else if (RARELY(untold(r, record) || !r->synced)) {
        unplaced(r, e);
    } else {
        resize.granules = granules_of(record->event.size, r->rule_shift);
        struct hs_resized now = hs_heapmap_resize(&r->map, &resize);
        if (RARELY(now.pos == HS_POS_IMPLIED)) {
            hs_heap_replay_contradiction(r, now.old_granules ? "a block was resized to a size for which there is no room"
                                                             : "a block is resized that is not there");
            unplaced(r, e);
            return;
        }
        e->old = resize.old;
        e->old_granules = now.old_granules;
        e->granules = resize.granules;
        placed(r, e, now.pos);
    }
    if (e->pos != e->old)
        e->flags |= HS_EVENT_MOVED;
}

/* --- collections -------------------------------------------------------------------------------------- */

static uint64_t count_swept(const struct hs_record *record)
{
    struct hs_runs runs;
    uint32_t length;
    uint64_t n = 0;
    int kind;
    for (hs_runs_init(&runs, record); (kind = hs_runs_sweep(&runs, &length)) > 0;)
        n += kind == HS_RUN_FREED ? length : 0;
    return n;
}

/* Until the batch is complete, e->n_freed is the index of the first head in r->freed: the array may move. */
static void on_sweep(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    uint32_t first = r->freed.n;
    r->swept = true;
    if (!r->synced) {
        r->info.events += count_swept(record);
        e->flags |= HS_EVENT_UNPLACED;
        e->n_freed = first;
        return;
    }
    int err = hs_heapmap_sweep(&r->map, record, &r->freed);
    r->info.events += err == HS_ERR_CHECK ? count_swept(record) : r->freed.n - first;
    e->n_freed = first;
    const struct hs_map_area *a = hs_heapmap_area(&r->map, record->sweep.pos);
    e->region = a ? a->number : 0;
    if (err) {
        e->flags |= HS_EVENT_DIVERGED;
        hs_heap_replay_contradiction(r, err == HS_ERR_CHECK ? "a collection counts other blocks" : hs_strerror(err));
        r->collecting = 1;
    }
}

static void set_freed(struct hs_reader *r)
{
    uint32_t end = r->freed.n;
    for (unsigned i = r->n_events; i-- > 0 && r->freed.n;) {
        struct hs_event *e = &r->event[i];
        if (e->kind != HS_SWEEP)
            continue;
        uint32_t first = e->n_freed;
        e->freed = r->freed.item + first;
        e->n_freed = end - first;
        end = first;
    }
}

/* --- snapshots and regions ---------------------------------------------------------------------------- */

static void last_part(struct hs_reader *r, struct hs_event *e)
{
    /* after an overflow of the mark stack, a snapshot replaces the sweep */
    bool contradicts = r->synced && r->differs && !(r->collecting && !r->swept);
    r->drawing = false;
    if (contradicts) {
        e->flags |= HS_EVENT_DIVERGED;
        hs_heap_replay_contradiction(r, "a snapshot shows another layout, which counts from here on");
    }
    if (!r->synced || r->differs) {
        long n = hs_heapmap_blocks(&r->map, &r->block, &r->room_blocks);
        if (n < 0) {
            r->fatal = (int)n;
            return;
        }
        e->flags |= HS_EVENT_RESYNC;
        e->block = r->block;
        e->n_blocks = (uint32_t)n;
    }
    r->synced = true;
    r->level = HS_LEVEL_FULL;
}

static void on_snapshot(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    if (record->snapshot.part & HS_SNAPSHOT_FIRST) {
        r->drawing = true;
        r->differs = false;
        if (!r->synced)
            hs_heapmap_empty(&r->map);
    }
    if (!r->drawing) /* its first part is lost */
        return;
    int differs = hs_heapmap_snapshot(&r->map, record);
    if (differs == HS_ERR_ARG && !r->synced) { /* the ring no longer has the region's record */
        r->drawing = false;
        return;
    }
    if (differs < 0) {
        hs_fail_with(&r->error, differs, r->packet_offset, "%s: packet %u at byte %llu: a snapshot of granules %u to %u: %s",
                     r->path, r->packet.seq, (unsigned long long)r->packet_offset, record->snapshot.pos, record->snapshot.end,
                     differs == HS_ERR_ARG ? "no region has these" : hs_strerror(differs));
        hs_heap_replay_gap(r);
        return;
    }
    r->differs |= differs;
    const struct hs_map_area *a = hs_heapmap_area(&r->map, record->snapshot.pos);
    e->region = a ? a->number : 0;
    if (record->snapshot.part & HS_SNAPSHOT_LAST)
        last_part(r, e);
}

static bool same_region(const struct hs_region *have, const struct hs_record_region *said)
{
    return have->present && have->first == said->first && have->granules == said->granules && have->shift == said->shift;
}

static void name_region(struct hs_region *region, const struct hs_record_region *said)
{
    size_t len = said->name.len < sizeof region->name - 1 ? said->name.len : sizeof region->name - 1;
    *region = (struct hs_region){.first = said->first,
                                 .granules = said->granules,
                                 .base = said->base,
                                 .shift = said->shift & 31,
                                 .least = said->least,
                                 .header = said->header,
                                 .caps = said->caps,
                                 .memory = said->memory,
                                 .placement = said->placement & (uint8_t)~HS_REGION_EXISTING,
                                 .present = 1};
    if (len)
        memcpy(region->name, said->name.data, len);
}

static void on_region(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    const struct hs_record_region *said = &record->region;
    struct hs_region *region = &r->region[said->region];
    bool existing = said->placement & HS_REGION_EXISTING, known = same_region(region, said);
    name_region(region, said);
    if (said->region >= r->n_regions)
        r->n_regions = said->region + 1u;
    hs_select_region(r, said->region);
    if (region->placement != HS_PLACE_EXPLICIT)
        r->rule_shift = region->shift;
    if (existing && known && r->synced)
        return;
    r->around[said->region] = (struct hs_around){0};
    struct hs_area_config config = {said->first, said->granules, said->region, region->placement};
    int err = hs_heapmap_add(&r->map, &config);
    if (err) {
        region->present = 0;
        e->flags |= HS_EVENT_DIVERGED;
        hs_fail_with(&r->error, err, r->packet_offset, "%s: packet %u at byte %llu: region %u of %u granules from %u: %s",
                     r->path, r->packet.seq, (unsigned long long)r->packet_offset, said->region, said->granules, said->first,
                     err == HS_ERR_ARG ? "overlaps another, or has none" : hs_strerror(err));
        hs_heap_replay_gap(r);
    }
    if (existing)
        r->synced = false; /* until the snapshot that follows */
}

static void on_region_end(struct hs_reader *r, const struct hs_record *record)
{
    r->region[record->region_end.region].present = 0;
    hs_heapmap_remove(&r->map, record->region_end.region);
}

/* --- levels ------------------------------------------------------------------------------------------- */

/* The layout is followed at level "full" only. */
static void on_level(struct hs_reader *r, const struct hs_record *record)
{
    r->level = record->level.level;
    if (record->level.level != HS_LEVEL_FULL)
        r->synced = r->drawing = false;
    if (record->level.level > HS_LEVEL_FULL)
        r->not_around = true;
}

static uint8_t op_of(const struct hs_reader *r, uint32_t site)
{
    const struct hs_site *s = hs_dictionary_site(&r->dictionary, site);
    return s && s->op ? s->op : HS_ALLOC;
}

static void on_sample(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    const struct hs_record_sample *said = &record->sample;
    const struct hs_map_area *a = said->place ? hs_heapmap_area(&r->map, said->place - 1) : NULL;
    e->size = said->size;
    e->pos = said->place - 1; /* 0 becomes HS_POS_IMPLIED */
    e->region = a ? a->number : 0;
    e->granules = granules_of(said->size, r->decoder.shift);
    e->op = op_of(r, e->site);
    r->level = HS_LEVEL_SAMPLED;
    r->info.events++;
}

/* --- the rest ----------------------------------------------------------------------------------------- */

/* A request that found the heap locked did not search: it may be an interrupt's, inside another call. So it does not reset
 * `collected`. */
static void on_fail(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    const struct hs_site *site = hs_dictionary_site(&r->dictionary, e->site);
    uint8_t cause = record->fail.cause;
    r->info.events++;
    e->size = record->fail.size;
    e->old = site && !site->line ? site->offset : 0;
    e->region = cause >= HS_FAIL_REGION(0) ? (uint8_t)((cause >> 2) - 1) : 0;
    if (!r->collecting && HS_FAIL_CAUSE(cause) != 1)
        r->collected = false;
}

static void on_collect(struct hs_reader *r, const struct hs_record *record)
{
    r->swept = r->swept && r->collecting;
    r->collecting++;
    r->collected = r->collected || record->collect.cause == 1 || record->collect.cause == 2;
}

/* If the ring has no room for keyframes, there is no record of what a collection freed. */
static void on_collect_end(struct hs_reader *r)
{
    r->synced = r->synced && (r->swept || !r->collecting);
    r->collecting -= r->collecting > 0;
}

/* The record's boot number is used if it is larger and its low byte is equal to the packet's. */
static void on_reset(struct hs_reader *r, const struct hs_record *record)
{
    bool first = r->packet.flags & HS_PACKET_BOOT && (uint32_t)r->number == r->packet.number;
    if (r->number)
        hs_heap_replay_anew(r, true);
    uint32_t boot = record->reset.boot;
    if (first && boot > r->boot && (uint8_t)boot == r->packet.boot)
        r->boot = boot;
}

static void on_top(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    e->size = record->top.bytes;
    e->op = op_of(r, e->site);
}

static void on_held(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    e->size = record->held.bytes;
    e->op = op_of(r, e->site);
}

static void on_other(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    int region = hs_record_region(record);
    e->region = (uint8_t)(region < 0 ? 0 : region);
    r->info.unknown += !hs_kind_info(record->kind);
    switch (record->kind) {
    case HS_FAIL: on_fail(r, record, e); break;
    case HS_COLLECT: on_collect(r, record); break;
    case HS_SWEEP: on_sweep(r, record, e); break;
    case HS_COLLECT_END: on_collect_end(r); break;
    case HS_SNAPSHOT: on_snapshot(r, record, e); break;
    case HS_REGION: on_region(r, record, e); break;
    case HS_REGION_END: on_region_end(r, record); break;
    case HS_THREAD: r->thread = e->thread = record->thread.thread; break;
    case HS_LOST: hs_heap_replay_gap(r); break;
    case HS_LEVEL: on_level(r, record); break;
    case HS_SAMPLE: on_sample(r, record, e); break;
    case HS_SAMPLE_END: e->old = record->sample_end.place; break;
    case HS_TOP: on_top(r, record, e); break;
    case HS_HELD: on_held(r, record, e); break;
    case HS_FACT: hs_dictionary_fact(&r->dictionary, (const uint8_t *)record->fact.fact.data, record->fact.fact.len); break;
    case HS_RESET:
        on_reset(r, record);
        e->boot = r->boot;
        break;
    default: break;
    }
    if (!r->synced && r->level <= HS_LEVEL_FULL)
        e->flags |= HS_EVENT_UNPLACED;
}

/* Kinds that change what hs_reader_region returns, or that have all blocks as data: each is returned as a batch of one. */
INLINE bool alone(uint8_t kind)
{
    const uint64_t kinds = 1ull << HS_SNAPSHOT | 1ull << HS_REGION | 1ull << HS_REGION_END | 1ull << HS_RESET;
    return kinds >> (kind & 63) & 1;
}

/* Member by member: compilers clear a struct of this size with an instruction that is slower than all other
 * stores. */
INLINE void begin_event(const struct hs_reader *r, const struct hs_record *record, uint32_t site, struct hs_event *e)
{
    e->time = r->time;
    e->number = r->number_base + r->number;
    e->site = site < r->dictionary.n_sites ? r->dictionary.site[site] : 0;
    e->pos = e->granules = e->old = e->old_granules = 0;
    e->thread = r->thread;
    e->boot = r->boot;
    e->kind = record->kind;
    e->flags = e->region = 0;
    e->record = record;
    e->freed = NULL;
    e->n_freed = 0;
    e->block = NULL;
    e->n_blocks = 0;
}

INLINE void on_block(struct hs_reader *r, const struct hs_record *record, struct hs_event *e)
{
    begin_event(r, record, record->event.site, e);
    e->size = record->event.size;
    if (record->kind == HS_ALLOC)
        on_alloc(r, record, e);
    else if (record->kind == HS_FREE)
        on_free(r, record, e);
    else
        on_realloc(r, record, e);
}

void hs_heap_replay(struct hs_reader *r)
{
    const struct hs_record *record = r->record + r->at_record, *end = r->record + r->n_records;
    struct hs_event *e = r->event;
    unsigned others = 0;
    r->freed.n = 0;
    for (bool last = false; record < end && !last; record++, e++, r->number++) {
        HS_ASSERT(e < r->event + HS_BATCH);
        r->time = record->time > r->time ? record->time : r->time;
        if (record->kind <= HS_REALLOC) {
            on_block(r, record, e);
            continue;
        }
        bool single = alone(record->kind);
        if (single && e != r->event)
            break;
        begin_event(r, record, hs_record_site(record), e);
        e->size = 0;
        on_other(r, record, e);
        others++;
        last = single || r->fatal;
    }
    r->at_record = (unsigned)(record - r->record);
    r->n_events = (unsigned)(e - r->event);
    r->info.events += r->n_events - others;
    set_freed(r);
    if (RARELY(r->selecting))
        hs_select(r);
}
