/* SPDX-License-Identifier: MIT
 *
 * Sites: from a key (code address, native caller) to a number, and their definitions in the dictionary.
 *
 * One hash finds a site by its key and, when the key is new, by the bytes of its definition, so that code
 * which is loaded a second time at another address, or after a reset, is the site that it was. A slot
 * holds a site's number; it is right when that site's key (or definition) is the one sought. Slots of
 * keys that a site had before do no harm and go when the hash is built anew.
 */
#include <string.h>

#include "lib/trace.h"
#include "lib/varint.h"

#define NOWHERE ((uintptr_t)1) /* the code of a site that has no key */

#define INLINE static inline __attribute__((always_inline))
#if defined(__GNUC__) && !defined(__clang__)
#define HOT __attribute__((optimize("O2")))
#else
#define HOT
#endif

INLINE uint32_t slot_of_key(struct hs_key key) {
    uint32_t mix = ((uint32_t)key.code ^ (uint32_t)key.caller << 9 ^ (uint32_t)key.caller >> 5) * 0x9E3779B1u;
#if HS_STACKS
    mix += (uint32_t)key.context * 0x85EBCA77u;
#endif
    return mix >> 15 & (hs_trace.config.hash_size - 1);
}

static HOT uint32_t slot_of_bytes(const uint8_t *bytes, uint32_t len) {
    uint32_t mix = 0x811C9DC5u;
    while (len--)
        mix = (mix ^ *bytes++) * 0x01000193u;
    return (mix >> 12 ^ mix) & (hs_trace.config.hash_size - 1);
}

INLINE bool has_key(const struct hs_site_entry *site, struct hs_key key, uint8_t op) {
#if HS_STACKS
    if (site->key.context != key.context)
        return false;
#endif
    return site->key.code == key.code && site->key.caller == key.caller && site->op == op;
}

static void put_slot(uint32_t slot, uint32_t number) {
    struct hs_trace *t = &hs_trace;
    while (t->config.hash[slot])
        slot = (slot + 1) & (t->config.hash_size - 1);
    t->config.hash[slot] = (uint16_t)number;
    t->hashed++;
}

/* A definition in the dictionary: length of the rest, kind, fields. A site's last byte is its first size,
 * which does not tell it from others; its third byte is what it does. */
static uint32_t definition_len(const uint8_t *bytes) { return 1u + bytes[0]; }
static uint32_t identity_len(const uint8_t *bytes) { return definition_len(bytes) - (bytes[1] == HS_SITE); }

static void hash_definition(uint32_t number) {
    const struct hs_site_entry *site = &hs_trace.site[number];
    if (site->key.code != NOWHERE)
        put_slot(slot_of_key(site->key), number);
    const uint8_t *bytes = hs_trace.dict + site->definition;
    put_slot(slot_of_bytes(bytes, identity_len(bytes)), number);
}

static void rehash(void) {
    struct hs_trace *t = &hs_trace;
    memset(t->config.hash, 0, t->config.hash_size * sizeof *t->config.hash);
    t->hashed = 0;
    for (uint32_t i = 1; i < t->n_numbers; i++)
        hash_definition(i);
}

static uint16_t add_definition(uint32_t offset) {
    struct hs_trace *t = &hs_trace;
    const uint8_t *bytes = t->dict + offset;
    bool site = bytes[1] == HS_SITE;
    uint16_t number = t->n_numbers++;
    t->site[number] = (struct hs_site_entry){
        .key = {.code = NOWHERE},
        .number = number,
        .op = site ? bytes[2] : 0,
        .first_size = site ? bytes[bytes[0]] : 0,
        .definition = offset,
    };
    return number;
}

void hs_site_init(void) {
    struct hs_trace *t = &hs_trace;
    memset(t->site, 0, t->config.n_sites * sizeof *t->site);
    t->site[0].key.code = NOWHERE;
    t->n_numbers = 1;
    uint32_t at = 0, len = t->header->dict_len;
    while (at < len && t->dict[at] > 1 && definition_len(t->dict + at) <= len - at) {
        if (t->dict[at + 1] != HS_INFO && t->n_numbers < t->config.n_sites)
            add_definition(at);
        at += definition_len(t->dict + at);
    }
    t->header->dict_len = at; /* what lies behind a damaged one cannot be numbered */
    rehash();
}

/* Appends a definition. Returns its offset, or NO_ROOM. */
#define NO_ROOM 0xffffffffu
static uint32_t put_dict(const uint8_t *bytes) {
    struct hs_ring_header *h = hs_trace.header;
    uint32_t offset = h->dict_len, len = definition_len(bytes);
    if (len > h->dict_size - offset)
        return NO_ROOM;
    memcpy(hs_trace.dict + offset, bytes, len);
    __asm__ volatile("" ::: "memory"); /* the bytes come before the length that makes them valid */
    h->dict_len = offset + len;
    return offset;
}

static void put_definition(const struct hs_record *record, uint8_t *bytes) {
    bytes[1] = record->kind;
    bytes[0] = (uint8_t)(hs_put_fields(bytes + 2, record) - bytes - 1);
}

void hs_fact(struct hs_text text) {
    uint8_t bytes[HS_DEFINITION_MAX];
    struct hs_record r = {.kind = HS_INFO, .data = (const uint8_t *)text.data, .data_len = text.len};
    hs_lock_t lock = hs_port_lock();
    put_definition(&r, bytes);
    put_dict(bytes);
    hs_port_unlock(lock);
}

/* --- definitions ------------------------------------------------------------------------------------- */

