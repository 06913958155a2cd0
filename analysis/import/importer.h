/* SPDX-License-Identifier: MIT
 *
 * What another tool recorded of a program's heap, made a trace of ours.
 *
 *     struct hs_importer *intake = hs_importer_new();
 *     while (...)
 *         hs_importer_put(intake, &call);
 *     hs_importer_write(intake, &options, &error);
 *     hs_importer_free(intake);
 *
 * The calls are kept on disk until the last is known: only then is known which addresses the heap had. Then they are
 * put through the recorder of lib/, like those of a firmware, with explicit places; so the trace is one like all others.
 * Memory is taken by places, by live addresses (a bit each) and by what the recorder needs, not by the number of calls.
 *
 * One intake is written at a time: the recorder is there once in a program.
 */
#ifndef HS_IMPORT_IMPORTER_H
#define HS_IMPORT_IMPORTER_H

#include <stdbool.h>

#include "analysis/import/calls.h"
#include "lib/host/reader.h"

struct hs_importer;

/* NULL when out of memory, or when no file can be made in $TMPDIR, with errno set. */
struct hs_importer *hs_importer_new(void);
void hs_importer_free(struct hs_importer *intake);

/* The next call, of any process and thread, in the order of time. Errors show when the trace is written. */
void hs_importer_put(struct hs_importer *intake, const struct hs_import_call *call);

/* Number of a place; the same for the same place. 0 when out of memory. Texts are copied. */
uint32_t hs_importer_place(struct hs_importer *intake, const struct hs_call_place *place);

/* Number of the process with that id, from 0; the same again for the same. `name` may be NULL. */
uint16_t hs_importer_process(struct hs_importer *intake, uint32_t pid, const char *name);

/* From here on the process with that id runs another program: a new number. Its blocks go when HS_CALL_END says so. */
uint16_t hs_importer_exec(struct hs_importer *intake, uint32_t pid);

/* Says how a thread is called; "" and NULL say nothing. */
void hs_importer_thread(struct hs_importer *intake, uint32_t thread, const char *name);

/* An object of a process's program: the file at `path` lies at `base`, `size` bytes. `moved`: addresses in the file are
 * relative to that. */
struct hs_call_object {
    const char *path;
    uint64_t base, size;
    uint16_t process;
    bool moved;
};
void hs_importer_object(struct hs_importer *intake, const struct hs_call_object *object);

/* Whether objects of a process are known; whether this one is, where it is. */
bool hs_importer_has_objects(const struct hs_importer *intake, uint16_t process);
bool hs_importer_has_object(const struct hs_importer *intake, const struct hs_call_object *object);

/* What was seen so far. */
struct hs_importer_stats {
    uint64_t calls;   /* allocations, frees and resizes */
    uint64_t lost;    /* calls that the other tool could not record */
    uint64_t unknown; /* frees and resizes of blocks that are older than the recording; known when written */
    uint64_t doubled; /* allocations where a block was still noted: its free was not recorded, or came late; likewise */
    unsigned processes, regions; /* regions: known when written */
};
struct hs_importer_stats hs_importer_stats(const struct hs_importer *intake);

struct hs_importer_options {
    int fd;             /* empty file to write to; remains the caller's */
    const char *origin; /* who recorded, for people */
    const char *elf;    /* FILE or FILE@ADDRESS: names from it where the recording tells of no objects, or for the one
                           of this name; NULL: none */
};

/* Writes the trace. Returns HS_OK, the file being at its beginning again, or a negative enum hs_err with *error filled. Once. */
int hs_importer_write(struct hs_importer *intake, const struct hs_importer_options *options, struct hs_error *error);

#endif
