/* SPDX-License-Identifier: MIT
 *
 * Sites: from a key (code address, native caller) to a number, and their definitions in the packets.
 *
 * The table has sites from its start and what they name (strings, functions, contexts) from its end. One
 * hash finds a site by its key and, when the key is new, any entry by the hash of its definition, so that
 * code which is loaded a second time at another address, or after a reset, is the site that it was. A slot
 * of the hash holds an entry's index; it is right when that entry is the one sought. Slots of keys that a
 * site had before do no harm and go when the hash is built anew.
 *
 * A definition lies in a packet. When that is overwritten next and later packets need it, it is carried
 * into the open one; when they do not, it goes with its packet, and is written again should the site be met
 * once more. So the ring always holds what it takes to read it, and nothing else.
 */
#include <string.h>

#include "lib/assertion.h"
#include "lib/decode.h"
#include "lib/schema.h"
#include "lib/trace.h"
#include "lib/varint.h"

#define INLINE static inline __attribute__((always_inline))
#if defined(__GNUC__) && !defined(__clang__)
#define HOT __attribute__((optimize("O2")))
#else
#define HOT
#endif

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

/* Lets a slot lead to an entry that has the key and the hash by which it is sought. */
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

/* What the definitions leave of a packet's room takes any record. */
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
    HS_ASSERT(t->defs + len <= (size_t)(t->end - t->cursor)); /* a packet that is sealed takes no more records */
    memcpy(t->end - t->defs - len, bytes, len);
    __asm__ volatile("" ::: "memory"); /* the bytes come before the length that makes them valid */
    p->defs = t->defs = (uint16_t)(t->defs + len);
    entry->defined = t->epoch;
    t->defined += len;
}

/* The next packets may be full of what is carried into them, as long as what is in use changes: after some more turns
 * what the program did before is out of the ring. */
#define TURNS_MAX 4u

/* The same, in one of the next packets when there is no room in this one. */
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

/* The calling context of a site, the outer one of a context. */
static uintptr_t context_of(const struct hs_site_entry *entry)
{
#if HS_STACKS
    return entry->key.context;
#else
    (void)entry;
    return 0;
#endif
}

/* Calls `visit` for the entry and all that it names, until that says false. */
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

static bool touch(struct hs_site_entry *entry)
{
    entry->used = hs_trace.epoch;
    return true;
}

/* --- numbers ------------------------------------------------------------------------------------------- */

static void free_entry(struct hs_site_entry *entry) { *entry = (struct hs_site_entry){.key.code = HS_NOWHERE}; }

/* At level "summary" a site may lose its entry between two summaries: what it has counted is then counted for site 0. */
static void keep_counts(const struct hs_site_entry *entry)
{
    struct hs_trace *t = &hs_trace;
    if (hs_state != HS_STATE_LEVEL || t->config.level.level != HS_LEVEL_SUMMARY || entry->kind != HS_SITE)
        return;
    t->other_times += (uint32_t)entry->times;
    t->other_bytes += (uint32_t)entry->bytes;
}

/* Gives back the entries of places that no packet in the ring tells of. Contexts stay: a running function has
 * its number. */
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

/* The next entry that was never in use, NULL when there is none. Behind the last site there is another entry, to be looked at. */
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

/* Of an address from the anchor. */
static int64_t distance(uintptr_t code) { return (int64_t)(intptr_t)(code - hs_code_address((uintptr_t)hs_anchor)); }

/* --- definitions --------------------------------------------------------------------------------------- */

/* A name that is too long keeps its end, where a path's file name is, and has this in front. */
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

/* Of a STRING or FUNCTION, else NULL. */
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

/* The entry that is defined so; NULL when there is none. */
static struct hs_site_entry *find_definition(const struct hs_site_entry *like)
{
    struct hs_trace *t = &hs_trace;
    for (uint32_t slot = slot_of_hash(like->hash), index; (index = t->config.hash[slot]) != 0; slot = after(slot)) {
        struct hs_site_entry *e = &t->site[index];
        if (e->hash == like->hash && e->kind == like->kind && e->op == like->op && e->parent == like->parent)
            return e;
    }
    return NULL;
}

