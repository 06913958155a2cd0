/* SPDX-License-Identifier: MIT
 *
 * The counterpart of encode.c: it makes the same predictions and reads the bytes that encode.c writes.
 */
#include "lib/decode.h"

#include <stdbool.h>
#include <string.h>

#include "lib/schema.h"
#include "lib/trace.h"
#include "lib/varint.h"

#define INLINE static inline __attribute__((always_inline))

/* No event is longer. So far before the packet's end its numbers need no check for the end. */
#define EVENT_MAX 32

void hs_decode_packet(struct hs_decoder *d, const struct hs_packet *packet, const uint8_t *bytes)
{
    d->start = d->at = bytes;
    d->end = bytes + packet->len;
    d->epoch++;
    d->error = HS_OK;
    d->previous = d->expected = d->names = 0;
    d->time = (uint64_t)packet->time_hi << 32 | packet->time_lo;
    d->shift = (packet->flags & HS_PACKET_SHIFT) >> 4;
    d->implied = (packet->flags & HS_PACKET_IMPLIED) != 0;
    d->site[0] = (struct hs_site_state){.epoch = d->epoch};
    d->learns = d->learned && !d->implied;
    if (d->learns)
        hs_learned_begin(d->learned);
}

/* Reads a number of up to 32 bits. False if the bytes end first or the number has more bits. */
INLINE bool get_u32(const uint8_t **at, const uint8_t *end, uint32_t *value)
{
    const uint8_t *p = *at;
    if (p < end && p[0] < 0x80) {
        *value = p[0];
        *at = p + 1;
        return true;
    }
    if (end - p > 1 && p[1] < 0x80) {
        *value = (p[0] & 0x7fu) | (uint32_t)p[1] << 7;
        *at = p + 2;
        return true;
    }
    uint64_t wide;
    if (hs_get_u64(at, end, &wide) || wide > 0xffffffffu)
        return false;
    *value = (uint32_t)wide;
    return true;
}

/* The same for a number of an event. `near_end`: fewer than EVENT_MAX bytes were left at its start. */
INLINE bool get_number(const uint8_t **at, const uint8_t *end, uint32_t *value, const bool near_end)
{
    const uint8_t *p = *at;
    if (near_end || (p[0] >= 0x80 && p[1] >= 0x80))
        return get_u32(at, end, value);
    bool two = p[0] >= 0x80;
    *value = two ? (p[0] & 0x7fu) | (uint32_t)p[1] << 7 : p[0];
    *at = p + 1 + two;
    return true;
}

INLINE void renew(struct hs_decoder *d, uint32_t number)
{
    struct hs_site_state *site = &d->site[number];
    if (site->epoch != d->epoch) {
        d->names += HS_SITE_CHECK(number, site->hash, site->first_size);
        site->epoch = d->epoch;
        site->size = site->first_size;
        site->next = site->second = 0;
        site->rank = 0;
    }
}

/* Sets the explicit place of a block. */
INLINE void place(struct hs_decoder *d, struct hs_record *r, uint32_t displacement)
{
    r->event.pos = d->expected + (uint32_t)hs_unzigzag(displacement);
    d->expected = r->event.pos + ((r->event.size + (1u << d->shift) - 1) >> d->shift);
}

/* The candidates for the next site: version 3 puts what is learned before those of the last site. */
struct candidates {
    uint32_t first, second;
};
INLINE struct candidates candidates_of(const struct hs_decoder *d, const struct hs_site_state *previous)
{
    const struct hs_learned_event *next = d->learns ? hs_learned_next(d->learned) : NULL;
    uint32_t predicted = next ? next->site : previous->next;
    bool other = next && previous->next && previous->next != predicted;
    return (struct candidates){predicted, other ? previous->next : previous->second};
}

