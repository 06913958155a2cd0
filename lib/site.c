/* SPDX-License-Identifier: MIT
 *
 * Sites: find the number of a key (code address, native caller), and write the definitions into the packets.
 *
 * The table has sites from its start, and the strings, functions and contexts that they name from its end. One hash table finds
 * a site by its key. If the key is new, it finds any entry by the hash of its definition: so code that is loaded again at another
 * address, or after a reset, gets its old site. A slot of the hash table has an entry's index; a search compares that entry.
 * Slots of a site's old keys do no harm; rehash removes them.
 *
 * A definition is in a packet. Before that packet is overwritten, its definitions that later packets need are copied into the
 * open one. The others are lost with it, and are written again at the next use. So the ring always has exactly the definitions
 * that its records need.
 */
#include <string.h>

#include "lib/assertion.h"
#include "lib/decode.h"
#include "lib/hot.h"
#include "lib/schema.h"
#include "lib/section.h"
#include "lib/trace.h"
#include "lib/varint.h"

INLINE uint32_t slot_of_key(struct hs_key key)
{
    uint32_t mix = ((uint32_t)key.code ^ (uint32_t)key.caller << 9 ^ (uint32_t)key.caller >> 5) * 0x9E3779B1u;
#if HS_STACKS
    mix += (uint32_t)key.context * 0x85EBCA77u;
#endif
    return mix >> 15 & (hs_trace.config.hash_size - 1);
}

static uint32_t slot_of_hash(uint32_t hash) { return (hash >> 12 ^ hash) & (hs_trace.config.hash_size - 1); }
static uint32_t after(uint32_t slot) { return (slot + 1) & (hs_trace.config.hash_size - 1); }

static uint32_t index_of(const struct hs_site_entry *entry) { return (uint32_t)(entry - hs_trace.site); }

/* The number under which records and definitions know an entry. */
static uint32_t number_of(const struct hs_site_entry *entry)
{
    uint32_t index = index_of(entry);
    return entry->kind == HS_SITE ? index : hs_trace.config.n_sites - index;
}

static struct hs_site_entry *entry_of(uint8_t kind, uint32_t number)
{
    return kind == HS_SITE ? &hs_trace.site[number] : hs_name_entry(number);
}

static void put_slot(uint32_t slot, uint32_t index)
{
    struct hs_trace *t = &hs_trace;
    while (t->config.hash[slot])
        slot = after(slot);
    t->config.hash[slot] = (uint16_t)index;
    t->hashed++;
}

static void hash_entry(const struct hs_site_entry *entry)
{
    if (!entry->kind)
        return;
    if (entry->key.code != HS_NOWHERE)
        put_slot(slot_of_key(entry->key), index_of(entry));
    put_slot(slot_of_hash(entry->hash), index_of(entry));
}

static void rehash(void)
{
    struct hs_trace *t = &hs_trace;
    memset(t->config.hash, 0, t->config.hash_size * sizeof *t->config.hash);
    t->hashed = 0;
    for (uint32_t i = 1; i < t->n_sites; i++)
        hash_entry(&t->site[i]);
    for (uint32_t i = 1; i <= t->n_names; i++)
        hash_entry(hs_name_entry(i));
}

/* Enters an entry at a slot. Its key and hash are set before, because rehash enters it by them. */
static void enter_slot(uint32_t slot, const struct hs_site_entry *entry)
{
    if (hs_trace.hashed >= hs_trace.config.hash_size / 4u * 3u)
        rehash();
    else
        put_slot(slot, index_of(entry));
}

/* --- where definitions are ---------------------------------------------------------------------------- */

INLINE uint32_t age(uint16_t packet) { return (uint16_t)(hs_trace.epoch - packet); }

static bool is_gone(const struct hs_site_entry *entry) { return age(entry->defined) >= hs_trace.kept; }

