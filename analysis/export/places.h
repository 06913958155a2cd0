/* SPDX-License-Identifier: MIT
 *
 * Sites as exporters write them: looked up once each.
 */
#ifndef HS_EXPORT_PLACES_H
#define HS_EXPORT_PLACES_H

#include "analysis/symbols/symbols.h"

/* Strings are never NULL; "" when not known. */
struct hs_site_text {
    const char *file, *function, *native, *kind;
    uint32_t line;        /* 0: no Python code */
    uint32_t kind_number; /* for hs_block_kind */
};

struct hs_site_texts {
    const struct hs_reader *reader;
    struct hs_symbols *symbols;
    struct hs_site_text *place; /* `n`, by site; file is NULL where it has not been looked up */
    uint32_t n;
};

/* The place of a site, HS_SITE_UNKNOWN included; valid until the next call. */
const struct hs_site_text *hs_site_text_of(struct hs_site_texts *places, uint32_t site);
void hs_site_texts_free(struct hs_site_texts *places);

#endif
