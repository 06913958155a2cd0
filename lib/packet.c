/* SPDX-License-Identifier: MIT
 *
 * The checks of headers, packets and definitions, for writer and reader.
 */
#include <stddef.h>
#include <string.h>

#include "lib/crc.h"
#include "lib/record.h"
#include "lib/ring.h"

uint16_t hs_packet_head(const struct hs_packet *packet)
{
    struct hs_packet copy = *packet;
    copy.flags &= (uint8_t)~HS_PACKET_CLOSED;
    return (uint16_t)hs_crc32(0, &copy.flags, offsetof(struct hs_packet, head) - offsetof(struct hs_packet, flags));
}

static inline uint32_t add_word(uint32_t hash, uint32_t word)
{
    hash = (hash ^ word) * 0x9E3779B1u;
    return hash ^ hash >> 15;
}

/* A core that cannot load unaligned words loads byte by byte, at three times the cost; so aligned words have their own loop. */
static __attribute__((noinline)) uint32_t add_words(uint32_t hash, const uint8_t *at, uint32_t words)
{
    uint32_t word;
    for (; words && !((uintptr_t)at % sizeof word); words--, at += sizeof word) {
        memcpy(&word, __builtin_assume_aligned(at, sizeof word), sizeof word);
        hash = add_word(hash, word);
    }
    for (; words; words--, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = add_word(hash, word);
    }
    return hash;
}

/* Adds `len` bytes, padded with 0 to whole words. */
static uint32_t add_bytes(uint32_t hash, const uint8_t *bytes, uint32_t len)
{
    uint32_t rest = len % 4, last = 0;
    hash = add_words(hash, bytes, len / 4);
    memcpy(&last, bytes + len - rest, rest);
    return rest ? add_word(hash, last) : hash;
}

uint32_t hs_packet_sum(const struct hs_packet *packet, const uint8_t *records, const uint8_t *definitions)
{
    const uint8_t *header = (const uint8_t *)packet;
    uint32_t first;
    memcpy(&first, header, sizeof first);
    uint32_t hash = add_word(0, first & ~((uint32_t)HS_PACKET_CLOSED << 16));
    hash = add_words(hash, header + sizeof first, sizeof *packet / 4 - 2);
    hash = add_bytes(hash, records, packet->len);
    return add_bytes(hash, definitions, packet->defs);
}

uint32_t hs_header_sum(const struct hs_ring_header *header)
{
    uint32_t crc = hs_crc32(0, header, offsetof(struct hs_ring_header, notes));
    return hs_crc32(crc, header + 1, header->header_size - sizeof *header);
}

#define HASH_START 0x811C9DC5u
#define HASH_BYTE(hash, byte) (((hash) ^ (byte)) * 0x01000193u)

uint32_t hs_definition_hash(const uint8_t *definition)
{
    const uint8_t *at = definition + 1, *end = definition + HS_DEFINITION_LEN(*definition);
    uint32_t hash = HASH_START ^ *definition >> 6;
    while (at < end && *at++ >= 0x80) /* its number */
        ;
    at += HS_DEFINITION_KIND(*definition) == HS_SITE; /* its size */
    while (at < end)
        hash = HASH_BYTE(hash, *at++);
    return hash;
}

/* Zeros at the end of a definition are not in it. A distance of addresses fits a pointer, so on a small core no number has more
 * than 32 bits. */
uint32_t hs_site_hash(const struct hs_record_site *site)
{
    intptr_t caller = (intptr_t)site->caller;
    const uintptr_t number[] = {
        (uintptr_t)caller << 1 ^ (uintptr_t)(caller >> (8 * sizeof caller - 1)),
        site->function,
        site->line,
        site->offset,
        site->context,
        site->event,
    };
    const uintptr_t *at = number, *end = number + sizeof number / sizeof *number;
    uint32_t hash = HASH_START ^ (HS_SITE - HS_STRING);
    while (end > number && !end[-1])
        end--;
    while (at < end) {
        uintptr_t value = *at++;
        for (; value >= 0x80; value >>= 7)
            hash = HASH_BYTE(hash, (uint8_t)(value | 0x80));
        hash = HASH_BYTE(hash, (uint8_t)value);
    }
    return hash;
}
