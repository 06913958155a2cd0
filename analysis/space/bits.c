/* SPDX-License-Identifier: MIT */
#include "analysis/space/bits.h"

void hs_bits_add_above(struct hs_bits *s, uint32_t i)
{
    for (unsigned l = 1; l < s->levels; l++, i >>= 6) {
        uint64_t *word = &s->level[l][i >> 6], before = *word;
        *word = before | UINT64_C(1) << (i & 63);
        if (before)
            return;
    }
}

void hs_bits_remove_above(struct hs_bits *s, uint32_t i)
{
    for (unsigned l = 1; l < s->levels; l++, i >>= 6) {
        uint64_t *word = &s->level[l][i >> 6];
        *word &= ~(UINT64_C(1) << (i & 63));
        if (*word)
            return;
    }
}

uint32_t hs_bits_below(const struct hs_bits *s, uint32_t i)
{
    for (unsigned l = 1; l < s->levels && i--; l++, i >>= 6) {
        uint64_t word = s->level[l][i >> 6] & ~UINT64_C(0) >> (63 - (i & 63));
        if (!word)
            continue;
        i = (i & ~63u) | (63 - (unsigned)__builtin_clzll(word));
        while (l--)
            i = i << 6 | (63 - (unsigned)__builtin_clzll(s->level[l][i]));
        return i;
    }
    return HS_BITS_NONE;
}
