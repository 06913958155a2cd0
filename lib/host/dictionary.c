/* SPDX-License-Identifier: MIT
 *
 * Sites, strings, contexts and facts, decoded as their bytes come.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/host/parts.h"

static struct hs_definition *at(const struct hs_dictionary *d, uint32_t number) {
    return &d->block[number / HS_DEFINITIONS_BLOCK][number % HS_DEFINITIONS_BLOCK];
}

struct hs_definition *hs_dictionary_get(const struct hs_dictionary *d, uint32_t number, enum hs_kind kind) {
    if (!number || number >= d->n)
        return NULL;
    struct hs_definition *definition = at(d, number);
    return definition->kind == kind ? definition : NULL;
}

/* The entry behind the last, zeroed; NULL without memory. */
static struct hs_definition *new_definition(struct hs_dictionary *d) {
    if (d->n == d->n_blocks * HS_DEFINITIONS_BLOCK) {
        struct hs_definition **block = realloc(d->block, (d->n_blocks + 1) * sizeof *block);
        if (!block)
            return NULL;
        d->block = block;
        if (!(block[d->n_blocks] = calloc(HS_DEFINITIONS_BLOCK, sizeof **block)))
            return NULL;
        d->n_blocks++;
    }
    return at(d, d->n++);
}

static int add_state(struct hs_dictionary *d, struct hs_site_state state) {
    if (d->n_states == d->room_states) {
        uint32_t room = d->room_states ? d->room_states * 2 : 256;
        struct hs_site_state *more = realloc(d->state, room * sizeof *more);
        if (!more)
            return HS_ERR_MEMORY;
        d->state = more;
        d->room_states = room;
    }
    d->state[d->n_states++] = state;
    return HS_OK;
}

int hs_dictionary_open(struct hs_dictionary *d) {
    memset(d, 0, sizeof *d);
    if (add_state(d, (struct hs_site_state){0}) || !new_definition(d))
        return HS_ERR_MEMORY;
    at(d, 0)->site.file = at(d, 0)->site.function = "";
    return HS_OK;
}

void hs_dictionary_close(struct hs_dictionary *d) {
    for (uint32_t i = 0; i < d->n; i++)
        free(at(d, i)->text);
    for (uint32_t i = 0; i < d->n_blocks; i++)
        free(d->block[i]);
    for (struct hs_fact *fact = d->fact, *next; fact; fact = next) {
        next = fact->next;
        free(fact->key);
        free(fact);
    }
    free(d->block);
    free(d->state);
    free(d->bytes);
    memset(d, 0, sizeof *d);
}

/* --- records ------------------------------------------------------------------------------------------ */

/* "key=value"; the last one of a key counts. */
static int add_fact(struct hs_dictionary *d, const struct hs_record *r) {
    struct hs_fact *fact = calloc(1, sizeof *fact);
    char *text = fact ? strndup((const char *)r->data, r->data_len) : NULL;
    if (!text) {
        free(fact);
        return HS_ERR_MEMORY;
    }
    char *equals = strchr(text, '=');
    fact->key = text;
    fact->value = equals ? equals + 1 : text + strlen(text);
    if (equals)
        *equals = 0;
    fact->next = d->fact;
    d->fact = fact;
    return HS_OK;
}

static const char *text_of(const struct hs_dictionary *d, uint32_t number) {
    const struct hs_definition *s = number < d->n_states ? hs_dictionary_get(d, d->base + number, HS_STRING) : NULL;
    return s && number ? s->text : "";
}

static uint32_t context_of(const struct hs_dictionary *d, uint32_t number) {
    return number && number < d->n_states && hs_dictionary_get(d, d->base + number, HS_CONTEXT) ? d->base + number : 0;
}

static int define(struct hs_dictionary *d, const struct hs_record *r) {
    if (r->kind == HS_INFO)
        return add_fact(d, r);
    if (d->n >= HS_DEFINITIONS_MAX)
        return HS_ERR_FULL;
    struct hs_definition *new = new_definition(d);
    struct hs_site_state state = {0};
    if (!new)
        return HS_ERR_MEMORY;
    new->kind = r->kind;
    if (r->kind == HS_STRING) {
        if (!(new->text = strndup((const char *)r->data, r->data_len)))
            return HS_ERR_MEMORY;
    } else if (r->kind == HS_SITE) {
        new->site = (struct hs_site){
            .file = text_of(d, r->file), .function = text_of(d, r->function), .line = r->line,
            .offset = r->count, .caller = (int64_t)r->address, .context = context_of(d, r->context), .op = r->op};
        state.op = r->op;
        state.first_size = (uint8_t)r->size;
    } else {
        new->context = (struct hs_context){
            .file = text_of(d, r->file), .function = text_of(d, r->function), .line = r->line,
            .parent = context_of(d, r->context)};
    }
    return add_state(d, state);
}

/* Takes in all whole records there are; a cut one waits for the rest of it. A damaged one keeps its number,
 * so that those behind it keep theirs. */
static int parse(struct hs_dictionary *d) {
    int damaged = HS_OK;
    while (d->parsed < d->len && d->bytes[d->parsed] < d->len - d->parsed) {
        const uint8_t *bytes = d->bytes + d->parsed;
        struct hs_record r;
        int err = HS_OK;
        if (hs_decode_dict(bytes, d->len - d->parsed, &r) > 0) {
            err = define(d, &r);
        } else {
            damaged = HS_ERR_FORMAT;
            if (bytes[0] && bytes[1] != HS_INFO)
                err = define(d, &(struct hs_record){.kind = HS_CONTEXT});
        }
        if (err)
            return err;
        d->parsed += 1u + bytes[0];
    }
    return damaged;
}

/* --- pieces ------------------------------------------------------------------------------------------- */

static int append(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len) {
    if (len > (1u << 28) - d->len)
        return HS_ERR_FULL;
    if (d->len + len > d->room) {
        uint32_t room = (d->len + len) * 2;
        uint8_t *more = realloc(d->bytes, room);
        if (!more)
            return HS_ERR_MEMORY;
        d->bytes = more;
        d->room = room;
    }
    if (len)
        memcpy(d->bytes + d->len, bytes, len);
    d->len += len;
    return HS_OK;
}

/* Another dictionary that agrees with the present one up to `offset`: it is numbered anew. */
static void renew(struct hs_dictionary *d, uint32_t offset) {
    d->len = offset;
    d->parsed = 0;
    d->n_states = 1;
    d->base = d->n - 1;
    d->may_renew = false;
}

long hs_dictionary_put(struct hs_dictionary *d, const struct hs_chunk *piece) {
    if (piece->at > d->len)
        return HS_ERR_END;
    uint32_t known = d->len - piece->at < piece->len ? d->len - piece->at : piece->len;
    if (known && memcmp(d->bytes + piece->at, piece->bytes, known) != 0) {
        if (!d->may_renew)
            return HS_ERR_FORMAT;
        renew(d, piece->at);
        known = 0;
    }
    int err = append(d, piece->bytes + known, piece->len - known);
    if (!err)
        err = parse(d);
    return err ? err : (long)(piece->len - known);
}
