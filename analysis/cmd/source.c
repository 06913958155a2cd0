/* SPDX-License-Identifier: MIT */
#include "analysis/cmd/source.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/cmd/known.h"
#include "lib/host/util/system.h"

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

#define CUT "\xe2\x80\xa6" /* prefix of a name that was too long for the trace */

/* The last part of `path[0..length)`; *length becomes the length of the rest before it. */
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

static bool is_up(const char *part, size_t length) { return length == 2 && !memcmp(part, "..", 2); }

/* Number of equal trailing parts of two paths. */
static unsigned common_parts(const char *one, const char *other)
{
    size_t left = strlen(one), right = strlen(other), m, n;
    for (unsigned common = 0;; common++) {
        const char *a = take_part(one, &left, &m), *b = take_part(other, &right, &n);
        if (!m || m != n || memcmp(a, b, m))
            return common;
    }
}

/* Number of parts; a first part that was cut does not count. */
static unsigned parts_of(const char *path)
{
    size_t left = strlen(path), part;
    unsigned n = 0;
    while (take_part(path, &left, &part), part)
        n++;
    return n - (n > 1 && !strncmp(path, CUT, strlen(CUT)));
}

/* ---- candidates ---- */

/* The best file so far, and how many trailing parts of its path match. */
struct candidate {
    char *path;
    unsigned common;
    const struct hs_known *known; /* NULL: any file is allowed; else only those noted with the trace */
    const char *within;           /* NULL, or the folder that must contain the file after links are resolved */
};

/* Whether the file may be shown; `real` has no symbolic links. */
static bool may_show(const struct candidate *best, const char *real)
{
    size_t length = best->within ? strlen(best->within) : 0;
    if (length > 1 && (strncmp(real, best->within, length) || real[length] != '/'))
        return false;
    return !best->known || hs_known_has(best->known, real);
}

/* Takes ownership of the path. */
static void consider(struct candidate *best, char *path, const char *file)
{
    char *real = path && is_file(path) ? hs_system_real_path(path) : NULL;
    unsigned common = real ? common_parts(real, file) + 1 : 0;
    if (common > best->common && !may_show(best, real))
        common = 0;
    free(real);
    if (common > best->common) {
        free(best->path);
        best->path = path;
        best->common = common;
    } else {
        free(path);
    }
}

/* A file of the folder whose name ends in the known part. */
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

/* The file below `dir` with the longest matching end of the name, without "..". */
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
        char *folder = is_file(path) ? NULL : hs_system_real_path(path);
        best->within = folder;
        if (folder)
            consider_below(best, path, strlen(path), file);
        best->within = NULL;
        free(folder);
        if (!is_file(path))
            continue;
        if (common_parts(path, file))
            consider(best, strdup(path), file);
    }
}

/* In the trace's folder, in the folder that the firmware recorded, and under the name itself. */
static void consider_usual(struct candidate *best, const struct hs_sources *where, const char *file)
{
    const char *trace = where->trace, *recorded = hs_reader_fact(where->reader, "source path");
    size_t folder = (size_t)(hs_last_part(trace) - trace);
    if (strcmp(trace, "-"))
        consider_below(best, folder ? trace : ".", folder ? folder - 1 : 1, file);
    if (recorded)
        consider_below(best, recorded, strlen(recorded), file);
    if (is_file(file))
        consider(best, strdup(file), file);
}

/* Beside `script`, which imported it. */
static void consider_beside(struct candidate *best, const char *script, const char *file)
{
    char *real = hs_system_real_path(script), *slash = real ? strrchr(real, '/') : NULL;
    if (slash)
        *slash = '\0';
    best->within = best->known ? NULL : real;
    if (slash)
        consider_below(best, real, strlen(real), file);
    best->within = NULL;
    free(real);
}

/* A module that was imported on a board is beside the importing script, or in a folder there. Searches beside the
 * scripts in --source if given, else beside the usual ones. */
static void consider_beside_others(struct candidate *best, const struct hs_sources *where, const struct hs_list *given,
                                   const char *file)
{
    const char *last = "";
    for (uint32_t i = 1; i < hs_reader_sites(where->reader) && !best->path; i++) {
        const struct hs_site *site = hs_reader_site(where->reader, i);
        struct candidate other = {.known = best->known};
        if (!site || site->file == last || strcmp(site->function, "<module>") || !strcmp(site->file, file))
            continue;
        last = site->file;
        if (given)
            consider_given(&other, given, site->file);
        else
            consider_usual(&other, where, site->file);
        if (other.path)
            consider_beside(best, other.path, file);
        free(other.path);
    }
}

/* The note of the trace; the last one is cached. */
static const struct hs_known *known_of(const char *trace)
{
    static struct hs_known *known;
    static char *of;
    if (of && !strcmp(of, trace))
        return known;
    hs_known_close(known);
    free(of);
    of = strdup(trace);
    known = strcmp(trace, "-") ? hs_known_open(trace) : NULL;
    return known;
}

/* Places to look when the user names none: for a noted trace, and for `record`, which notes it. */
static char *find_usual(const struct hs_sources *where, const struct hs_known *known, const char *file)
{
    struct candidate best = {.known = known};
    consider_usual(&best, where, file);
    if (!best.path)
        consider_beside_others(&best, where, NULL, file);
    return best.path;
}

