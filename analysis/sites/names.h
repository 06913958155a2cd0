/* SPDX-License-Identifier: MIT
 *
 * Names of sites, by the key that a report groups by.
 */
#ifndef HS_SITES_NAMES_H
#define HS_SITES_NAMES_H

#include <stdbool.h>

#include "analysis/sites/threads.h"
#include "analysis/model/model.h"
#include "analysis/symbols/symbols.h"

enum hs_group_by {
    HS_KEY_LINE,     /* "file.py:12 function"; for a site without Python code the native function */
    HS_KEY_FUNCTION, /* "function (file.py)" */
    HS_KEY_FILE,     /* "file.py" */
    HS_KEY_KIND,     /* what the block holds: "list", "dict table", ... */
    HS_KEY_NATIVE,   /* the C function that allocated, or "anchor+0x1f40"; for an imported trace the function of its place */
    HS_KEY_STACK,    /* the lines of all calls, outermost first, separated by ; */
    HS_KEY_THREAD,   /* "thread 7 (its name)"; needs hs_names.threads */
    HS_KEYS,
};

#define HS_NAME_MAX 1024u /* bytes of any name, terminator included */
#define HS_DEPTH_MAX 128u /* deeper calls of a stack are ignored */

struct hs_names {
    const struct hs_reader *reader;
    struct hs_symbols *symbols;       /* NULL: no ELF file */
    const struct hs_threads *threads; /* NULL: sites are numbered as in the reader, for all threads together */
};

/* One call of a stack. */
struct hs_frame {
    const char *file, *function;
    uint32_t line; /* 0: unknown; with an empty file it is native code, and only `function` is set */
};

/* The key with that name ("line", ...), or HS_KEYS; only `length` bytes of `name` are compared. */
enum hs_group_by hs_group_by_find(const char *name, size_t length);
const char *hs_group_by_name(enum hs_group_by key);

/* Whether callers have names by this key too, so that allocations of callees can be charged to them. */
bool hs_key_of_callers(enum hs_group_by key);

/* Writes the site's name into `name`, of HS_NAME_MAX bytes, and returns it. */
char *hs_name_of_site(const struct hs_names *names, uint32_t site, enum hs_group_by key, char *name);

/* "thread 7 (its name)"; writes at most HS_NAME_MAX bytes into `name`, and returns it. Thread 0 is what runs before there are threads,
 * and interrupts; in MicroPython also the main program. */
char *hs_name_of_thread(const struct hs_reader *reader, uint32_t thread, char *name);

/* The same for one call of a stack; `key` is one of those that callers have. */
char *hs_name_of_frame(const struct hs_frame *frame, enum hs_group_by key, char *name);

/* The calls that lead to a site, innermost first, at most HS_DEPTH_MAX. `native` receives the name of a site without
 * Python code. Returns their number, 1 when stacks were not recorded. */
unsigned hs_frames_of_site(const struct hs_names *names, uint32_t site, struct hs_frame *frame, struct hs_symbol *native);

#endif
