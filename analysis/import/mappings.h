/* SPDX-License-Identifier: MIT
 *
 * The programs and shared libraries that were mapped in processes, and the names of return addresses in them.
 */
#ifndef HS_IMPORT_MAPPINGS_H
#define HS_IMPORT_MAPPINGS_H

#include "analysis/import/importer.h"
#include "analysis/symbols/symbols.h"

struct hs_object {
    struct hs_call_object at; /* path is owned */
    struct hs_symbols *symbols;
    bool looked; /* its symbols were looked for */
};

/* Zero-initialise; free it with hs_objects_free. */
struct hs_objects {
    struct hs_object *item;
    size_t n, room;
};

/* Adds an object; the last one at an address is used. Returns 0 or HS_ERR_MEMORY. */
int hs_objects_add(struct hs_objects *objects, const struct hs_call_object *object);

/* Uses the names of the user's file: for the object with the same file name or, if "@ADDRESS" follows, for the object at
 * this address in any process. Returns 0 or a negative enum hs_err, with *error filled. */
int hs_objects_use(struct hs_objects *objects, const char *elf, struct hs_error *error);

/* Finds the name of a return address: fills file, function and line of `place`. The strings are in `text`, a buffer of
 * HS_OBJECT_TEXT bytes. */
#define HS_OBJECT_TEXT 512
void hs_objects_name(struct hs_objects *objects, struct hs_call_place *place, char *text);

void hs_objects_free(struct hs_objects *objects);

#endif
