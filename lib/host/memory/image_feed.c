/* SPDX-License-Identifier: MIT
 *
 * A retained image as chunks. The memory dump contains the image at any place and alignment; there may be several
 * (a stale copy, a buffer it was copied through), and it may be truncated.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/host/input/fail.h"
#include "lib/host/input/chunks.h"

enum slot_state { SLOT_UNUSED, SLOT_WHOLE, SLOT_OPEN, SLOT_DAMAGED };

struct slot {
    uint32_t seq;
    uint8_t state; /* enum slot_state */
    int code;      /* DAMAGED: why */
    size_t at;     /* in the memory */
};

struct image {
    struct hs_feed feed;
    struct hs_front memory;
    size_t at; /* of the header in the memory */
    struct hs_ring_header header;
    struct slot *slot; /* by number */
    uint32_t n_slots, next;
    bool begun;     /* the header was returned */
    uint8_t *names; /* the newest definition of each number */
    uint32_t names_len, names_given;
    uint64_t cut; /* missing bytes at the end of the image; 0 after they were reported */
};

/* The number of packets with a damaged header; it sorts them to the end. */
#define UNNUMBERED UINT32_MAX

/* Most headers that are tried; a real memory dump has only a few. */
#define CANDIDATES 64

/* --- slots -------------------------------------------------------------------------------------------- */

/* The packet in the slot at `at`. Its definitions end where the slot ends. */
static struct hs_chunk packet_at(const struct image *m, size_t at)
{
    struct hs_chunk chunk = {.kind = HS_CHUNK_PACKET, .offset = m->memory.offset + at};
    memcpy(&chunk.packet, m->memory.data + at, sizeof chunk.packet);
    chunk.bytes = m->memory.data + at + sizeof chunk.packet;
    chunk.len = chunk.packet.len;
    chunk.definitions = m->memory.data + at + m->header.packet_size - chunk.packet.defs;
    return chunk;
}

static struct slot look_at(const struct image *m, size_t at)
{
    struct slot slot = {.at = at};
    struct hs_packet p;
    uint16_t sync;
    size_t left = m->memory.len - at;
    const uint8_t *bytes = m->memory.data + at;
    memcpy(&sync, bytes, sizeof sync);
    if (!hs_packet_begins(bytes, left, &p)) {
        slot.state = sync == HS_PACKET_SYNC ? SLOT_DAMAGED : SLOT_UNUSED;
        slot.code = left < sizeof p ? HS_ERR_END : HS_ERR_CHECK;
        slot.seq = UNNUMBERED;
        return slot;
    }
    slot.seq = p.seq;
    slot.state = SLOT_DAMAGED;
    struct hs_chunk chunk = packet_at(m, at);
    if ((uint32_t)p.len + p.defs > m->header.packet_size - sizeof p)
        slot.code = HS_ERR_FORMAT;
    else if (p.len > left - sizeof p || (p.defs && m->header.packet_size > left))
        slot.code = HS_ERR_END;
    else if (hs_packet_open(&p))
        slot.state = SLOT_OPEN;
    else if (hs_packet_whole(&chunk))
        slot.state = SLOT_WHOLE;
    else
        slot.code = HS_ERR_CHECK;
    return slot;
}

