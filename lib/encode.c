/* SPDX-License-Identifier: MIT
 *
 * Records into the open packet. A predicted event (same site as followed last time, same size, same
 * block) costs one byte and no call.
 */
#include <string.h>

#include "lib/trace.h"
#include "lib/varint.h"

#define INLINE static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#if defined(__GNUC__) && !defined(__clang__)
#define HOT __attribute__((optimize("O2")))
#else
#define HOT
#endif

/* Makes the bytes up to `end` part of the packet. */
INLINE void commit(struct hs_trace *t, uint8_t *end)
{
    t->cursor = end;
    t->offered++;
    __asm__ volatile("" ::: "memory"); /* the record's bytes come before the length that makes them valid */
    hs_open_packet()->len = (uint16_t)(end - t->bytes);
}

/* Recorded ticks since the last record, which `settle` then moves on. */
INLINE uint32_t raw_elapsed(const struct hs_trace *t) { return hs_port_ticks() - t->last; }
INLINE uint32_t settle(struct hs_trace *t, uint32_t raw)
{
    t->last += raw >> HS_TICK_SHIFT << HS_TICK_SHIFT;
    return raw >> HS_TICK_SHIFT;
}

/* The time that passed in a packet is told by `last` alone, in 32 bits: pauses so long that some of them would
 * be more are added up at once. */
#define LONG_PAUSE ((1u << 16) >> HS_TICK_SHIFT)
static __attribute__((noinline)) void long_pause(struct hs_trace *t, uint32_t elapsed)
{
    t->time += elapsed;
    t->opened += elapsed << HS_TICK_SHIFT;
}
INLINE uint32_t settle_any(struct hs_trace *t)
{
    uint32_t elapsed = settle(t, raw_elapsed(t));
    if (!LIKELY(elapsed < LONG_PAUSE))
        long_pause(t, elapsed);
    return elapsed;
}

/* --- the blocks placed last ------------------------------------------------------------------------- */

/* The history's slot of the record being written, and of those before; record.h, HS_RANKS. */
INLINE uint32_t *recent(struct hs_trace *t, uint32_t rank) { return &t->recent[(t->offered - rank) & (HS_RANKS - 1)]; }
INLINE void remember(struct hs_trace *t, uint32_t pos) { *recent(t, 0) = pos; }

/* --- events that are not as predicted ----------------------------------------------------------------- */

struct event {
    struct hs_key key;
    uint32_t size;
    uint32_t pos; /* ALLOC, REALLOC: new head */
    uint32_t old; /* FREE, REALLOC: old head */
    uint8_t op;
};

/* LEB128, without a branch for two bytes: what is stored behind one byte is overwritten by what follows. In line in
 * what is HOT, called by the rest. */
static inline HOT uint8_t *put(uint8_t *to, uint32_t value)
{
    if (!LIKELY(value < 1u << 14))
        return hs_put_u32(to, value);
    uint32_t two = value > 0x7f;
    to[0] = (uint8_t)(value | two << 7);
    to[1] = (uint8_t)(value >> 7);
    return to + 1 + two;
}

/* The site is neither candidate: its number, and it becomes one. */
static uint8_t *put_site(struct hs_trace *t, uint8_t *to, struct hs_site_entry *site, uint8_t op)
{
    if (site == t->site) { /* "other" does not tell what it does */
        *to++ = op;
        return to;
    }
    if (t->at->next == t->site)
        t->at->next = site;
    else
        t->at->second = site;
    return put(to, (uint32_t)(site - t->site));
}

/* Where nothing has followed a site in this packet as yet, its first candidate is the site of the next number: places
 * that are met one after the other are numbered so. */
INLINE struct hs_site_entry *first_candidate(struct hs_trace *t, struct hs_key key, uint8_t op)
{
    struct hs_site_entry *site = t->at->next;
    if (site == t->site && hs_is_site(t->at + 1, key, op) && hs_site_ready(t->at + 1))
        site = t->at->next = t->at + 1;
    return site;
}

