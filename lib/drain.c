/* SPDX-License-Identifier: MIT
 *
 * Packets are copied while the recorder may overwrite them; a copy is used only if its sum is right. So neither waits for the
 * other, and no lock is held while a packet is copied.
 */
#include "lib/drain.h"

#include <stddef.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/crc.h"
#include "lib/section.h"
#include "lib/trace.h"

uint32_t hs_drain_room(void)
{
    const struct hs_shape *shape = &hs_trace.shape;
    return shape->packet_size > shape->header_size ? shape->packet_size : shape->header_size;
}

/* Number and slot of the open packet, or of the one that will be opened next. */
struct open {
    uint32_t seq, slot;
};

static struct open open_now(void)
{
    hs_lock_t lock = hs_port_lock();
    struct open open = {hs_trace.seq - (hs_trace.cursor != HS_NO_PACKET), hs_trace.slot};
    hs_port_unlock(lock);
    return open;
}

/* The slot of the packet `age` before the open one. */
static const struct hs_packet *slot_of(const struct open *open, uint32_t age)
{
    return hs_slot(open->slot >= age ? open->slot - age : open->slot + hs_trace.shape.packet_count - age);
}

/* --- chunks ------------------------------------------------------------------------------------------- */

static uint32_t put_header(struct hs_drain *d, uint8_t *chunk)
{
    struct hs_ring_header *h = (struct hs_ring_header *)(void *)chunk;
    hs_lock_t lock = hs_port_lock();
    memcpy(chunk, hs_trace.header, hs_trace.shape.header_size);
    hs_port_unlock(lock);
    h->header_size = hs_trace.shape.header_size; /* the recorder's copy; the check is computed again */
    h->flags = (uint16_t)(hs_trace.shape.flags | HS_RING_STREAM | (d->again ? HS_RING_AGAIN : 0));
    h->check = hs_header_sum(h);
    d->header = true;
    return h->header_size;
}

/* Copies a packet. Returns its length, 0 if the copy has no sum or a wrong one. */
static uint32_t copy_packet(const struct hs_packet *from, uint8_t *chunk)
{
    uint32_t size = hs_trace.shape.packet_size;
    struct hs_packet *p = (struct hs_packet *)(void *)chunk;
    memcpy(p, from, sizeof *p);
    if (p->sync != HS_PACKET_SYNC || hs_packet_open(p) || (uint32_t)p->len + p->defs > size - sizeof *p)
        return 0;
    uint8_t *records = (uint8_t *)(p + 1), *definitions = records + p->len;
    memcpy(records, from + 1, p->len);
    memcpy(definitions, (const uint8_t *)from + size - p->defs, p->defs);
    return p->sum == hs_packet_sum(p, records, definitions) ? (uint32_t)(definitions + p->defs - chunk) : 0;
}

static uint32_t put_packet(uint32_t seq, const struct hs_packet *from, uint8_t *chunk)
{
    uint32_t len = copy_packet(from, chunk);
    return len && ((const struct hs_packet *)(void *)chunk)->seq == seq ? len : 0;
}

/* Writes the chunk's header before `len` bytes of definitions. Returns the chunk's length, 0 if there are no definitions. */
static uint32_t finish_names(uint8_t *chunk, uint32_t len)
{
    struct hs_names_chunk names = {.sync = HS_NAMES_SYNC, .len = (uint16_t)len};
    names.crc = hs_crc32(hs_crc32(0, &names.len, sizeof names.len), chunk + sizeof names, len);
    memcpy(chunk, &names, sizeof names);
    return len ? sizeof names + len : 0;
}

/* The definitions of a closed packet, without its records. */
static uint32_t put_names(const struct hs_packet *from, uint8_t *chunk)
{
    const struct hs_packet *p = (const struct hs_packet *)(void *)chunk;
    uint32_t end = copy_packet(from, chunk), len = end ? p->defs : 0;
    memmove(chunk + sizeof(struct hs_names_chunk), chunk + end - len, len);
    return finish_names(chunk, len);
}

