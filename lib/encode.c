/* SPDX-License-Identifier: MIT
 *
 * Records into the open packet. A predicted event (same site as followed last time, same size, same
 * block) costs one byte and no call.
 */
#include <string.h>

#include "lib/schema.h"
#include "lib/trace.h"
#include "lib/varint.h"

#define INLINE static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#if defined(__GNUC__) && !defined(__clang__)
#define HOT __attribute__((optimize("O2")))
#else
#define HOT
#endif

INLINE bool same_key(const struct hs_site_entry *site, struct hs_key key) {
#if HS_STACKS
    if (site->key.context != key.context)
        return false;
#endif
    return site->key.code == key.code && site->key.caller == key.caller;
}
INLINE bool is(const struct hs_site_entry *site, struct hs_key key, uint8_t op) {
    return same_key(site, key) && site->op == op;
}

/* Makes the bytes up to `end` part of the packet. */
INLINE void commit(struct hs_trace *t, uint8_t *end) {
    t->cursor = end;
    t->offered++;
    __asm__ volatile("" ::: "memory"); /* the record's bytes come before the length that makes them valid */
    hs_open_packet()->len = (uint16_t)(end - t->bytes);
}

/* Recorded ticks since the last record, which `settle` then moves on. */
INLINE uint32_t raw_elapsed(const struct hs_trace *t) { return hs_port_ticks() - t->last; }
INLINE uint32_t settle(struct hs_trace *t, uint32_t raw) {
    t->last += raw >> HS_TICK_SHIFT << HS_TICK_SHIFT;
    return raw >> HS_TICK_SHIFT;
}

/* --- the blocks placed last ------------------------------------------------------------------------- */

/* The history's slot of the record being written, and of those before; record.h, HS_RANKS. */
INLINE uint32_t *recent(struct hs_trace *t, uint32_t rank) {
    return &t->recent[(t->offered - rank) & (HS_RANKS - 1)];
}
INLINE void remember(struct hs_trace *t, uint32_t pos) { *recent(t, 0) = pos; }

/* Rank of the block at `pos`, the likely one first; HS_RANKS when it is not among the recent. */
INLINE uint32_t rank_of(struct hs_trace *t, uint32_t pos, uint32_t likely) {
    if (*recent(t, likely) == pos)
        return likely;
    for (uint32_t rank = 1; rank <= HS_RANKS; rank++)
        if (*recent(t, rank) == pos)
            return rank & (HS_RANKS - 1);
    return HS_RANKS;
}

/* --- events that are not as predicted ----------------------------------------------------------------- */

struct event {
    struct hs_key key;
    uint32_t size;
    uint32_t pos; /* ALLOC, REALLOC: new head */
    uint32_t old; /* FREE, REALLOC: old head */
    uint8_t op;
};

/* An entry not met in this packet is as its definition says. */
INLINE void renew(struct hs_trace *t, struct hs_site_entry *site) {
    if (site->epoch != t->epoch) {
        site->epoch = t->epoch;
        site->size = site->first_size;
        site->next = t->site;
        site->rank = site->op == HS_ALLOC ? 0 : HS_RANK_SET;
    }
}

INLINE void expect_behind(struct hs_trace *t, const struct event *e) {
    t->expected = e->pos + ((e->size + (1u << t->shift) - 1) >> t->shift);
}

/* The size, when it is not the last. */
INLINE uint8_t *put_size(uint8_t *to, uint8_t *tag, uint32_t size, struct hs_site_entry *site) {
    if (site->size == size)
        return to;
    *tag |= HS_TAG_SIZE;
    site->size = (uint16_t)(size < 0xffff ? size : 0);
    return hs_put_u32(to, size);
}

/* Where a new block is, when that is neither implied nor behind the last block. */
INLINE uint8_t *put_place(struct hs_trace *t, uint8_t *to, uint8_t *tag, const struct event *e) {
    if (t->implied)
        return to;
    if (e->pos != t->expected) {
        *tag |= HS_TAG_TARGET;
        to = hs_put_u32(to, hs_zigzag32((int32_t)(e->pos - t->expected)));
    }
    expect_behind(t, e);
    return to;
}

