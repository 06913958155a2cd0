/* SPDX-License-Identifier: MIT
 *
 * Writes records into the open packet. A predicted event (the site that followed last time, with the same size and block)
 * costs one byte and no call.
 */
#include <string.h>

#include "lib/hot.h"
#include "lib/level.h"
#include "lib/section.h"
#include "lib/trace.h"
#include "lib/varint.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)

/* Commits the bytes up to `end` as one record. */
INLINE void commit(struct hs_trace *t, uint8_t *end)
{
    t->cursor = end;
    t->offered++;
    __asm__ volatile("" ::: "memory"); /* the record's bytes come before the length that makes them valid */
    hs_open_packet()->len = (uint16_t)(end - t->bytes);
}

/* raw_elapsed: port ticks since the last record. settle: the same as recorded ticks; moves `last` forward by them. */
INLINE uint32_t raw_elapsed(const struct hs_trace *t) { return hs_port_ticks() - t->last; }
INLINE uint32_t settle(struct hs_trace *t, uint32_t raw)
{
    t->last += raw >> HS_TICK_SHIFT << HS_TICK_SHIFT;
    return raw >> HS_TICK_SHIFT;
}

/* The time that passed in a packet is `last` - `opened`, which has 32 bits. Long pauses could overflow it, so they are added to
 * `time` at once. */
#define LONG_PAUSE ((1u << 16) >> HS_TICK_SHIFT)
static __attribute__((noinline)) void long_pause(struct hs_trace *t, uint32_t elapsed)
{
    t->time += elapsed;
    t->opened += elapsed << HS_TICK_SHIFT;
}
INLINE uint32_t settle_any(struct hs_trace *t)
{
    uint32_t elapsed = settle(t, t->now - t->last);
    if (!LIKELY(elapsed < LONG_PAUSE))
        long_pause(t, elapsed);
    return elapsed;
}

/* --- the blocks placed last ------------------------------------------------------------------------- */

/* Slot of the history: rank 0 is the slot of the record being written, rank k that of the k-th record before it; record.h,
 * HS_RANKS. */
INLINE uint32_t *recent(struct hs_trace *t, uint32_t rank) { return &t->recent[(t->offered - rank) & (HS_RANKS - 1)]; }
INLINE void remember(struct hs_trace *t, uint32_t pos) { *recent(t, 0) = pos; }

/* --- events that are not predicted -------------------------------------------------------------------- */

static __attribute__((noinline)) uint8_t *put_long(uint8_t *to, uint32_t value) { return hs_put_u32(to, value); }

/* LEB128. Inlined in HOT functions, called by the others. */
#if HS_BRANCHLESS
/* It always stores two bytes; the next store overwrites the second if it is not used. */
static inline HOT uint8_t *put(uint8_t *to, uint32_t value)
{
    if (!LIKELY(value < 1u << 14))
        return put_long(to, value);
    uint32_t two = value > 0x7f;
    to[0] = (uint8_t)(value | two << 7);
    to[1] = (uint8_t)(value >> 7);
    return to + 1 + two;
}
#else
static inline HOT uint8_t *put(uint8_t *to, uint32_t value)
{
    if (LIKELY(value < 0x80)) {
        *to = (uint8_t)value;
        return to + 1;
    }
    if (!LIKELY(value < 1u << 14))
        return put_long(to, value);
    to[0] = (uint8_t)(value | 0x80);
    to[1] = (uint8_t)(value >> 7);
    return to + 2;
}
#endif

/* The site is not a candidate: writes its number, and makes it one. */
static uint8_t *put_site(struct hs_trace *t, uint8_t *to, struct hs_site_entry *site, uint8_t op)
{
    if (site == t->site) { /* site 0 has no kind of event of its own */
        *to++ = op;
        return to;
    }
    if (t->at->next == t->site)
        t->at->next = site;
    else
        t->at->second = site;
    return put(to, (uint32_t)(site - t->site));
}

/* If no site has followed a site in this packet, its first candidate is the site with the next number: sites that are first
 * used one after the other have consecutive numbers. */
INLINE struct hs_site_entry *first_candidate(struct hs_trace *t, struct hs_key key, uint8_t op)
{
    struct hs_site_entry *site = t->at->next;
    if (site == t->site && hs_is_site(t->at + 1, key, op) && hs_site_ready(t->at + 1))
        site = t->at->next = t->at + 1;
    return site;
}

/* Whether the reader's placement rule gives the places of new blocks. */
INLINE bool implied(const struct hs_trace *t) { return HS_EXPLICIT != 2 && (!HS_EXPLICIT || t->implied); }

