/* SPDX-License-Identifier: MIT
 *
 * Streams whose bytes a function takes. POSIX has none, so all functions that write to streams look first whether theirs is one of
 * these.
 */
#include <errno.h>
#include <stdbool.h>

#include "lib/assertion.h"
#include "lib/host/bare/bare.h"

#undef vfprintf
#undef fflush
#undef fclose
#undef ferror
#undef setvbuf
#undef fwrite
#undef write /* of Windows, and here a name of a field */

#define STREAMS 32
#define ROOM 8192 /* bytes that are kept until they are taken */

static struct stream {
    bool open, lines, failed;
    cookie_io_functions_t functions;
    void *cookie;
    size_t n;
    char bytes[ROOM];
} streams[STREAMS];

/* NULL: a stream of the C library. */
static struct stream *ours(FILE *stream)
{
    struct stream *s = (void *)stream;
    return s >= streams && s < streams + STREAMS ? s : NULL;
}

FILE *hs_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions)
{
    HS_ASSERT(*mode == 'w' && functions.write);
    for (struct stream *s = streams; s < streams + STREAMS; s++)
        if (!s->open) {
            s->open = true;
            s->lines = s->failed = false;
            s->functions = functions;
            s->cookie = cookie;
            s->n = 0;
            return (void *)s;
        }
    errno = EMFILE;
    return NULL;
}

/* ---- writing ---- */

static void give(struct stream *s, const char *bytes, size_t n)
{
    while (n && !s->failed) {
        ssize_t taken = s->functions.write(s->cookie, bytes, n);
        s->failed = taken <= 0;
        bytes += taken > 0 ? taken : 0;
        n -= taken > 0 ? (size_t)taken : 0;
    }
}

static void empty(struct stream *s)
{
    size_t n = s->n;
    s->n = 0; /* what the function prints may come here again */
    give(s, s->bytes, n);
}

static void put(struct stream *s, const char *bytes, size_t n)
{
    if (n > ROOM - s->n)
        empty(s);
    if (n > ROOM) {
        give(s, bytes, n);
    } else {
        memcpy(s->bytes + s->n, bytes, n);
        s->n += n;
    }
    if (s->lines && memchr(bytes, '\n', n))
        empty(s);
}

size_t hs_fwrite(const void *bytes, size_t size, size_t n, FILE *stream)
{
    struct stream *s = ours(stream);
    if (!s)
        return fwrite(bytes, size, n, stream);
    put(s, bytes, size * n);
    return s->failed ? 0 : n;
}

int hs_fputs(const char *text, FILE *stream)
{
    size_t n = strlen(text);
    return hs_fwrite(text, 1, n, stream) == n ? 0 : EOF;
}

int hs_putc(int c, FILE *stream)
{
    char byte = (char)c;
    return hs_fwrite(&byte, 1, 1, stream) == 1 ? (unsigned char)c : EOF;
}

int hs_vfprintf(FILE *stream, const char *format, va_list arguments)
{
    char few[1024], *many = NULL;
    va_list again;
    va_copy(again, arguments);
    int n = vsnprintf(few, sizeof few, format, arguments);
    if (n >= (int)sizeof few) {
        many = malloc((size_t)n + 1);
        n = many ? vsnprintf(many, (size_t)n + 1, format, again) : -1;
    }
    va_end(again);
    if (n > 0 && hs_fwrite(many ? many : few, 1, (size_t)n, stream) != (size_t)n)
        n = -1;
    free(many);
    return n;
}

int hs_fprintf(FILE *stream, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = hs_vfprintf(stream, format, arguments);
    va_end(arguments);
    return n;
}

/* ---- all else ---- */

int hs_fflush(FILE *stream)
{
    struct stream *s = ours(stream);
    if (!s)
        return fflush(stream);
    empty(s);
    return s->failed ? EOF : 0;
}

int hs_fclose(FILE *stream)
{
    struct stream *s = ours(stream);
    if (!s)
        return fclose(stream);
    empty(s);
    bool failed = s->failed;
    failed = (s->functions.close && s->functions.close(s->cookie)) || failed;
    s->open = false;
    return failed ? EOF : 0;
}

int hs_ferror(FILE *stream)
{
    struct stream *s = ours(stream);
    return s ? s->failed : ferror(stream);
}

int hs_setvbuf(FILE *stream, char *buffer, int mode, size_t size)
{
    struct stream *s = ours(stream);
    if (!s)
        return setvbuf(stream, buffer, mode == _IOLBF ? _IONBF : mode, size); /* Windows' own takes _IOLBF for _IOFBF */
    s->lines = mode != _IOFBF;
    return 0;
}

/* ---- in memory ---- */

struct memory {
    char **text;
    size_t *size, room;
};

static ssize_t append(void *cookie, const char *bytes, size_t n)
{
    struct memory *m = cookie;
    if (n >= m->room - *m->size) {
        size_t room = (m->room + n) * 2;
        char *text = realloc(*m->text, room);
        if (!text)
            return 0;
        *m->text = text;
        m->room = room;
    }
    memcpy(*m->text + *m->size, bytes, n);
    *m->size += n;
    (*m->text)[*m->size] = '\0';
    return (ssize_t)n;
}

static int end(void *cookie)
{
    free(cookie);
    return 0;
}

FILE *hs_open_memstream(char **text, size_t *size)
{
    struct memory *m = malloc(sizeof *m);
    FILE *stream = NULL;
    *size = 0;
    *text = calloc(1, 1);
    if (m && *text) {
        *m = (struct memory){text, size, 1};
        stream = hs_fopencookie(m, "w", (cookie_io_functions_t){.write = append, .close = end});
    }
    if (!stream) {
        free(m);
        free(*text);
        *text = NULL;
    }
    return stream;
}