/* Reads the site that the tag selects, and the kind of its event. */
INLINE bool get_site(struct hs_decoder *d, const uint8_t **at, uint8_t tag, struct hs_record *r, const bool near_end)
{
    struct hs_site_state *previous = &d->site[d->previous];
    struct candidates candidate = candidates_of(d, previous);
    uint32_t number = candidate.first;
    switch (tag & HS_TAG_SITE) {
    case HS_TAG_SECOND: number = candidate.second; break;
    case HS_TAG_NUMBER:
        if (!get_number(at, d->end, &number, near_end) || number >= d->n_sites)
            return false;
        if (!previous->next)
            previous->next = (uint16_t)number;
        else
            previous->second = (uint16_t)number;
        break;
    case HS_TAG_OTHER: number = 0; break;
    default:
        if (!number) { /* no site has followed yet: the candidate is the site with the next number */
            number = d->previous + 1;
            if (number >= d->n_sites)
                return false;
            previous->next = (uint16_t)number;
        }
        break;
    }
    r->event.site = number;
    r->kind = d->site[number].op;
    if ((tag & HS_TAG_SITE) == HS_TAG_OTHER) {
        if (*at == d->end)
            return false;
        r->kind = *(*at)++;
    }
    renew(d, number);
    return r->kind >= HS_ALLOC && r->kind <= HS_REALLOC;
}

/* Reads the target of an event: the block that is freed or resized, the place of a new or moved block. */
INLINE bool get_target(struct hs_decoder *d, const uint8_t **at, uint8_t tag, struct hs_site_state *site, struct hs_record *r,
                       const bool near_end)
{
    uint32_t target = r->kind == HS_ALLOC ? 0 : site->rank, move = 0;
    if (tag & HS_TAG_TARGET) {
        if (!get_number(at, d->end, &target, near_end) || target > 0xffffffffu >> 2)
            return false;
        target = target << 2 | (tag & HS_TAG_LOW);
        if (r->kind == HS_REALLOC && !d->implied && !get_number(at, d->end, &move, near_end))
            return false;
    }
    r->flags = 0;
    r->event.pos = HS_POS_IMPLIED;
    if (r->kind == HS_ALLOC) {
        if (!d->implied)
            place(d, r, target);
        return true;
    }
    r->flags = target < HS_RANKS ? HS_REC_RANK : 0;
    r->event.old = target < HS_RANKS ? target : target - HS_RANKS - 1; /* HS_RANKS: HS_POS_IMPLIED */
    if (target <= HS_RANKS)
        site->rank = (uint8_t)target;
    if (r->kind == HS_REALLOC && !d->implied) {
        if (move)
            place(d, r, move - 1);
        else
            r->flags |= HS_REC_IN_PLACE;
    }
    return true;
}

/* Reads an event after its tag, without its time. False if it is invalid or cut. */
INLINE bool get_event(struct hs_decoder *d, const uint8_t **at, uint8_t tag, struct hs_record *r, const bool near_end)
{
    if (!get_site(d, at, tag, r, near_end))
        return false;
    struct hs_site_state *site = &d->site[r->event.site];
    r->event.size = site->size;
    if (tag & HS_TAG_SIZE) {
        if (!get_number(at, d->end, &r->event.size, near_end))
            return false;
        site->size = (uint16_t)(r->event.size < 0xffff ? r->event.size : 0);
    }
    d->previous = r->event.site;
    return get_target(d, at, tag, site, r, near_end);
}

/* --- version 3 -------------------------------------------------------------------------------------- */

/* Learns the places of an event whose `pos` and `old` are granules. */
INLINE void learn_places(struct hs_decoder *d, const struct hs_record *r, uint32_t rank)
{
    const struct hs_block_record *e = &r->event;
    if (r->kind != HS_ALLOC)
        hs_learned_remove(d->learned, rank);
    if (r->kind == HS_REALLOC && e->pos == e->old) {
        hs_learned_resize(d->learned, e->pos, e->size);
        return;
    }
    if (r->kind != HS_ALLOC)
        hs_learned_free(d->learned, e->old);
    if (r->kind != HS_FREE)
        hs_learned_put(d->learned, e->pos, e->size, d->shift);
}

