/* SPDX-License-Identifier: MIT
 *
 * The largest request that a program makes again and again: what must find room for it to go on.
 */
#ifndef HS_DIAGNOSIS_USUAL_H
#define HS_DIAGNOSIS_USUAL_H

#include "analysis/model/model.h"

struct hs_usual {
    uint32_t bytes;  /* requested; 0: none is known */
    uint32_t site;   /* that requests them */
    uint64_t number; /* record of the last request of as much */
};

/* So far: a site has requested as much at least twice, the last time in the second half of the boot, so what is
 * requested at the start alone does not count. */
struct hs_usual hs_usual_request(const struct hs_model *model);

#endif
