/* SPDX-License-Identifier: MIT */
#include "analysis/cmd/known.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/util/hmac.h"
#include "analysis/util/output.h"
#include "lib/host/util/system.h"

#define KEY_BYTES HS_SHA256_BYTES
#define HEX_BYTES (2 * HS_SHA256_BYTES + 1)

struct hs_known {
    uint8_t key[KEY_BYTES];
    char *text; /* contents of the note: a line "HASH PATH" for each source */
};

/* ---- the state folder ---- */

/* Creates the folder and its parents. Only the user can access the last one. */
static bool make_folder(const char *path)
{
    char *copy = strdup(path);
    for (char *slash = copy ? strchr(copy + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0700);
        *slash = '/';
    }
    free(copy);
    struct stat folder;
    mkdir(path, 0700);
    return !stat(path, &folder) && S_ISDIR(folder.st_mode) && hs_system_is_mine(&folder, false);
}

/* Path of `name` in the state folder; NULL when there is none. The caller frees it. */
static char *in_state_folder(const char *name, bool make)
{
    char *state = hs_system_state_folder(), *folder = NULL, *path = NULL;
    if (state && asprintf(&folder, "%s/heapstrata", state) < 0)
        folder = NULL;
    free(state);
    if (!folder)
        return NULL;
    if ((!make || make_folder(folder)) && asprintf(&path, "%s/%s", folder, name) < 0)
        path = NULL;
    free(folder);
    return path;
}

static bool read_key(uint8_t key[KEY_BYTES], const char *path)
{
    struct stat file;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool good = fd >= 0 && !fstat(fd, &file) && hs_system_is_mine(&file, true) && read(fd, key, KEY_BYTES) == KEY_BYTES;
    if (fd >= 0)
        close(fd);
    return good;
}

/* Reads the key; with `make`, creates it if it does not exist. */
static bool get_key(uint8_t key[KEY_BYTES], bool make)
{
    char *path = in_state_folder("key", make);
    bool good = path && read_key(key, path);
    if (path && !good && make && hs_system_secret(key, KEY_BYTES)) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        good = fd >= 0 && write(fd, key, KEY_BYTES) == KEY_BYTES;
        if (fd >= 0)
            close(fd);
    }
    free(path);
    return good;
}

/* ---- hashes ---- */

/* The keyed hash of a file's contents. False when it cannot be read. */
static bool hash_file(const uint8_t key[KEY_BYTES], const char *path, char hex[HEX_BYTES])
{
    static uint8_t bytes[1 << 16], digest[HS_SHA256_BYTES];
    struct hs_hmac hmac;
    struct stat file;
    int fd = stat(path, &file) || !S_ISREG(file.st_mode) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    hs_hmac_begin(&hmac, key);
    while (fd >= 0 && (n = read(fd, bytes, sizeof bytes)) > 0)
        hs_hmac_add(&hmac, bytes, (size_t)n);
    if (fd >= 0)
        close(fd);
    hs_hmac_end(&hmac, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return n == 0;
}

/* ---- notes ---- */

static void write_note(const uint8_t key[KEY_BYTES], const struct hs_known_files *files, FILE *out)
{
    char hex[HEX_BYTES];
    for (unsigned i = 0; i < files->n; i++)
        if (!strchr(files->path[i], '\n') && hash_file(key, files->path[i], hex))
            fprintf(out, "%s %s\n", hex, files->path[i]);
}

void hs_known_note(const char *trace, const struct hs_known_files *files)
{
    uint8_t key[KEY_BYTES];
    char hex[HEX_BYTES];
    struct hs_output out;
    struct hs_error error = {0};
    if (!get_key(key, true) || !hash_file(key, trace, hex))
        return;
    char *path = in_state_folder(hex, true);
    if (path && !hs_output_open(&out, path, HS_OUTPUT_STREAM, &error)) {
        FILE *stream = hs_output_stream(&out);
        if (stream)
            write_note(key, files, stream);
        hs_output_close(&out, stream ? HS_OK : HS_ERR_MEMORY, &error);
    }
    free(path);
}

static char *load(const char *path)
{
    struct stat file;
    FILE *in = path ? fopen(path, "rb") : NULL;
    char *text = in && !fstat(fileno(in), &file) && hs_system_is_mine(&file, false) ? malloc((size_t)file.st_size + 1) : NULL;
    if (text)
        text[fread(text, 1, (size_t)file.st_size, in)] = '\0';
    if (in)
        fclose(in);
    return text;
}

struct hs_known *hs_known_open(const char *trace)
{
    struct hs_known *known = calloc(1, sizeof *known);
    char hex[HEX_BYTES];
    bool hashed = known && get_key(known->key, false) && hash_file(known->key, trace, hex);
    char *path = hashed ? in_state_folder(hex, false) : NULL;
    if (known)
        known->text = load(path);
    free(path);
    if (known && known->text)
        return known;
    free(known);
    return NULL;
}

bool hs_known_has(const struct hs_known *known, const char *path)
{
    char hex[HEX_BYTES], *line = NULL;
    bool has = hash_file(known->key, path, hex) && asprintf(&line, "%s %s\n", hex, path) >= 0;
    const char *at = has ? strstr(known->text, line) : NULL;
    has = at && (at == known->text || at[-1] == '\n');
    free(line);
    return has;
}

void hs_known_close(struct hs_known *known)
{
    if (known)
        free(known->text);
    free(known);
}
