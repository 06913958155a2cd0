/* SPDX-License-Identifier: MIT
 *
 * The names and facts that a trace defines. Not part of the public API.
 */
#ifndef HS_HOST_DICTIONARY_H
#define HS_HOST_DICTIONARY_H

#include "lib/decode.h"
#include "lib/host/reader.h"
#include "lib/host/util/map.h"

struct hs_fact {
    char *key, *value;
    struct hs_fact *next;
};

/* One definition. It may refer to numbers that are not defined yet. */
struct hs_definition {
    uint8_t kind; /* HS_SITE, HS_STRING, HS_FUNCTION, HS_CONTEXT; 0: not defined */
    uint8_t op, first_size;
    uint32_t hash; /* of this definition only */
    const char *text;
    uint32_t file, function, context, line, offset; /* the recorder's numbers */
    int64_t caller;
};

/* A name, with everything it refers to resolved. */
struct hs_name {
    uint8_t kind;  /* as above; 0: a part of it is not defined */
    uint32_t hash; /* of the name and everything it refers to */
    const char *file, *text;
    uint32_t context; /* the user's number */
};

struct hs_items_kind; /* the size of an item, and when two are equal */

/* Unique items, numbered in the order they were added. They never move, so pointers to them stay valid. */
struct hs_items {
    const struct hs_items_kind *kind;
    void **item; /* by the user's number; 0 is none */
    uint32_t n, room;
    struct hs_map map; /* from an item's contents to its number */
};

/* All definitions of a trace. The recorder reuses its numbers, in another boot or for another site; the user's never change. */
struct hs_dictionary {
    struct hs_site_state *state;      /* for the decoder, by the recorder's number */
    uint32_t *site;                   /* the user's number; 0 where a part of it is not defined */
    struct hs_name *name;             /* by the recorder's number */
    struct hs_definition *defined[2]; /* as received: [0] of names, [1] of sites */
    uint32_t n_sites, n_names;        /* number 0 included */
    uint32_t room;                    /* numbers that the arrays have room for */
    struct hs_items sites, contexts;
    char **text; /* unique; they do not move */
    uint32_t n_texts, texts_room;
    struct hs_map texts;
    struct hs_fact *fact;
    uint32_t n_facts;
};

int hs_dictionary_open(struct hs_dictionary *d);
void hs_dictionary_close(struct hs_dictionary *d);

/* Adds definitions. A new definition of a known number replaces the old one, unless `only_new`. Returns 0, HS_ERR_FORMAT
 * when some of them are invalid, or HS_ERR_MEMORY. */
int hs_dictionary_put(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len, bool only_new);

/* Adds the facts that follow a header. */
int hs_dictionary_facts(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len);

/* Adds the fact of a FACT record; it replaces an earlier one with the same key. A fact that does not fit is dropped. */
void hs_dictionary_fact(struct hs_dictionary *d, const uint8_t *bytes, uint32_t len);

/* By the user's number; NULL when there is none. */
const struct hs_site *hs_dictionary_site(const struct hs_dictionary *d, uint32_t number);
const struct hs_context *hs_dictionary_context(const struct hs_dictionary *d, uint32_t number);

#endif
