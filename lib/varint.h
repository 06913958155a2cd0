/* SPDX-License-Identifier: MIT
 *
 * LEB128: seven bits a byte, least significant first, bit 7 set on all but the last.
 */
#ifndef HS_VARINT_H
#define HS_VARINT_H

#include <stdint.h>

#define HS_VARINT32_MAX 5  /* bytes */
#define HS_VARINT64_MAX 10

/* Writes `value` at `at`, which has room for the longest form. Returns the byte behind. ISR safe. */
static inline uint8_t *hs_put_u32(uint8_t *at, uint32_t value) {
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

static inline uint8_t *hs_put_u64(uint8_t *at, uint64_t value) {
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

/* Zigzag: small magnitudes of either sign become small numbers. */
static inline uint32_t hs_zigzag32(int32_t value) { return ((uint32_t)value << 1) ^ (uint32_t)(value >> 31); }
static inline uint64_t hs_zigzag64(int64_t value) { return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63); }
static inline int64_t hs_unzigzag(uint64_t value) { return (int64_t)(value >> 1) ^ -(int64_t)(value & 1); }

/* Reads a number at `*at`, no further than `end`, and moves `*at` behind it. Returns 0, or -1 when the
 * bytes end first or the number has more than 64 bits; `*at` is then where it was. */
static inline int hs_get_u64(const uint8_t **at, const uint8_t *end, uint64_t *value) {
    uint64_t sum = 0;
    const uint8_t *p = *at;
    for (unsigned shift = 0; p < end && shift < 64; shift += 7) {
        uint8_t byte = *p++;
        sum |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *at = p;
            *value = sum;
            return 0;
        }
    }
    return -1;
}

#endif
