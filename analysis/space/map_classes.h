/* SPDX-License-Identifier: MIT
 *
 * The blocks of a picture put into classes, by the name of their site or by their age: what a map is coloured by.
 */
#ifndef HS_SPACE_MAP_CLASSES_H
#define HS_SPACE_MAP_CLASSES_H

#include "analysis/sites/names.h"
#include "analysis/space/snapshot.h"

struct hs_class {
    char *name;
    uint64_t bytes, blocks;           /* in the picture the legend is of */
    uint64_t came, went;              /* bytes, in a comparison */
    uint64_t came_blocks, went_blocks;
};

struct hs_map_classes {
    struct hs_class *of; /* `n`, heaviest first once ranked */
    uint32_t n, room;
    uint32_t *of_site;   /* [site + 1] class, UINT32_MAX: not met */
    uint32_t n_of_site;
    const struct hs_names *names;
    enum hs_group_by key;
    bool by_age;         /* classes are ages, youngest first, instead */
    bool short_of_memory;
};

/* An empty legend. Names must outlive it. */
void hs_map_classes_init(struct hs_map_classes *legend, const struct hs_names *names, enum hs_group_by key);

/* An empty legend of ages, which are counted in collections survived. */
void hs_map_classes_init_ages(struct hs_map_classes *legend);
void hs_map_classes_free(struct hs_map_classes *legend);

/* Adds a picture's blocks, and ranks classes by bytes. */
void hs_map_classes_add(struct hs_map_classes *legend, const struct hs_heap_snapshot *picture);

/* Adds what came and went, and ranks by the greater of the two. Sites of the later picture go by `after`,
 * which is of another trace where two are compared; hs_map_class is of no use then. */
void hs_map_classes_compare(struct hs_map_classes *legend, const struct hs_comparison *comparison, const struct hs_names *after);

/* Class of a block, and of a site, that has been added; UINT32_MAX when there is none. */
uint32_t hs_map_class(const struct hs_map_classes *legend, const struct hs_heap_snapshot_block *block);
uint32_t hs_map_class_of_site(const struct hs_map_classes *legend, uint32_t site);

/* The class that most granules of an extent belong to; all classes from `limit` on count as one, which is `limit`, at most
 * HS_MAP_CLASSES_LIMIT. */
#define HS_MAP_CLASSES_LIMIT 32u
struct hs_dominant {
    uint32_t class, used; /* used: granules; with none there is no class */
};
struct hs_dominant hs_map_classes_dominant(const struct hs_map_classes *legend, const struct hs_heap_snapshot *picture, struct hs_extent extent,
                                      uint32_t limit);

#endif
