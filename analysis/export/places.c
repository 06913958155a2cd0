/* SPDX-License-Identifier: MIT */
#include "analysis/export/places.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/model/model.h"
#include "lib/host/util/array.h"

static const struct hs_site_text nowhere = {"", "", "", "", 0, UINT32_MAX};

static bool grow(struct hs_site_texts *p, uint32_t site)
{
    return site < HS_SITE_LIMIT && hs_array_fill(p->place, p->n, site + 1, 0);
}

static void look_up(struct hs_site_texts *p, uint32_t site)
{
    const struct hs_site *known = site ? hs_reader_site(p->reader, site) : NULL;
    struct hs_symbol native;
    p->place[site] = nowhere;
    if (!known)
        return;
    hs_symbols_lookup(p->symbols, known->caller, &native);
    char *name = strdup(native.function);
    p->place[site] = (struct hs_site_text){
        .file = known->file,
        .function = known->function,
        .line = known->line,
        .native = name ? name : "",
        .kind = hs_block_kind(native.kind)->name,
        .kind_number = (uint32_t)native.kind,
    };
}

const struct hs_site_text *hs_site_text_of(struct hs_site_texts *p, uint32_t site)
{
    if (site == HS_SITE_UNKNOWN || (site >= p->n && !grow(p, site)))
        return &nowhere;
    if (!p->place[site].file)
        look_up(p, site);
    return &p->place[site];
}

void hs_site_texts_free(struct hs_site_texts *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->place[i].native && *p->place[i].native)
            free((char *)p->place[i].native);
    free(p->place);
}
