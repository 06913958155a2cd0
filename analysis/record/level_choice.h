/* SPDX-License-Identifier: MIT */
#ifndef HS_RECORD_LEVEL_CHOICE_H
#define HS_RECORD_LEVEL_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

/* What --level asks a firmware for. */
struct hs_level_choice {
    const char *name;  /* NULL: the firmware's default */
    uint32_t interval; /* of "sampled", in bytes; 0: the firmware's default */
};

/* Reads the option's text; NULL chooses nothing. False: it is no level. */
bool hs_level_choose(struct hs_level_choice *level, const char *text);

/* What is said then, of HS_LEVEL_INTERVAL_MAX and the text. */
#define HS_LEVEL_REFUSAL "--level takes full, sampled, sampled:BYTES (1 to %u) or summary, not '%s'"

#endif