char *hs_source_find(const struct hs_sources *where, const char *file)
{
    struct candidate best = {0};
    consider_given(&best, where->given, file);
    if (!best.path && where->given)
        consider_beside_others(&best, where, where->given, file);
    if (best.path)
        return best.path;
    const struct hs_known *known = where->unseen ? NULL : known_of(where->trace);
    return known || where->unseen ? find_usual(where, known, file) : NULL;
}

/* ---- a trace just recorded ---- */

static bool is_below(const char *real, const char *folder)
{
    char *root = hs_system_real_path(folder);
    size_t length = root ? strlen(root) : 0;
    bool below = length && (length == 1 || (!strncmp(real, root, length) && real[length] == '/'));
    free(root);
    return below;
}

/* The file's path without links, when it is below the current folder or the script's folder; else NULL. */
static char *own_source(const struct hs_sources *where, const char *script, const char *file)
{
    char *found = find_usual(where, NULL, file), *real = found ? hs_system_real_path(found) : NULL;
    char *folder = script ? strdup(script) : NULL, *slash = folder ? strrchr(folder, '/') : NULL;
    if (slash)
        *slash = '\0';
    bool own = real && (is_below(real, ".") || (slash && is_below(real, *folder ? folder : "/")));
    free(found);
    free(folder);
    if (own)
        return real;
    free(real);
    return NULL;
}

void hs_source_note(const char *trace, const char *script)
{
    struct hs_error error;
    const struct hs_event *events;
    struct hs_reader *reader = hs_reader_open(trace, &error);
    if (!reader)
        return;
    while (hs_reader_next(reader, &events) > 0)
        ;
    struct hs_sources where = {.trace = trace, .reader = reader};
    struct hs_known_files files = {.path = calloc(hs_reader_sites(reader) + 1, sizeof *files.path)};
    const char *last = "";
    for (uint32_t i = 1; files.path && i < hs_reader_sites(reader); i++) {
        const struct hs_site *site = hs_reader_site(reader, i);
        if (!site || !site->line || site->file == last)
            continue;
        last = site->file;
        char *own = own_source(&where, script, site->file);
        bool had = false;
        for (unsigned k = 0; own && k < files.n; k++)
            had = had || !strcmp(files.path[k], own);
        if (own && !had)
            files.path[files.n++] = own;
        else
            free(own);
    }
    hs_reader_close(reader);
    if (files.path)
        hs_known_note(trace, &files);
    while (files.n)
        free(files.path[--files.n]);
    free(files.path);
}

/* ---- whether it is the source that ran ---- */

static uint32_t count_lines(const char *text)
{
    uint32_t lines = 0;
    for (const char *end; *text; text = *end ? end + 1 : end, lines++)
        end = strchrnul(text, '\n');
    return lines;
}

static bool is_word(char c) { return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c & 0x80); }

/* Whether a Python source defines a function, or a class, whose body runs as a function too. */
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

/* A contradiction between a site in the trace and the text. */
static char *doubt_of_place(const struct hs_site *site, const char *text, uint32_t lines)
{
    size_t length = strlen(site->file);
    bool python = length > 3 && !strcmp(site->file + length - 3, ".py");
    char *doubt = NULL;
    int made = 0;
    if (site->line > lines)
        made = asprintf(&doubt, "it has %u lines, and line %u requested memory", lines, site->line);
    else if (python && is_word(*site->function) && strncmp(site->function, CUT, strlen(CUT)) && !defines(text, site->function))
        made = asprintf(&doubt, "it has no function %s", site->function);
    return made < 0 ? NULL : doubt;
}

char *hs_source_doubt(const struct hs_reader *reader, const char *file, const struct hs_source_text *source)
{
    uint32_t lines = count_lines(source->text);
    char *doubt = NULL, *real = hs_system_real_path(source->path);
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

char *hs_source_newer(const struct hs_sources *where, const char *path)
{
    struct stat trace, file;
    const struct hs_known *known = known_of(where->trace);
    char *real = hs_system_real_path(path);
    bool newer = !stat(where->trace, &trace) && !stat(path, &file) &&
                 (file.st_mtim.tv_sec != trace.st_mtim.tv_sec ? file.st_mtim.tv_sec > trace.st_mtim.tv_sec
                                                              : file.st_mtim.tv_nsec > trace.st_mtim.tv_nsec);
    newer = newer && !(known && real && hs_known_has(known, real));
    free(real);
    return newer ? strdup("it was changed after the trace was written: its lines may have moved") : NULL;
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

char *hs_source_text(const char *trace, const struct hs_reader *reader, const char *file)
{
    const struct hs_sources where = {.trace = trace, .reader = reader};
    char *path = hs_source_find(&where, file), *text = path ? hs_source_load(path) : NULL;
    char *doubt = text ? hs_source_doubt(reader, file, &(struct hs_source_text){path, text}) : NULL;
    if (doubt) {
        free(text);
        text = NULL;
    }
    free(doubt);
    free(path);
    return text;
}
