/* SPDX-License-Identifier: MIT */
#include "analysis/blame/blame_groups.h"

#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"

static struct hs_blame_group *find(struct hs_blame_groups *c, const char *line, const char *kind)
{
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->of[i].line, line) && !strcmp(c->of[i].kind, kind))
            return &c->of[i];
    struct hs_blame_group *new = hs_array_add(c->of, c->n, c->room);
    if (!new)
        return NULL;
    *new = (struct hs_blame_group){
        .line = strdup(line), .kind = strdup(kind), .youngest = UINT64_MAX, .survived_least = UINT32_MAX};
    return new->line &&new->kind ? new : NULL;
}

static void add(struct hs_blame_group *to, const struct hs_blamed *b)
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
    const struct hs_blame_group *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    int order = strcmp(a->line, b->line);
    return order ? order : strcmp(a->kind, b->kind);
}

int hs_blame_groups_find(struct hs_blame_groups *c, const struct hs_blame *blame, const struct hs_names *names)
{
    char line[HS_NAME_MAX], kind[HS_NAME_MAX];
    *c = (struct hs_blame_groups){0};
    for (uint32_t i = 0; i < blame->n; i++) {
        uint32_t site = blame->blocks[i].block.site;
        struct hs_blame_group *culprit = find(c, hs_name_of_site(names, site, HS_KEY_LINE, line),
                                              hs_name_of_site(names, site, HS_KEY_KIND, kind));
        if (!culprit)
            return HS_ERR_MEMORY;
        add(culprit, &blame->blocks[i]);
    }
    if (c->n)
        qsort(c->of, c->n, sizeof *c->of, by_bytes);
    return HS_OK;
}

void hs_blame_groups_free(struct hs_blame_groups *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->of[i].line);
        free(c->of[i].kind);
    }
    free(c->of);
    *c = (struct hs_blame_groups){0};
}
