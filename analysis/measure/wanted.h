/* SPDX-License-Identifier: MIT */
#ifndef HS_MEASURE_WANTED_H
#define HS_MEASURE_WANTED_H

#include <stdlib.h>
#include <string.h>

#include "analysis/model/model.h"

/* Whether the user's choice, a region's number or name, is this region. NULL chooses all. */
static inline bool hs_region_wanted(const struct hs_model *model, const char *choice, unsigned region)
{
    char *end;
    if (!choice)
        return true;
    if (!strcmp(choice, model->region[region].name))
        return true;
    unsigned long number = strtoul(choice, &end, 10);
    return end != choice && !*end && number == region;
}

#endif