/* The definitions that the open packet has so far. */
static uint32_t put_open_names(uint8_t *chunk)
{
    const struct hs_trace *t = &hs_trace;
    uint32_t len = 0;
    hs_lock_t lock;
    if (!hs_section_enter(&lock))
        return 0;
    if (t->cursor != HS_NO_PACKET) {
        len = t->defs;
        memcpy(chunk + sizeof(struct hs_names_chunk), t->end - len, len);
    }
    hs_section_leave(lock);
    return finish_names(chunk, len);
}

/* --- choosing the next chunk -------------------------------------------------------------------------- */

/* Number of the oldest packet that the ring can have. */
static uint32_t oldest(const struct open *open)
{
    uint32_t n = hs_trace.shape.packet_count - 1;
    return open->seq > n ? open->seq - n : 0;
}

static void skip(struct hs_drain *d, uint32_t to)
{
    struct hs_trace *t = &hs_trace;
    HS_ASSERT((int32_t)(to - d->seq) > 0);
    d->skipped += to - d->seq;
    d->seq = to;
    t->kept = 1; /* the skipped packets had definitions: from now on all are written again */
    /* a reader cannot place the next records without a keyframe; but the ring must not fill with keyframes */
    if (hs_state == HS_STATE_ON && t->since_keyframe >= t->shape.packet_count / 4)
        hs_state = HS_STATE_KEYFRAME_DUE;
}

/* At the start of a drain, sends all definitions of the ring once: packets that are sent next may need them. */
static uint32_t next_names(struct hs_drain *d, const struct open *open, uint8_t *chunk)
{
    uint32_t len = 0;
    while (d->naming && !len) {
        uint32_t age = open->seq - d->named;
        d->naming = age && d->naming - 1;
        d->named++;
        if (age < hs_trace.shape.packet_count)
            len = age ? put_names(slot_of(open, age), chunk) : put_open_names(chunk);
    }
    return len;
}

/* Whether the header must be sent before this packet: it is a keyframe, or the first. */
static bool repeats(struct hs_drain *d, const struct hs_packet *p)
{
    if (d->repeated == d->seq + 1 || (d->header && !(p->flags & HS_PACKET_KEYFRAME)))
        return false;
    d->repeated = d->seq + 1;
    d->header = false;
    return true;
}

/* Whether there is a closed packet to send. If packet d->seq was overwritten, skips to the oldest one. */
static bool is_there(struct hs_drain *d, const struct open *open)
{
    if (open->seq - d->seq >= hs_trace.shape.packet_count)
        skip(d, oldest(open));
    return open->seq != d->seq;
}

static uint32_t next_chunk(struct hs_drain *d, const struct open *open, uint8_t *chunk)
{
    while (is_there(d, open)) {
        const struct hs_packet *from = slot_of(open, open->seq - d->seq);
        if (repeats(d, from))
            return put_header(d, chunk);
        uint32_t len = next_names(d, open, chunk);
        if (len)
            return len;
        len = put_packet(d->seq, from, chunk);
        if (len) {
            d->seq++;
            return len;
        }
        skip(d, d->seq + 1); /* overwritten meanwhile, or cut off by a reset */
    }
    return 0;
}

uint32_t hs_drain(struct hs_drain *d, uint8_t *chunk)
{
    if (!hs_trace.header || hs_trace.shape.flags & HS_RING_STREAM)
        return 0;
    struct open open = open_now();
    bool anew = d->begun && (int32_t)(open.seq - d->seq) < 0; /* hs_reset made a new image */
    hs_trace.drained = true;
    if (!d->begun || anew)
        *d = (struct hs_drain){.begun = true,
                               .again = d->again && !anew,
                               .seq = oldest(&open),
                               .named = oldest(&open),
                               .naming = (uint16_t)hs_trace.shape.packet_count,
                               .skipped = d->skipped};
    uint32_t len = next_chunk(d, &open, chunk);
    HS_ASSERT(len <= hs_drain_room());
    return len;
}

void hs_drain_keyframes(uint32_t packets)
{
    struct hs_trace *t = &hs_trace;
    t->config.keyframe_every = packets;
    if (packets && hs_state == HS_STATE_ON)
        hs_state = HS_STATE_KEYFRAME_DUE;
}
