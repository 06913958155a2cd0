/* SPDX-License-Identifier: MIT
 *
 * Sites, functions, strings, contexts and facts: maps the recorder's numbers, which are reused, to the user's.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/host/replay/dictionary.h"
#include "lib/host/util/array.h"

#define NUMBERS 32768u /* the recorder's numbers are less */

/* --- items -------------------------------------------------------------------------------------------- */

static bool same_sites(const void *a, const void *b)
{
    const struct hs_site *x = a, *y = b;
    return x->file == y->file && x->function == y->function && x->line == y->line && x->offset == y->offset &&
           x->caller == y->caller && x->context == y->context && x->op == y->op;
}

static uint64_t hash_site(const void *item)
{
    const struct hs_site *site = item;
    uint64_t hash = hs_hash_add(hs_hash_u64((uintptr_t)site->file), (uintptr_t)site->function);
    hash = hs_hash_add(hash, (uint64_t)site->line << 32 | site->offset);
    hash = hs_hash_add(hash, (uint64_t)site->caller);
    return hs_hash_add(hash, (uint64_t)site->context << 8 | site->op);
}

static bool same_contexts(const void *a, const void *b)
{
    const struct hs_context *x = a, *y = b;
    return x->file == y->file && x->function == y->function && x->line == y->line && x->caller == y->caller &&
           x->parent == y->parent;
}

static uint64_t hash_context(const void *item)
{
    const struct hs_context *context = item;
    uint64_t hash = hs_hash_add(hs_hash_u64((uintptr_t)context->file), (uintptr_t)context->function);
    hash = hs_hash_add(hash, (uint64_t)context->line << 32 | context->parent);
    return hs_hash_add(hash, (uint64_t)context->caller);
}

static const struct hs_items_kind {
    size_t size;
    bool (*same)(const void *a, const void *b);
    uint64_t (*hash)(const void *item);
} site_items = {sizeof(struct hs_site), same_sites, hash_site},
  context_items = {sizeof(struct hs_context), same_contexts, hash_context};

static int items_open(struct hs_items *items, const struct hs_items_kind *kind)
{
    *items = (struct hs_items){.kind = kind, .n = 1};
    return hs_array_fill(items->item, items->room, 1, 0) ? HS_OK : HS_ERR_MEMORY;
}

static void items_close(struct hs_items *items)
{
    for (uint32_t i = 1; i < items->n; i++)
        free(items->item[i]);
    free(items->item);
    hs_map_free(&items->map);
}

/* The number of an equal item; adds a copy if there is none. 0: out of memory. */
static uint32_t items_put(struct hs_items *items, const void *item)
{
    const struct hs_items_kind *kind = items->kind;
    uint64_t hash = kind->hash(item);
    struct hs_map_search search = hs_map_search(&items->map, hash);
    while (hs_map_next(&items->map, &search))
        if (kind->same(items->item[search.number], item))
            return search.number;
    void *copy = hs_array_fill(items->item, items->room, items->n + 1, 0) ? malloc(kind->size) : NULL;
    if (!copy || !hs_map_add(&items->map, hash, items->n)) {
        free(copy);
        return 0;
    }
    items->item[items->n] = memcpy(copy, item, kind->size);
    return items->n++;
}

/* A copy of the text that is valid until the dictionary is closed; NULL: out of memory. */
static const char *put_text(struct hs_dictionary *d, struct hs_text given)
{
    char *text = strndup(given.len ? given.data : "", given.len);
    uint64_t hash = hs_hash_text(text ? text : "");
    struct hs_map_search search = hs_map_search(&d->texts, hash);
    while (text && hs_map_next(&d->texts, &search))
        if (!strcmp(d->text[search.number], text)) {
            free(text);
            return d->text[search.number];
        }
    if (!text || !hs_array_reserve(d->text, d->texts_room, d->n_texts + 1) || !hs_map_add(&d->texts, hash, d->n_texts)) {
        free(text);
        return NULL;
    }
    return d->text[d->n_texts++] = text;
}

/* --- open and close ----------------------------------------------------------------------------------- */

