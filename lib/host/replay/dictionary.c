/* SPDX-License-Identifier: MIT
 *
 * Sites, functions, strings, contexts and facts: from the recorder's numbers, which change, to the user's.
 */
#define _GNU_SOURCE /* tdestroy */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/reader_internal.h"

#define NUMBERS 32768u /* of the recorder */

/* --- items -------------------------------------------------------------------------------------------- */

static int order(uint64_t a, uint64_t b) { return a < b ? -1 : a > b; }

static int compare_sites(const void *a, const void *b) {
    const struct hs_site *x = a, *y = b;
    int by = order((uintptr_t)x->file, (uintptr_t)y->file);
    by = by ? by : order((uintptr_t)x->function, (uintptr_t)y->function);
    by = by ? by : order(x->line, y->line);
    by = by ? by : order(x->offset, y->offset);
    by = by ? by : order((uint64_t)x->caller, (uint64_t)y->caller);
    by = by ? by : order(x->context, y->context);
    return by ? by : order(x->op, y->op);
}

static int compare_contexts(const void *a, const void *b) {
    const struct hs_context *x = a, *y = b;
    int by = order((uintptr_t)x->file, (uintptr_t)y->file);
    by = by ? by : order((uintptr_t)x->function, (uintptr_t)y->function);
    by = by ? by : order(x->line, y->line);
    by = by ? by : order((uint64_t)x->caller, (uint64_t)y->caller);
    return by ? by : order(x->parent, y->parent);
}

static int compare_texts(const void *a, const void *b) { return strcmp(a, b); }

static void keep(void *item) { (void)item; }

static int items_open(struct hs_items *items, size_t size) {
    *items = (struct hs_items){.size = size, .room = 64, .n = 1};
    items->item = calloc(items->room, sizeof *items->item);
    return items->item ? HS_OK : HS_ERR_MEMORY;
}

static void items_close(struct hs_items *items) {
    tdestroy(items->tree, keep);
    for (uint32_t i = 1; i < items->n; i++)
        free(items->item[i]);
    free(items->item);
}

static uint32_t *number_of(const struct hs_items *items, void *item) {
    return (uint32_t *)(void *)((char *)item + items->size);
}

static int items_grow(struct hs_items *items) {
    if (items->n < items->room)
        return HS_OK;
    void **more = realloc(items->item, 2u * items->room * sizeof *more);
    if (!more)
        return HS_ERR_MEMORY;
    items->item = more;
    items->room *= 2;
    return HS_OK;
}

/* The number of an item that is equal; it is copied when there is none. 0: out of memory. */
static uint32_t items_put(struct hs_items *items, const void *item, int (*compare)(const void *, const void *)) {
    void **found = tfind(item, &items->tree, compare);
    if (found)
        return *number_of(items, *found);
    void *copy = items_grow(items) ? NULL : malloc(items->size + sizeof(uint32_t));
    if (!copy)
        return 0;
    memcpy(copy, item, items->size);
    if (!tsearch(copy, &items->tree, compare)) {
        free(copy);
        return 0;
    }
    items->item[items->n] = copy;
    return *number_of(items, copy) = items->n++;
}

/* A text that lives as long as the dictionary; NULL: out of memory. */
static const char *put_text(struct hs_dictionary *d, const struct hs_record *r) {
    char *text = strndup(r->data_len ? (const char *)r->data : "", r->data_len);
    char **found = text ? tsearch(text, &d->texts, compare_texts) : NULL;
    if (!found || *found != text)
        free(text);
    return found ? *found : NULL;
}

/* --- open and close ----------------------------------------------------------------------------------- */

/* An array of `had` items as one of `room`, what is new being zero; NULL, and the array as it was: out of memory. */
static void *bigger(void *array, size_t size, uint32_t had, uint32_t room) {
    char *more = realloc(array, room * size);
    if (more)
        memset(more + had * size, 0, (room - had) * size);
    return more;
}

/* Makes place for a number. */
static int grow(struct hs_dictionary *d, uint32_t number) {
    uint32_t room = d->room ? d->room : 128;
    while (room <= number)
        room *= 2;
    if (room == d->room)
        return HS_OK;
    struct hs_site_state *state = bigger(d->state, sizeof *state, d->room, room);
    uint32_t *site = bigger(d->site, sizeof *site, d->room, room);
    struct hs_name *name = bigger(d->name, sizeof *name, d->room, room);
    struct hs_definition *names = bigger(d->defined[0], sizeof *names, d->room, room);
    struct hs_definition *sites = bigger(d->defined[1], sizeof *sites, d->room, room);
    d->state = state ? state : d->state;
    d->site = site ? site : d->site;
    d->name = name ? name : d->name;
    d->defined[0] = names ? names : d->defined[0];
    d->defined[1] = sites ? sites : d->defined[1];
    if (!state || !site || !name || !names || !sites)
        return HS_ERR_MEMORY;
    d->room = room;
    return HS_OK;
}

