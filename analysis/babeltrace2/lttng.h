/* SPDX-License-Identifier: MIT
 *
 * Converts the events of LTTng's wrapper of the C library (liblttng-ust-libc-wrapper.so), and of our own exports in the same
 * form, to calls for an importer.
 */
#ifndef HS_BABELTRACE2_LTTNG_H
#define HS_BABELTRACE2_LTTNG_H

#include "analysis/babeltrace2/bt.h"
#include "analysis/import/importer.h"

struct hs_lttng {
    struct hs_importer *intake;
    struct hs_bt_listener listener; /* for hs_bt_read_ctf */
    uint64_t records;               /* "heapstrata:" events, which do not say which blocks were freed */
    /* From the last "heapstrata:" event, for the wrapper's events that follow. */
    uint32_t place;
    uint64_t asked, asked_at;
    /* The process and thread of the event before. */
    uint32_t pid, thread;
    uint16_t process;
    bool any;
    bool sweeping; /* the last event of ours was a sweep */
    bool ours;     /* the trace is an export of ours, */
    bool regions;  /* which has regions */
    bool stated;   /* the process starts to list its objects, */
    char name[32]; /* and has this name */
};

/* Starts; the caller owns `intake`. */
void hs_lttng_begin(struct hs_lttng *lttng, struct hs_importer *intake);

/* Writes the trace, as hs_importer_write does. If no event was about a block, *error says what to do. */
struct hs_lttng_output {
    int fd;          /* empty file */
    const char *elf; /* as in struct hs_importer_options */
};
int hs_lttng_write(struct hs_lttng *lttng, const struct hs_lttng_output *output, struct hs_error *error);

/* Makes everything that opens an input accept folders with CTF traces, also some levels deeper. */
void hs_ctf_take_folders(void);

/* Sets the user's --elf for folders opened later; NULL: none. The string is not copied. */
void hs_ctf_use_elf(const char *elf);

#endif