/* Whether the open packet has room for a definition of `len` bytes. Any record must fit a packet beside its definitions. */
static bool has_room(uint32_t len)
{
    const struct hs_trace *t = &hs_trace;
    uint32_t defs = t->defs + len;
    uint32_t room = t->shape.packet_size - (uint32_t)sizeof(struct hs_packet);
    return t->cursor != HS_NO_PACKET && defs + HS_RECORD_MAX <= room && defs <= room / 4 * 3 &&
           defs + HS_EVENT_MAX <= (size_t)(t->end - t->cursor);
}

/* Writes a definition into the open packet. */
static void append(const uint8_t *bytes, struct hs_site_entry *entry)
{
    struct hs_trace *t = &hs_trace;
    struct hs_packet *p = hs_open_packet();
    uint32_t len = HS_DEFINITION_LEN(*bytes);
    HS_ASSERT(t->defs + len <= (size_t)(t->end - t->cursor)); /* checked by all callers */
    memcpy(t->end - t->defs - len, bytes, len);
    __asm__ volatile("" ::: "memory"); /* the bytes come before the length that makes them valid */
    p->defs = t->defs = (uint16_t)(t->defs + len);
    entry->defined = t->epoch;
    t->defined += len;
}

/* The next packets may be full of copied definitions while the set of used sites changes. After a few packets the old ones are
 * out of the ring. */
#define TURNS_MAX 4u

/* The same; if this packet has no room, in one of the next. */
static bool write_definition(const uint8_t *bytes, struct hs_site_entry *entry)
{
    uint32_t len = HS_DEFINITION_LEN(*bytes);
    for (uint32_t turns = 0; !has_room(len); turns++) {
        if (turns == TURNS_MAX)
            return false;
        hs_packet_turn();
    }
    append(bytes, entry);
    hs_packet_limit();
    return true;
}

/* --- what a definition names --------------------------------------------------------------------------- */

/* The calling context of a site, or the parent of a context. */
static uintptr_t context_of(const struct hs_site_entry *entry)
{
#if HS_STACKS
    return entry->key.context;
#else
    (void)entry;
    return 0;
#endif
}

/* Calls `visit` for the entry and all that it names, until a call returns false. */
static bool each(struct hs_site_entry *entry, bool (*visit)(struct hs_site_entry *))
{
    for (;;) {
        for (struct hs_site_entry *named = entry;; named = hs_name_entry(named->parent)) {
            if (!visit(named))
                return false;
            if (!named->parent)
                break;
        }
        uintptr_t context = context_of(entry);
        if (!context)
            return true;
        entry = hs_name_entry(context);
    }
}

/* The calling context of a key. */
static uint32_t context_of_key(struct hs_key key)
{
#if HS_STACKS
    return (uint32_t)key.context;
#else
    return (void)key, 0;
#endif
}

static void set_context(struct hs_site_entry *entry, uint32_t context)
{
#if HS_STACKS
    entry->key.context = context;
#else
    (void)entry, (void)context;
#endif
}

static bool touch(struct hs_site_entry *entry)
{
    entry->used = hs_trace.epoch;
    return true;
}

/* --- numbers ------------------------------------------------------------------------------------------- */

static void free_entry(struct hs_site_entry *entry) { *entry = (struct hs_site_entry){.key.code = HS_NOWHERE}; }

/* At level "summary" a site may lose its entry between two summaries. Its counts are then added to those of site 0. */
static void keep_counts(const struct hs_site_entry *entry)
{
    struct hs_trace *t = &hs_trace;
    if (!hs_at_level() || t->config.level.level != HS_LEVEL_SUMMARY || entry->kind != HS_SITE)
        return;
    t->other_times += (uint32_t)entry->times;
    t->other_bytes += (uint32_t)entry->bytes;
}

