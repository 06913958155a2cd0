/* SPDX-License-Identifier: MIT */
#ifndef HS_MEASURE_WANTED_H
#define HS_MEASURE_WANTED_H

#include <stdlib.h>
#include <string.h>

#include "analysis/model/model.h"

/* Whether the user's choice, a region's number or name, is region `number`. NULL chooses all. */
static inline bool hs_region_wanted(const struct hs_region_state *region, unsigned number, const char *choice)
{
    char *end;
    if (!choice || !strcmp(choice, region->name))
        return true;
    unsigned long chosen = strtoul(choice, &end, 10);
    return end != choice && !*end && chosen == number;
}

#endif
