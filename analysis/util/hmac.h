/* SPDX-License-Identifier: MIT
 *
 * HMAC-SHA256 (RFC 2104, FIPS 180-4): a hash of bytes that only who has the key can make. Written here because the builds for other
 * systems are single files: nettle's licence (LGPL) asks more of those than ours does. Nothing secret is kept by it.
 */
#ifndef HS_UTIL_HMAC_H
#define HS_UTIL_HMAC_H

#include <stddef.h>
#include <stdint.h>

#define HS_SHA256_BYTES 32

struct hs_sha256 {
    uint32_t state[8];
    uint64_t n;        /* bytes so far */
    uint8_t block[64]; /* the last n % 64 of them */
};

void hs_sha256_begin(struct hs_sha256 *hash);
void hs_sha256_add(struct hs_sha256 *hash, const void *bytes, size_t n);
void hs_sha256_end(struct hs_sha256 *hash, uint8_t digest[HS_SHA256_BYTES]);

/* The key has HS_SHA256_BYTES bytes. */
struct hs_hmac {
    struct hs_sha256 inner, outer;
};

void hs_hmac_begin(struct hs_hmac *hmac, const uint8_t key[HS_SHA256_BYTES]);
void hs_hmac_add(struct hs_hmac *hmac, const void *bytes, size_t n);
void hs_hmac_end(struct hs_hmac *hmac, uint8_t digest[HS_SHA256_BYTES]);

#endif
