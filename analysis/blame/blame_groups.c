/* SPDX-License-Identifier: MIT */
#include "analysis/blame/blame_groups.h"

#include <stdlib.h>
#include <string.h>

static struct hs_culprit *find(struct hs_culprits *c, const char *line, const char *kind)
{
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->of[i].line, line) && !strcmp(c->of[i].kind, kind))
            return &c->of[i];
    struct hs_culprit *grown = realloc(c->of, (c->n + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    c->of = grown;
    struct hs_culprit *new = &c->of[c->n];
    *new = (struct hs_culprit){.line = strdup(line), .kind = strdup(kind), .youngest = UINT64_MAX,
                               .survived_least = UINT32_MAX};
    c->n++;
    return new->line && new->kind ? new : NULL;
}

static void add(struct hs_culprit *to, const struct hs_blamed *b)
{
    to->blocks++;
    to->bytes += b->bytes;
    to->youngest = b->age < to->youngest ? b->age : to->youngest;
    to->oldest = b->age > to->oldest ? b->age : to->oldest;
    to->survived_least = b->survived < to->survived_least ? b->survived : to->survived_least;
    to->survived_most = b->survived > to->survived_most ? b->survived : to->survived_most;
}

static int by_bytes(const void *left, const void *right)
{
    const struct hs_culprit *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    int order = strcmp(a->line, b->line);
    return order ? order : strcmp(a->kind, b->kind);
}

int hs_culprits_find(struct hs_culprits *c, const struct hs_blame *blame, const struct hs_names *names)
{
    char line[HS_NAME_MAX], kind[HS_NAME_MAX];
    *c = (struct hs_culprits){0};
    for (uint32_t i = 0; i < blame->n; i++) {
        uint32_t site = blame->blocks[i].block.site;
        struct hs_culprit *culprit = find(c, hs_name_of_site(names, site, HS_KEY_LINE, line),
                                          hs_name_of_site(names, site, HS_KEY_KIND, kind));
        if (!culprit)
            return HS_ERR_MEMORY;
        add(culprit, &blame->blocks[i]);
    }
    if (c->n)
        qsort(c->of, c->n, sizeof *c->of, by_bytes);
    return HS_OK;
}

void hs_culprits_free(struct hs_culprits *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->of[i].line);
        free(c->of[i].kind);
    }
    free(c->of);
    *c = (struct hs_culprits){0};
}
