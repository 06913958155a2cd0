/* SPDX-License-Identifier: MIT */
#include "analysis/record/capture.h"

#include <stdlib.h>
#include <string.h>

#include "lib/crc.h"

#define LINE_MAX_BYTES 48u

static int digit64(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

long hs_base64_decode(uint8_t *to, size_t room, const char *text, size_t len)
{
    size_t padding = 0, n = 0;
    while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
        padding++;
    if (len % 4 || len / 4 * 3 - padding > room)
        return -1;
    for (size_t i = 0; i < len; i += 4) {
        uint32_t four = 0;
        for (size_t k = 0; k < 4; k++) {
            int digit = i + k < len - padding ? digit64(text[i + k]) : 0;
            if (digit < 0)
                return -1;
            four = four << 6 | (uint32_t)digit;
        }
        for (size_t k = 0; k < 3 && n < len / 4 * 3 - padding; k++)
            to[n++] = (uint8_t)(four >> (16 - 8 * k));
    }
    return (long)n;
}

/* A word of the line: up to the next space. */
struct word {
    const char *text;
    size_t len;
};

static struct word next_word(const char **at, const char *end)
{
    while (*at < end && **at == ' ')
        ++*at;
    struct word word = { *at, 0 };
    while (*at < end && **at != ' ')
        ++*at;
    word.len = (size_t)(*at - word.text);
    return word;
}

static bool parse_number(struct word word, unsigned base, uint32_t *number)
{
    uint64_t value = 0;
    if (!word.len || word.len > 10)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.text[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0')
                       : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (unsigned)((c | 0x20) - 'a') + 10 : 16;
        if (digit >= base)
            return false;
        value = value * base + digit;
    }
    *number = (uint32_t)value;
    return value <= UINT32_MAX;
}

static bool is(struct word word, const char *text)
{
    return word.len == strlen(text) && !memcmp(word.text, text, word.len);
}

/* A second dump of another length replaces the first; of the same length it adds to it. */
static enum hs_capture_line begin(struct hs_capture *c, uint32_t total)
{
    if (!total || total > HS_CAPTURE_LIMIT)
        return HS_CAPTURE_BAD;
    if (c->begun && c->total == total)
        return HS_CAPTURE_TAKEN;
    hs_capture_free(c);
    c->bytes = calloc(total, 1);
    c->have = calloc(total, 1);
    if (!c->bytes || !c->have) {
        hs_capture_free(c);
        return HS_CAPTURE_BAD;
    }
    c->total = total;
    c->begun = true;
    return HS_CAPTURE_TAKEN;
}

static enum hs_capture_line take_data(struct hs_capture *c, struct word offset, struct word text, struct word crc)
{
    uint8_t bytes[LINE_MAX_BYTES];
    uint32_t at, check;
    long n = hs_base64_decode(bytes, sizeof bytes, text.text, text.len);
    if (!c->begun || n <= 0 || !parse_number(offset, 16, &at) || !parse_number(crc, 16, &check) ||
        at > c->total || (uint32_t)n > c->total - at || hs_crc32(0, bytes, (size_t)n) != check)
        return HS_CAPTURE_BAD;
    for (long i = 0; i < n; i++) {
        c->got += !c->have[at + i];
        c->have[at + i] = 1;
    }
    memcpy(c->bytes + at, bytes, (size_t)n);
    return HS_CAPTURE_TAKEN;
}

static enum hs_capture_line take(struct hs_capture *c, const char *at, const char *end)
{
    uint32_t number;
    struct word first = next_word(&at, end), second = next_word(&at, end), third = next_word(&at, end);
    if (is(first, "BEGIN"))
        return parse_number(second, 10, &number) ? begin(c, number) : HS_CAPTURE_BAD;
    if (!is(first, "END"))
        return take_data(c, first, second, third);
    if (!c->begun || !parse_number(second, 16, &number))
        return HS_CAPTURE_BAD;
    c->check = number;
    c->ended = true;
    return HS_CAPTURE_END;
}

enum hs_capture_line hs_capture_take(struct hs_capture *c, const char *line, size_t len)
{
    const char *at = memmem(line, len, "HS:", 3), *end = line + len;
    if (!at)
        return HS_CAPTURE_OTHER;
    while (end > at && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    enum hs_capture_line taken = take(c, at + 3, end);
    c->bad += taken == HS_CAPTURE_BAD;
    return taken;
}

uint32_t hs_capture_missing(const struct hs_capture *c)
{
    const uint8_t *hole = c->total ? memchr(c->have, 0, c->total) : NULL;
    return hole ? (uint32_t)(hole - c->have) : c->total;
}

bool hs_capture_whole(const struct hs_capture *c)
{
    return c->begun && c->ended && hs_crc32(0, c->bytes, c->total) == c->check;
}

void hs_capture_free(struct hs_capture *c)
{
    free(c->bytes);
    free(c->have);
    *c = (struct hs_capture){ .bad = c->bad };
}