/* Whether the reader's placement rule tells where new blocks are. */
INLINE bool implied(const struct hs_trace *t) { return HS_EXPLICIT != 2 && (!HS_EXPLICIT || t->implied); }

/* Whether no reader can tell which block is at a place: new ones follow from a layout that the ring has no room for. */
INLINE bool untold(const struct hs_trace *t) { return implied(t) && t->layout_lost; }

/* Where a new block is: nothing when that is implied, or 0 when it is as expected. */
INLINE uint32_t displacement(struct hs_trace *t, const struct event *e)
{
    uint32_t value = hs_zigzag32((int32_t)(e->pos - t->expected));
    t->expected = e->pos + ((e->size + (1u << t->shift) - 1) >> t->shift);
    return value;
}

/* Rank of a freed or resized block: the site's last one, or one of the last three; HS_RANKS otherwise. */
INLINE uint32_t rank_of(struct hs_trace *t, uint32_t old, const struct hs_site_entry *site)
{
    uint32_t likely = site->rank & (HS_RANKS - 1);
    if (*recent(t, likely) == old)
        return likely;
    for (uint32_t rank = 1; rank <= 3; rank++)
        if (*recent(t, rank) == old)
            return rank;
    return HS_RANKS;
}

/* The target field: which block is freed or resized, or where a new one is. False when there is no need. */
INLINE bool target_of(struct hs_trace *t, const struct event *e, struct hs_site_entry *site, uint32_t *target)
{
    if (e->op == HS_ALLOC) {
        *target = implied(t) ? 0 : displacement(t, e);
        return *target != 0;
    }
    uint32_t likely = site->rank & (uint8_t)~HS_RANK_SET, rank = untold(t) ? HS_RANKS : rank_of(t, e->old, site);
    *target = rank < HS_RANKS || untold(t) ? rank : e->old + HS_RANKS + 1;
    if (*target <= HS_RANKS)
        site->rank = (uint8_t)(HS_RANK_SET | *target);
    return *target != likely || (e->op == HS_REALLOC && !implied(t) && e->pos != e->old);
}

/* Target and time; the tag has room for two bits of one of them. */
INLINE uint8_t *put_tail(struct hs_trace *t, uint8_t *to, uint8_t *tag, const struct event *e, struct hs_site_entry *site,
                         uint32_t elapsed)
{
    uint32_t target;
    if (target_of(t, e, site, &target)) {
        *tag |= (uint8_t)(HS_TAG_TARGET | (target & HS_TAG_LOW));
        to = put(to, target >> 2);
        if (e->op == HS_REALLOC && !implied(t))
            to = put(to, e->pos == e->old ? 0 : displacement(t, e) + 1);
        return put(to, elapsed);
    }
    if (*tag == HS_TAG_MISS) {
        *tag = (uint8_t)(HS_TAG_HIT | (elapsed < HS_TAG_TIME ? elapsed : HS_TAG_TIME));
        return elapsed < HS_TAG_TIME ? to : put(to, elapsed - HS_TAG_TIME);
    }
    *tag |= (uint8_t)(elapsed & HS_TAG_LOW);
    return put(to, elapsed >> 2);
}

