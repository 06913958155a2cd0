/* SPDX-License-Identifier: MIT
 *
 * The checks of a packet, for writer and reader.
 */
#include <stddef.h>
#include <string.h>

#include "lib/crc.h"
#include "lib/ring.h"

uint16_t hs_packet_head(const struct hs_packet *packet) {
    struct hs_packet copy = *packet;
    copy.flags &= (uint8_t)~HS_PACKET_CLOSED;
    return (uint16_t)hs_crc32(0, &copy.flags, offsetof(struct hs_packet, head) - offsetof(struct hs_packet, flags));
}

static inline uint32_t add_word(uint32_t hash, uint32_t word) {
    hash = (hash ^ word) * 0x9E3779B1u;
    return hash ^ hash >> 15;
}

static __attribute__((noinline)) uint32_t add_words(uint32_t hash, const uint8_t *at, uint32_t words) {
    for (uint32_t word; words; words--, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = add_word(hash, word);
    }
    return hash;
}

uint32_t hs_packet_sum(const struct hs_packet *packet, const uint8_t *bytes) {
    uint32_t rest = packet->len % 4, last = 0;
    uint32_t hash = add_words(0, (const uint8_t *)packet, sizeof *packet / 4 - 1);
    hash = add_words(hash, bytes, packet->len / 4);
    memcpy(&last, bytes + packet->len - rest, rest);
    return rest ? add_word(hash, last) : hash;
}