/* Frees the entries that no packet in the ring uses. Contexts stay, because a running function may have the context's number. */
static void reclaim(void)
{
    struct hs_trace *t = &hs_trace;
    uint32_t dead = t->shape.flags & HS_RING_STREAM ? 1 : t->shape.packet_count;
    if (t->reclaimed == t->epoch)
        return;
    t->reclaimed = t->epoch;
    for (uint32_t i = 1; i <= t->n_names; i++)
        if (hs_name_entry(i)->kind == HS_CONTEXT)
            each(hs_name_entry(i), touch);
    for (uint32_t i = 1; i < t->config.n_sites; i++)
        if (t->site[i].kind && age(t->site[i].used) >= dead) {
            keep_counts(&t->site[i]);
            free_entry(&t->site[i]);
        }
    while (t->n_sites > 1 && !t->site[t->n_sites - 1].kind)
        t->n_sites--;
    while (t->n_names && !hs_name_entry(t->n_names)->kind)
        t->n_names--;
    t->file = t->function = (struct hs_named){.data = NULL};
    rehash();
}

/* The next entry that was never in use, NULL when there is none. first_candidate reads the entry after the last site. */
static struct hs_site_entry *next_entry(bool site)
{
    struct hs_trace *t = &hs_trace;
    HS_ASSERT(t->n_sites + t->n_names <= t->config.n_sites);
    if (t->n_sites + t->n_names + 1u >= t->config.n_sites)
        return NULL;
    return site ? &t->site[t->n_sites++] : hs_name_entry(++t->n_names);
}

/* Whether sites, or what they name, have less than their share of the table: three quarters and one quarter. There are always
 * new ones of both, and only when all that has a share is needed does it grow at the cost of the other. */
static bool has_share(bool site)
{
    const struct hs_trace *t = &hs_trace;
    uint32_t quarter = t->config.n_sites / 4u;
    return site ? t->n_sites < 3 * quarter : t->n_names < quarter;
}

static struct hs_site_entry *new_entry(uint8_t kind)
{
    struct hs_trace *t = &hs_trace;
    bool site = kind == HS_SITE;
    struct hs_site_entry *entry = has_share(site) ? next_entry(site) : NULL;
    if (entry)
        return entry;
    reclaim();
    uint32_t from = site ? 1 : t->config.n_sites - t->n_names, to = site ? t->n_sites : t->config.n_sites;
    for (; from < to; from++)
        if (!t->site[from].kind)
            return &t->site[from];
    return next_entry(site);
}

/* Distance of an address from the anchor. */
static int64_t distance(uintptr_t code) { return (int64_t)(intptr_t)(code - hs_code_address((uintptr_t)hs_anchor)); }

/* --- definitions --------------------------------------------------------------------------------------- */

/* Of a name that is too long, only the end is kept, where a path has the file name. This sign is put before it. */
static const char cut_sign[] = "\xe2\x80\xa6";

static uint8_t *put_cut(uint8_t *to, struct hs_record *r, struct hs_text *text)
{
    const struct hs_text whole = *text;
    *text = (struct hs_text){whole.data + (whole.len - HS_TEXT_MAX), HS_TEXT_MAX};
    uint8_t *end = hs_put_fields(to, r, HS_TEXT_MAX);
    memcpy(end - HS_TEXT_MAX, cut_sign, sizeof cut_sign - 1);
    *text = whole;
    return end;
}

/* The text of a STRING or FUNCTION; else NULL. */
static struct hs_text *text_of(struct hs_record *r)
{
    return r->kind == HS_STRING ? &r->string.text : r->kind == HS_FUNCTION ? &r->function.name : NULL;
}

static void compose(struct hs_record *r, uint32_t number, uint8_t *bytes)
{
    struct hs_text *text = text_of(r);
    r->definition.number = number;
    uint8_t *end = text && text->len > HS_TEXT_MAX ? put_cut(bytes + 1, r, text) : hs_put_fields(bytes + 1, r, HS_TEXT_MAX);
    if (!text)
        while (end > bytes + 2 && !end[-1])
            end--;
    bytes[0] = (uint8_t)((r->kind - HS_STRING) << 6 | (uint32_t)(end - bytes - 1));
}