/* The number of the definition that begins with these bytes, 0 when there is none. */
static uint32_t find_definition(const uint8_t *bytes, uint32_t len) {
    struct hs_trace *t = &hs_trace;
    for (uint32_t slot = slot_of_bytes(bytes, len), number; (number = t->config.hash[slot]) != 0;
         slot = (slot + 1) & (t->config.hash_size - 1)) {
        uint32_t at = t->site[number].definition;
        if (at + len <= t->header->dict_len && memcmp(t->dict + at, bytes, len) == 0)
            return number;
    }
    return 0;
}

/* The number of this definition: what it had when it was met before, or a new one; 0 when there is no room. */
static uint32_t define(const struct hs_record *r) {
    struct hs_trace *t = &hs_trace;
    uint8_t bytes[HS_DEFINITION_MAX];
    put_definition(r, bytes);
    uint32_t number = find_definition(bytes, identity_len(bytes));
    if (number)
        return number;
    uint32_t at = t->n_numbers < t->config.n_sites ? put_dict(bytes) : NO_ROOM;
    if (at == NO_ROOM)
        return 0;
    number = add_definition(at);
    put_slot(slot_of_bytes(bytes, identity_len(bytes)), number);
    return number;
}

/* Number of the string; a long one keeps its end, where a path's file name is. `last` remembers: the next
 * site is mostly of the same file, often of the same function. */
static uint32_t string_number(struct hs_text text, struct hs_named *last) {
    if (text.data == last->data && text.len == last->len)
        return last->number;
    uint32_t len = text.len < HS_DATA_MAX ? text.len : HS_DATA_MAX;
    struct hs_record r = {
        .kind = HS_STRING, .data = (const uint8_t *)text.data + (text.len - len), .data_len = len};
    *last = (struct hs_named){text.data, text.len, len ? define(&r) : 0};
    return last->number;
}

/* Defines what `key` names and lets the key find it from now on. */
static uint32_t define_key(struct hs_record *r, struct hs_key key) {
    struct hs_trace *t = &hs_trace;
    struct hs_place place = {.line = 0};
    if (key.code)
        t->config.describe(key.code, &place);
    r->file = string_number(place.file, &t->file);
    r->function = string_number(place.function, &t->function);
    r->line = place.line;
    r->count = place.offset;
    r->address = (uint64_t)(int64_t)(intptr_t)(key.caller - hs_code_address((uintptr_t)hs_anchor));
#if HS_STACKS
    r->context = (uint32_t)key.context;
#endif
    uint32_t number = define(r);
    if (number) {
        if (t->hashed >= t->config.hash_size / 4u * 3u)
            rehash();
        t->site[number].key = key;
        put_slot(slot_of_key(key), number);
    }
    return number;
}

INLINE uint32_t find_key(struct hs_key key, uint8_t op) {
    const struct hs_trace *t = &hs_trace;
    for (uint32_t slot = slot_of_key(key), number; (number = t->config.hash[slot]) != 0;
         slot = (slot + 1) & (t->config.hash_size - 1))
        if (has_key(&t->site[number], key, op))
            return number;
    return 0;
}

static __attribute__((noinline)) uint32_t define_site(struct hs_key key, uint8_t op, uint32_t size) {
    struct hs_record r = {.kind = HS_SITE, .op = op, .size = size < 128 ? size : 0};
    return define_key(&r, key);
}

HOT struct hs_site_entry *hs_site_find(HS_KEY_PARAMETERS, uint8_t op, uint32_t size) {
    struct hs_key key = HS_KEY;
    uint32_t number = find_key(key, op);
    return &hs_trace.site[number ? number : define_site(key, op, size)];
}

uint32_t hs_context(uint32_t parent, uintptr_t code) {
#if HS_STACKS
    struct hs_key key = {.code = code, .context = parent};
    hs_lock_t lock = hs_port_lock();
    uint32_t number = find_key(key, 0);
    if (!number) {
        struct hs_record r = {.kind = HS_CONTEXT};
        number = define_key(&r, key);
    }
    hs_port_unlock(lock);
    return number;
#else
    (void)code;
    return parent;
#endif
}

void hs_forget(bool (*gone)(uintptr_t code)) {
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock = hs_port_lock();
    for (uint32_t i = 1; i < t->n_numbers; i++) {
        uintptr_t code = t->site[i].key.code;
        if (code > NOWHERE && gone(code))
            t->site[i].key.code = NOWHERE;
    }
    hs_port_unlock(lock);
}

/* --- identity ---------------------------------------------------------------------------------------- */

__attribute__((used, noinline)) void hs_anchor(void) {}

/* x * 0x100000001B3, in pieces that fit 32 bits: a small core calls the library for a 64-bit product. */
static uint64_t fnv_multiply(uint64_t x) {
    uint32_t low = (uint32_t)x, high = (uint32_t)(x >> 32);
    uint32_t p0 = (low & 0xffff) * 0x1B3u, p1 = (low >> 16) * 0x1B3u + (p0 >> 16);
    high = high * 0x1B3u + (low << 8) + (p1 >> 16);
    return (uint64_t)high << 32 | (p1 << 16 | (p0 & 0xffff));
}

uint64_t hs_fingerprint(const uintptr_t *functions, size_t n) {
    uint64_t mix = 0xCBF29CE484222325u;
    for (size_t i = 0; i < n; i++) {
        uint32_t distance = (uint32_t)(hs_code_address(functions[i]) - hs_code_address((uintptr_t)hs_anchor));
        for (int byte = 0; byte < 4; byte++, distance >>= 8)
            mix = fnv_multiply(mix ^ (distance & 0xff));
    }
    return mix;
}