/* Explicit places: where a resized block went; 0 is nowhere. */
static uint8_t *put_move(struct hs_trace *t, uint8_t *to, const struct event *e) {
    if (e->pos == e->old)
        return hs_put_u32(to, 0);
    to = hs_put_u32(to, hs_zigzag32((int32_t)(e->pos - t->expected)) + 1);
    expect_behind(t, e);
    return to;
}

/* Which block is freed or resized, when its rank is not the last. */
INLINE uint8_t *put_target(struct hs_trace *t, uint8_t *to, uint8_t *tag, const struct event *e,
                           struct hs_site_entry *site) {
    uint32_t likely = site->rank & (HS_RANKS - 1), rank = rank_of(t, e->old, likely);
    bool says_move = e->op == HS_REALLOC && !t->implied;
    if (rank != likely || (says_move && e->pos != e->old)) {
        *tag |= HS_TAG_TARGET;
        to = hs_put_u32(to, rank < HS_RANKS ? rank : e->old + HS_RANKS);
        if (says_move)
            to = put_move(t, to, e);
    }
    if (rank < HS_RANKS)
        site->rank = (uint8_t)(HS_RANK_SET | rank);
    return to;
}

/* The time goes into the tag, and what does not fit there behind the fields. */
INLINE uint8_t *put_time(uint8_t *to, uint8_t *tag, uint32_t elapsed) {
    uint32_t limit = HS_TAG_TIME;
    if (*tag == HS_TAG_MISS) {
        *tag = HS_TAG_HIT;
        limit = HS_TAG_HIT_TIME;
    }
    *tag |= (uint8_t)(elapsed < limit ? elapsed : limit);
    return elapsed < limit ? to : hs_put_u32(to, elapsed - limit);
}

/* One body for the three kinds of event: `op` is a constant where it is inlined. */
INLINE void put_event(const struct event *e) {
    struct hs_trace *t = &hs_trace;
    struct hs_site_entry *site = t->at->next;
    if (!is(site, e->key, e->op))
        site = hs_site_find(HS_KEY_ARGUMENTS(e->key), e->op, e->size);
    if (t->cursor > t->limit)
        hs_packet_turn();
    renew(t, site);
    uint32_t elapsed = settle(t, raw_elapsed(t));
    uint8_t tag = HS_TAG_MISS;
    uint8_t *start = t->cursor, *to = start + 1;
    if (site != t->at->next || site == t->site) {
        tag |= HS_TAG_SITE;
        t->at->next = site;
        to = hs_put_u32(to, site->number);
        if (site == t->site) /* "other" does not tell what it does */
            *to++ = e->op;
    }
    if (e->op != HS_FREE) {
        to = put_size(to, &tag, e->size, site);
        t->check = HS_CHECK(t->check, e->pos);
    }
    if (e->op == HS_ALLOC)
        to = put_place(t, to, &tag, e);
    else
        to = put_target(t, to, &tag, e, site);
    if (e->op != HS_FREE)
        remember(t, e->pos);
    to = put_time(to, &tag, elapsed);
    *start = tag;
    t->at = site;
    commit(t, to);
}

static HOT __attribute__((noinline)) void put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size) {
    put_event(&(struct event){.key = HS_KEY, .size = size, .pos = pos, .op = HS_ALLOC});
}

/* The rarer kinds share one copy of the body. */
static __attribute__((noinline)) void put_other(const struct event *e) { put_event(e); }

/* --- events ------------------------------------------------------------------------------------------- */

/* Whether an event that is as predicted may be written without further ado. */
INLINE bool fits(const struct hs_trace *t) { return LIKELY(t->cursor <= t->fast_limit); }

/* Size, kind and rank of a site in one word, little endian. */
INLINE uint32_t word_of(const struct hs_site_entry *site) {
    uint32_t word;
    memcpy(&word, &site->size, sizeof word);
    return word;
}

/* A hit whose time does not fit the byte. */
static __attribute__((noinline)) uint8_t *put_late(uint8_t *to, uint32_t elapsed) {
    *to = HS_TAG_HIT | HS_TAG_HIT_TIME;
    return hs_put_u32(to + 1, elapsed - HS_TAG_HIT_TIME);
}