/* Sets an entry's members from its definition; for a STRING there are none. */
static void adopt_fields(struct hs_site_entry *entry, const struct hs_record *r)
{
    if (r->kind == HS_FUNCTION) {
        entry->parent = (uint16_t)r->function.file;
    } else if (r->kind == HS_CONTEXT) {
        entry->parent = (uint16_t)r->context.function;
        entry->size = (uint16_t)(r->context.line < 0xffff ? r->context.line : 0xffff);
        set_context(entry, r->context.parent);
    } else if (r->kind == HS_SITE) {
        entry->op = (uint8_t)(HS_ALLOC + r->site.event);
        entry->parent = (uint16_t)r->site.function;
        entry->first_size = (uint8_t)r->site.size;
        set_context(entry, r->site.context);
    }
}

/* The entry with this definition; NULL if there is none. `names`: number of its function or file. */
static struct hs_site_entry *find_definition(const struct hs_record *r, uint32_t hash, uint16_t names)
{
    struct hs_trace *t = &hs_trace;
    uint8_t op = (uint8_t)(r->kind == HS_SITE ? HS_ALLOC + r->site.event : 0);
    for (uint32_t slot = slot_of_hash(hash), index; (index = t->config.hash[slot]) != 0; slot = after(slot)) {
        struct hs_site_entry *e = &t->site[index];
        if (e->hash == hash && e->kind == r->kind && e->op == op && e->parent == names)
            return e;
    }
    return NULL;
}

/* What the definitions that a definition names add to its hash. */
static uint32_t hash_of_named(uint32_t parent, uintptr_t context)
{
    uint32_t hash = parent ? 31 * hs_name_entry(parent)->hash : 0;
    return context ? hash + 7 * hs_name_entry((uint32_t)context)->hash : hash;
}

static __attribute__((noinline)) uint32_t hash_of_bytes(struct hs_record *r)
{
    uint8_t bytes[HS_DEFINITION_MAX];
    compose(r, 0, bytes);
    return hs_definition_hash(bytes);
}

/* Writes the definition of an entry. */
static bool write_entry(struct hs_record *r, struct hs_site_entry *entry)
{
    uint8_t bytes[HS_DEFINITION_MAX];
    if (r->kind == HS_SITE)
        r->site.size = entry->first_size; /* packets with its older definition predict this size */
    compose(r, number_of(entry), bytes);
    return write_definition(bytes, entry);
}

/* Makes an entry and writes its definition; NULL if there is no room. */
static __attribute__((noinline)) struct hs_site_entry *define_new(struct hs_record *r, uint32_t hash)
{
    struct hs_site_entry *entry = new_entry(r->kind);
    if (!entry)
        return NULL;
    *entry = (struct hs_site_entry){
        .key = {.code = HS_NOWHERE},
        .used = (uint16_t)(hs_trace.epoch - 1),
        .hash = hash,
        .kind = r->kind,
    };
    adopt_fields(entry, r);
    if (!write_entry(r, entry)) {
        free_entry(entry);
        return NULL;
    }
    enter_slot(slot_of_hash(entry->hash), entry);
    return entry;
}

/* The existing entry with this definition, or a new one; NULL if there is no room. `hash`: of the whole definition. */
static struct hs_site_entry *define(struct hs_record *r, uint32_t hash, uint32_t names)
{
    struct hs_site_entry *entry = find_definition(r, hash, (uint16_t)names);
    if (!entry)
        return define_new(r, hash);
    return !is_gone(entry) || write_entry(r, entry) ? entry : NULL;
}

static __attribute__((noinline)) uint32_t define_other_name(uint8_t kind, struct hs_text text, struct hs_named *last,
                                                            uint32_t file)
{
    uint32_t len = text.len < UINT16_MAX ? text.len : UINT16_MAX;
    const char *data = text.data + (text.len - len);
    struct hs_record r = {.kind = kind};
    *text_of(&r) = (struct hs_text){data, len};
    if (kind == HS_FUNCTION)
        r.function.file = file;
    struct hs_site_entry *entry = define(&r, hash_of_bytes(&r) + hash_of_named(file, 0), file);
    if (entry) {
        entry->text = data;
        entry->size = (uint16_t)len;
        touch(entry);
    }
    *last = (struct hs_named){text.data, text.len, entry ? number_of(entry) : 0, entry};
    return last->number;
}

