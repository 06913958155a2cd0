/* SPDX-License-Identifier: MIT
 *
 * Records into the open packet. The order of an event's tests is that of their likelihood to decide:
 * a predicted event costs one byte and no call.
 */
#include <string.h>

#include "lib/schema.h"
#include "lib/trace.h"
#include "lib/varint.h"

#define INLINE static inline __attribute__((always_inline))
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

/* Makes the bytes up to `at` part of the packet. */
INLINE void commit(struct hs_trace *t, uint8_t *at) {
    t->cursor = at;
    __asm__ volatile("" ::: "memory"); /* the record's bytes come before the length that makes them valid */
    t->packet->len = (uint16_t)(at - (uint8_t *)(t->packet + 1));
}

/* What follows `number` becomes the next prediction. */
INLINE void follow(struct hs_trace *t, uint32_t number, const struct hs_site_entry *site) {
    t->previous = (uint16_t)number;
    t->predicted = site->next;
}

INLINE void remember(struct hs_trace *t, uint32_t pos) {
    t->recent[++t->recent_at & (HS_RANKS - 1)] = pos;
    t->check = HS_CHECK(t->check, pos);
}

INLINE uint32_t *recent(struct hs_trace *t, uint32_t rank) {
    return &t->recent[(t->recent_at - rank) & (HS_RANKS - 1)];
}

/* Rank of the block at `pos`, the likely one first; HS_RANKS when it is not among the recent. */
INLINE uint32_t rank_of(struct hs_trace *t, uint32_t pos, uint32_t likely) {
    if (*recent(t, likely) == pos)
        return likely;
    uint32_t rank = 0;
    while (rank < HS_RANKS && *recent(t, rank) != pos)
        rank++;
    return rank;
}

/* An event, whatever it takes. Passed in memory: it is the rarer way. */
struct event {
    struct hs_key key;
    uint32_t size;
    uint32_t target; /* FREE, REALLOC: old head */
    uint32_t pos;    /* ALLOC, REALLOC: new head */
    uint8_t op;
};

/* An entry not met in this packet is as its definition says. */
static void renew(struct hs_trace *t, struct hs_site_entry *site) {
    if (site->epoch != t->epoch) {
        site->epoch = t->epoch;
        site->size = site->first_size;
        site->next = 0;
        site->rank = 0;
    }
}

/* Explicit places: the field that says where the block is. 0 is in place (REALLOC only). */
static uint8_t *put_place(struct hs_trace *t, uint8_t *at, const struct event *e) {
    if (e->op == HS_REALLOC && e->pos == e->target)
        return hs_put_u32(at, 0);
    at = hs_put_u32(at, hs_zigzag32((int32_t)(e->pos - t->expected)) + (e->op == HS_REALLOC));
    t->expected = e->pos + ((e->size + (1u << t->shift) - 1) >> t->shift);
    return at;
}

/* Size and target fields, with their bits in `*tag`; updates what is predicted from them. */
static uint8_t *put_attributes(struct hs_trace *t, uint8_t *at, uint8_t *tag, const struct event *e,
                               struct hs_site_entry *site) {
    if (e->op != HS_FREE && site->size != e->size) {
        *tag |= HS_TAG_SIZE;
        site->size = (uint16_t)(e->size < 0xffff ? e->size : 0);
        at = hs_put_u32(at, e->size);
    }
    if (e->op == HS_ALLOC) {
        if (!t->implied && e->pos != t->expected) {
            *tag |= HS_TAG_TARGET;
            return put_place(t, at, e);
        }
        t->expected = e->pos + ((e->size + (1u << t->shift) - 1) >> t->shift);
        return at;
    }
    uint32_t rank = rank_of(t, e->target, site->rank);
    bool moved = e->op == HS_REALLOC && !t->implied && e->pos != e->target;
    if (rank != site->rank || moved) {
        *tag |= HS_TAG_TARGET;
        at = hs_put_u32(at, rank < HS_RANKS ? rank : e->target + HS_RANKS);
        if (e->op == HS_REALLOC && !t->implied)
            at = put_place(t, at, e);
        if (rank < HS_RANKS)
            site->rank = (uint8_t)rank;
    }
    if (e->op == HS_REALLOC) {
        t->check = HS_CHECK(t->check, e->pos);
        if (rank < HS_RANKS)
            *recent(t, rank) = e->pos;
        else
            t->recent[++t->recent_at & (HS_RANKS - 1)] = e->pos;
    }
    return at;
}

static HOT void put_event(const struct event *e) {
    struct hs_trace *t = &hs_trace;
    uint32_t number = t->predicted;
    if (!same_key(&t->site[number], e->key) || t->site[number].op != e->op)
        number = hs_site_find(e->key, e->op, e->size);
    if (t->cursor > t->limit || !t->packet)
        hs_packet_turn();
    struct hs_site_entry *site = &t->site[number];
    renew(t, site);

    uint32_t now = hs_port_ticks();
    uint32_t elapsed = (now - t->last) >> HS_TICK_SHIFT;
    t->last += elapsed << HS_TICK_SHIFT;
    uint8_t tag = HS_TAG_MISS;
    uint8_t *start = t->cursor, *at = start + 1;
    if (number != t->predicted || number == 0) {
        tag |= HS_TAG_SITE;
        at = hs_put_u32(at, number);
        t->site[t->previous].next = (uint16_t)number;
        if (number == 0) /* "other" does not tell what it does */
            *at++ = e->op;
    }
    at = put_attributes(t, at, &tag, e, site);
    if (e->op == HS_ALLOC)
        remember(t, e->pos);
    uint32_t limit = HS_TAG_TIME;
    if (tag == HS_TAG_MISS) {
        tag = HS_TAG_HIT;
        limit = HS_TAG_HIT_TIME;
    }
    if (elapsed < limit) {
        tag |= (uint8_t)elapsed;
    } else {
        tag |= (uint8_t)limit;
        at = hs_put_u32(at, elapsed - limit);
    }
    *start = tag;
    t->offered++;
    commit(t, at);
    follow(t, number, site);
}

