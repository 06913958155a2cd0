/* SPDX-License-Identifier: MIT
 *
 * Names decide, and the first bytes of programs and traces. No other content is judged: people give pages, tables and pictures any name.
 */
#include "analysis/cmd/precious.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "lib/host/util/system.h"
#include "lib/host/writer.h"

#define HEAD 8 /* bytes */

/* What follows the last dot of a name. */
static const char *const works[] = {
    "py", "pyi", "mpy",   "c",   "h",    "cc",  "cpp", "cxx",  "hpp",  "s",   "inc", "rs",  "js",
    "sh", "mk",  "cmake", "ld",  "toml", "ini", "cfg", "yml",  "yaml", "md",  "rst", "elf", "axf",
    "o",  "a",   "so",    "exe", "uf2",  "bin", "hex", "srec", "s19",  "mot", "dfu", NULL,
};
static const char *const texts[] = {"txt", "log", "json", "csv", "html", "htm", "svg", "png", "pdf", "zip", "gz", NULL};

static bool is_among(const char *const *endings, const char *name)
{
    const char *dot = strrchr(name, '.');
    for (; dot && *endings; endings++)
        if (!strcasecmp(dot + 1, *endings))
            return true;
    return false;
}

static bool begins(const char *head, const char *with, size_t length) { return !memcmp(head, with, length); }

/* The first bytes, zeroes where there are none. */
static void read_head(const char *path, char *head)
{
    FILE *file = fopen(path, "rb");
    memset(head, 0, HEAD);
    if (!file)
        return;
    if (fread(head, 1, HEAD, file) < HEAD && ferror(file))
        memset(head, 0, HEAD);
    fclose(file);
}

/* The name after links: the file that they name is replaced. */
static const char *judge(const char *path, bool trace)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char head[HEAD];
    read_head(path, head);
    if (begins(head, HS_HST_MAGIC, HEAD))
        return trace ? NULL : "a trace";
    if (begins(head,
               "\x7f"
               "ELF",
               4) ||
        begins(head, "#!", 2) || begins(head, "MZ", 2) || begins(head, "UF2\n", 4))
        return "a program";
    if (is_among(works, name) || !strcmp(name, "Makefile") || !strcmp(name, "CMakeLists.txt"))
        return "a source, a document or a firmware by its name";
    return trace && is_among(texts, name) ? "no trace by its name" : NULL;
}

const char *hs_precious(const char *target, bool trace)
{
    struct stat file;
    bool open = !strncmp(target, "/dev/", 5) || !strncmp(target, "/proc/", 6);
    if (open || !strcmp(target, "-") || stat(target, &file) || !S_ISREG(file.st_mode) || !file.st_size)
        return NULL;
    char *real = hs_system_real_path(target);
    const char *what = judge(real ? real : target, trace);
    free(real);
    return what;
}
