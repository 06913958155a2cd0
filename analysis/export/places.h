/* SPDX-License-Identifier: MIT
 *
 * The names of sites for exporters. Each site is looked up once.
 */
#ifndef HS_EXPORT_PLACES_H
#define HS_EXPORT_PLACES_H

#include "analysis/symbols/symbols.h"

/* Strings are never NULL; "" when unknown. */
struct hs_site_text {
    const char *file, *function, *native, *kind;
    uint32_t line;        /* 0: not Python code */
    uint32_t kind_number; /* for hs_block_kind */
};

struct hs_site_texts {
    const struct hs_reader *reader;
    struct hs_symbols *symbols;
    struct hs_site_text *place; /* `n`, by site; `file` is NULL if the site was not looked up yet */
    uint32_t n;
};

/* The names of a site, which may be HS_SITE_UNKNOWN; valid until the next call. */
const struct hs_site_text *hs_site_text_of(struct hs_site_texts *places, uint32_t site);
void hs_site_texts_free(struct hs_site_texts *places);

#endif
