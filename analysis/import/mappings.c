/* SPDX-License-Identifier: MIT */
#include "analysis/import/mappings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"

#define ANY_PROCESS UINT16_MAX

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int hs_objects_add(struct hs_objects *o, const struct hs_call_object *object)
{
    if (!hs_array_more(o->item, o->n, o->room))
        return HS_ERR_MEMORY;
    char *path = strdup(object->path);
    if (!path)
        return HS_ERR_MEMORY;
    o->item[o->n] = (struct hs_object){.at = *object};
    o->item[o->n++].at.path = path;
    return HS_OK;
}

/* The symbols of a file, opened once for all objects with the same path. */
static struct hs_symbols *symbols_of(struct hs_objects *o, struct hs_object *object)
{
    struct hs_error ignored;
    for (size_t i = 0; i < o->n && !object->looked; i++)
        if (o->item[i].looked && !strcmp(o->item[i].at.path, object->at.path)) {
            object->symbols = o->item[i].symbols;
            object->looked = true;
        }
    if (!object->looked)
        object->symbols = hs_symbols_open_object(object->at.path, &ignored); /* deleted or stripped: only its name is used */
    object->looked = true;
    return object->symbols;
}

static int use_at(struct hs_objects *o, const char *path, uint64_t base, struct hs_symbols *symbols)
{
    const struct hs_call_object at = {.path = path, .base = base, .size = UINT64_MAX, .process = ANY_PROCESS, .moved = true};
    int error = hs_objects_add(o, &at);
    if (!error) {
        o->item[o->n - 1].symbols = symbols;
        o->item[o->n - 1].looked = true;
    }
    return error;
}

int hs_objects_use(struct hs_objects *o, const char *elf, struct hs_error *error)
{
    char path[4096], *end;
    const char *at = strrchr(elf, '@');
    uint64_t base = at ? strtoull(at + 1, &end, 0) : 0;
    bool told = at && end != at + 1 && !*end, used = false;
    snprintf(path, sizeof path, "%.*s", (int)(told ? at - elf : (long)strlen(elf)), elf);
    struct hs_symbols *symbols = hs_symbols_open_object(path, error);
    if (!symbols)
        return error->code;
    for (size_t i = 0; i < o->n && !told; i++) {
        if (strcmp(last_part(o->item[i].at.path), last_part(path)))
            continue;
        o->item[i].symbols = symbols;
        o->item[i].looked = used = true;
    }
    /* "@ADDRESS", or no object has this name: `base` is 0 for a program that was not moved. */
    return used ? HS_OK : use_at(o, path, base, symbols);
}

static struct hs_object *find(struct hs_objects *o, const struct hs_call_place *place)
{
    for (size_t i = o->n; i-- > 0;) {
        const struct hs_call_object *at = &o->item[i].at;
        if ((at->process == place->process || at->process == ANY_PROCESS) && place->ip >= at->base &&
            place->ip - at->base <= at->size)
            return &o->item[i];
    }
    return NULL;
}

void hs_objects_name(struct hs_objects *o, struct hs_call_place *place, char *text)
{
    struct hs_object *object = find(o, place);
    struct hs_symbol symbol = {.depth = 0};
    uint64_t in_file = object && object->at.moved ? place->ip - object->at.base : place->ip;
    if (object && hs_symbols_lookup(symbols_of(o, object), (int64_t)in_file, &symbol)) {
        const struct hs_symbol_frame *frame = symbol.depth && symbol.frames[0].line ? &symbol.frames[0] : NULL;
        snprintf(text, HS_OBJECT_TEXT, "%s", frame ? frame->function : symbol.function);
        place->file = frame && frame->file ? frame->file : last_part(object->at.path);
        place->line = frame ? frame->line : 0;
    } else if (object) {
        snprintf(text, HS_OBJECT_TEXT, "0x%" PRIx64, in_file);
        place->file = last_part(object->at.path);
    } else {
        snprintf(text, HS_OBJECT_TEXT, "0x%" PRIx64, place->ip);
    }
    place->function = text;
}

void hs_objects_free(struct hs_objects *o)
{
    for (size_t i = 0; i < o->n; i++) {
        struct hs_symbols *symbols = o->item[i].symbols;
        for (size_t j = i; j < o->n; j++)
            if (o->item[j].symbols == symbols)
                o->item[j].symbols = NULL;
        hs_symbols_close(symbols);
        free((char *)o->item[i].at.path);
    }
    free(o->item);
    memset(o, 0, sizeof *o);
}