/* Number of a name; 0 if the text is empty or there is no room. `last` caches the last name, because the next site is mostly in
 * the same file and often in the same function. */
static uint32_t define_name(uint8_t kind, struct hs_text text, struct hs_named *last, uint32_t file)
{
    struct hs_site_entry *entry = last->entry;
    if (!text.len)
        return 0;
    if (!entry || text.data != last->data || text.len != last->len || entry->parent != file || is_gone(entry))
        return define_other_name(kind, text, last, file);
    touch(entry);
    return last->number;
}

/* File, function and line of `code`: in `*room`, or where an entry of the queue has them already. */
INLINE const struct hs_place *place_of(uintptr_t code, struct hs_place *room)
{
#if HS_PENDING
    if (hs_trace.place)
        return hs_trace.place;
#endif
    room->file = room->function = (struct hs_text){NULL, 0};
    room->line = room->offset = 0;
    room->nested = false;
    if (code)
        hs_trace.config.describe(code, room);
    return room;
}

/* Defines the file and function of a place, and sets `*function`. False: there is no room. */
INLINE bool define_names(const struct hs_place *place, uint32_t *function)
{
    struct hs_trace *t = &hs_trace;
    uint32_t file = define_name(HS_STRING, place->file, &t->file, 0);
    *function = define_name(HS_FUNCTION, place->function, &t->function, file);
    return (file || !place->file.len) && (*function || !place->function.len);
}

/* Enters a key into the hash table. */
INLINE void enter_key(struct hs_site_entry *entry, struct hs_key key)
{
    if (hs_has_key(entry, key))
        return;
    entry->key = key;
    enter_slot(slot_of_key(key), entry);
}

/* Defines the site of `key`. NULL if there is no room. Most sites that are described have an entry with the same definition already,
 * as when a module is imported again; so the hash is computed without the definition's bytes. Each member of `r` is set by
 * itself, because a small core would call memset for an initialiser. */
INLINE struct hs_site_entry *define_key(struct hs_key key, uint8_t event, uint32_t size)
{
    struct hs_place room;
    const struct hs_place *place = place_of(key.code, &room);
    struct hs_record r;
    uint32_t function, context = context_of_key(key);
    if (!define_names(place, &function))
        return NULL;
    r.kind = HS_SITE;
    r.site.size = size;
    r.site.caller = distance(key.caller);
    r.site.function = function;
    r.site.line = place->line;
    r.site.offset = place->offset;
    r.site.context = context;
    r.site.event = event;
    HS_ASSERT(hs_site_hash(&r.site) == hash_of_bytes(&r));
    struct hs_site_entry *entry = define(&r, hs_site_hash(&r.site) + hash_of_named(function, context), function);
    if (entry)
        enter_key(entry, key);
    return entry;
}

static bool is_defined(struct hs_site_entry *entry) { return !is_gone(entry); }

bool hs_site_ready(struct hs_site_entry *site)
{
    struct hs_trace *t = &hs_trace;
    if (site->used == t->epoch)
        return true;
    if (!each(site, is_defined))
        return false;
    each(site, touch);
    if (hs_at_level()) { /* no predictions: these members have other uses (level.c, hs_record_named) */
        site->rank = 0;
        site->size = 0;
        return true;
    }
    hs_packet_name(site);
    site->size = site->first_size;
    site->next = site->second = t->site;
    site->rank = site->op == HS_ALLOC ? 0 : HS_RANK_SET;
    return true;
}

HOT struct hs_site_entry *hs_site_of_key(HS_KEY_PARAMETERS, uint8_t op)
{
    const struct hs_trace *t = &hs_trace;
    const struct hs_key key = HS_KEY;
    for (uint32_t slot = slot_of_key(key), index; (index = t->config.hash[slot]) != 0; slot = after(slot))
        if (hs_is_site(&t->site[index], key, op))
            return &t->site[index];
    return NULL;
}

