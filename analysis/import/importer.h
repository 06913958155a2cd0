/* SPDX-License-Identifier: MIT
 *
 * Converts another tool's recording of a program's heap to a trace.
 *
 *     struct hs_importer *intake = hs_importer_new();
 *     while (...)
 *         hs_importer_put(intake, &call);
 *     hs_importer_write(intake, &options, &error);
 *     hs_importer_free(intake);
 *
 * The calls are stored in a file until the last one, because only then the heap's addresses are known. Then the recorder
 * of lib/ records them with explicit places, like those of a firmware. So the trace has no special form.
 * Memory use depends on the number of sites and live addresses (one bit each), and not on the number of calls.
 *
 * Write one importer at a time: a program has only one recorder.
 */
#ifndef HS_IMPORT_IMPORTER_H
#define HS_IMPORT_IMPORTER_H

#include <stdbool.h>

#include "analysis/import/arena_map.h"
#include "analysis/import/calls.h"
#include "lib/host/reader.h"

struct hs_importer;

/* NULL when out of memory, or when no file can be made in $TMPDIR, with errno set. */
struct hs_importer *hs_importer_new(void);
void hs_importer_free(struct hs_importer *intake);

/* Adds the next call, of any process and thread, in order of time. Errors are reported when the trace is written. */
void hs_importer_put(struct hs_importer *intake, const struct hs_import_call *call);

/* Number of a call's site; equal sites have the same number. 0 when out of memory. Strings are copied. */
uint32_t hs_importer_place(struct hs_importer *intake, const struct hs_call_place *place);

/* Number of the process with this id, from 0; the same number for the same id. `name` may be NULL. */
uint16_t hs_importer_process(struct hs_importer *intake, uint32_t pid, const char *name);

/* The process with this id now runs another program: returns its new number. HS_CALL_END frees the old program's blocks. */
uint16_t hs_importer_exec(struct hs_importer *intake, uint32_t pid);

/* Sets the name of a thread; "" and NULL are ignored. */
void hs_importer_thread(struct hs_importer *intake, uint32_t thread, const char *name);

/* A program or shared library in a process: `size` bytes of the file at `path` are mapped at `base`. `moved`: addresses in
 * the file are relative to `base`. */
struct hs_call_object {
    const char *path;
    uint64_t base, size;
    uint16_t process;
    bool moved;
};
void hs_importer_object(struct hs_importer *intake, const struct hs_call_object *object);

/* Whether any object of a process is known; whether this object is known at this address. */
bool hs_importer_has_objects(const struct hs_importer *intake, uint16_t process);
bool hs_importer_has_object(const struct hs_importer *intake, const struct hs_call_object *object);

/* Declares a region of a heap that the recording knows, as hs_arena_map_declare does. */
void hs_importer_region(struct hs_importer *intake, const struct hs_declared_region *region);

/* Counts so far. `unknown`, `doubled` and `regions` are known after hs_importer_write. */
struct hs_importer_stats {
    uint64_t calls;   /* allocations, frees and resizes */
    uint64_t lost;    /* calls that the other tool could not record */
    uint64_t unknown; /* frees and resizes of blocks that are older than the recording */
    uint64_t doubled; /* allocations at the address of a live block, whose free was not recorded or recorded late */
    unsigned processes, regions;
};
struct hs_importer_stats hs_importer_stats(const struct hs_importer *intake);

struct hs_importer_options {
    int fd;             /* empty file to write to; owned by the caller */
    const char *origin; /* the recording tool, as text for users */
    const char *elf;    /* FILE or FILE@ADDRESS: its names are used if the recording has no objects, or for the object
                           with this name; NULL: none */
};

/* Writes the trace; call it once. Returns HS_OK, with the file at its start, or a negative enum hs_err with *error filled. */
int hs_importer_write(struct hs_importer *intake, const struct hs_importer_options *options, struct hs_error *error);

#endif