/* One body for the three kinds of event: `op` is a constant where it is inlined. */
INLINE void put_event(const struct event *e)
{
    struct hs_trace *t = &hs_trace;
    if (t->cursor > t->limit)
        hs_packet_turn();
    uint8_t tag = HS_TAG_MISS, *to = t->cursor + 1;
    struct hs_site_entry *site = first_candidate(t, e->key, e->op);
    if (!hs_is_site(site, e->key, e->op)) {
        site = t->at->second;
        tag = HS_TAG_MISS | HS_TAG_SECOND;
        if (!hs_is_site(site, e->key, e->op)) {
            site = hs_site_find(HS_KEY_ARGUMENTS(e->key), e->op, e->size); /* may turn the packet */
            tag = site == t->site ? HS_TAG_MISS | HS_TAG_OTHER : HS_TAG_MISS | HS_TAG_NUMBER;
            to = put_site(t, t->cursor + 1, site, e->op);
        }
    }
    uint32_t elapsed = settle_any(t);
    if (e->op != HS_FREE) {
        t->check = HS_CHECK(t->check, e->pos);
        if (site->size != e->size) {
            tag |= HS_TAG_SIZE;
            site->size = (uint16_t)(e->size < 0xffff ? e->size : 0);
            to = put(to, e->size);
        }
    }
    to = put_tail(t, to, &tag, e, site, elapsed);
    if (e->op != HS_FREE)
        remember(t, e->pos);
    *t->cursor = tag;
    t->at = site;
    commit(t, to);
}

/* The rarer kinds share one copy of the body. Where all places are explicit, what is as predicted but for its place has a path of its
 * own (put_placed), and all else shares that copy. */
static __attribute__((noinline)) void put_other(const struct event *e) { put_event(e); }

#if HS_EXPLICIT == 2
INLINE void put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size)
{
    put_other(&(struct event){.key = HS_KEY, .size = size, .pos = pos, .op = HS_ALLOC});
}
#else
static HOT __attribute__((noinline)) void put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size)
{
    put_event(&(struct event){.key = HS_KEY, .size = size, .pos = pos, .op = HS_ALLOC});
}
#endif

/* --- version 3: events predicted from what the packet's events taught --------------------------------------- */

#if HS_LEARN && HS_EXPLICIT
static uint16_t size_to_keep(uint32_t size) { return (uint16_t)(size < 0xffff ? size : 0); }

/* Time of an event that came as predicted. */
INLINE uint8_t *put_hit_time(uint8_t *to, uint8_t *tag, uint32_t elapsed)
{
    if (LIKELY(elapsed < HS_TAG_MIDDLE)) {
        *tag = (uint8_t)(HS_TAG_HIT | elapsed);
        return to;
    }
    if (elapsed < HS_TAG_LONG) {
        uint32_t more = elapsed - HS_TAG_MIDDLE;
        *tag = (uint8_t)(HS_TAG_HIT | (HS_TAG_MIDDLE + (more >> 8)));
        *to = (uint8_t)more;
        return to + 1;
    }
    *tag = HS_TAG_HIT | HS_TAG_TIME;
    return put(to, elapsed - HS_TAG_LONG);
}

/* The candidate behind the predicted site: the first one when something else was predicted, else the second. */
INLINE struct hs_site_entry *next_candidate(const struct hs_trace *t, const struct hs_site_entry *predicted)
{
    return t->at->next != t->site && t->at->next != predicted ? t->at->next : t->at->second;
}

/* Finds the event's site, and writes what says which one it is. May turn the packet. */
INLINE struct hs_site_entry *find_learned(struct hs_trace *t, const struct event *e, uint8_t *tag, uint8_t **to)
{
    const struct hs_learned_event *next = hs_learned_next(t->learned);
    struct hs_site_entry *site = next ? &t->site[next->site] : first_candidate(t, e->key, e->op), *predicted = site;
    *tag = HS_TAG_MISS;
    *to = t->cursor + 1;
    if (LIKELY(hs_is_site(site, e->key, e->op)))
        return site;
    site = next_candidate(t, predicted);
    *tag = HS_TAG_MISS | HS_TAG_SECOND;
    if (hs_is_site(site, e->key, e->op))
        return site;
    site = hs_site_find(HS_KEY_ARGUMENTS(e->key), e->op, e->size);
    *tag = site == t->site ? HS_TAG_MISS | HS_TAG_OTHER : HS_TAG_MISS | HS_TAG_NUMBER;
    *to = put_site(t, t->cursor + 1, site, e->op);
    return site;
}