#if HS_STACKS
/* Make the definition of a string or function, or of a context, from its entry. False if the entry does not have all of it. */
static bool name_again(struct hs_record *r, const struct hs_site_entry *entry)
{
    *text_of(r) = (struct hs_text){entry->text, entry->size};
    if (r->kind == HS_FUNCTION)
        r->function.file = entry->parent;
    return entry->text != NULL;
}
static bool context_again(struct hs_record *r, const struct hs_site_entry *entry)
{
    bool native = !entry->parent; /* the entry has its address only until a reset */
    r->context = (struct hs_record_context){.parent = (uint32_t)context_of(entry),
                                            .function = entry->parent,
                                            .line = entry->size,
                                            .caller = native ? distance(entry->key.caller) : 0};
    return !native || entry->key.caller;
}

/* Whether a reader can use the entry's definition. The callers cannot be looked up again, so definitions of contexts, and of the
 * functions and strings that they name, are written again from the table. */
static bool is_here(struct hs_site_entry *entry)
{
    uint8_t bytes[HS_DEFINITION_MAX];
    if (!is_gone(entry))
        return true;
    struct hs_record r = {.kind = entry->kind};
    bool known = entry->kind == HS_CONTEXT ? context_again(&r, entry) : entry->kind != HS_SITE && name_again(&r, entry);
    if (!known)
        return false;
    compose(&r, number_of(entry), bytes);
    return write_definition(bytes, entry);
}
static bool are_here(struct hs_site_entry *site) { return each(site, is_here); }
#else
static bool are_here(struct hs_site_entry *site) { return (void)site, true; }
#endif

/* Tries twice: if a packet was closed and lost meanwhile, a part of the definition was lost with it. */
static __attribute__((noinline)) struct hs_site_entry *define_site(struct hs_key key, uint8_t op, uint32_t size)
{
    for (int tries = 0; tries < 2; tries++) {
        struct hs_site_entry *site = define_key(key, (uint8_t)(op - HS_ALLOC), size < 128 ? size : 0);
        if (site && are_here(site) && (site->used == hs_trace.epoch || hs_site_ready(site)))
            return site;
    }
    return hs_trace.site;
}

struct hs_site_entry *hs_site_find(HS_KEY_PARAMETERS, uint8_t op, uint32_t size)
{
    struct hs_key key = HS_KEY;
    struct hs_site_entry *site = hs_site_of_key(HS_KEY_ARGUMENTS(key), op);
    return site && hs_site_ready(site) ? site : define_site(key, op, size);
}

#if HS_STACKS
static struct hs_site_entry *define_context(struct hs_key key)
{
    struct hs_place room;
    const struct hs_place *place = place_of(key.code, &room);
    uint32_t function;
    if (!define_names(place, &function))
        return NULL;
    struct hs_record r = {.kind = HS_CONTEXT,
                          .context = {.parent = context_of_key(key),
                                      .function = function,
                                      .line = place->line,
                                      .caller = key.caller ? distance(key.caller) : 0}};
    struct hs_site_entry *entry = define(&r, hash_of_bytes(&r) + hash_of_named(function, 0), function);
    if (entry)
        enter_key(entry, key);
    return entry;
}

static uint32_t context_at(struct hs_key key)
{
    hs_lock_t lock;
    if (!hs_section_enter(&lock))
        return 0;
    struct hs_site_entry *entry = hs_site_of_key(HS_KEY_ARGUMENTS(key), 0);
    if (!entry)
        entry = define_context(key);
    uint32_t number = entry ? number_of(entry) : 0;
    hs_section_leave(lock);
    return number;
}
uint32_t hs_context(uint32_t parent, uintptr_t code) { return context_at((struct hs_key){.code = code, .context = parent}); }
uint32_t hs_caller_context(uint32_t parent, uintptr_t caller)
{
    return context_at((struct hs_key){.caller = caller, .context = parent});
}
#else
uint32_t hs_context(uint32_t parent, uintptr_t code) { return (void)code, parent; }
uint32_t hs_caller_context(uint32_t parent, uintptr_t caller) { return (void)caller, parent; }
#endif

