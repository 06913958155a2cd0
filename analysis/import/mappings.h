/* SPDX-License-Identifier: MIT
 *
 * Programs and shared libraries as they lay in processes, and the names of what called from them.
 */
#ifndef HS_IMPORT_MAPPINGS_H
#define HS_IMPORT_MAPPINGS_H

#include "analysis/import/importer.h"
#include "analysis/symbols/symbols.h"

struct hs_object {
    struct hs_call_object at; /* path is owned */
    struct hs_symbols *symbols;
    bool looked; /* for its symbols */
};

/* Zero-initialise; hs_objects_free releases. */
struct hs_objects {
    struct hs_object *item;
    size_t n, room;
};

/* Notes an object; the newest at an address counts. Returns 0 or HS_ERR_MEMORY. */
int hs_objects_add(struct hs_objects *objects, const struct hs_call_object *object);

/* Takes names from the user's file: instead of the object of the same file name, or, with "@ADDRESS" behind it, for what
 * lies there in any process. Returns 0 or a negative enum hs_err, with *error filled. */
int hs_objects_use(struct hs_objects *objects, const char *elf, struct hs_error *error);

/* Names a return address: fills file, function and line of `place`, for which `text`, of HS_OBJECT_TEXT bytes, is used. */
#define HS_OBJECT_TEXT 512
void hs_objects_name(struct hs_objects *objects, struct hs_call_place *place, char *text);

void hs_objects_free(struct hs_objects *objects);

#endif
