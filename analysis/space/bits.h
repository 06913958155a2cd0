/* SPDX-License-Identifier: MIT
 *
 * A set of small integers as a tree of 64-bit words: a bit of one level says that the word below it is not empty. A
 * search takes as many steps as there are levels (4 for 16 million numbers). Most end at level 0, and only that is inline.
 */
#ifndef HS_SPACE_BITS_H
#define HS_SPACE_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define HS_BITS_LEVELS 6        /* 64^6 > 2^32 */
#define HS_BITS_NONE UINT32_MAX /* no such member; never a member itself */

struct hs_bits {
    uint64_t *level[HS_BITS_LEVELS]; /* level 0 has one bit per number; all levels are one allocation */
    unsigned levels;
};

/* Makes an empty set for the numbers below `n`. Returns false when out of memory. */
static inline bool hs_bits_init(struct hs_bits *s, uint64_t n)
{
    uint64_t words[HS_BITS_LEVELS], total = 0;
    s->levels = 0;
    do {
        n = (n + 63) / 64;
        words[s->levels++] = n;
        total += n;
    } while (n > 1);
    uint64_t *memory = calloc(total ? total : 1, sizeof *memory);
    for (unsigned l = 0; l < s->levels; l++) {
        s->level[l] = memory;
        if (memory)
            memory += words[l];
    }
    return s->level[0] != NULL;
}

static inline void hs_bits_free(struct hs_bits *s)
{
    free(s->level[0]);
    *s = (struct hs_bits){.levels = 0};
}

static inline bool hs_bits_has(const struct hs_bits *s, uint32_t i) { return s->level[0][i >> 6] >> (i & 63) & 1; }

/* What the levels from 1 on have to do. `word`: index at level 0. */
void hs_bits_add_above(struct hs_bits *s, uint32_t word);
void hs_bits_remove_above(struct hs_bits *s, uint32_t word);
uint32_t hs_bits_below(const struct hs_bits *s, uint32_t word); /* the greatest member in a word before this one */

static inline void hs_bits_add(struct hs_bits *s, uint32_t i)
{
    uint64_t *word = &s->level[0][i >> 6], before = *word;
    *word = before | UINT64_C(1) << (i & 63);
    if (!before)
        hs_bits_add_above(s, i >> 6);
}

static inline void hs_bits_remove(struct hs_bits *s, uint32_t i)
{
    uint64_t *word = &s->level[0][i >> 6];
    *word &= ~(UINT64_C(1) << (i & 63));
    if (!*word)
        hs_bits_remove_above(s, i >> 6);
}

/* The greatest member <= `i`, or HS_BITS_NONE. */
static inline uint32_t hs_bits_at_or_below(const struct hs_bits *s, uint32_t i)
{
    uint64_t word = s->level[0][i >> 6] & ~UINT64_C(0) >> (63 - (i & 63));
    return word ? (i & ~63u) | (63 - (unsigned)__builtin_clzll(word)) : hs_bits_below(s, i >> 6);
}

/* The smallest member >= `i`, or HS_BITS_NONE; `n` as in hs_bits_init. */
static inline uint32_t hs_bits_at_or_above(const struct hs_bits *s, uint64_t i, uint64_t n)
{
    for (unsigned l = 0; l < s->levels && i < n; l++) {
        uint64_t word = s->level[l][i >> 6] & ~UINT64_C(0) << (i & 63);
        if (word) {
            i = (i & ~UINT64_C(63)) | (unsigned)__builtin_ctzll(word);
            while (l--)
                i = i << 6 | (unsigned)__builtin_ctzll(s->level[l][i]);
            return (uint32_t)i;
        }
        i = (i >> 6) + 1;
        n = (n + 63) >> 6;
    }
    return HS_BITS_NONE;
}

#endif
