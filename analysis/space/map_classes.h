/* SPDX-License-Identifier: MIT
 *
 * The blocks of a snapshot in classes, by the name of their site or by their age: the colours of a map.
 */
#ifndef HS_SPACE_MAP_CLASSES_H
#define HS_SPACE_MAP_CLASSES_H

#include "analysis/sites/names.h"
#include "analysis/space/snapshot.h"

struct hs_class {
    char *name;
    uint64_t bytes, blocks;  /* in the snapshot */
    uint64_t added, removed; /* bytes that appeared and disappeared, in a comparison */
    uint64_t added_blocks, removed_blocks;
};

struct hs_map_classes {
    struct hs_class *of; /* `n`, heaviest first after ranking */
    uint32_t n, room;
    uint32_t *of_site; /* [site + 1] class; UINT32_MAX: none */
    uint32_t n_of_site;
    const struct hs_names *names;
    enum hs_group_by key;
    bool by_age; /* classes are ages, youngest first */
    bool short_of_memory;
};

/* Starts without classes. Names must outlive it. */
void hs_map_classes_init(struct hs_map_classes *classes, const struct hs_names *names, enum hs_group_by key);

/* Starts without classes; they will be ages, counted in collections survived. */
void hs_map_classes_init_ages(struct hs_map_classes *classes);
void hs_map_classes_free(struct hs_map_classes *classes);

/* Adds the blocks of a snapshot, and ranks classes by bytes. */
void hs_map_classes_add(struct hs_map_classes *classes, const struct hs_heap_snapshot *snapshot);

/* Adds the differences of two snapshots, and ranks classes by the greater of appeared and disappeared bytes. Sites of
 * the later snapshot are named by `after`, which belongs to another trace when two traces are compared; do not call
 * hs_map_class then. */
void hs_map_classes_compare(struct hs_map_classes *classes, const struct hs_comparison *comparison, const struct hs_names *after);

/* Class of a block, or of a site, that has been added; UINT32_MAX when there is none. */
uint32_t hs_map_class(const struct hs_map_classes *classes, const struct hs_heap_snapshot_block *block);
uint32_t hs_map_class_of_site(const struct hs_map_classes *classes, uint32_t site);

/* The class with the most granules in an extent. All classes from `limit` on count as one class, number `limit`, at
 * most HS_MAP_CLASSES_LIMIT. */
#define HS_MAP_CLASSES_LIMIT 32u
struct hs_dominant {
    uint32_t class, used; /* used: granules; if 0, there is no class */
};
struct hs_dominant hs_map_classes_dominant(const struct hs_map_classes *classes, const struct hs_heap_snapshot *snapshot,
                                           struct hs_extent extent, uint32_t limit);

#endif