/* Reads the places. `*rank`: the predicted one, and then the event's. */
INLINE bool get_places(struct hs_decoder *d, const uint8_t **at, uint8_t tag, struct hs_record *r, uint32_t *rank,
                       const bool near_end)
{
    const struct hs_learned *m = d->learned;
    uint32_t target = 0, move = 0;
    bool told = tag & HS_TAG_TARGET;
    if (told) {
        if (!get_number(at, d->end, &target, near_end) || target > 0xffffffffu >> 2)
            return false;
        target = target << 2 | (tag & HS_TAG_LOW);
        if (r->kind == HS_REALLOC && !get_number(at, d->end, &move, near_end))
            return false;
    }
    uint32_t place = r->kind == HS_FREE ? HS_POS_IMPLIED : hs_learned_place(m, r->event.size, d->shift);
    if (r->kind == HS_ALLOC) {
        r->event.pos = place + (uint32_t)hs_unzigzag(target);
        return true;
    }
    *rank = !told ? *rank : target < HS_LEARNED_BLOCKS ? target : HS_LEARNED_BLOCKS;
    if (*rank < HS_LEARNED_BLOCKS)
        r->event.old = hs_learned_placed(m, *rank);
    else
        r->event.old = m->last_freed + (uint32_t)hs_unzigzag(target - HS_LEARNED_BLOCKS);
    r->event.pos = r->kind == HS_FREE ? HS_POS_IMPLIED : move ? place + (uint32_t)hs_unzigzag(move - 1) : r->event.old;
    return *rank < HS_LEARNED_BLOCKS ? r->event.old != HS_POS_IMPLIED : told;
}

/* Reads an event after its tag, without its time, and learns it. False if it is invalid or cut. */
INLINE bool get_learned(struct hs_decoder *d, const uint8_t **at, uint8_t tag, struct hs_record *r, const bool near_end)
{
    if (!get_site(d, at, tag, r, near_end))
        return false;
    struct hs_site_state *site = &d->site[r->event.site];
    const struct hs_learned_event *next = hs_learned_next(d->learned);
    bool follows = next && next->site == r->event.site;
    uint32_t rank = r->kind == HS_ALLOC ? 0 : follows ? next->rank : site->rank;
    r->flags = 0;
    r->event.size = r->kind == HS_FREE ? 0 : follows ? next->size : site->size;
    if (tag & HS_TAG_SIZE && !get_number(at, d->end, &r->event.size, near_end))
        return false;
    if (!get_places(d, at, tag, r, &rank, near_end))
        return false;
    if (r->kind != HS_FREE)
        site->size = (uint16_t)(r->event.size < 0xffff ? r->event.size : 0);
    if (r->kind != HS_ALLOC)
        site->rank = (uint8_t)rank;
    if (r->kind == HS_REALLOC && r->event.pos == r->event.old)
        r->flags = HS_REC_IN_PLACE;
    d->previous = r->event.site;
    learn_places(d, r, rank);
    hs_learned_add(d->learned,
                   (struct hs_learned_event){(uint16_t)r->event.site, r->kind == HS_FREE ? 0 : site->size, (uint8_t)rank});
    return true;
}

/* Time of an event that came as predicted. */
INLINE bool get_learned_time(struct hs_decoder *d, const uint8_t **at, uint32_t bits, const bool near_end)
{
    uint32_t more = 0;
    if (bits < HS_TAG_MIDDLE) {
        d->time += bits;
        return true;
    }
    if (bits == HS_TAG_TIME) {
        if (!get_number(at, d->end, &more, near_end))
            return false;
        d->time += (uint64_t)HS_TAG_LONG + more;
        return true;
    }
    if (*at == d->end)
        return false;
    d->time += HS_TAG_MIDDLE + ((bits - HS_TAG_MIDDLE) << 8 | *(*at)++);
    return true;
}

/* --- times and records ------------------------------------------------------------------------------- */

