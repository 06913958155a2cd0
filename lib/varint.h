/* SPDX-License-Identifier: MIT
 *
 * LEB128: seven bits a byte, least significant first, bit 7 set on all but the last.
 */
#ifndef HS_VARINT_H
#define HS_VARINT_H

#include <stdint.h>

#define HS_VARINT32_MAX 5 /* bytes */
#define HS_VARINT64_MAX 10

/* Writes `value` at `at`, which has room for the longest form. Returns the byte after it. ISR safe. */
static inline uint8_t *hs_put_u32(uint8_t *at, uint32_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

/* It shifts two 32-bit halves, because a small core calls the library for a 64-bit shift. */
static inline uint8_t *hs_put_u64(uint8_t *at, uint64_t value)
{
    uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);
    for (; high; high >>= 7) {
        *at++ = (uint8_t)(low | 0x80);
        low = low >> 7 | high << 25;
    }
    return hs_put_u32(at, low);
}

/* Zigzag: small magnitudes of either sign become small numbers. */
static inline uint32_t hs_zigzag32(int32_t value) { return ((uint32_t)value << 1) ^ (uint32_t)(value >> 31); }
static inline uint64_t hs_zigzag64(int64_t value) { return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63); }
static inline int64_t hs_unzigzag(uint64_t value) { return (int64_t)(value >> 1) ^ -(int64_t)(value & 1); }

/* Reads a number at `*at`, not beyond `end`, and moves `*at` to the byte after it. Returns 0; or -1 if the bytes end first or the
 * number has more than ten bytes; then `*at` is unchanged. */
static inline int hs_get_u64(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    uint32_t low = 0, high = 0;
    const uint8_t *p = *at;
    for (unsigned shift = 0; p < end && shift < 64; shift += 7) {
        uint32_t bits = *p & 0x7fu;
        if (shift < 32)
            low |= bits << shift;
        if (shift > 25)
            high |= shift < 32 ? bits >> (32 - shift) : bits << (shift - 32);
        if (*p++ < 0x80) {
            *at = p;
            *value = (uint64_t)high << 32 | low;
            return 0;
        }
    }
    return -1;
}

#endif
