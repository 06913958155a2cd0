/* SPDX-License-Identifier: MIT
 *
 * Paths of source files, as they are shown.
 */
#include "analysis/symbols/symbols_internal.h"

#include <stdio.h>
#include <string.h>

/* Removes "." and "dir/.." from a path, in place. */
static void simplify_path(char *path)
{
    char *parts[256];
    size_t n = 0;
    char *out = path + (*path == '/');
    char *rest = out;

    for (char *part; n < sizeof parts / sizeof *parts && (part = strsep(&rest, "/"));) {
        if (*part == '\0' || strcmp(part, ".") == 0)
            continue;
        if (strcmp(part, "..") == 0 && n && strcmp(parts[n - 1], "..") != 0)
            n--;
        else
            parts[n++] = part;
    }
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(parts[i]);
        memmove(out, parts[i], length);
        out += length;
        *out++ = i + 1 < n ? '/' : '\0';
    }
    if (!n)
        *out = '\0';
}

/* New string: `name` relative to `directory` (may be NULL), simplified. NULL when out of memory. */
char *hs_path_join(const char *directory, const char *name)
{
    char *path = NULL;

    if (*name == '/' || !directory)
        path = strdup(name);
    else if (asprintf(&path, "%s/%s", directory, name) < 0)
        return NULL;
    if (path)
        simplify_path(path);
    return path;
}

/* New string as shown to the user, or NULL. */
char *hs_symbols_shown_path(const struct hs_symbols *symbols, const char *path)
{
    char *copy = path ? strdup(path) : NULL;
    char *start = copy;
    size_t root = symbols->root ? strlen(symbols->root) : 0;

    if (!copy)
        return NULL;
    simplify_path(copy);
    if (root && strncmp(copy, symbols->root, root) == 0)
        start += root;
    while (strncmp(start, "../", 3) == 0)
        start += 3;
    memmove(copy, start, strlen(start) + 1);
    return copy;
}
