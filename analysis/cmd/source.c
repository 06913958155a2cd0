/* SPDX-License-Identifier: MIT */
#include "analysis/cmd/source.h"

#include <glob.h>
#include <limits.h>
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

/* ---- parts of a path, from its end ---- */

#define CUT "\xe2\x80\xa6" /* in front of a name that was too long for the trace */

/* The last part of `path[0..length)`; *length is then what stands in front of it. */
static const char *take_part(const char *path, size_t *length, size_t *part)
{
    while (*length && path[*length - 1] == '/')
        --*length;
    size_t end = *length;
    while (*length && path[*length - 1] != '/')
        --*length;
    *part = end - *length;
    return path + *length;
}

static bool is_up(const char *part, size_t length)
{
    return length == 2 && !memcmp(part, "..", 2);
}

/* How many parts at their end two paths have in common. */
static unsigned common_parts(const char *one, const char *other)
{
    size_t left = strlen(one), right = strlen(other), m, n;
    for (unsigned common = 0;; common++) {
        const char *a = take_part(one, &left, &m), *b = take_part(other, &right, &n);
        if (!m || m != n || memcmp(a, b, m))
            return common;
    }
}

/* How many parts it has; of the first one that was cut nothing is known. */
static unsigned parts_of(const char *path)
{
    size_t left = strlen(path), part;
    unsigned n = 0;
    while (take_part(path, &left, &part), part)
        n++;
    return n - (n > 1 && !strncmp(path, CUT, strlen(CUT)));
}

/* ---- candidates ---- */

/* The best one so far, and how many parts of its path agree. */
struct candidate {
    char *path;
    unsigned common;
};

/* Takes the path over. */
static void consider(struct candidate *best, char *path, const char *file)
{
    char *real = path && is_file(path) ? realpath(path, NULL) : NULL;
    unsigned common = real ? common_parts(real, file) + 1 : 0;
    free(real);
    if (common > best->common) {
        free(best->path);
        *best = (struct candidate){path, common};
    } else {
        free(path);
    }
}

/* A file of the folder that ends in what is known of its name. */
static void consider_cut(struct candidate *best, const char *dir, size_t length, const char *file)
{
    char *pattern = NULL;
    glob_t found = {0};
    if (asprintf(&pattern, "%.*s/*%s", (int)length, dir, file + strlen(CUT)) < 0)
        return;
    if (!glob(pattern, 0, NULL, &found) && found.gl_pathc)
        consider(best, strdup(found.gl_pathv[0]), file);
    globfree(&found);
    free(pattern);
}

/* The file below `dir`: by the longest end of its name that is there, without a step upwards. */
static void consider_below(struct candidate *best, const char *dir, size_t length, const char *file)
{
    size_t left = strlen(file), part;
    const char *end = take_part(file, &left, &part);
    if (!strncmp(file, CUT, strlen(CUT)) && !left)
        consider_cut(best, dir, length, file);
    for (; part && !is_up(end, part); end = take_part(file, &left, &part)) {
        char *path = NULL;
        if (asprintf(&path, "%.*s/%s", (int)length, dir, end) > 0)
            consider(best, path, file);
    }
}

static void consider_given(struct candidate *best, const struct hs_list *given, const char *file)
{
    for (unsigned i = 0; given && i < given->n; i++) {
        const char *path = given->item[i];
        if (!is_file(path))
            consider_below(best, path, strlen(path), file);
        else if (common_parts(path, file))
            consider(best, strdup(path), file);
    }
}

/* In the folder of the trace, where the firmware said, and under the name itself. */
static void consider_usual(struct candidate *best, const struct hs_sources *where, const char *file)
{
    const char *trace = where->trace, *told = hs_reader_fact(where->reader, "source path");
    size_t folder = (size_t)(hs_last_part(trace) - trace);
    if (strcmp(trace, "-"))
        consider_below(best, folder ? trace : ".", folder ? folder - 1 : 1, file);
    if (told)
        consider_below(best, told, strlen(told), file);
    if (is_file(file))
        consider(best, strdup(file), file);
}

/* A module that was imported on a board is beside the script that imported it, or in a folder there. */
static void consider_beside_others(struct candidate *best, const struct hs_sources *where, const char *file)
{
    const char *last = "";
    for (uint32_t i = 1; i < hs_reader_sites(where->reader) && !best->path; i++) {
        const struct hs_site *site = hs_reader_site(where->reader, i);
        struct candidate other = {0};
        if (!site || site->file == last || strcmp(site->function, "<module>") || !strcmp(site->file, file))
            continue;
        last = site->file;
        consider_given(&other, where->given, site->file);
        if (!other.path)
            consider_usual(&other, where, site->file);
        size_t folder = other.path ? (size_t)(hs_last_part(other.path) - other.path) : 0;
        if (folder)
            consider_below(best, other.path, folder - 1, file);
        free(other.path);
    }
}

char *hs_source_find(const struct hs_sources *where, const char *file)
{
    struct candidate best = {0};
    consider_given(&best, where->given, file);
    if (!best.path)
        consider_usual(&best, where, file);
    if (!best.path)
        consider_beside_others(&best, where, file);
    return best.path;
}

/* ---- whether it is what ran ---- */

static uint32_t count_lines(const char *text)
{
    uint32_t lines = 0;
    for (const char *end; *text; text = *end ? end + 1 : end, lines++)
        end = strchrnul(text, '\n');
    return lines;
}

static bool is_word(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c & 0x80);
}

/* Whether a Python source defines a function, or a class, whose body is one too. */
static bool defines(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at += length) {
        const char *before = at;
        while (before > text && (before[-1] == ' ' || before[-1] == '\t'))
            before--;
        bool def = before - text >= 3 && !memcmp(before - 3, "def", 3);
        bool class = before - text >= 5 && !memcmp(before - 5, "class", 5);
        if ((def || class) && before < at && !is_word(at[length]))
            return true;
    }
    return false;
}

/* What a place in the trace says against the text. */
static char *doubt_of_place(const struct hs_site *site, const char *text, uint32_t lines)
{
    size_t length = strlen(site->file);
    bool python = length > 3 && !strcmp(site->file + length - 3, ".py");
    char *doubt = NULL;
    int made = 0;
    if (site->line > lines)
        made = asprintf(&doubt, "it has %u lines, and line %u asked for memory", lines, site->line);
    else if (python && is_word(*site->function) && strncmp(site->function, CUT, strlen(CUT)) && !defines(text, site->function))
        made = asprintf(&doubt, "it has no function %s", site->function);
    return made < 0 ? NULL : doubt;
}

char *hs_source_doubt(const struct hs_reader *reader, const char *file, const struct hs_source_text *source)
{
    uint32_t lines = count_lines(source->text);
    char *doubt = NULL, *real = realpath(source->path, NULL);
    for (uint32_t i = 1; i < hs_reader_sites(reader) && !doubt; i++) {
        const struct hs_site *site = hs_reader_site(reader, i);
        if (site && site->line && !strcmp(site->file, file))
            doubt = doubt_of_place(site, source->text, lines);
    }
    if (!doubt && real && *file != '/' && common_parts(real, file) < parts_of(file) &&
        asprintf(&doubt, "only the end of its path is that of %s", file) < 0)
        doubt = NULL;
    free(real);
    return doubt;
}

/* ---- its text ---- */

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