int hs_dictionary_open(struct hs_dictionary *d) {
    memset(d, 0, sizeof *d);
    d->n_sites = d->n_names = 1;
    int err = grow(d, 0);
    err = items_open(&d->sites, sizeof(struct hs_site)) ? HS_ERR_MEMORY : err;
    return items_open(&d->contexts, sizeof(struct hs_context)) ? HS_ERR_MEMORY : err;
}

void hs_dictionary_close(struct hs_dictionary *d) {
    for (struct hs_fact *fact = d->fact, *next; fact; fact = next) {
        next = fact->next;
        free(fact->key);
        free(fact);
    }
    if (d->sites.item)
        items_close(&d->sites);
    if (d->contexts.item)
        items_close(&d->contexts);
    tdestroy(d->texts, free);
    free(d->defined[0]);
    free(d->defined[1]);
    free(d->name);
    free(d->state);
    free(d->site);
    memset(d, 0, sizeof *d);
}

#define FACTS_MOST 512u /* of a whole trace; a header has some ten */

/* --- facts -------------------------------------------------------------------------------------------- */

/* Each header of a stream has the facts again. */
static bool is_known(const struct hs_dictionary *d, const char *text, size_t len) {
    const char *equals = memchr(text, '=', len);
    size_t key = equals ? (size_t)(equals - text) : len, value = equals ? len - key - 1 : 0;
    for (const struct hs_fact *fact = d->fact; fact; fact = fact->next)
        if (strlen(fact->key) == key && !memcmp(fact->key, text, key) && strlen(fact->value) == value &&
            !memcmp(fact->value, text + len - value, value))
            return true;
    return false;
}

static int put_fact(struct hs_dictionary *d, const char *text, size_t len) {
    if (is_known(d, text, len))
        return HS_OK;
    if (d->n_facts == FACTS_MOST)
        return HS_ERR_FULL;
    struct hs_fact *fact = calloc(1, sizeof *fact);
    char *copy = fact ? strndup(text, len) : NULL;
    if (!copy) {
        free(fact);
        return HS_ERR_MEMORY;
    }
    char *equals = strchr(copy, '=');
    fact->key = copy;
    fact->value = equals ? equals + 1 : copy + strlen(copy);
    if (equals)
        *equals = 0;
    fact->next = d->fact;
    d->fact = fact;
    d->n_facts++;
    return HS_OK;
}

int hs_dictionary_facts(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len) {
    int err = HS_OK;
    for (uint32_t at = 0, n; at < len && !err; at += n + 1) {
        n = (uint32_t)strnlen((const char *)bytes + at, len - at);
        if (n)
            err = put_fact(d, (const char *)bytes + at, n);
    }
    return err;
}

/* --- what definitions stand for ----------------------------------------------------------------------- */

/* What `number` stands for, NULL when it or something of it is not defined. Number 0 names nothing. */
static const struct hs_name *named(const struct hs_dictionary *d, uint32_t number, uint8_t kind) {
    static const struct hs_name nothing = {.file = "", .text = ""};
    return !number ? &nothing : number < d->n_names && d->name[number].kind == kind ? &d->name[number] : NULL;
}

/* A context's outer one has a lower number, so it stands for something before. */
static int resolve_context(struct hs_dictionary *d, const struct hs_definition *said, struct hs_name *name) {
    const struct hs_name *function = named(d, said->function, HS_FUNCTION), *outer = named(d, said->context, HS_CONTEXT);
    if (!function || !outer)
        return HS_OK;
    struct hs_context context;
    memset(&context, 0, sizeof context);
    context.file = function->file;
    context.function = function->text;
    context.line = said->line;
    context.parent = outer->context;
    context.caller = said->caller;
    *name = (struct hs_name){.kind = HS_CONTEXT, .hash = said->hash + 31 * function->hash, .file = "", .text = "",
                             .context = items_put(&d->contexts, &context, compare_contexts)};
    return name->context ? HS_OK : HS_ERR_MEMORY;
}