static uint32_t hash_of_named(const struct hs_site_entry *entry)
{
    uint32_t hash = entry->parent ? 31 * hs_name_entry(entry->parent)->hash : 0;
    if (entry->kind == HS_SITE && context_of(entry))
        hash += 7 * hs_name_entry(context_of(entry))->hash;
    return hash;
}

/* The entry of this definition: the one it had when it was met before, or a new one; NULL when there is no room. `like`
 * has what the entry gets. */
static struct hs_site_entry *define(struct hs_record *r, struct hs_site_entry *like)
{
    struct hs_trace *t = &hs_trace;
    uint8_t bytes[HS_DEFINITION_MAX];
    compose(r, 0, bytes);
    like->kind = r->kind;
    like->hash = hs_definition_hash(bytes) + hash_of_named(like);
    struct hs_site_entry *entry = find_definition(like);
    bool known = entry;
    if (!known) {
        entry = new_entry(r->kind);
        if (!entry)
            return NULL;
        *entry = *like;
        entry->used = (uint16_t)(t->epoch - 1);
    }
    if (!known || is_gone(entry)) {
        if (r->kind == HS_SITE)
            r->site.size = entry->first_size; /* packets that know its older definition predict by it */
        compose(r, number_of(entry), bytes);
        if (!write_definition(bytes, entry)) {
            if (!known)
                free_entry(entry);
            return NULL;
        }
    }
    if (!known)
        enter_slot(slot_of_hash(entry->hash), entry);
    return entry;
}

/* Number of a name. `last` remembers: the next site is mostly of the same file, often of the same function. 0 when there
 * is none, or no room. */
static uint32_t define_name(uint8_t kind, struct hs_text text, struct hs_named *last, uint32_t file)
{
    if (last->number && text.data == last->data && text.len == last->len && hs_name_entry(last->number)->parent == file &&
        !is_gone(hs_name_entry(last->number))) {
        touch(hs_name_entry(last->number));
        return last->number;
    }
    uint32_t len = text.len < UINT16_MAX ? text.len : UINT16_MAX;
    const char *data = len ? text.data + (text.len - len) : NULL;
    struct hs_record r = {.kind = kind};
    *text_of(&r) = (struct hs_text){data, len};
    if (kind == HS_FUNCTION)
        r.function.file = file;
    struct hs_site_entry like = {.key.code = HS_NOWHERE, .text = data, .size = (uint16_t)len, .parent = (uint16_t)file};
    struct hs_site_entry *entry = len ? define(&r, &like) : NULL;
    if (entry) {
        entry->text = like.text;
        touch(entry);
    }
    *last = (struct hs_named){text.data, text.len, entry ? number_of(entry) : 0};
    return last->number;
}

#if HS_STACKS
static uint32_t context_of_key(struct hs_key key) { return (uint32_t)key.context; }
static void set_context(struct hs_site_entry *entry, struct hs_key key) { entry->key.context = key.context; }
#else
static uint32_t context_of_key(struct hs_key key) { return (void)key, 0; }
static void set_context(struct hs_site_entry *entry, struct hs_key key) { (void)entry, (void)key; }
#endif

/* A site's definition, and what its entry gets. */
static void fill_site(struct hs_record *r, struct hs_site_entry *like, struct hs_key key, const struct hs_place *place)
{
    r->site.caller = distance(key.caller);
    r->site.function = like->parent;
    r->site.line = place->line;
    r->site.offset = place->offset;
    r->site.context = context_of_key(key);
    like->op = (uint8_t)(HS_ALLOC + r->site.event);
    like->first_size = (uint8_t)r->site.size;
}

static void fill_context(struct hs_record *r, struct hs_site_entry *like, struct hs_key key, const struct hs_place *place)
{
    r->context.parent = context_of_key(key);
    r->context.function = like->parent;
    r->context.line = place->line;
    r->context.caller = key.caller ? distance(key.caller) : 0;
    like->size = (uint16_t)(place->line < 0xffff ? place->line : 0xffff);
}

