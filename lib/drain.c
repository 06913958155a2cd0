/* SPDX-License-Identifier: MIT
 *
 * Packets are copied while the recorder may overwrite them: a copy counts when its sum is right. So nothing waits
 * for anything, and no lock is held for the length of a packet.
 */
#include "lib/drain.h"

#include <stddef.h>
#include <string.h>

#include "lib/crc.h"
#include "lib/trace.h"

#define PIECE_MAX 256u /* bytes of the dictionary at once, copied under the lock */

uint32_t hs_drain_room(void) { return hs_trace.header ? hs_trace.header->packet_size : 0; }

static const struct hs_packet *slot_at(uint32_t index) {
    const struct hs_ring_header *h = hs_trace.header;
    return (const struct hs_packet *)(const void *)((const uint8_t *)h + h->header_size + h->dict_size +
                                                    (size_t)index * h->packet_size);
}

/* The open packet: its number and where it lies. */
struct open {
    uint32_t seq, slot;
};

static struct open open_now(void) {
    hs_lock_t lock = hs_port_lock();
    struct open open = {hs_trace.seq - 1, hs_trace.slot};
    hs_port_unlock(lock);
    return open;
}

/* The slot of the packet `age` before the open one. */
static const struct hs_packet *slot_of(const struct open *open, uint32_t age) {
    return slot_at(open->slot >= age ? open->slot - age : open->slot + hs_trace.header->packet_count - age);
}

/* --- chunks ------------------------------------------------------------------------------------------- */

static uint32_t put_header(struct hs_drain *d, uint8_t *chunk) {
    struct hs_ring_header *h = (struct hs_ring_header *)(void *)chunk;
    hs_lock_t lock = hs_port_lock();
    memcpy(chunk, hs_trace.header, sizeof *h);
    hs_port_unlock(lock);
    if (d->again) {
        h->flags |= HS_RING_AGAIN;
        h->check = hs_crc32(0, h, offsetof(struct hs_ring_header, check));
    }
    d->header = true;
    return sizeof *hs_trace.header;
}

static uint32_t put_dictionary(struct hs_drain *d, uint8_t *chunk) {
    const struct hs_trace *t = &hs_trace;
    struct hs_dict_chunk piece = {.sync = HS_DICT_SYNC, .offset = d->dict};
    uint32_t room = hs_drain_room() - sizeof piece;
    room = room < PIECE_MAX ? room : PIECE_MAX;
    hs_lock_t lock = hs_port_lock();
    uint32_t len = t->header->dict_len - d->dict;
    len = len < room ? len : room;
    memcpy(chunk + sizeof piece, t->dict + d->dict, len);
    hs_port_unlock(lock);
    piece.len = (uint16_t)len;
    piece.crc = hs_crc32(hs_crc32(0, &piece.len, 6), chunk + sizeof piece, len);
    memcpy(chunk, &piece, sizeof piece);
    d->dict += len;
    return sizeof piece + len;
}

/* Copies a packet. Returns its length, 0 when what was copied is not that packet, closed and whole. */
static uint32_t put_packet(uint32_t seq, const struct hs_packet *from, uint8_t *chunk) {
    struct hs_packet *p = (struct hs_packet *)(void *)chunk;
    memcpy(p, from, sizeof *p);
    if (p->sync != HS_PACKET_SYNC || p->seq != seq || !(p->flags & HS_PACKET_CLOSED) ||
        p->len > hs_drain_room() - sizeof *p)
        return 0;
    memcpy(p + 1, from + 1, p->len);
    return p->sum == hs_packet_sum(p, (const uint8_t *)(p + 1)) ? sizeof *p + p->len : 0;
}

/* --- what comes next ---------------------------------------------------------------------------------- */

/* The oldest packet that the ring can have. */
static uint32_t oldest(const struct open *open) {
    uint32_t n = hs_trace.header->packet_count - 1;
    return open->seq > n ? open->seq - n : 0;
}

static void skip(struct hs_drain *d, uint32_t to) {
    struct hs_trace *t = &hs_trace;
    d->skipped += to - d->seq;
    d->seq = to;
    /* what follows cannot be placed without a keyframe; but keyframes must not be all there is */
    if (hs_state == HS_STATE_ON && t->since_keyframe >= t->header->packet_count / 4)
        hs_state = HS_STATE_KEYFRAME_DUE;
}

/* A packet is next that the receiver may need all for: a keyframe, or the first. */
static bool repeats(struct hs_drain *d, const struct hs_packet *p) {
    if (d->repeated == d->seq + 1 || (d->header && !(p->flags & HS_PACKET_KEYFRAME)))
        return false;
    d->repeated = d->seq + 1;
    d->header = false;
    d->dict = 0;
    return true;
}

static uint32_t next_packet(struct hs_drain *d, const struct open *open, uint8_t *chunk) {
    while (open->seq - d->seq > 0) {
        uint32_t age = open->seq - d->seq;
        if (age >= hs_trace.header->packet_count) {
            skip(d, oldest(open));
            continue;
        }
        const struct hs_packet *from = slot_of(open, age);
        if (repeats(d, from))
            return put_header(d, chunk);
        uint32_t len = put_packet(d->seq, from, chunk);
        if (len) {
            d->seq++;
            return len;
        }
        skip(d, d->seq + 1); /* overwritten meanwhile, or cut off by a reset */
    }
    return 0;
}

uint32_t hs_drain(struct hs_drain *d, uint8_t *chunk) {
    const struct hs_ring_header *h = hs_trace.header;
    if (!h || h->flags & HS_RING_STREAM)
        return 0;
    struct open open = open_now();
    bool anew = d->begun && (int32_t)(open.seq - d->seq) < 0; /* the image was */
    if (!d->begun || anew)
        *d = (struct hs_drain){.begun = true, .again = d->again && !anew, .seq = oldest(&open), .skipped = d->skipped};
    if (d->header && d->dict < h->dict_len)
        return put_dictionary(d, chunk);
    return next_packet(d, &open, chunk);
}

void hs_drain_keyframes(uint32_t packets) {
    struct hs_trace *t = &hs_trace;
    t->config.keyframe_every = packets;
    if (packets && hs_state == HS_STATE_ON)
        hs_state = HS_STATE_KEYFRAME_DUE;
}
