/* SPDX-License-Identifier: MIT
 *
 * The only file that uses nettle.
 */
#include "analysis/cmd/known.h"

#include <stddef.h>

#if defined HS_WITHOUT_NETTLE || !__has_include(<nettle/hmac.h>)

void hs_known_note(const char *trace, const struct hs_known_files *files) { (void)trace, (void)files; }
struct hs_known *hs_known_open(const char *trace) { return (void)trace, NULL; }
bool hs_known_has(const struct hs_known *known, const char *path) { return (void)known, (void)path, false; }
void hs_known_close(struct hs_known *known) { (void)known; }

#else

#include <fcntl.h>
#include <nettle/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/util/output.h"

#define KEY_BYTES 32
#define HEX_BYTES (2 * SHA256_DIGEST_SIZE + 1)

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
    return !stat(path, &folder) && S_ISDIR(folder.st_mode) && folder.st_uid == geteuid();
}

/* Path of `name` in the state folder; NULL when there is none. The caller frees it. */
static char *in_state_folder(const char *name, bool make)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool own = state && *state == '/';
    char *folder = NULL, *path = NULL;
    if ((!own && (!home || *home != '/')) ||
        asprintf(&folder, "%s%s/heapstrata", own ? state : home, own ? "" : "/.local/state") < 0)
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
    bool good = fd >= 0 && !fstat(fd, &file) && file.st_uid == geteuid() && !(file.st_mode & 077) &&
                read(fd, key, KEY_BYTES) == KEY_BYTES;
    if (fd >= 0)
        close(fd);
    return good;
}

/* Reads the key; with `make`, creates it if it does not exist. */
static bool get_key(uint8_t key[KEY_BYTES], bool make)
{
    char *path = in_state_folder("key", make);
    bool good = path && read_key(key, path);
    if (path && !good && make && getrandom(key, KEY_BYTES, 0) == KEY_BYTES) {
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
    static uint8_t bytes[1 << 16], digest[SHA256_DIGEST_SIZE];
    struct hmac_sha256_ctx hmac;
    struct stat file;
    int fd = stat(path, &file) || !S_ISREG(file.st_mode) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    hmac_sha256_set_key(&hmac, KEY_BYTES, key);
    while (fd >= 0 && (n = read(fd, bytes, sizeof bytes)) > 0)
        hmac_sha256_update(&hmac, (size_t)n, bytes);
    if (fd >= 0)
        close(fd);
    hmac_sha256_digest(&hmac, sizeof digest, digest);
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
    FILE *in = path ? fopen(path, "re") : NULL;
    char *text = in && !fstat(fileno(in), &file) && file.st_uid == geteuid() ? malloc((size_t)file.st_size + 1) : NULL;
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

#endif
