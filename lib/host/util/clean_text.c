/* SPDX-License-Identifier: MIT */
#include "lib/host/util/clean_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"

static bool within(unsigned code, unsigned first, unsigned last) { return code >= first && code <= last; }

static bool is_shown(unsigned code)
{
    bool control = code < 0x20 || within(code, 0x7f, 0x9f);
    bool direction = code == 0x61c || within(code, 0x200e, 0x200f) || within(code, 0x202a, 0x202e) ||
                     within(code, 0x2066, 0x2069);
    return !control && !direction && !within(code, 0x2028, 0x2029);
}

struct hs_character hs_character_of(const char *bytes, size_t n)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)bytes;
    struct hs_character none = {.length = 1, .code = s[0]};
    unsigned length = s[0] < 0x80                   ? 1
                      : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                      : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
                      : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                                    : 0;
    unsigned code = length > 1 ? s[0] & (0x7fu >> length) : s[0];
    if (!length)
        return none;
    for (unsigned i = 1; i < length; i++) {
        none.cut = i == n;
        if (i == n || (s[i] & 0xc0) != 0x80)
            return none;
        code = code << 6 | (s[i] & 0x3fu);
    }
    if (code < least[length] || within(code, 0xd800, 0xdfff) || code > 0x10ffff)
        return none;
    return (struct hs_character){.length = (unsigned char)length, .valid = true, .shown = is_shown(code), .code = code};
}

static bool passes(const struct hs_character *c, enum hs_text_rule rule)
{
    switch (rule) {
    case HS_TEXT_TERMINAL: return c->shown;
    case HS_TEXT_XML: return c->valid && c->code >= 0x20 && c->code != 0x7f && (c->code & ~1u) != 0xfffe;
    default: return c->valid;
    }
}

size_t hs_text_copy(char *to, size_t size, const char *text, size_t n, enum hs_text_rule rule)
{
    const char *const other = rule == HS_TEXT_TERMINAL ? "?" : "\xef\xbf\xbd";
    size_t at = 0, other_length = strlen(other);
    HS_ASSERT(size);
    while (n) {
        struct hs_character c = hs_character_of(text, n);
        bool same = passes(&c, rule);
        size_t length = same ? c.length : other_length;
        if (at + length >= size)
            break;
        memcpy(to + at, same ? text : other, length);
        at += length;
        text += c.length;
        n -= c.length;
    }
    to[at] = '\0';
    return at;
}

char *hs_text_clean(char *to, size_t size, const char *text)
{
    if (size)
        hs_text_copy(to, size, text, strlen(text), HS_TEXT_TERMINAL);
    return to;
}

static bool continues(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

size_t hs_text_fit(size_t n, const char *text, size_t room)
{
    if (n <= room)
        return n;
    for (n = room; n && continues(text[n]);)
        n--;
    return n;
}

const char *hs_text_tail(const char *text, size_t room)
{
    size_t n = strlen(text);
    text += n > room ? n - room : 0;
    while (n > room && continues(*text))
        text++;
    return text;
}

void hs_text_csv(const char *text, FILE *out)
{
    bool formula = *text && strchr("=+-@\t\r", *text);
    bool quoted = formula || text[strcspn(text, ",\"\r\n")];
    if (quoted)
        putc('"', out);
    if (formula)
        putc('\'', out);
    for (size_t n = strlen(text); n;) {
        struct hs_character c = hs_character_of(text, n);
        bool as_is = c.shown || *text == '\n' || *text == '\r' || *text == '\t';
        if (*text == '"')
            putc('"', out);
        fwrite(as_is ? text : "?", 1, as_is ? c.length : 1, out);
        text += c.length;
        n -= c.length;
    }
    if (quoted)
        putc('"', out);
}

/* ---- a stream ---- */

struct cleaning {
    FILE *to;
    bool colors;
    char rest[32]; /* incomplete character or sequence at the end of the last write */
    size_t n_rest;
};

/* Length of a sequence at the start that sets colours; 0: none, -1: incomplete. */
static int color_length(const char *bytes, size_t n)
{
    size_t i = 2;
    if (n >= 2 && bytes[1] != '[')
        return 0;
    while (i < n && i < 24 && strchr("0123456789;", bytes[i]) && bytes[i])
        i++;
    if (n < 2 || (i == n && i < 24))
        return -1;
    return bytes[i] == 'm' ? (int)i + 1 : 0;
}

/* Writes one character or sequence. Returns its length, 0 when more bytes are needed. */
static size_t put_one(const struct cleaning *c, const char *bytes, size_t n)
{
    int color = *bytes == '\033' && c->colors ? color_length(bytes, n) : 0;
    if (color < 0)
        return 0;
    struct hs_character is = hs_character_of(bytes, n);
    if (!color && is.cut)
        return 0;
    bool as_is = color || is.shown || *bytes == '\n' || *bytes == '\t' || *bytes == '\r';
    size_t length = color ? (size_t)color : is.length;
    if (as_is)
        fwrite(bytes, 1, length, c->to);
    else
        putc('?', c->to);
    return length;
}

/* Number of plain-text bytes at the start. */
static size_t plain(const char *bytes, size_t n)
{
    size_t i = 0;
    while (i < n && (((unsigned char)bytes[i] >= 0x20 && (unsigned char)bytes[i] < 0x7f) || bytes[i] == '\n'))
        i++;
    return i;
}

static ssize_t clean(void *cookie, const char *bytes, size_t n)
{
    struct cleaning *c = cookie;
    size_t given = n;
    while (n) {
        size_t text = c->n_rest ? 0 : plain(bytes, n), used;
        if (text) {
            fwrite(bytes, 1, text, c->to);
            bytes += text;
            n -= text;
            continue;
        }
        size_t more = n < sizeof c->rest - c->n_rest ? n : sizeof c->rest - c->n_rest, had = c->n_rest;
        memcpy(c->rest + had, bytes, more);
        used = put_one(c, c->rest, had + more);
        size_t taken = used ? used > had ? used - had : 0 : more;
        c->n_rest = used ? used > had ? 0 : had - used : had + more;
        if (used && c->n_rest)
            memmove(c->rest, c->rest + used, c->n_rest);
        bytes += taken;
        n -= taken;
    }
    return ferror(c->to) || fflush(c->to) ? 0 : (ssize_t)given;
}

static int end(void *cookie)
{
    struct cleaning *c = cookie;
    for (size_t i = 0; i < c->n_rest; i++)
        putc('?', c->to);
    int failed = fflush(c->to);
    free(c);
    return failed;
}

FILE *hs_text_stream(FILE *to, bool colors)
{
    struct cleaning *c = calloc(1, sizeof *c);
    FILE *stream = NULL;
    if (c) {
        *c = (struct cleaning){.to = to, .colors = colors};
        stream = fopencookie(c, "w", (cookie_io_functions_t){.write = clean, .close = end});
    }
    if (!stream)
        free(c);
    return stream;
}
