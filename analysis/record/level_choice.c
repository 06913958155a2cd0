/* SPDX-License-Identifier: MIT */
#include "analysis/record/level_choice.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/model/model.h"

bool hs_level_choose(struct hs_level_choice *level, const char *text)
{
    level->interval = 0;
    for (unsigned i = HS_LEVEL_FULL; text && i <= HS_LEVEL_SUMMARY; i++) {
        level->name = hs_level_name(i);
        size_t len = strlen(level->name);
        if (!strcmp(text, level->name))
            return true;
        if (i != HS_LEVEL_SAMPLED || strncmp(text, level->name, len) || text[len] != ':')
            continue;
        char *end;
        unsigned long long interval = text[len + 1] >= '0' && text[len + 1] <= '9' ? strtoull(text + len + 1, &end, 10) : 0;
        level->interval = interval <= HS_LEVEL_INTERVAL_MAX ? (uint32_t)interval : 0;
        if (level->interval && !*end)
            return true;
    }
    level->name = NULL;
    return !text;
}