/* Whether no reader can know the block at a place: the placement rule needs a layout, and no keyframe fits the ring. */
INLINE bool untold(const struct hs_trace *t) { return implied(t) && t->layout_lost; }

/* Distance of a new block from the expected place, as zigzag; 0: the block is there. Only for explicit places. */
INLINE uint32_t displacement(struct hs_trace *t, const struct hs_put *e)
{
    uint32_t value = hs_zigzag32((int32_t)(e->pos - t->expected));
    t->expected = e->pos + ((e->size + (1u << t->shift) - 1) >> t->shift);
    return value;
}

/* Rank of a freed or resized block: the site's last rank, or 1 to 3; else HS_RANKS. */
INLINE uint32_t rank_of(struct hs_trace *t, uint32_t old, const struct hs_site_entry *site)
{
    const uint32_t *slot = t->recent;
    uint32_t likely = site->rank & (HS_RANKS - 1), n = t->offered;
    if (slot[(n - likely) & (HS_RANKS - 1)] == old)
        return likely;
    if (slot[(n - 1) & (HS_RANKS - 1)] == old)
        return 1;
    if (slot[(n - 2) & (HS_RANKS - 1)] == old)
        return 2;
    return slot[(n - 3) & (HS_RANKS - 1)] == old ? 3 : HS_RANKS;
}

/* The target field: the block that is freed or resized, or the place of a new one. False if the reader predicts it. */
INLINE bool target_of(struct hs_trace *t, const struct hs_put *e, struct hs_site_entry *site, uint32_t *target)
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

/* Writes target and time. The tag has room for two bits of one of them. */
INLINE uint8_t *put_tail(struct hs_trace *t, uint8_t *to, uint8_t *tag, const struct hs_put *e, struct hs_site_entry *site,
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

/* The event's site. Most sites were used in this packet already, and need no more than a search. */
INLINE struct hs_site_entry *find_site_of(const struct hs_trace *t, const struct hs_put *e)
{
    struct hs_site_entry *site = hs_site_of_key(HS_KEY_ARGUMENTS(e->key), e->op);
    return LIKELY(site && site->used == t->epoch) ? site : hs_site_find(HS_KEY_ARGUMENTS(e->key), e->op, e->size);
}

/* One body for the three kinds of event. In put_alloc it is inlined with a constant `op`. */
INLINE void put_event(const struct hs_put *e)
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
            site = find_site_of(t, e); /* may begin a new packet */
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

/* All kinds share one copy of the body; put_alloc below has another. */
static __attribute__((noinline)) void put_other(const struct hs_put *e) { put_event(e); }

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
INLINE struct hs_site_entry *find_learned(struct hs_trace *t, const struct hs_put *e, uint8_t *tag, uint8_t **to)
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
INLINE void learn_places(struct hs_trace *t, const struct hs_put *e, uint32_t rank)
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
INLINE uint8_t *put_learned_tail(struct hs_trace *t, uint8_t *to, uint8_t *tag, const struct hs_put *e, uint32_t rank,
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

static HOT __attribute__((noinline)) void put_learned(const struct hs_put *e)
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
static void put_learned(const struct hs_put *e) { (void)e; }
#endif

/* Writes an ALLOC, FREE or REALLOC. */
INLINE void put_block_event(const struct hs_put *e)
{
    if (hs_learns())
        put_learned(e);
    else
        put_other(e);
}

static void put_fail(const struct hs_put *e);

void hs_put_event(const struct hs_put *e)
{
    if (HS_WITH_LEVELS && e->level)
        hs_level_write(e);
    else if (e->op == HS_FAIL)
        put_fail(e);
    else
        put_block_event(e);
}

/* Writes any event. The caller holds the lock; it is released. */
static HOT __attribute__((noinline)) void put_in_section(hs_lock_t lock, const struct hs_put *e)
{
    if (!hs_section_try(lock) && !hs_section_wait(&lock)) {
        hs_pend_event(lock, e);
        return;
    }
    if (LIKELY(!e->level && e->op != HS_FAIL))
        put_block_event(e);
    else
        hs_put_event(e);
    hs_section_quit(lock);
}

void hs_put_any(const struct hs_put *e) { put_in_section(hs_port_lock(), e); }

/* --- events ------------------------------------------------------------------------------------------- */

#if HS_EVENTS_LOCKED
INLINE hs_lock_t lock_event(void) { return 0; }
INLINE void unlock_event(hs_lock_t lock) { (void)lock; }
#else
INLINE hs_lock_t lock_event(void) { return hs_port_lock(); }
INLINE void unlock_event(hs_lock_t lock) { hs_port_unlock(lock); }
#endif

/* Writes an event that is not predicted. The caller holds the lock; it is released. */
#if HS_PENDING
#if HS_EVENTS_LOCKED
#error "HS_PENDING: a hook that holds the lock masks interrupts itself"
#endif
INLINE void put_slowly(hs_lock_t lock, const struct hs_put *e) { put_in_section(lock, e); }
INLINE void leave_event(hs_lock_t lock) { hs_section_quit(lock); }
INLINE bool is_free(const struct hs_trace *t) { return !t->busy; }
#else
INLINE void put_slowly(hs_lock_t lock, const struct hs_put *e)
{
    hs_trace.now = hs_port_ticks();
    put_block_event(e);
    unlock_event(lock);
}
INLINE void leave_event(hs_lock_t lock) { unlock_event(lock); }
INLINE bool is_free(const struct hs_trace *t) { return (void)t, true; }
#endif

/* An event without its places and size. No initialiser, because a small core would call memset for the members that the kind does
 * not have. */
INLINE void init_put(struct hs_put *e, struct hs_key key, uint8_t op)
{
    e->key = key;
    e->op = op;
    e->cause = 0;
    e->level = false;
}
INLINE void put_alloc_slowly(hs_lock_t lock, struct hs_key key, uint32_t pos, uint32_t size)
{
    struct hs_put e;
    init_put(&e, key, HS_ALLOC);
    e.pos = pos;
    e.size = size;
    put_slowly(lock, &e);
}

/* An allocation that is not predicted. The caller holds the lock; it is released. Allocations have a copy of the body, unless it is
 * built for size, or all places are explicit: put_placed then writes most of those that are not predicted. */
#if HS_EXPLICIT == 2 || !HS_WITH_SPEED
INLINE void put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, hs_lock_t lock)
{
    put_alloc_slowly(lock, (struct hs_key)HS_KEY, pos, size);
}
#else
static HOT __attribute__((noinline)) void put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, hs_lock_t lock)
{
    struct hs_key key = HS_KEY;
    if (hs_learns() || !hs_section_try(lock)) {
        put_alloc_slowly(lock, key, pos, size);
        return;
    }
    put_event(&(struct hs_put){.key = key, .size = size, .pos = pos, .op = HS_ALLOC});
    leave_event(lock);
}
#endif