/* Defines what `key` names and lets the key find it from now on. NULL when there is no room. */
static struct hs_site_entry *define_key(struct hs_record *r, struct hs_key key)
{
    struct hs_trace *t = &hs_trace;
    struct hs_place place = {.line = 0};
    if (key.code)
        t->config.describe(key.code, &place);
    uint32_t file = define_name(HS_STRING, place.file, &t->file, 0);
    uint32_t function = define_name(HS_FUNCTION, place.function, &t->function, file);
    if ((place.file.len && !file) || (place.function.len && !function))
        return NULL;
    struct hs_site_entry like = {.key = {.code = HS_NOWHERE}, .parent = (uint16_t)function};
    set_context(&like, key);
    (r->kind == HS_SITE ? fill_site : fill_context)(r, &like, key, &place);
    struct hs_site_entry *entry = define(r, &like);
    if (entry && !hs_is_site(entry, key, entry->op)) {
        entry->key = key;
        enter_slot(slot_of_key(key), entry);
    }
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
    if (hs_state == HS_STATE_LEVEL) { /* nothing is predicted; the site counts, and may be named */
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

static HOT struct hs_site_entry *find_key(struct hs_key key, uint8_t op)
{
    const struct hs_trace *t = &hs_trace;
    for (uint32_t slot = slot_of_key(key), index; (index = t->config.hash[slot]) != 0; slot = after(slot))
        if (hs_is_site(&t->site[index], key, op))
            return &t->site[index];
    return NULL;
}

#if HS_STACKS
/* The definition of a string or function, of a context, from what the table has of it; false when that is not all. */
static bool name_again(struct hs_record *r, const struct hs_site_entry *entry)
{
    *text_of(r) = (struct hs_text){entry->text, entry->size};
    if (r->kind == HS_FUNCTION)
        r->function.file = entry->parent;
    return entry->text != NULL;
}
static bool context_again(struct hs_record *r, const struct hs_site_entry *entry)
{
    bool native = !entry->parent; /* it has its address until a reset */
    r->context = (struct hs_record_context){.parent = (uint32_t)context_of(entry),
                                            .function = entry->parent,
                                            .line = entry->size,
                                            .caller = native ? distance(entry->key.caller) : 0};
    return !native || entry->key.caller;
}

/* Whether the entry's definition is where the reader finds it. Who called is not asked again: the definitions of
 * contexts, and what these name, are written from what the table has. */
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
#else
static bool is_here(struct hs_site_entry *entry) { return (void)entry, true; }
#endif

/* A packet that turned while this was being defined, and was lost, had a part of it. */
static __attribute__((noinline)) struct hs_site_entry *define_site(struct hs_key key, uint8_t op, uint32_t size)
{
    for (int tries = 0; tries < 2; tries++) {
        struct hs_record r = {.kind = HS_SITE, .site = {.event = (uint8_t)(op - HS_ALLOC), .size = size < 128 ? size : 0}};
        struct hs_site_entry *site = define_key(&r, key);
        if (site && each(site, is_here) && hs_site_ready(site))
            return site;
    }
    return hs_trace.site;
}

HOT struct hs_site_entry *hs_site_find(HS_KEY_PARAMETERS, uint8_t op, uint32_t size)
{
    struct hs_key key = HS_KEY;
    struct hs_site_entry *site = find_key(key, op);
    return site && hs_site_ready(site) ? site : define_site(key, op, size);
}

#if HS_STACKS
static uint32_t context_at(struct hs_key key)
{
    hs_lock_t lock = hs_port_lock();
    struct hs_site_entry *entry = find_key(key, 0);
    if (!entry) {
        struct hs_record r = {.kind = HS_CONTEXT};
        entry = define_key(&r, key);
    }
    uint32_t number = entry ? number_of(entry) : 0;
    hs_port_unlock(lock);
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

/* Entries looked at between two moments at which an interrupt may come. */
#define SLICE 16u

void hs_forget(bool (*gone)(uintptr_t code))
{
    struct hs_trace *t = &hs_trace;
    for (uint32_t i = 0; i < t->config.n_sites; i += SLICE) {
        hs_lock_t lock = hs_port_lock();
        for (uint32_t k = i; k < i + SLICE && k < t->config.n_sites; k++)
            forget(&t->site[k], gone);
        hs_port_unlock(lock);
    }
    hs_lock_t lock = hs_port_lock();
    if (!gone)
        t->file = t->function = (struct hs_named){.data = NULL};
    hs_port_unlock(lock);
}

/* --- over the ring -------------------------------------------------------------------------------------- */

/* Calls `visit` for each definition of a packet that may be read. */
static void each_definition(const struct hs_packet *p,
                            void (*visit)(const uint8_t *bytes, const struct hs_record *r, uint16_t packet))
{
    const uint8_t *end = (const uint8_t *)p + hs_trace.shape.packet_size, *at = end - p->defs;
    struct hs_record r;
    for (int len; at < end && (len = hs_decode_definition(at, (size_t)(end - at), &r)) > 0; at += len)
        visit(at, &r, (uint16_t)p->seq);
}

/* Whether the table has an entry of this number. */
static bool has_entry(const struct hs_record *r)
{
    const struct hs_trace *t = &hs_trace;
    uint32_t number = r->definition.number;
    return number && number < t->config.n_sites && (r->kind == HS_SITE ? number < t->n_sites : number <= t->n_names);
}

static void carry(const uint8_t *bytes, const struct hs_record *r, uint16_t packet)
{
    const struct hs_trace *t = &hs_trace;
    struct hs_site_entry *entry = has_entry(r) ? entry_of(r->kind, r->definition.number) : NULL;
    if (!entry || entry->kind != r->kind || entry->defined != packet || age(entry->used) >= age(packet))
        return;
    if (t->defs + HS_DEFINITION_LEN(*bytes) <= (size_t)(t->end - t->cursor))
        append(bytes, entry);
}

void hs_site_carry(const struct hs_packet *packet)
{
    each_definition(packet, carry);
    hs_packet_limit();
}

/* Makes room in the table for the entry of a definition of an earlier boot. */
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

#if HS_STACKS
static void adopt_context(struct hs_site_entry *entry, uint32_t context) { entry->key.context = context; }
#else
static void adopt_context(struct hs_site_entry *entry, uint32_t context) { (void)entry, (void)context; }
#endif

/* What an entry keeps of its definition; nothing of a STRING's. */
static void adopt_fields(struct hs_site_entry *entry, const struct hs_record *r)
{
    if (r->kind == HS_FUNCTION) {
        entry->parent = (uint16_t)r->function.file;
    } else if (r->kind == HS_CONTEXT) {
        entry->parent = (uint16_t)r->context.function;
        entry->size = (uint16_t)r->context.line;
        adopt_context(entry, r->context.parent);
    } else if (r->kind == HS_SITE) {
        entry->op = (uint8_t)(HS_ALLOC + r->site.event);
        entry->parent = (uint16_t)r->site.function;
        entry->first_size = (uint8_t)r->site.size;
        adopt_context(entry, r->site.context);
    }
}

/* Takes a definition over, if it is the newest of its number. Any of the packets there may need it. */
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

/* An entry that names what is not there, in a damaged ring, goes. Those it names come first: their hashes are whole. */
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
            e->hash += hash_of_named(e);
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
            each_definition(hs_slot(i), adopt);
    if (staged)
        each_definition(staged, adopt);
    complete(HS_FUNCTION);
    complete(HS_CONTEXT);
    complete(HS_SITE);
    rehash();
}

/* --- identity ---------------------------------------------------------------------------------------- */

__attribute__((used, noinline)) void hs_anchor(void) {}

/* x * 0x100000001B3, in pieces that fit 32 bits: a small core calls the library for a 64-bit product. */
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