/* Learns the places of an event. */
INLINE void learn_places(struct hs_trace *t, const struct event *e, uint32_t rank)
{
    struct hs_learned *m = t->learned;
    if (e->op != HS_ALLOC)
        hs_learned_remove(m, rank);
    if (e->op == HS_REALLOC && e->pos == e->old) {
        hs_learned_resize(m, e->pos, e->size);
        return;
    }
    if (e->op != HS_ALLOC)
        hs_learned_free(m, e->old);
    if (e->op != HS_FREE)
        hs_learned_put(m, e->pos, e->size, t->shift);
}

/* Writes what is not as predicted of the places, and the time. `likely`: predicted rank. */
INLINE uint8_t *put_learned_tail(struct hs_trace *t, uint8_t *to, uint8_t *tag, const struct event *e, uint32_t rank,
                                 uint32_t likely)
{
    uint32_t place = e->op == HS_FREE ? 0 : hs_learned_place(t->learned, e->size, t->shift), elapsed = settle_any(t);
    uint32_t target = rank < HS_LEARNED_BLOCKS ? rank
                                               : hs_zigzag32((int32_t)(e->old - t->learned->last_freed)) + HS_LEARNED_BLOCKS;
    bool told = rank != likely || rank == HS_LEARNED_BLOCKS || (e->op == HS_REALLOC && e->pos != e->old);
    if (e->op == HS_ALLOC) {
        target = hs_zigzag32((int32_t)(e->pos - place));
        told = target != 0;
    }
    if (told) {
        *tag |= (uint8_t)(HS_TAG_TARGET | (target & HS_TAG_LOW));
        to = put(to, target >> 2);
        if (e->op == HS_REALLOC)
            to = put(to, e->pos == e->old ? 0 : hs_zigzag32((int32_t)(e->pos - place)) + 1);
        return put(to, elapsed);
    }
    if (*tag == HS_TAG_MISS)
        return put_hit_time(to, tag, elapsed);
    *tag |= (uint8_t)(elapsed & HS_TAG_LOW);
    return put(to, elapsed >> 2);
}

static HOT __attribute__((noinline)) void put_learned(const struct event *e)
{
    struct hs_trace *t = &hs_trace;
    if (t->cursor > t->limit)
        hs_packet_turn();
    uint8_t tag, *to;
    struct hs_site_entry *site = find_learned(t, e, &tag, &to);
    uint16_t number = (uint16_t)(site - t->site);
    const struct hs_learned_event *next = hs_learned_next(t->learned);
    bool follows = next && next->site == number;
    uint32_t likely = follows ? next->rank : site->rank & (uint8_t)~HS_RANK_SET;
    uint32_t rank = e->op == HS_ALLOC ? 0 : hs_learned_rank(t->learned, e->old, likely);
    if (e->op != HS_FREE) {
        t->check = HS_CHECK(t->check, e->pos);
        if ((follows ? next->size : site->size) != e->size) {
            tag |= HS_TAG_SIZE;
            to = put(to, e->size);
        }
        site->size = size_to_keep(e->size);
    }
    to = put_learned_tail(t, to, &tag, e, rank, likely);
    if (e->op != HS_ALLOC)
        site->rank = (uint8_t)(HS_RANK_SET | rank);
    learn_places(t, e, rank);
    hs_learned_add(t->learned, (struct hs_learned_event){number, e->op == HS_FREE ? 0 : site->size, (uint8_t)rank});
    *t->cursor = tag;
    t->at = site;
    commit(t, to);
}
#else
static void put_learned(const struct event *e) { (void)e; }
#endif

/* --- events ------------------------------------------------------------------------------------------- */

#if HS_EVENTS_LOCKED
INLINE hs_lock_t lock_event(void) { return 0; }
INLINE void unlock_event(hs_lock_t lock) { (void)lock; }
#else
INLINE hs_lock_t lock_event(void) { return hs_port_lock(); }
INLINE void unlock_event(hs_lock_t lock) { hs_port_unlock(lock); }
#endif

