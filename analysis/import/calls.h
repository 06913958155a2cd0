/* SPDX-License-Identifier: MIT
 *
 * Calls of malloc, free and related functions, as another tool recorded them.
 */
#ifndef HS_IMPORT_CALLS_H
#define HS_IMPORT_CALLS_H

#include <stdint.h>

enum hs_call_kind {
    HS_CALL_ALLOC,   /* `ptr` 0: it failed */
    HS_CALL_FREE,    /* of `old` */
    HS_CALL_REALLOC, /* `old` 0: an allocation; `size` and `ptr` 0: a free; only `ptr` 0: it failed, and `old` stays */
    HS_CALL_FAIL,    /* a failed allocation of `size` bytes, recorded as its own event */
    HS_CALL_MARK,    /* its label is the function of `place` */
    HS_CALL_LOST,    /* `size` calls that were not recorded */
    HS_CALL_END,     /* the process has ended, and all its blocks are freed */
    HS_CALL_SWEPT,   /* as HS_CALL_FREE, by a collection */
    HS_CALL_COLLECT, /* a collection begins; `size` is its cause, as in the record */
    HS_CALL_COLLECT_END,
    HS_CALL_KINDS,
};

/* Addresses are those of the process. */
struct hs_import_call {
    uint64_t ns; /* of any clock that does not run backwards */
    uint64_t ptr, old;
    uint64_t size;  /* bytes */
    uint64_t asked; /* requested bytes, if `size` is the allocated bytes; else 0 */
    uint32_t thread;
    uint32_t place;   /* hs_importer_place */
    uint16_t process; /* hs_importer_process */
    uint8_t kind;     /* enum hs_call_kind */
};

/* The site of a call. */
struct hs_call_place {
    const char *file, *function; /* "" when unknown */
    uint32_t line;
    uint16_t process;
    uint64_t ip; /* return address; 0 when unknown */
};

#endif