static void forget(struct hs_site_entry *e, bool (*gone)(uintptr_t code))
{
    if (e->key.code > HS_NOWHERE && (!gone || gone(e->key.code)))
        e->key.code = HS_NOWHERE;
    if (!gone && (e->kind == HS_STRING || e->kind == HS_FUNCTION))
        e->text = NULL;
}

static void forget_slice(uint32_t from, uint32_t to, bool (*gone)(uintptr_t code))
{
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock;
    if (!hs_section_enter(&lock))
        return;
    if (!gone)
        t->file = t->function = (struct hs_named){.data = NULL};
    for (; from < to && from < t->config.n_sites; from++)
        forget(&t->site[from], gone);
    hs_section_leave(lock);
}

/* Entries per section, so that interrupts are not masked for long. */
#define SLICE 16u

void hs_forget(bool (*gone)(uintptr_t code))
{
    for (uint32_t i = 0; i < hs_trace.config.n_sites; i += SLICE)
        forget_slice(i, i + SLICE, gone);
}

/* --- definitions in the ring ---------------------------------------------------------------------------- */

/* Number of the definition at `bytes`, which ends before `end`; 0: it is damaged. */
static uint32_t definition_number(const uint8_t *bytes, const uint8_t *end)
{
    uint32_t number = 0;
    if (HS_DEFINITION_LEN(*bytes) > (size_t)(end - bytes))
        return 0;
    end = bytes + HS_DEFINITION_LEN(*bytes);
    bytes++;
    for (uint32_t shift = 0; bytes < end && shift < 32; shift += 7) {
        number |= (*bytes & 0x7fu) << shift;
        if (*bytes++ < 0x80)
            return number;
    }
    return 0;
}

/* The table's entry of this kind and number; NULL if it has none. */
static struct hs_site_entry *entry_if_any(uint8_t kind, uint32_t number)
{
    const struct hs_trace *t = &hs_trace;
    if (!number || number >= t->config.n_sites || (kind == HS_SITE ? number >= t->n_sites : number > t->n_names))
        return NULL;
    return entry_of(kind, number);
}

static void carry(const uint8_t *bytes, uint32_t number, uint16_t packet)
{
    const struct hs_trace *t = &hs_trace;
    uint8_t kind = (uint8_t)HS_DEFINITION_KIND(*bytes);
    struct hs_site_entry *entry = entry_if_any(kind, number);
    if (!entry || entry->kind != kind || entry->defined != packet || age(entry->used) >= age(packet))
        return;
    if (t->defs + HS_DEFINITION_LEN(*bytes) <= (size_t)(t->end - t->cursor))
        append(bytes, entry);
}

static const uint8_t *first_definition(const struct hs_packet *p)
{
    return (const uint8_t *)p + hs_trace.shape.packet_size - p->defs;
}

/* It needs the definitions' kinds and numbers only, so what decodes them need not be where this function is. */
void hs_site_carry(const struct hs_packet *packet)
{
    const uint8_t *at = first_definition(packet), *end = at + packet->defs;
    for (uint32_t number; at < end && (number = definition_number(at, end)) != 0; at += HS_DEFINITION_LEN(*at))
        carry(at, number, (uint16_t)packet->seq);
    hs_packet_limit();
}

/* Makes room in the table for a definition of an earlier boot. */
static bool extend(const struct hs_record *r)
{
    struct hs_trace *t = &hs_trace;
    uint32_t sites = t->n_sites, names = t->n_names, number = r->definition.number;
    if (!number || number >= t->config.n_sites)
        return false;
    if (r->kind == HS_SITE)
        sites = number >= sites ? number + 1 : sites;
    else
        names = number > names ? number : names;
    if (sites + names >= t->config.n_sites)
        return false;
    t->n_sites = (uint16_t)sites;
    t->n_names = (uint16_t)names;
    return true;
}