/* Makes room for a number. */
static int grow(struct hs_dictionary *d, uint32_t number)
{
    uint32_t room[5] = {d->room, d->room, d->room, d->room, d->room}, need = number + 1;
    if (!hs_array_fill(d->state, room[0], need, 0) || !hs_array_fill(d->site, room[1], need, 0) ||
        !hs_array_fill(d->name, room[2], need, 0) || !hs_array_fill(d->defined[0], room[3], need, 0) ||
        !hs_array_fill(d->defined[1], room[4], need, 0))
        return HS_ERR_MEMORY;
    d->room = room[0];
    return HS_OK;
}

int hs_dictionary_open(struct hs_dictionary *d)
{
    memset(d, 0, sizeof *d);
    d->n_sites = d->n_names = 1;
    int err = grow(d, 0);
    err = items_open(&d->sites, &site_items) ? HS_ERR_MEMORY : err;
    return items_open(&d->contexts, &context_items) ? HS_ERR_MEMORY : err;
}

void hs_dictionary_close(struct hs_dictionary *d)
{
    for (struct hs_fact *fact = d->fact, *next; fact; fact = next) {
        next = fact->next;
        free(fact->key);
        free(fact);
    }
    if (d->sites.item)
        items_close(&d->sites);
    if (d->contexts.item)
        items_close(&d->contexts);
    for (uint32_t i = 0; i < d->n_texts; i++)
        free(d->text[i]);
    free(d->text);
    hs_map_free(&d->texts);
    free(d->defined[0]);
    free(d->defined[1]);
    free(d->name);
    free(d->state);
    free(d->site);
    memset(d, 0, sizeof *d);
}

#define FACTS_MOST 512u /* most facts of a trace; a header has about ten */

/* --- facts -------------------------------------------------------------------------------------------- */

/* Each header of a stream repeats the facts. */
static bool is_known(const struct hs_dictionary *d, const char *text, size_t len)
{
    const char *equals = memchr(text, '=', len);
    size_t key = equals ? (size_t)(equals - text) : len, value = equals ? len - key - 1 : 0;
    for (const struct hs_fact *fact = d->fact; fact; fact = fact->next)
        if (strlen(fact->key) == key && !memcmp(fact->key, text, key) && strlen(fact->value) == value &&
            !memcmp(fact->value, text + len - value, value))
            return true;
    return false;
}

