/* SPDX-License-Identifier: MIT */
#include "analysis/util/hmac.h"

#include <string.h>

#define BLOCK 64

static const uint32_t constants[BLOCK] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned bits) { return x >> bits | x << (32 - bits); }

/* The names are the standard's. */
static void take_block(uint32_t state[8], const uint8_t block[BLOCK])
{
    uint32_t w[BLOCK], s[8];
    for (unsigned t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 |
               block[4 * t + 3];
    for (unsigned t = 16; t < BLOCK; t++) {
        uint32_t a = w[t - 15], b = w[t - 2];
        w[t] = w[t - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[t - 7] + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    memcpy(s, state, sizeof s);
    for (unsigned t = 0; t < BLOCK; t++) {
        uint32_t a = s[0], e = s[4];
        uint32_t choice = (e & s[5]) ^ (~e & s[6]), majority = (a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]);
        uint32_t t1 = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + constants[t] + w[t];
        uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; i++)
        state[i] += s[i];
}

void hs_sha256_begin(struct hs_sha256 *hash)
{
    *hash = (struct hs_sha256){
        .state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void hs_sha256_add(struct hs_sha256 *hash, const void *bytes, size_t n)
{
    for (const uint8_t *from = bytes; n;) {
        size_t used = hash->n % BLOCK, part = n < BLOCK - used ? n : BLOCK - used;
        memcpy(hash->block + used, from, part);
        hash->n += part;
        from += part;
        n -= part;
        if (used + part == BLOCK)
            take_block(hash->state, hash->block);
    }
}

void hs_sha256_end(struct hs_sha256 *hash, uint8_t digest[HS_SHA256_BYTES])
{
    static const uint8_t padding[BLOCK] = {0x80};
    uint64_t bits = hash->n * 8;
    uint8_t length[8];
    for (unsigned i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    size_t used = hash->n % BLOCK;
    hs_sha256_add(hash, padding, (used < 56 ? 56 : 120) - used);
    hs_sha256_add(hash, length, sizeof length);
    for (unsigned i = 0; i < HS_SHA256_BYTES; i++)
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void hs_hmac_begin(struct hs_hmac *hmac, const uint8_t key[HS_SHA256_BYTES])
{
    uint8_t inner[BLOCK], outer[BLOCK];
    for (unsigned i = 0; i < BLOCK; i++) {
        uint8_t byte = i < HS_SHA256_BYTES ? key[i] : 0;
        inner[i] = byte ^ 0x36;
        outer[i] = byte ^ 0x5c;
    }
    hs_sha256_begin(&hmac->inner);
    hs_sha256_add(&hmac->inner, inner, BLOCK);
    hs_sha256_begin(&hmac->outer);
    hs_sha256_add(&hmac->outer, outer, BLOCK);
}

void hs_hmac_add(struct hs_hmac *hmac, const void *bytes, size_t n) { hs_sha256_add(&hmac->inner, bytes, n); }

void hs_hmac_end(struct hs_hmac *hmac, uint8_t digest[HS_SHA256_BYTES])
{
    hs_sha256_end(&hmac->inner, digest);
    hs_sha256_add(&hmac->outer, digest, HS_SHA256_BYTES);
    hs_sha256_end(&hmac->outer, digest);
}