/* Whether an event that is as predicted may be written without further ado, and one that tells its place besides. */
INLINE bool fits(const struct hs_trace *t) { return LIKELY(t->cursor <= t->hit_limit); }
INLINE bool fits_with_place(const struct hs_trace *t) { return LIKELY(t->cursor <= t->limit); }

/* Size, kind and rank of a site in one word, little endian. Without the promise a core that cannot load a word from
 * anywhere calls memcpy. */
_Static_assert(offsetof(struct hs_site_entry, size) % sizeof(uint32_t) == 0, "one load");
INLINE uint32_t word_of(const struct hs_site_entry *site)
{
    uint32_t word;
    memcpy(&word, __builtin_assume_aligned(&site->size, sizeof word), sizeof word);
    return word;
}

/* A hit whose time does not fit the byte. */
static __attribute__((noinline)) uint8_t *put_late(struct hs_trace *t, uint8_t *to, uint32_t elapsed)
{
    if (elapsed >= LONG_PAUSE)
        long_pause(t, elapsed);
    *to = HS_TAG_HIT | HS_TAG_TIME;
    return hs_put_u32(to + 1, elapsed - HS_TAG_TIME);
}

INLINE void put_hit(struct hs_trace *t, struct hs_site_entry *site)
{
    uint8_t *to = t->cursor;
    uint32_t elapsed = settle(t, raw_elapsed(t));
    t->at = site;
    if (LIKELY(elapsed < HS_TAG_TIME))
        *to++ = (uint8_t)(HS_TAG_HIT | elapsed);
    else
        to = put_late(t, to, elapsed);
    commit(t, to);
}

/* An allocation that is as predicted, but for its place, which the record has to tell. */
INLINE void put_placed(struct hs_trace *t, struct hs_site_entry *site, const struct event *e)
{
    uint32_t target = displacement(t, e);
    if (!target) {
        put_hit(t, site);
        return;
    }
    uint8_t *to = put(t->cursor + 1, target >> 2);
    to = put(to, settle_any(t));
    *t->cursor = (uint8_t)(HS_TAG_MISS | HS_TAG_TARGET | (target & HS_TAG_LOW));
    t->at = site;
    commit(t, to);
}

INLINE void put_as_2(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size)
{
    struct hs_trace *t = &hs_trace;
    struct hs_site_entry *site = t->at->next;
    bool predicted = LIKELY(hs_has_key(site, (struct hs_key)HS_KEY)) && LIKELY(word_of(site) == size + (HS_ALLOC << 16));
    if (predicted && (implied(t) ? fits(t) : fits_with_place(t))) {
        remember(t, pos);
        t->check = HS_CHECK(t->check, pos);
        if (implied(t))
            put_hit(t, site);
        else
            put_placed(t, site, &(struct event){.pos = pos, .size = size});
    } else {
        put_alloc(HS_KEY_ARGUMENTS((struct hs_key)HS_KEY), pos, size);
    }
}

HOT void hs_put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size)
{
    hs_lock_t lock = lock_event();
    if (hs_learns())
        put_learned(&(struct event){.key = HS_KEY, .size = size, .pos = pos, .op = HS_ALLOC});
    else
        put_as_2(HS_KEY_ARGUMENTS((struct hs_key)HS_KEY), pos, size);
    unlock_event(lock);
}

/* Who frees is told by the native caller alone: one site, not one for each line. */
HOT void hs_put_free(uintptr_t caller, uint32_t pos)
{
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock = lock_event();
    struct hs_site_entry *site = t->at->next;
    if (hs_learns())
        put_learned(&(struct event){.key = {.caller = caller}, .old = pos, .op = HS_FREE});
    else if (hs_is_site(site, (struct hs_key){.caller = caller}, HS_FREE) && *recent(t, site->rank) == pos && fits(t))
        put_hit(t, site);
    else
        put_other(&(struct event){.key = {.caller = caller}, .old = pos, .op = HS_FREE});
    unlock_event(lock);
}

