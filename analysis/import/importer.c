/* SPDX-License-Identifier: MIT
 *
 * Receives calls; import_writer.c writes the trace.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/import/import_writer.h"
#include "lib/host/util/array.h"
#include "lib/host/util/map.h"

#define NO_PLACE 0
#define PROCESSES_MAX (UINT16_MAX - 1u)
#define THREADS_MAX 4096u /* with a name */

/* ---- places ---- */

static uint64_t hash_of(const struct hs_call_place *place)
{
    uint64_t hash = hs_hash_add_text(hs_hash_text(place->file), place->function);
    return hs_hash_add(hash, place->ip ^ (uint64_t)place->line << 40 ^ (uint64_t)place->process << 24);
}

static bool same_place(const struct hs_call_place *a, const struct hs_call_place *b)
{
    return a->ip == b->ip && a->line == b->line && a->process == b->process && !strcmp(a->file, b->file) &&
           !strcmp(a->function, b->function);
}

/* Number 0 means no site. */
static bool make_room(struct hs_call_places *p)
{
    if (!hs_array_more(p->item, p->n ? p->n : 1, p->room))
        return false;
    if (!p->n)
        p->item[p->n++] = (struct hs_call_place){"", "", 0, 0, 0};
    return true;
}

static uint32_t add_place(struct hs_importer *in, const struct hs_call_place *place, uint64_t hash)
{
    struct hs_call_places *p = &in->places;
    struct hs_call_place copy = *place;
    copy.file = strdup(place->file);
    copy.function = strdup(place->function);
    if (!copy.file || !copy.function || !make_room(p) || !hs_map_add(&p->map, hash, p->n)) {
        free((char *)copy.file);
        free((char *)copy.function);
        in->error = HS_ERR_MEMORY;
        return NO_PLACE;
    }
    p->item[p->n] = copy;
    return p->n++;
}

uint32_t hs_importer_place(struct hs_importer *in, const struct hs_call_place *place)
{
    const struct hs_call_places *p = &in->places;
    uint64_t hash = hash_of(place);
    struct hs_map_search search = hs_map_search(&p->map, hash);
    while (hs_map_next(&p->map, &search))
        if (same_place(&p->item[search.number], place))
            return search.number;
    return add_place(in, place, hash);
}

/* ---- processes and threads ---- */

static struct hs_call_name *new_name(struct hs_call_names *names, uint32_t id, size_t limit)
{
    if (names->n >= limit)
        return NULL;
    if (!hs_array_more(names->item, names->n, names->room))
        return NULL;
    names->item[names->n] = (struct hs_call_name){.id = id};
    return &names->item[names->n++];
}

/* The last entry with this id; adds one if there is none. NULL when out of memory or at `limit`. */
static struct hs_call_name *name_of(struct hs_call_names *names, uint32_t id, size_t limit)
{
    for (size_t i = names->n; i-- > 0;)
        if (names->item[i].id == id)
            return &names->item[i];
    return new_name(names, id, limit);
}

static void call_it(struct hs_call_name *entry, const char *name)
{
    if (entry && name && *name)
        snprintf(entry->name, sizeof entry->name, "%s", name);
}

uint16_t hs_importer_process(struct hs_importer *in, uint32_t pid, const char *name)
{
    struct hs_call_name *entry = name_of(&in->processes, pid, PROCESSES_MAX);
    call_it(entry, name);
    return entry ? (uint16_t)(entry - in->processes.item) : 0;
}

uint16_t hs_importer_exec(struct hs_importer *in, uint32_t pid)
{
    const struct hs_call_name *entry = new_name(&in->processes, pid, PROCESSES_MAX);
    return entry ? (uint16_t)(entry - in->processes.item) : hs_importer_process(in, pid, NULL);
}

void hs_importer_thread(struct hs_importer *in, uint32_t thread, const char *name)
{
    call_it(name_of(&in->threads, thread, THREADS_MAX), name);
}

void hs_importer_object(struct hs_importer *in, const struct hs_call_object *object)
{
    if (hs_objects_add(&in->objects, object))
        in->error = HS_ERR_MEMORY;
}

bool hs_importer_has_objects(const struct hs_importer *in, uint16_t process)
{
    for (size_t i = 0; i < in->objects.n; i++)
        if (in->objects.item[i].at.process == process)
            return true;
    return false;
}

bool hs_importer_has_object(const struct hs_importer *in, const struct hs_call_object *object)
{
    for (size_t i = 0; i < in->objects.n; i++) {
        const struct hs_call_object *at = &in->objects.item[i].at;
        if (at->process == object->process && at->base == object->base && !strcmp(at->path, object->path))
            return true;
    }
    return false;
}

void hs_importer_region(struct hs_importer *in, const struct hs_declared_region *region)
{
    hs_arena_map_declare(in->spans, region);
}

/* ---- calls ---- */

void hs_importer_put(struct hs_importer *in, const struct hs_import_call *call)
{
    bool placed = call->kind == HS_CALL_ALLOC || call->kind == HS_CALL_REALLOC;
    if (placed && call->ptr && hs_arena_map_add(in->spans, call->process, call->ptr, call->size))
        in->error = HS_ERR_MEMORY;
    if (!in->spool.calls)
        in->first_ns = call->ns;
    in->last_ns = call->ns > in->last_ns ? call->ns : in->last_ns;
    in->stats.calls += call->kind <= HS_CALL_REALLOC || call->kind == HS_CALL_SWEPT;
    in->stats.lost += call->kind == HS_CALL_LOST ? call->size : 0;
    hs_call_log_put(&in->spool, call);
}

struct hs_importer_stats hs_importer_stats(const struct hs_importer *in)
{
    struct hs_importer_stats stats = in->stats;
    stats.processes = (unsigned)in->processes.n;
    return stats;
}

/* ---- beginning and end ---- */

struct hs_importer *hs_importer_new(void)
{
    struct hs_importer *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    in->spans = hs_arena_map_new();
    if (in->spans && !hs_call_log_open(&in->spool))
        return in;
    int error = errno;
    hs_importer_free(in);
    errno = error;
    return NULL;
}

void hs_importer_free(struct hs_importer *in)
{
    if (!in)
        return;
    hs_call_log_close(&in->spool);
    hs_arena_map_free(in->spans);
    hs_objects_free(&in->objects);
    for (uint32_t i = 1; i < in->places.n; i++) {
        free((char *)in->places.item[i].file);
        free((char *)in->places.item[i].function);
    }
    free(in->places.item);
    hs_map_free(&in->places.map);
    free(in->processes.item);
    free(in->threads.item);
    free(in);
}
