/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/usual.h"

struct hs_usual hs_usual_request(const struct hs_model *m)
{
    struct hs_usual usual = {.bytes = 0};
    uint64_t half = m->first_number + (m->number - m->first_number) / 2;
    for (uint32_t i = 1; i < m->n_sums; i++) {
        const struct hs_site_sum *s = &m->sum[i];
        if (s->again > usual.bytes && s->again_number >= half)
            usual = (struct hs_usual){s->again, i - 1, s->again_number};
    }
    return usual;
}