/* Whether a predicted event can be written at once; fits_with_place: with its place, too. */
INLINE bool fits(const struct hs_trace *t) { return LIKELY(t->cursor <= t->hit_limit) && is_free(t); }
INLINE bool fits_with_place(const struct hs_trace *t) { return LIKELY(t->cursor <= t->limit) && is_free(t); }

/* Size, kind and rank of a site in one word, little endian. Without __builtin_assume_aligned, the compiler calls memcpy for a
 * core that cannot load unaligned words. */
_Static_assert(offsetof(struct hs_site_entry, size) % sizeof(uint32_t) == 0, "one load");
INLINE uint32_t word_of(const struct hs_site_entry *site)
{
    uint32_t word;
    memcpy(&word, __builtin_assume_aligned(&site->size, sizeof word), sizeof word);
    return word;
}

/* A predicted event whose time does not fit the byte. */
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

/* An allocation that is predicted except for its place. */
INLINE void put_placed(struct hs_trace *t, struct hs_site_entry *site, const struct hs_put *e)
{
    uint32_t target = displacement(t, e);
    if (!target) {
        put_hit(t, site);
        return;
    }
    uint8_t *to = put(t->cursor + 1, target >> 2);
    t->now = hs_port_ticks();
    to = put(to, settle_any(t));
    *t->cursor = (uint8_t)(HS_TAG_MISS | HS_TAG_TARGET | (target & HS_TAG_LOW));
    t->at = site;
    commit(t, to);
}

HOT void hs_put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size)
{
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock = lock_event();
    struct hs_site_entry *site = t->at->next;
    bool predicted = !hs_learns() && LIKELY(hs_has_key(site, (struct hs_key)HS_KEY)) &&
                     LIKELY(word_of(site) == size + (HS_ALLOC << 16));
    if (predicted && (implied(t) ? fits(t) : fits_with_place(t))) {
        remember(t, pos);
        t->check = HS_CHECK(t->check, pos);
        if (implied(t))
            put_hit(t, site);
        else
            put_placed(t, site, &(struct hs_put){.pos = pos, .size = size});
        unlock_event(lock);
    } else {
        put_alloc(HS_KEY_ARGUMENTS((struct hs_key)HS_KEY), pos, size, lock);
    }
}

