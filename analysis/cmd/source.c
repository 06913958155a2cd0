/* SPDX-License-Identifier: MIT */
#include "analysis/cmd/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SOURCE_MAX (16u << 20) /* bytes of a source file */

const char *hs_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_file(const char *path)
{
    struct stat status;
    return !stat(path, &status) && S_ISREG(status.st_mode);
}

/* `dir`/`name` when there is such a file, else NULL. The caller frees it. */
static char *in_folder(const char *dir, size_t length, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%.*s/%s", (int)length, dir, name) < 0)
        return NULL;
    if (is_file(path))
        return path;
    free(path);
    return NULL;
}

/* The file as named from `dir`, or only its last part in `dir`. */
static char *below(const char *dir, size_t length, const char *file)
{
    char *path = in_folder(dir, length, file);
    return path ? path : in_folder(dir, length, hs_last_part(file));
}

static char *in_given(const struct hs_list *given, const char *file)
{
    for (unsigned i = 0; i < given->n; i++) {
        const char *path = given->item[i];
        if (is_file(path) && !strcmp(hs_last_part(path), hs_last_part(file)))
            return strdup(path);
        char *found = below(path, strlen(path), file);
        if (found)
            return found;
    }
    return NULL;
}

char *hs_source_find(const struct hs_sources *where, const char *file)
{
    const char *trace = where->trace, *told = hs_reader_fact(where->reader, "source path");
    size_t folder = (size_t)(hs_last_part(trace) - trace);
    char *path = where->given ? in_given(where->given, file) : NULL;
    if (!path && strcmp(trace, "-"))
        path = folder ? below(trace, folder - 1, file) : below(".", 1, file);
    if (!path && told)
        path = below(told, strlen(told), file);
    return path || !is_file(file) ? path : strdup(file);
}

char *hs_source_load(const char *path)
{
    FILE *in = fopen(path, "rb");
    char *text = in ? malloc(SOURCE_MAX + 1) : NULL;
    size_t n = text ? fread(text, 1, SOURCE_MAX, in) : 0;
    if (in)
        fclose(in);
    if (!text)
        return NULL;
    text[n] = '\0';
    char *shrunk = realloc(text, n + 1);
    return shrunk ? shrunk : text;
}
