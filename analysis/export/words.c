/* SPDX-License-Identifier: MIT */
#include "analysis/export/words.h"

#include <string.h>

#include "analysis/sites/caps.h"
#include "analysis/sites/phases.h"

#define MOST 7

struct hs_words {
    const char *field;
    uint8_t kind, mask; /* bits of the value that are the enumeration */
    const char *word[MOST];
    const char *(*name)(unsigned value); /* instead of `word` */
};

static const char *phase_name(unsigned value)
{
    return hs_phase_name((enum hs_phase_kind)value);
}

static const struct hs_words all[] = {
    {"cause", HS_FAIL, 3, {"no room", "locked", "automatic collection off", "refused by capability"}},
    {"cause", HS_COLLECT, 0xff, {"asked for", "no room", "threshold", "heap torn down"}},
    {"memory", HS_REGION, 0xff, .name = hs_memory_name},
    {"placement", HS_REGION, 0x7f, {"explicit", "MicroPython"}},
    {"level", HS_LEVEL, 0xff, .name = hs_level_name},
    {"cause", HS_RESET, 0xff, {"unknown", "power-on", "software", "watchdog", "panic", "deep sleep"}},
    {"cause", HS_SAMPLE_END, 0xff, {"freed", "resized"}},
    {"cause", HS_SUMMARY, 0xff, {"collection", "failure", "asked for"}},
    {"class", HS_ROOT, 0xff, {NULL, "mp_state_ctx", "registers", "C stack", "Python stack", "port"}},
    {"phase", HS_PHASE, 0xff, .name = phase_name},
    {"what", HS_CODE, 0xff, {"bytecode", "names"}},
};

const struct hs_words *hs_words_of(unsigned kind, const char *field)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].kind == kind && !strcmp(all[i].field, field))
            return &all[i];
    return NULL;
}

const char *hs_word(const struct hs_words *words, uint64_t value)
{
    value &= words->mask;
    if (words->name)
        return words->name((unsigned)value);
    return value < MOST ? words->word[value] : NULL;
}