/* The site of a free has only the native caller: one site, not one for each line of interpreted code. */
HOT void hs_put_free(uintptr_t caller, uint32_t pos)
{
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock = lock_event();
    struct hs_site_entry *site = t->at->next;
    if (!hs_learns() && hs_is_site(site, (struct hs_key){.caller = caller}, HS_FREE) && *recent(t, site->rank) == pos && fits(t)) {
        put_hit(t, site);
        unlock_event(lock);
    } else {
        struct hs_put e;
        init_put(&e, (struct hs_key){.caller = caller}, HS_FREE);
        e.size = 0;
        e.old = pos;
        put_slowly(lock, &e);
    }
}

HOT void hs_put_realloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint32_t old)
{
    struct hs_put e;
    init_put(&e, (struct hs_key)HS_KEY, HS_REALLOC);
    e.size = size;
    e.pos = pos;
    e.old = old;
    put_slowly(lock_event(), &e);
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

/* Free bytes for records in the open packet. */
static uint32_t room_left(void)
{
    const struct hs_trace *t = &hs_trace;
    return t->cursor <= t->limit ? (uint32_t)(t->limit + HS_EVENT_MAX - t->cursor) : 0;
}
static bool has_room(const struct hs_record *r) { return hs_record_room(r, HS_DATA_MAX) <= room_left(); }

/* Bytes of a record's data that fit the open packet, which has room for the rest of the record. A new packet has room for all
 * data, unless it is small, has as many definitions as allowed, and begins with LOST and LEVEL. */
static uint32_t data_that_fits(const struct hs_record *r)
{
    uint32_t left = room_left() - hs_record_room(r, 0);
    return left < HS_DATA_MAX ? left : HS_DATA_MAX;
}

/* If HS_PENDING is 0, hooks may call this with the lock held: `now` is not set then. */
void hs_record_locked(const struct hs_record *r)
{
    struct hs_trace *t = &hs_trace;
    uint32_t most = HS_DATA_MAX;
    if (!HS_PENDING)
        t->now = hs_port_ticks();
    if (!has_room(r)) {
        hs_packet_turn();
        most = data_that_fits(r);
    }
    put_plain(r, most);
}

void hs_record(const struct hs_record *r)
{
    hs_lock_t lock = hs_port_lock();
    if (!hs_section_wait(&lock)) {
        hs_pend_record(lock, r);
        return;
    }
    hs_record_locked(r);
    hs_section_leave(lock);
}

/* The record must be in the packet in which its site was made ready. */
void hs_record_named(struct hs_site_entry *site, struct hs_record *r)
{
    struct hs_trace *t = &hs_trace;
    if (!has_room(r))
        hs_packet_turn();
    if (site != t->site && !hs_site_ready(site))
        site = t->site;
    if (site != t->site && hs_at_level() && !site->rank) {
        hs_packet_name(site);
        site->rank = 1;
    }
    r->any.site = (uint32_t)(site - t->site);
    put_plain(r, data_that_fits(r));
}

/* A site that was made ready counts as named in its packet, so the record must be in the same packet. If the site's definition
 * took the room for the record, the site is removed from `names` again; a reset before that leaves one site too many there. */
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

static void put_at(struct hs_key key, uint32_t size, struct hs_record *r) { hs_record_named(find_site(key, size, r), r); }

static void put_fail(const struct hs_put *e)
{
    put_at(e->key, e->size, &(struct hs_record){.kind = HS_FAIL, .fail = {.size = e->size, .cause = e->cause}});
}

void hs_put_fail(HS_KEY_PARAMETERS, uint32_t size, uint8_t cause)
{
    hs_put_any(&(struct hs_put){.key = HS_KEY, .size = size, .op = HS_FAIL, .cause = cause});
}

/* An entry of the queue has no room for a record and its site, so such a record is lost. */
void hs_record_at(struct hs_key key, struct hs_record *r)
{
    hs_lock_t lock = hs_port_lock();
    if (!hs_section_wait(&lock)) {
        hs_pend_loss(lock);
        return;
    }
    put_at(key, 0, r);
    hs_section_leave(lock);
}

/* Writes a record from the queue, whose body is already encoded. */
void hs_put_bytes(uint8_t kind, const uint8_t *body, uint32_t len)
{
    struct hs_trace *t = &hs_trace;
    if (len + HS_PLAIN_MAX > room_left())
        hs_packet_turn();
    uint8_t *to = t->cursor;
    *to++ = kind;
    to = hs_put_u32(to, settle_any(t));
    memcpy(to, body, len);
    commit(t, to + len);
}

void hs_mark(struct hs_text label) { hs_record(&(struct hs_record){.kind = HS_MARK, .mark.label = label}); }