/* Whether this is the predicted site with its predicted size, soon enough for one byte. */
INLINE bool predicted(struct hs_trace *t, const struct hs_site_entry *site, struct hs_key key, uint32_t elapsed,
                      uint8_t op) {
    return same_key(site, key) && site->op == op && elapsed < HS_TAG_HIT_TIME && t->cursor <= t->limit;
}

INLINE void put_hit(struct hs_trace *t, const struct hs_site_entry *site, uint32_t elapsed) {
    uint8_t *at = t->cursor;
    *at = (uint8_t)(HS_TAG_HIT | elapsed);
    commit(t, at + 1);
    t->last += elapsed << HS_TICK_SHIFT;
    t->offered++;
    follow(t, t->predicted, site);
}

HOT void hs_alloc(struct hs_key key, struct hs_block block) {
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock = hs_port_lock();
    const struct hs_site_entry *site = &t->site[t->predicted];
    uint32_t elapsed = (hs_port_ticks() - t->last) >> HS_TICK_SHIFT;
    if (predicted(t, site, key, elapsed, HS_ALLOC) && site->size == block.size && t->implied) {
        remember(t, block.pos);
        put_hit(t, site, elapsed);
    } else {
        put_event(&(struct event){.key = key, .size = block.size, .pos = block.pos, .op = HS_ALLOC});
    }
    hs_port_unlock(lock);
}

HOT void hs_free(struct hs_key key, uint32_t pos) {
    struct hs_trace *t = &hs_trace;
    key = (struct hs_key){.caller = key.caller}; /* one site a caller, not one a line */
    hs_lock_t lock = hs_port_lock();
    const struct hs_site_entry *site = &t->site[t->predicted];
    uint32_t elapsed = (hs_port_ticks() - t->last) >> HS_TICK_SHIFT;
    if (predicted(t, site, key, elapsed, HS_FREE) && *recent(t, site->rank) == pos)
        put_hit(t, site, elapsed);
    else
        put_event(&(struct event){.key = key, .target = pos, .op = HS_FREE});
    hs_port_unlock(lock);
}

void hs_realloc(struct hs_key key, struct hs_block block, uint32_t old) {
    hs_lock_t lock = hs_port_lock();
    put_event(&(struct event){.key = key, .size = block.size, .pos = block.pos, .target = old, .op = HS_REALLOC});
    hs_port_unlock(lock);
}

/* --- plain records ------------------------------------------------------------------------------------ */

static uint64_t member(const void *at, uint8_t width) {
    uint64_t value = 0;
    memcpy(&value, at, width); /* little endian, as every target so far */
    return value;
}

uint8_t *hs_put_fields(uint8_t *at, const struct hs_record *r) {
    const struct hs_layout *layout = hs_layout(r->kind);
    for (unsigned i = 0; i < HS_FIELDS_MAX && layout->field[i].width; i++) {
        const uint8_t *from = (const uint8_t *)r + layout->field[i].offset;
        if (layout->field[i].wire == HS_WIRE_B) {
            uint32_t len = r->data_len < HS_DATA_MAX ? r->data_len : HS_DATA_MAX;
            at = hs_put_u32(at, len);
            memcpy(at, r->data, len);
            at += len;
            continue;
        }
        uint64_t value = member(from, layout->field[i].width);
        at = hs_put_u64(at, layout->field[i].wire == HS_WIRE_S ? hs_zigzag64((int64_t)value) : value);
    }
    return at;
}

void hs_record_locked(const struct hs_record *r) {
    struct hs_trace *t = &hs_trace;
    const uint8_t *end = (const uint8_t *)t->packet + t->header->packet_size;
    if (!t->packet || t->cursor + HS_PLAIN_MAX + r->data_len > end)
        hs_packet_turn();
    uint32_t elapsed = (hs_port_ticks() - t->last) >> HS_TICK_SHIFT;
    t->last += elapsed << HS_TICK_SHIFT;
    uint8_t *at = t->cursor;
    *at++ = r->kind;
    at = hs_put_fields(hs_put_u32(at, elapsed), r);
    t->offered++;
    commit(t, at);
}

void hs_record(const struct hs_record *r) {
    hs_lock_t lock = hs_port_lock();
    hs_record_locked(r);
    hs_port_unlock(lock);
}

void hs_fail(struct hs_key key, uint32_t size, uint8_t cause) {
    hs_lock_t lock = hs_port_lock();
    uint32_t number = hs_site_find(key, HS_ALLOC, size);
    hs_record_locked(&(struct hs_record){.kind = HS_FAIL, .site = number, .size = size, .cause = cause});
    hs_port_unlock(lock);
}

void hs_mark(struct hs_text label) {
    hs_record(&(struct hs_record){.kind = HS_MARK, .data = (const uint8_t *)label.data, .data_len = label.len});
}