/* Enters a definition if it is the newest of its number. It counts as used now, because any packet of the ring may need it. */
static void adopt(const uint8_t *bytes, const struct hs_record *r, uint16_t packet)
{
    struct hs_site_entry *entry = extend(r) ? entry_of(r->kind, r->definition.number) : NULL;
    if (!entry || (entry->kind && age(entry->defined) <= age(packet)))
        return;
    *entry = (struct hs_site_entry){
        .key = {.code = HS_NOWHERE},
        .used = hs_trace.epoch,
        .defined = packet,
        .hash = hs_definition_hash(bytes),
        .kind = r->kind,
    };
    adopt_fields(entry, r);
}

/* Enters the definitions of a packet that may be read. */
static void adopt_all(const struct hs_packet *p)
{
    const uint8_t *at = first_definition(p), *end = at + p->defs;
    struct hs_record r;
    for (int len; at < end && (len = hs_decode_definition(at, (size_t)(end - at), &r)) > 0; at += len)
        adopt(at, &r, (uint16_t)p->seq);
}

/* Frees entries that name a missing entry, as in a damaged ring, and completes the hashes of the others. The entries that they
 * name must be completed first. */
static void complete(uint8_t kind)
{
    struct hs_trace *t = &hs_trace;
    for (uint32_t i = 1; i < t->config.n_sites; i++) {
        struct hs_site_entry *e = &t->site[i];
        if (e->kind != kind)
            continue;
        uint8_t named = kind == HS_FUNCTION ? HS_STRING : HS_FUNCTION;
        if ((e->parent && (e->parent > t->n_names || hs_name_entry(e->parent)->kind != named)) ||
            (context_of(e) && (context_of(e) > t->n_names || hs_name_entry(context_of(e))->kind != HS_CONTEXT)))
            free_entry(e);
        else
            e->hash += hash_of_named(e->parent, kind == HS_SITE ? context_of(e) : 0);
    }
}

void hs_site_init(void)
{
    struct hs_trace *t = &hs_trace;
    for (uint32_t i = 0; i < t->config.n_sites; i++)
        free_entry(&t->site[i]);
    t->n_sites = 1;
    const struct hs_packet *staged = hs_staged_packet();
    t->epoch = (uint16_t)(t->seq - !staged);
    t->reclaimed = (uint16_t)(t->epoch - 1);
    for (uint32_t i = 0; i < t->shape.packet_count && !(t->shape.flags & HS_RING_STREAM); i++)
        if (hs_slot(i)->defs && hs_slot_readable(i))
            adopt_all(hs_slot(i));
    if (staged)
        adopt_all(staged);
    complete(HS_FUNCTION);
    complete(HS_CONTEXT);
    complete(HS_SITE);
    rehash();
}

/* --- identity ---------------------------------------------------------------------------------------- */

__attribute__((used, noinline)) void hs_anchor(void) {}

/* x * 0x100000001B3 from 32-bit products, because a small core calls the library for a 64-bit product. */
static uint64_t fnv_multiply(uint64_t x)
{
    uint32_t low = (uint32_t)x, high = (uint32_t)(x >> 32);
    uint32_t p0 = (low & 0xffff) * 0x1B3u, p1 = (low >> 16) * 0x1B3u + (p0 >> 16);
    high = high * 0x1B3u + (low << 8) + (p1 >> 16);
    return (uint64_t)high << 32 | (p1 << 16 | (p0 & 0xffff));
}

uint64_t hs_fingerprint(const uintptr_t *functions, size_t n)
{
    uint64_t mix = 0xCBF29CE484222325u;
    for (size_t i = 0; i < n; i++) {
        uint32_t distance = (uint32_t)(hs_code_address(functions[i]) - hs_code_address((uintptr_t)hs_anchor));
        for (int byte = 0; byte < 4; byte++, distance >>= 8)
            mix = fnv_multiply(mix ^ (distance & 0xff));
    }
    return mix;
}
