/* SPDX-License-Identifier: MIT
 *
 * Internals of the importer, shared by importer.c and import_writer.c.
 */
#ifndef HS_IMPORT_IMPORT_WRITER_H
#define HS_IMPORT_IMPORT_WRITER_H

#include "analysis/import/mappings.h"
#include "analysis/import/arena_map.h"
#include "analysis/import/call_log.h"
#include "lib/host/util/map.h"

struct hs_call_places {
    struct hs_call_place *item; /* `n`; number 0 is none */
    struct hs_map map;          /* from a place to its number */
    uint32_t n, room;
};

struct hs_call_name {
    uint32_t id;
    char name[32];
};

struct hs_call_names {
    struct hs_call_name *item;
    size_t n, room;
};

struct hs_importer {
    struct hs_call_log spool;
    struct hs_arena_map *spans;
    struct hs_objects objects;
    struct hs_call_places places;
    struct hs_call_names processes, threads;
    struct hs_importer_stats stats;
    uint64_t first_ns, last_ns;
    int error; /* first one */
};

#endif