static int by_number(const void *a, const void *b)
{
    const struct slot *x = a, *y = b;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Only the newest packet may be open: after a reset, the next boot closes the open packet with a sum. No recorder writes two
 * packets with the same number. */
static void judge_order(struct image *m)
{
    for (uint32_t i = 0; i < m->n_slots; i++) {
        struct slot *s = &m->slot[i], *next = i + 1 < m->n_slots ? s + 1 : NULL;
        bool last = !next || next->seq == UNNUMBERED;
        if (s->state == SLOT_OPEN && !last) {
            s->state = SLOT_DAMAGED;
            s->code = HS_ERR_CHECK;
        }
        if (next && next->seq == s->seq && s->state != SLOT_DAMAGED && next->state != SLOT_DAMAGED) {
            next->state = SLOT_DAMAGED;
            next->code = HS_ERR_FORMAT;
        }
    }
}

/* Reads every slot of the image whose header is at m->at. Returns the number of readable packets, or
 * HS_ERR_MEMORY. */
static long look_at_slots(struct image *m)
{
    const struct hs_ring_header *h = &m->header;
    uint64_t first = (uint64_t)m->at + h->header_size;
    long readable = 0;
    free(m->slot);
    m->n_slots = 0;
    m->slot = calloc(m->memory.len / h->packet_size + 2, sizeof *m->slot);
    if (!m->slot)
        return HS_ERR_MEMORY;
    for (uint32_t i = 0; i < h->packet_count; i++) {
        uint64_t at = first + (uint64_t)i * h->packet_size;
        if (at + sizeof(uint16_t) > m->memory.len)
            break;
        struct slot slot = look_at(m, (size_t)at);
        if (slot.state == SLOT_UNUSED)
            continue;
        m->slot[m->n_slots++] = slot;
        readable += slot.state != SLOT_DAMAGED;
    }
    return readable;
}

/* --- finding the image -------------------------------------------------------------------------------- */

static const uint8_t *find_magic(const struct hs_front *memory, size_t from)
{
    return memmem(memory->data + from, memory->len - from, HS_RING_MAGIC, strlen(HS_RING_MAGIC));
}

/* Finds the image with the most packets: a copy of only the header, on a stack or in flash, has none. */
static int find_image(struct image *m)
{
    long most = -1;
    size_t best = 0;
    unsigned candidates = 0;
    const uint8_t *found;
    for (size_t from = 0; candidates < CANDIDATES && (found = find_magic(&m->memory, from)); from = m->at + 1) {
        m->at = (size_t)(found - m->memory.data);
        if (hs_header_check(found, m->memory.len - m->at) != HS_OK)
            continue;
        candidates++;
        memcpy(&m->header, found, sizeof m->header);
        long readable = look_at_slots(m);
        if (readable == HS_ERR_MEMORY)
            return HS_ERR_MEMORY;
        if (readable > most) {
            most = readable;
            best = m->at;
        }
    }
    if (most < 0)
        return HS_ERR_FORMAT;
    m->at = best;
    memcpy(&m->header, m->memory.data + best, sizeof m->header);
    return look_at_slots(m) < 0 ? HS_ERR_MEMORY : HS_OK;
}

/* --- definitions -------------------------------------------------------------------------------------- */

/* One bit per number: [0] of names, [1] of sites. */
struct seen {
    uint8_t bit[2][65536 / 8];
};

static bool see(struct seen *seen, const struct hs_record *r)
{
    uint32_t number = r->definition.number;
    uint8_t *byte = &seen->bit[r->kind == HS_SITE][number / 8 % sizeof seen->bit[0]], bit = (uint8_t)(1u << number % 8);
    bool before = *byte & bit;
    *byte |= bit;
    return before;
}

static int add_name(struct image *m, const uint8_t *bytes, size_t len)
{
    if (!m->names && !(m->names = malloc(m->memory.len)))
        return HS_ERR_MEMORY;
    memcpy(m->names + m->names_len, bytes, len);
    m->names_len += (uint32_t)len;
    return HS_OK;
}

/* Adds the definitions of all packets in one state, the newest first. */
static int gather_of(struct image *m, struct seen *seen, enum slot_state state)
{
    int err = HS_OK;
    for (uint32_t i = m->n_slots; i-- > 0 && !err;) {
        if (m->slot[i].state != state)
            continue;
        struct hs_chunk chunk = packet_at(m, m->slot[i].at);
        const uint8_t *at = chunk.definitions, *end = at + chunk.packet.defs;
        struct hs_record r;
        for (int len; at < end && !err && (len = hs_decode_definition(at, (size_t)(end - at), &r)) > 0; at += len)
            if (!see(seen, &r))
                err = add_name(m, at, (size_t)len);
    }
    return err;
}

/* The newest definition of a number is used, also for earlier packets: the recorder writes a definition again before its
 * packet is overwritten. Definitions of the open packet, which has no sum, are used last. If one contradicts a closed
 * packet's, it is valid only for the open packet. */
static int gather(struct image *m)
{
    struct seen *seen = calloc(1, sizeof *seen);
    int err = seen ? gather_of(m, seen, SLOT_WHOLE) : HS_ERR_MEMORY;
    err = err ? err : gather_of(m, seen, SLOT_OPEN);
    free(seen);
    return err;
}

/* --- chunks ------------------------------------------------------------------------------------------- */

/* The next definitions, as many as fit in one chunk of a stream. */
static void give_names(struct image *m, struct hs_chunk *chunk)
{
    const uint8_t *bytes = m->names + m->names_given;
    uint32_t left = m->names_len - m->names_given, len = 0;
    while (len < left && len + HS_DEFINITION_LEN(bytes[len]) <= 0xffff)
        len += HS_DEFINITION_LEN(bytes[len]);
    m->names_given += len;
    *chunk = (struct hs_chunk){.kind = HS_CHUNK_NAMES, .offset = m->memory.offset + m->at, .bytes = bytes, .len = len};
}

static void give_slot(const struct image *m, const struct slot *s, struct hs_chunk *chunk)
{
    *chunk = (struct hs_chunk){.kind = HS_CHUNK_DAMAGE,
                               .offset = m->memory.offset + s->at,
                               .code = s->code,
                               .damaged = m->header.packet_size,
                               .refused = 1,
                               .seq = s->seq};
    if (s->state == SLOT_DAMAGED)
        return;
    *chunk = packet_at(m, s->at);
}

static int next_chunk(struct hs_feed *feed, struct hs_chunk *chunk)
{
    struct image *m = (struct image *)feed;
    *chunk = (struct hs_chunk){.kind = HS_CHUNK_END, .offset = m->memory.offset + m->memory.len};
    if (!m->begun) {
        m->begun = true;
        *chunk = (struct hs_chunk){.kind = HS_CHUNK_HEADER,
                                   .offset = m->memory.offset + m->at,
                                   .bytes = m->memory.data + m->at,
                                   .len = m->header.header_size};
    } else if (m->cut) {
        *chunk = (struct hs_chunk){.kind = HS_CHUNK_DAMAGE, .offset = chunk->offset, .code = HS_ERR_END, .damaged = m->cut};
        m->cut = 0;
    } else if (m->names_given < m->names_len) {
        give_names(m, chunk);
    } else if (m->next < m->n_slots) {
        give_slot(m, &m->slot[m->next++], chunk);
    }
    return HS_OK;
}

static void close_image(struct hs_feed *feed)
{
    struct image *m = (struct image *)feed;
    free(m->memory.data);
    free(m->slot);
    free(m->names);
    free(m);
}

static int put_in_order(struct image *m)
{
    qsort(m->slot, m->n_slots, sizeof *m->slot, by_number);
    judge_order(m);
    for (uint32_t i = 0; i < m->n_slots; i++)
        m->feed.doubtful |= m->slot[i].state == SLOT_DAMAGED || (i && m->slot[i].seq != m->slot[i - 1].seq + 1);
    if (m->header.total_size > m->memory.len - m->at)
        m->cut = m->header.total_size - (m->memory.len - m->at);
    m->feed.doubtful |= m->cut != 0;
    return gather(m);
}

struct hs_feed *hs_feed_of_image(struct hs_front memory, struct hs_error *error)
{
    struct image *m = calloc(1, sizeof *m);
    int err = HS_ERR_MEMORY;
    if (m) {
        m->feed.next = next_chunk;
        m->feed.close = close_image;
        m->feed.image = true;
        m->memory = memory;
        err = find_image(m);
        if (!err)
            err = put_in_order(m);
    }
    if (err) {
        hs_fail_with(error, err, memory.offset, "%s", hs_strerror(err));
        if (m)
            close_image(&m->feed);
        else
            free(memory.data);
        return NULL;
    }
    return &m->feed;
}