/* Time of a hit: the tag's bits; if they are all ones, plus the number that follows. */
INLINE bool get_hit_time(struct hs_decoder *d, const uint8_t **at, uint32_t bits, const bool near_end)
{
    uint32_t more = 0;
    if (bits == HS_TAG_TIME && !get_number(at, d->end, &more, near_end))
        return false;
    d->time += (uint64_t)bits + more;
    return true;
}

/* Time of a miss: the number that follows, and two bits of the tag if there is no target. */
INLINE bool get_miss_time(struct hs_decoder *d, const uint8_t **at, uint8_t tag, const bool near_end)
{
    uint32_t value;
    if (!get_number(at, d->end, &value, near_end))
        return false;
    d->time += tag & HS_TAG_TARGET ? value : (uint64_t)value << 2 | (tag & HS_TAG_LOW);
    return true;
}

/* Sets the hs_text or hs_data at an offset of the record to `len` bytes. */
static void set_data(struct hs_record *r, uint32_t offset, const uint8_t *bytes, uint64_t len)
{
    struct hs_data data = {bytes, (uint32_t)len};
    memcpy((uint8_t *)r + offset, &data, sizeof data);
}

/* Reads the fields in the order of the schema. `cut`: fields at the end may be missing; they are 0. */
static int get_fields(const uint8_t **at, const uint8_t *end, bool cut, struct hs_record *r)
{
    const struct hs_wire_layout *layout = hs_wire_layout(r->kind);
    const struct hs_wire_field *field = &hs_wire_fields[layout->first], *last = field + layout->n_fields;
    for (; field < last; field++) {
        unsigned wire = HS_FIELD_WIRE(field), width = HS_FIELD_WIDTH(field);
        uint64_t value;
        if (cut && *at == end)
            break;
        if (wire == HS_WIRE_R) {
            set_data(r, field->offset, *at, (uint64_t)(end - *at));
            *at = end;
            break;
        }
        if (hs_get_u64(at, end, &value))
            return HS_ERR_END;
        if (wire == HS_WIRE_B) {
            if (value > (uint64_t)(end - *at))
                return HS_ERR_END;
            set_data(r, field->offset, *at, value);
            *at += value;
            continue;
        }
        if (wire == HS_WIRE_S)
            value = (uint64_t)hs_unzigzag(value);
        else if (width < 8 && value > 0xffffffffu >> (32 - 8 * width))
            return HS_ERR_FORMAT;
        memcpy((uint8_t *)r + field->offset, &value, width); /* all supported hosts are little endian */
    }
    return HS_OK;
}

/* The fields of an unknown kind: the site, if it names one, and bytes. */
static int get_unknown(const uint8_t *at, const uint8_t *end, bool names_site, struct hs_record *r)
{
    if (names_site && !get_u32(&at, end, &r->unknown.site))
        return HS_ERR_FORMAT;
    r->unknown.bytes = (struct hs_data){at, (uint32_t)(end - at)};
    return HS_OK;
}

/* Reads a record that carries its length. Unknown fields at its end are skipped, missing fields are 0. */
static int get_sized(const uint8_t **at, const uint8_t *end, struct hs_record *r, bool *names_site)
{
    if (*at == end)
        return HS_ERR_END;
    uint8_t first = *(*at)++;
    uint32_t len = first & HS_SIZED_MORE, more = 0;
    if (len == HS_SIZED_MORE && !get_u32(at, end, &more))
        return HS_ERR_END;
    if ((uint64_t)len + more > (uint64_t)(end - *at))
        return HS_ERR_END;
    const uint8_t *body = *at;
    *at += (size_t)len + more;
    *names_site = first & HS_SIZED_SITE;
    return hs_wire_layout(r->kind) ? get_fields(&body, *at, true, r) : get_unknown(body, *at, *names_site, r);
}

static int get_body(const uint8_t **at, const uint8_t *end, struct hs_record *r, bool *names_site)
{
    const struct hs_wire_layout *layout = hs_wire_layout(r->kind);
    if (r->kind >= HS_KIND_SIZED)
        return get_sized(at, end, r, names_site);
    if (!layout || layout->area != HS_AREA_PACKET)
        return HS_ERR_FORMAT;
    *names_site = layout->names_site;
    return get_fields(at, end, false, r);
}

