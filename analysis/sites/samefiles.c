/* SPDX-License-Identifier: MIT */
#include "analysis/sites/samefiles.h"

#include <stdlib.h>
#include <string.h>

#define FILES_MAX 1024u /* further source files of a trace are ignored */

struct list {
    const char **name; /* `n` */
    unsigned n;
};

static bool has(const struct list *list, const char *name)
{
    for (unsigned i = 0; i < list->n; i++)
        if (!strcmp(list->name[i], name))
            return true;
    return false;
}

static int list_files(struct list *list, const struct hs_reader *reader)
{
    *list = (struct list){.name = calloc(FILES_MAX, sizeof *list->name)};
    for (uint32_t i = 1; list->name && i < hs_reader_sites(reader) && list->n < FILES_MAX; i++) {
        const struct hs_site *site = hs_reader_site(reader, i);
        if (site && site->line && !has(list, site->file))
            list->name[list->n++] = site->file;
    }
    return list->name ? HS_OK : HS_ERR_MEMORY;
}

/* The only file of a list that the other list does not have; NULL when there is none, or several. */
static const char *only_own(const struct list *list, const struct list *other)
{
    const char *only = NULL;
    for (unsigned i = 0; i < list->n; i++) {
        if (has(other, list->name[i]))
            continue;
        if (only)
            return NULL;
        only = list->name[i];
    }
    return only;
}

#define ALIKE 3u /* a renamed file has a line of this many in common with the file that it was */

/* The line at *at without its blanks at both ends; moves *at to the next one. Returns its length. */
static size_t next_line(const char **at, const char **line)
{
    size_t whole = strcspn(*at, "\n"), lead = strspn(*at, " \t");
    size_t len = whole > lead ? whole - lead : 0;
    *line = *at + (whole - len);
    *at += whole + ((*at)[whole] == '\n');
    while (len && strchr(" \t\r", (*line)[len - 1]))
        len--;
    return len;
}

/* Whether enough lines of `text` correspond to equal lines of `base`. */
static bool are_alike(const struct hs_line_map *map, const char *text, const char *base)
{
    uint32_t lines = 0, equal = 0, at = 0;
    const char *own = NULL, *other = NULL;
    size_t other_len = 0;
    for (uint32_t i = 1; *text; i++) {
        size_t len = next_line(&text, &own);
        while (at < hs_line_map_at(map, i) && *base) {
            other_len = next_line(&base, &other);
            at++;
        }
        lines += len != 0;
        equal += len && at == hs_line_map_at(map, i) && len == other_len && !memcmp(own, other, len);
    }
    return ALIKE * equal >= lines;
}

/* Adds an entry when the names or the texts differ. */
static int add(struct hs_same_files *same, struct hs_same_file names, const struct hs_run_files *own,
               const struct hs_run_files *base)
{
    struct hs_same_file *file = &same->file[same->n];
    char *text = own->text(own->context, names.own), *base_text = text ? base->text(base->context, names.base) : NULL;
    bool named = !strcmp(names.own, names.base), both = text && base_text;
    int error = HS_OK;
    *file = names;
    if (both && strcmp(text, base_text))
        error = hs_line_map_make(&file->line, text, base_text);
    if (!named && file->line.to && !are_alike(&file->line, text, base_text))
        hs_line_map_free(&file->line);
    else
        same->n += file->line.to || !named;
    free(text);
    free(base_text);
    return error;
}

static int pair(struct hs_same_files *same, const struct list list[2], const struct hs_run_files *own,
                const struct hs_run_files *base)
{
    const char *only = only_own(&list[0], &list[1]), *base_only = only_own(&list[1], &list[0]);
    int error = HS_OK;
    same->file = calloc(list[0].n + 1u, sizeof *same->file);
    if (!same->file)
        return HS_ERR_MEMORY;
    for (unsigned i = 0; i < list[0].n && !error; i++)
        if (has(&list[1], list[0].name[i]))
            error = add(same, (struct hs_same_file){.own = list[0].name[i], .base = list[0].name[i]}, own, base);
    return !error && only && base_only ? add(same, (struct hs_same_file){.own = only, .base = base_only}, own, base) : error;
}

int hs_same_files_make(struct hs_same_files *same, const struct hs_run_files *own, const struct hs_run_files *base)
{
    struct list list[2] = {{0}};
    *same = (struct hs_same_files){0};
    int error = list_files(&list[0], own->reader);
    if (!error)
        error = list_files(&list[1], base->reader);
    if (!error)
        error = pair(same, list, own, base);
    free(list[0].name);
    free(list[1].name);
    return error;
}

void hs_same_files_free(struct hs_same_files *same)
{
    for (unsigned i = 0; i < same->n; i++)
        hs_line_map_free(&same->file[i].line);
    free(same->file);
}

const struct hs_same_file *hs_same_file_of(const struct hs_same_file *file, unsigned n, const char *own)
{
    for (unsigned i = 0; i < n; i++)
        if (!strcmp(file[i].own, own))
            return &file[i];
    return NULL;
}