INLINE void put_hit(struct hs_trace *t, struct hs_site_entry *site, uint32_t raw) {
    uint8_t *to = t->cursor;
    uint32_t elapsed = settle(t, raw);
    t->at = site;
    if (LIKELY(elapsed < HS_TAG_HIT_TIME))
        *to++ = (uint8_t)(HS_TAG_HIT | elapsed);
    else
        to = put_late(to, elapsed);
    commit(t, to);
}

HOT void hs_put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size) {
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock = hs_port_lock();
    struct hs_site_entry *site = t->at->next;
    uint32_t raw = raw_elapsed(t);
    if (LIKELY(same_key(site, (struct hs_key)HS_KEY)) && LIKELY(word_of(site) == size + (HS_ALLOC << 16)) && fits(t)) {
        remember(t, pos);
        t->check = HS_CHECK(t->check, pos);
        put_hit(t, site, raw);
    } else {
        put_alloc(HS_KEY_ARGUMENTS((struct hs_key)HS_KEY), pos, size);
    }
    hs_port_unlock(lock);
}

/* Who frees is told by the native caller alone: one site, not one for each line. */
HOT void hs_put_free(uintptr_t caller, uint32_t pos) {
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock = hs_port_lock();
    struct hs_site_entry *site = t->at->next;
    uint32_t raw = raw_elapsed(t);
    if (is(site, (struct hs_key){.caller = caller}, HS_FREE) && *recent(t, site->rank) == pos && fits(t))
        put_hit(t, site, raw);
    else
        put_other(&(struct event){.key = {.caller = caller}, .old = pos, .op = HS_FREE});
    hs_port_unlock(lock);
}

HOT void hs_put_realloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint32_t old) {
    hs_lock_t lock = hs_port_lock();
    put_other(&(struct event){.key = HS_KEY, .size = size, .pos = pos, .old = old, .op = HS_REALLOC});
    hs_port_unlock(lock);
}

/* --- plain records ------------------------------------------------------------------------------------ */

uint8_t *hs_put_fields(uint8_t *at, const struct hs_record *r) {
    const struct hs_layout *layout = hs_layout(r->kind);
    const struct hs_wire_field *field = &hs_wire_fields[layout->first], *last = field + layout->n_fields;
    for (; field < last; field++) {
        if (HS_FIELD_WIRE(field) == HS_WIRE_B) {
            uint32_t len = r->data_len < HS_DATA_MAX ? r->data_len : HS_DATA_MAX;
            at = hs_put_u32(at, len);
            memcpy(at, r->data, len);
            at += len;
            continue;
        }
        uint64_t value = 0;
        memcpy(&value, (const uint8_t *)r + field->offset, HS_FIELD_WIDTH(field)); /* little endian, all targets */
        at = hs_put_u64(at, HS_FIELD_WIRE(field) == HS_WIRE_S ? hs_zigzag64((int64_t)value) : value);
    }
    return at;
}

void hs_record_locked(const struct hs_record *r) {
    struct hs_trace *t = &hs_trace;
    if (t->cursor > t->limit || r->data_len + HS_PLAIN_MAX > (size_t)(t->limit + HS_EVENT_MAX - t->cursor))
        hs_packet_turn();
    uint8_t *to = t->cursor;
    *to++ = r->kind;
    to = hs_put_u32(to, settle(t, raw_elapsed(t)));
    commit(t, hs_put_fields(to, r));
}

void hs_record(const struct hs_record *r) {
    hs_lock_t lock = hs_port_lock();
    hs_record_locked(r);
    hs_port_unlock(lock);
}

void hs_put_fail(HS_KEY_PARAMETERS, uint32_t size, uint8_t cause) {
    hs_lock_t lock = hs_port_lock();
    uint32_t number = hs_site_find(HS_KEY_ARGUMENTS((struct hs_key)HS_KEY), HS_ALLOC, size)->number;
    hs_record_locked(&(struct hs_record){.kind = HS_FAIL, .site = number, .size = size, .cause = cause});
    hs_port_unlock(lock);
}

void hs_mark(struct hs_text label) {
    hs_record(&(struct hs_record){.kind = HS_MARK, .data = (const uint8_t *)label.data, .data_len = label.len});
}