/* A record that is not one of the events above. */
struct plain {
    const uint8_t *at; /* its end */
    uint32_t elapsed;
    bool names_site;
    int err;
};
static __attribute__((noinline)) struct plain read_plain(const uint8_t *at, const uint8_t *end, uint8_t kind, struct hs_record *r)
{
    struct plain plain = {.err = HS_ERR_END};
    if (!get_u32(&at, end, &plain.elapsed))
        return plain;
    *r = (struct hs_record){.kind = kind};
    plain.err = get_body(&at, end, r, &plain.names_site);
    plain.at = at;
    return plain;
}

/* Nothing here takes the address of `*d`, so that a copy of it stays in registers. */
INLINE int get_plain(struct hs_decoder *d, const uint8_t **at, uint8_t kind, struct hs_record *r)
{
    struct plain plain = read_plain(*at, d->end, kind, r);
    if (plain.err)
        return plain.err;
    *at = plain.at;
    d->time += plain.elapsed;
    if (plain.names_site && r->any.site < d->n_sites)
        renew(d, r->any.site);
    return HS_OK;
}

/* The two forms of events, in either version. */
INLINE bool get_hit(struct hs_decoder *d, const uint8_t **at, uint8_t tag, struct hs_record *r, const bool near_end)
{
    if (d->learns)
        return get_learned(d, at, 0, r, near_end) && get_learned_time(d, at, tag & HS_TAG_TIME, near_end);
    return get_event(d, at, 0, r, near_end) && get_hit_time(d, at, tag & HS_TAG_TIME, near_end);
}
INLINE bool get_miss(struct hs_decoder *d, const uint8_t **at, uint8_t tag, struct hs_record *r, const bool near_end)
{
    return (d->learns ? get_learned(d, at, tag, r, near_end) : get_event(d, at, tag, r, near_end)) &&
           get_miss_time(d, at, tag, near_end);
}

/* Reads one record. On an error d->at does not change. */
INLINE int get_record(struct hs_decoder *d, struct hs_record *r, const bool near_end)
{
    const uint8_t *at = d->at;
    uint8_t tag = *at++;
    int err = HS_OK;
    if (tag & HS_TAG_HIT) {
        if (!get_hit(d, &at, tag, r, near_end))
            err = HS_ERR_FORMAT;
    } else if (tag & HS_TAG_MISS) {
        if (!get_miss(d, &at, tag, r, near_end))
            err = HS_ERR_FORMAT;
    } else {
        err = get_plain(d, &at, tag, r);
    }
    if (err)
        return err;
    r->time = d->time;
    d->at = at;
    return HS_OK;
}

int hs_decode_next(struct hs_decoder *decoder, struct hs_record *records, int max)
{
    struct hs_decoder d = *decoder;
    struct hs_record *r = records, *last = records + max;
    int err = d.error;
    while (r < last && !err && d.end - d.at >= EVENT_MAX)
        if (!(err = get_record(&d, r, false)))
            r++;
    while (r < last && !err && d.at < d.end)
        if (!(err = get_record(&d, r, true)))
            r++;
    d.error = err;
    *decoder = d;
    return r > records ? (int)(r - records) : err;
}

int hs_decode_definition(const uint8_t *bytes, size_t len, struct hs_record *r)
{
    if (!len || HS_DEFINITION_LEN(*bytes) > len)
        return HS_ERR_END;
    const uint8_t *at = bytes + 1, *end = bytes + HS_DEFINITION_LEN(*bytes);
    *r = (struct hs_record){.kind = (uint8_t)HS_DEFINITION_KIND(*bytes)};
    int err = at < end ? get_fields(&at, end, true, r) : HS_ERR_FORMAT;
    return err ? err : at == end ? (int)HS_DEFINITION_LEN(*bytes) : HS_ERR_FORMAT;
}