static int resolve_name(struct hs_dictionary *d, uint32_t number) {
    const struct hs_definition *said = &d->defined[0][number];
    struct hs_name *name = &d->name[number];
    *name = (struct hs_name){.kind = 0};
    if (said->kind == HS_CONTEXT)
        return resolve_context(d, said, name);
    const struct hs_name *file = named(d, said->kind == HS_FUNCTION ? said->file : 0, HS_STRING);
    if (said->kind && file)
        *name = (struct hs_name){.kind = said->kind, .hash = said->hash + 31 * file->hash, .file = file->text,
                                 .text = said->text};
    return HS_OK;
}

static int resolve_site(struct hs_dictionary *d, uint32_t number) {
    const struct hs_definition *said = &d->defined[1][number];
    const struct hs_name *function = named(d, said->function, HS_FUNCTION), *context = named(d, said->context, HS_CONTEXT);
    d->site[number] = 0;
    d->state[number].op = 0;
    if (!said->kind || !function || !context)
        return HS_OK;
    struct hs_site site;
    memset(&site, 0, sizeof site);
    site.file = function->file;
    site.function = function->text;
    site.line = said->line;
    site.offset = said->offset;
    site.caller = said->caller;
    site.context = context->context;
    site.op = said->op;
    d->site[number] = items_put(&d->sites, &site, compare_sites);
    d->state[number].op = said->op;
    d->state[number].first_size = said->first_size;
    d->state[number].hash = said->hash + 31 * function->hash + 7 * context->hash;
    return d->site[number] ? HS_OK : HS_ERR_MEMORY;
}

/* Files before functions before contexts before sites; a name may have come behind what names it. */
static int resolve(struct hs_dictionary *d) {
    static const uint8_t kinds[] = {HS_STRING, HS_FUNCTION, HS_CONTEXT};
    int err = HS_OK;
    for (size_t k = 0; k < sizeof kinds; k++)
        for (uint32_t i = 1; i < d->n_names && !err; i++)
            err = d->defined[0][i].kind == kinds[k] ? resolve_name(d, i) : HS_OK;
    for (uint32_t i = 1; i < d->n_sites && !err; i++)
        err = resolve_site(d, i);
    return err;
}

/* --- definitions -------------------------------------------------------------------------------------- */

static int define(struct hs_dictionary *d, const struct hs_record *r, uint32_t hash) {
    bool site = r->kind == HS_SITE;
    if (grow(d, r->number))
        return HS_ERR_MEMORY;
    struct hs_definition *said = &d->defined[site][r->number];
    *said = (struct hs_definition){
        .kind = r->kind, .op = (uint8_t)(HS_ALLOC + r->cause), .first_size = (uint8_t)r->size, .hash = hash, .text = "",
        .file = r->file, .function = r->function, .context = r->context, .line = r->line, .offset = r->count,
        .caller = (int64_t)r->address};
    if ((r->kind == HS_STRING || r->kind == HS_FUNCTION) && !(said->text = put_text(d, r)))
        return HS_ERR_MEMORY;
    uint32_t *n = site ? &d->n_sites : &d->n_names;
    *n = r->number >= *n ? r->number + 1 : *n;
    return HS_OK;
}

int hs_dictionary_put(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len, bool only_new) {
    int err = HS_OK, n = 0;
    for (uint32_t at = 0; at < len && err != HS_ERR_MEMORY; at += (uint32_t)n) {
        struct hs_record r;
        n = hs_decode_definition(bytes + at, len - at, &r);
        if (n < 0 || !r.number || r.number >= NUMBERS)
            err = HS_ERR_FORMAT; /* of a damaged number, the others count all the same */
        else if (!only_new || r.number >= d->room || !d->defined[r.kind == HS_SITE][r.number].kind)
            err = define(d, &r, hs_definition_hash(bytes + at)) ? HS_ERR_MEMORY : err;
        if (n < 0)
            break;
    }
    int resolved = len ? resolve(d) : HS_OK;
    return resolved ? resolved : err;
}

const struct hs_site *hs_dictionary_site(const struct hs_dictionary *d, uint32_t number) {
    static const struct hs_site other = {.file = "", .function = ""};
    return !number ? &other : number < d->sites.n ? d->sites.item[number] : NULL;
}

const struct hs_context *hs_dictionary_context(const struct hs_dictionary *d, uint32_t number) {
    return number && number < d->contexts.n ? d->contexts.item[number] : NULL;
}
