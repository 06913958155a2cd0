/* SPDX-License-Identifier: MIT */
#include "analysis/html/sources.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    const char *file;
    uint32_t line;
};

static int by_file_and_line(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = strcmp(x->file, y->file);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* The places of all groups, in order; the caller frees them. */
static struct place *all_places(const struct hs_page_facts *f, const struct hs_groups *lines, size_t *n)
{
    struct place *place = calloc(lines->n + 1, sizeof *place);
    *n = 0;
    for (size_t i = 0; place && i < lines->n; i++) {
        const struct hs_group *g = &lines->group[i];
        const struct hs_site *site = g->n_sites ? hs_reader_site(f->names.reader, g->site[0]) : NULL;
        if (site && site->line && *site->file)
            place[(*n)++] = (struct place){site->file, site->line};
    }
    if (place)
        qsort(place, *n, sizeof *place, by_file_and_line);
    return place;
}

static bool is_near(const struct place *place, size_t n, uint32_t line)
{
    for (size_t i = 0; i < n; i++)
        if (line + HS_SOURCE_AROUND >= place[i].line && line <= place[i].line + HS_SOURCE_AROUND)
            return true;
    return false;
}

/* `place`: the `n` places of one file. Cuts `text` into lines in place. */
static void add_file(const struct place *place, size_t n, char *text, struct hs_json *json)
{
    char key[16];
    size_t first = 0;
    uint32_t line = 1;
    hs_json_object(json, place->file);
    for (char *at = text; at && *at && first < n; line++) {
        char *end = strchr(at, '\n');
        if (end)
            *end = '\0';
        while (first < n && place[first].line + HS_SOURCE_AROUND < line)
            first++;
        if (is_near(place + first, n - first < 2 * HS_SOURCE_AROUND + 2 ? n - first : 2 * HS_SOURCE_AROUND + 2, line)) {
            snprintf(key, sizeof key, "%" PRIu32, line);
            hs_json_text(json, key, at);
        }
        at = end ? end + 1 : NULL;
    }
    hs_json_end(json);
}

int hs_page_sources(const struct hs_page_facts *f, const struct hs_groups *lines, struct hs_json *json)
{
    size_t n;
    struct place *place = all_places(f, lines, &n);
    if (!place)
        return HS_ERR_MEMORY;
    hs_json_object(json, "source");
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && !strcmp(place[next].file, place[i].file);)
            next++;
        char *text = f->source ? f->source(f->context, place[i].file) : NULL;
        if (text)
            add_file(place + i, next - i, text, json);
        free(text);
    }
    hs_json_end(json);
    free(place);
    return HS_OK;
}