static int put_fact(struct hs_dictionary *d, const char *text, size_t len)
{
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

/* The newest fact of a key is first in the list. Older ones stay valid, because a caller may still use them. */
void hs_dictionary_fact(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len)
{
    const char *text = (const char *)bytes;
    size_t n = strnlen(text, len), key;
    const char *equals = memchr(text, '=', n);
    if (!equals)
        return;
    key = (size_t)(equals - text);
    const struct hs_fact *old = d->fact;
    while (old && (strlen(old->key) != key || memcmp(old->key, text, key) != 0))
        old = old->next;
    bool same = old && strlen(old->value) == n - key - 1 && !memcmp(old->value, equals + 1, n - key - 1);
    if (!same)
        (void)put_fact(d, text, n);
}

int hs_dictionary_facts(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len)
{
    int err = HS_OK;
    for (uint32_t at = 0, n; at < len && !err; at += n + 1) {
        n = (uint32_t)strnlen((const char *)bytes + at, len - at);
        if (n && !is_known(d, (const char *)bytes + at, n))
            err = put_fact(d, (const char *)bytes + at, n);
    }
    return err;
}

/* --- resolving definitions ---------------------------------------------------------------------------- */

/* The resolved name of `number`, NULL when it or a part of it is not defined. Number 0 is an empty name. */
static const struct hs_name *named(const struct hs_dictionary *d, uint32_t number, uint8_t kind)
{
    static const struct hs_name nothing = {.file = "", .text = ""};
    return !number ? &nothing : number < d->n_names && d->name[number].kind == kind ? &d->name[number] : NULL;
}

/* A context's parent has a lower number, so it is resolved first. */
static int resolve_context(struct hs_dictionary *d, const struct hs_definition *said, struct hs_name *name)
{
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
    *name = (struct hs_name){.kind = HS_CONTEXT,
                             .hash = said->hash + 31 * function->hash,
                             .file = "",
                             .text = "",
                             .context = items_put(&d->contexts, &context)};
    return name->context ? HS_OK : HS_ERR_MEMORY;
}

static int resolve_name(struct hs_dictionary *d, uint32_t number)
{
    const struct hs_definition *said = &d->defined[0][number];
    struct hs_name *name = &d->name[number];
    *name = (struct hs_name){.kind = 0};
    if (said->kind == HS_CONTEXT)
        return resolve_context(d, said, name);
    const struct hs_name *file = named(d, said->kind == HS_FUNCTION ? said->file : 0, HS_STRING);
    if (said->kind && file)
        *name = (struct hs_name){.kind = said->kind, .hash = said->hash + 31 * file->hash, .file = file->text, .text = said->text};
    return HS_OK;
}

static int resolve_site(struct hs_dictionary *d, uint32_t number)
{
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
    d->site[number] = items_put(&d->sites, &site);
    d->state[number].op = said->op;
    d->state[number].first_size = said->first_size;
    d->state[number].hash = said->hash + 31 * function->hash + 7 * context->hash;
    return d->site[number] ? HS_OK : HS_ERR_MEMORY;
}

/* Resolves strings, functions, contexts, then sites, because a definition may arrive after one that refers to it. */
static int resolve(struct hs_dictionary *d)
{
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

/* The definition in a record, without its text. */
static struct hs_definition said_by(const struct hs_record *r, uint32_t hash)
{
    struct hs_definition said = {.kind = r->kind, .hash = hash, .text = ""};
    switch (r->kind) {
    case HS_SITE:
        said.op = (uint8_t)(HS_ALLOC + r->site.event);
        said.first_size = (uint8_t)r->site.size;
        said.function = r->site.function;
        said.line = r->site.line;
        said.offset = r->site.offset;
        said.context = r->site.context;
        said.caller = r->site.caller;
        break;
    case HS_CONTEXT:
        said.context = r->context.parent;
        said.function = r->context.function;
        said.line = r->context.line;
        said.caller = r->context.caller;
        break;
    case HS_FUNCTION: said.file = r->function.file; break;
    default: break;
    }
    return said;
}

static int define(struct hs_dictionary *d, const struct hs_record *r, uint32_t hash)
{
    bool site = r->kind == HS_SITE;
    uint32_t number = r->definition.number;
    HS_ASSERT(number && number < NUMBERS);
    if (grow(d, number))
        return HS_ERR_MEMORY;
    struct hs_definition *said = &d->defined[site][number];
    *said = said_by(r, hash);
    bool string = r->kind == HS_STRING;
    if ((string || r->kind == HS_FUNCTION) && !(said->text = put_text(d, string ? r->string.text : r->function.name)))
        return HS_ERR_MEMORY;
    uint32_t *n = site ? &d->n_sites : &d->n_names;
    *n = number >= *n ? number + 1 : *n;
    return HS_OK;
}

int hs_dictionary_put(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len, bool only_new)
{
    int err = HS_OK, n = 0;
    for (uint32_t at = 0; at < len && err != HS_ERR_MEMORY; at += (uint32_t)n) {
        struct hs_record r;
        n = hs_decode_definition(bytes + at, len - at, &r);
        uint32_t number = n < 0 ? 0 : r.definition.number;
        if (!number || number >= NUMBERS)
            err = HS_ERR_FORMAT; /* an invalid number; the other definitions are still used */
        else if (!only_new || number >= d->room || !d->defined[r.kind == HS_SITE][number].kind)
            err = define(d, &r, hs_definition_hash(bytes + at)) ? HS_ERR_MEMORY : err;
        if (n < 0)
            break;
    }
    int resolved = len ? resolve(d) : HS_OK;
    return resolved ? resolved : err;
}

const struct hs_site *hs_dictionary_site(const struct hs_dictionary *d, uint32_t number)
{
    static const struct hs_site other = {.file = "", .function = ""};
    return !number ? &other : number < d->sites.n ? d->sites.item[number] : NULL;
}

const struct hs_context *hs_dictionary_context(const struct hs_dictionary *d, uint32_t number)
{
    return number && number < d->contexts.n ? d->contexts.item[number] : NULL;
}
