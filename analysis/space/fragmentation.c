/* SPDX-License-Identifier: MIT */
#include "analysis/space/fragmentation.h"

uint64_t hs_unusable_granules(const struct hs_freeruns *f, uint32_t length)
{
    uint64_t sum = 0;
    for (uint32_t l = 0; (l = hs_freeruns_longer(f, l)) && l < length;)
        sum += (uint64_t)l * f->count[l];
    return sum;
}

void hs_histogram_add(struct hs_run_histogram *h, const struct hs_freeruns *f)
{
    for (uint32_t l = 0; (l = hs_freeruns_longer(f, l));) {
        unsigned class = 31 - (unsigned)__builtin_clz(l);
        h->runs[class] += f->count[l];
        h->granules[class] += l * f->count[l];
    }
}