HOT void hs_put_realloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint32_t old)
{
    hs_lock_t lock = lock_event();
    const struct event e = {.key = HS_KEY, .size = size, .pos = pos, .old = old, .op = HS_REALLOC};
    if (hs_learns())
        put_learned(&e);
    else
        put_other(&e);
    unlock_event(lock);
}

/* --- plain records ------------------------------------------------------------------------------------ */

static void put_plain(const struct hs_record *r, uint32_t most)
{
    struct hs_trace *t = &hs_trace;
    uint8_t *to = t->cursor;
    *to++ = r->kind;
    to = hs_put_u32(to, settle_any(t));
    commit(t, hs_put_body(to, r, most));
}

/* Bytes that are left for records in the open packet. */
static uint32_t room_left(void)
{
    const struct hs_trace *t = &hs_trace;
    return t->cursor <= t->limit ? (uint32_t)(t->limit + HS_EVENT_MAX - t->cursor) : 0;
}
static bool has_room(const struct hs_record *r) { return hs_record_room(r, HS_DATA_MAX) <= room_left(); }

/* Bytes of a record's data that fit the open packet, where there is room for the others. A new one has room for all of
 * it, unless a small packet has as many definitions as it may and begins with LOST and LEVEL. */
static uint32_t data_that_fits(const struct hs_record *r)
{
    uint32_t left = room_left() - hs_record_room(r, 0);
    return left < HS_DATA_MAX ? left : HS_DATA_MAX;
}

void hs_record_locked(const struct hs_record *r)
{
    uint32_t most = HS_DATA_MAX;
    if (!has_room(r)) {
        hs_packet_turn();
        most = data_that_fits(r);
    }
    put_plain(r, most);
}

void hs_record(const struct hs_record *r)
{
    hs_lock_t lock = hs_port_lock();
    hs_record_locked(r);
    hs_port_unlock(lock);
}

/* In the packet in which its site is ready. */
void hs_record_named(struct hs_site_entry *site, struct hs_record *r)
{
    struct hs_trace *t = &hs_trace;
    if (!has_room(r))
        hs_packet_turn();
    if (site != t->site && !hs_site_ready(site))
        site = t->site;
    if (site != t->site && hs_state == HS_STATE_LEVEL && !site->rank) {
        hs_packet_name(site);
        site->rank = 1;
    }
    r->any.site = (uint32_t)(site - t->site);
    put_plain(r, data_that_fits(r));
}

/* A site that is made ready counts as named in its packet, so the record must be in the same one. Where the site's definition
 * has taken the room for it, the site is taken back: a packet that is cut off here may name one too many. */
static struct hs_site_entry *find_site(struct hs_key key, uint32_t size, const struct hs_record *r)
{
    struct hs_trace *t = &hs_trace;
    if (!has_room(r))
        hs_packet_turn();
    uint16_t epoch = t->epoch;
    uint32_t names = hs_open_packet()->names;
    struct hs_site_entry *site = hs_site_find(HS_KEY_ARGUMENTS(key), HS_ALLOC, size);
    if (has_room(r))
        return site;
    hs_open_packet()->names = epoch == t->epoch ? names : 0;
    return site;
}

static void put_at(struct hs_key key, uint32_t size, struct hs_record *r)
{
    hs_lock_t lock = hs_port_lock();
    hs_record_named(find_site(key, size, r), r);
    hs_port_unlock(lock);
}

void hs_record_at(struct hs_key key, struct hs_record *r) { put_at(key, 0, r); }

void hs_put_fail(HS_KEY_PARAMETERS, uint32_t size, uint8_t cause)
{
    put_at((struct hs_key)HS_KEY, size, &(struct hs_record){.kind = HS_FAIL, .fail = {.size = size, .cause = cause}});
}

void hs_mark(struct hs_text label) { hs_record(&(struct hs_record){.kind = HS_MARK, .mark.label = label}); }
