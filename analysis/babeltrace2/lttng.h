/* SPDX-License-Identifier: MIT
 *
 * The events of LTTng's wrapper of the C library (liblttng-ust-libc-wrapper.so), and of the traces that we write like it,
 * as calls for an intake.
 */
#ifndef HS_BABELTRACE2_LTTNG_H
#define HS_BABELTRACE2_LTTNG_H

#include "analysis/babeltrace2/bt.h"
#include "analysis/import/importer.h"

struct hs_lttng {
    struct hs_importer *intake;
    struct hs_bt_listener listener; /* for hs_bt_read_ctf */
    uint64_t records;               /* events of ours that do not tell which blocks went */
    /* What our own record says of the events of the wrapper behind it. */
    uint32_t place;
    uint64_t asked, asked_at;
    /* The process and thread of the event before. */
    uint32_t pid, thread;
    uint16_t process;
    bool any;
    bool ours;     /* an export of ours */
    bool stated;   /* the process begins to tell of its objects, */
    char name[32]; /* and is called so */
};

/* Begins; `intake` remains the caller's. */
void hs_lttng_begin(struct hs_lttng *lttng, struct hs_importer *intake);

/* Writes the trace of what came, as hs_importer_write does; when nothing came that tells of blocks, *error says what to do. */
struct hs_lttng_output {
    int fd;          /* empty file */
    const char *elf; /* as in struct hs_importer_options */
};
int hs_lttng_write(struct hs_lttng *lttng, const struct hs_lttng_output *output, struct hs_error *error);

/* Lets everything that opens an input take folders with CTF traces in them, up to some folders deeper. */
void hs_ctf_take_folders(void);

/* The user's --elf, for folders opened from then on; NULL: none. Not copied. */
void hs_ctf_use_elf(const char *elf);

#endif
