/* SPDX-License-Identifier: MIT */
#include "lib/host/memory/capture.h"

#include <stdlib.h>
#include <string.h>

#include "lib/host/input/checksum.h"

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
    size_t bytes = len / 4 * 3 - padding;
    for (size_t i = 0; i < len; i += 4) {
        uint32_t four = 0;
        for (size_t k = 0; k < 4; k++) {
            int digit = i + k < len - padding ? digit64(text[i + k]) : 0;
            if (digit < 0)
                return -1;
            four = four << 6 | (uint32_t)digit;
        }
        for (size_t k = 0; k < 3 && n < bytes; k++)
            to[n++] = (uint8_t)(four >> (16 - 8 * k));
    }
    return (long)n;
}

static void free_memory(struct hs_capture *c)
{
    free(c->bytes);
    free(c->have);
    free(c->used);
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
    struct word word = {*at, 0};
    while (*at < end && **at != ' ')
        ++*at;
    word.len = (size_t)(*at - word.text);
    return word;
}

static unsigned digit_of(char c)
{
    return c >= '0' && c <= '9'                     ? (unsigned)(c - '0')
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (unsigned)((c | 0x20) - 'a') + 10
                                                    : 16;
}

static bool parse_number(struct word word, unsigned base, uint32_t *number)
{
    uint64_t value = 0;
    if (!word.len || word.len > 10)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        unsigned digit = digit_of(word.text[i]);
        if (digit >= base)
            return false;
        value = value * base + digit;
    }
    *number = (uint32_t)value;
    return value <= UINT32_MAX;
}

/* Parses eight digits; other text may follow directly. */
static bool parse_check(struct word word, uint32_t *check)
{
    if (word.len < 8 || (word.len > 8 && digit_of(word.text[8]) < 16))
        return false;
    word.len = 8;
    return parse_number(word, 16, check);
}

static bool is(struct word word, const char *text) { return word.len == strlen(text) && !memcmp(word.text, text, word.len); }

/* Copies a block with received bytes. */
static void copy_block(struct hs_capture *to, const struct hs_capture *from, uint32_t block)
{
    uint32_t at = block * HS_CAPTURE_BLOCK, len = from->room - at < HS_CAPTURE_BLOCK ? from->room - at : HS_CAPTURE_BLOCK;
    memcpy(to->bytes + at, from->bytes + at, len);
    memcpy(to->have + at, from->have + at, len);
    to->used[block] = 1;
}

/* A log may claim many large dumps. Memory from calloc is not touched before it is used. */
static bool make_room(struct hs_capture *c, uint32_t need)
{
    if (need <= c->room)
        return true;
    uint32_t most = c->begun && c->total > need ? c->total : HS_CAPTURE_LIMIT;
    uint32_t room = need < most / 2 ? need * 2 : most;
    struct hs_capture more = *c;
    more.room = room < need ? need : room;
    more.bytes = calloc(more.room, 1);
    more.have = calloc(more.room, 1);
    more.used = calloc(more.room / HS_CAPTURE_BLOCK + 1, 1);
    bool made = more.bytes && more.have && more.used;
    for (uint32_t i = 0; made && i * HS_CAPTURE_BLOCK < c->room; i++)
        if (c->used[i])
            copy_block(&more, c, i);
    free_memory(made ? c : &more);
    if (made)
        *c = more;
    return made;
}

/* Sets the size and check from a BEGIN or END line. Another image replaces the first. Bytes that were received before the
 * size was known are kept if they fit. */
static bool take_size(struct hs_capture *c, struct word size, struct word crc)
{
    uint32_t total, check;
    if (!parse_number(size, 10, &total) || !parse_check(crc, &check) || !total || total > HS_CAPTURE_LIMIT)
        return false;
    if (c->begun && (c->total != total || c->check != check))
        hs_capture_free(c);
    c->begun = true;
    c->total = total;
    c->check = check;
    for (uint32_t i = hs_capture_next(c, total); i < c->room; i = hs_capture_next(c, i + 1))
        c->got--;
    c->room = c->room < total ? c->room : total;
    return true;
}

static enum hs_capture_line take_data(struct hs_capture *c, struct word offset, struct word text, struct word crc)
{
    uint8_t bytes[LINE_MAX_BYTES];
    uint32_t at, check, limit = c->begun ? c->total : HS_CAPTURE_LIMIT;
    long n = hs_base64_decode(bytes, sizeof bytes, text.text, text.len);
    if (n <= 0 || !parse_number(offset, 16, &at) || !parse_check(crc, &check) || at > limit || (uint32_t)n > limit - at)
        return HS_CAPTURE_BAD;
    const uint8_t where[] = {(uint8_t)at, (uint8_t)(at >> 8), (uint8_t)(at >> 16), (uint8_t)(at >> 24)};
    if (hs_checksum(hs_checksum(0, where, sizeof where), bytes, (size_t)n) != check || !make_room(c, at + (uint32_t)n))
        return HS_CAPTURE_BAD;
    for (long i = 0; i < n; i++) {
        c->got += !c->have[at + i];
        c->have[at + i] = 1;
    }
    c->used[at / HS_CAPTURE_BLOCK] = c->used[(at + (uint32_t)n - 1) / HS_CAPTURE_BLOCK] = 1;
    memcpy(c->bytes + at, bytes, (size_t)n);
    return HS_CAPTURE_TAKEN;
}

/* Adds one record, after its mark. */
static enum hs_capture_line take(struct hs_capture *c, const char *at, const char *end)
{
    while (end > at && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    struct word first = next_word(&at, end), second = next_word(&at, end), third = next_word(&at, end);
    if (is(first, "BEGIN"))
        return take_size(c, second, third) ? HS_CAPTURE_BEGIN : HS_CAPTURE_BAD;
    if (is(first, "END"))
        return take_size(c, second, third) ? HS_CAPTURE_END : HS_CAPTURE_BAD;
    return take_data(c, first, second, third);
}

static const char *find_mark(const char *line, const char *end)
{
    return memmem(line, (size_t)(end - line), HS_CAPTURE_MARK, strlen(HS_CAPTURE_MARK));
}

enum hs_capture_line hs_capture_take(struct hs_capture *c, const char *line, size_t len)
{
    enum hs_capture_line worst = HS_CAPTURE_OTHER;
    const char *end = line + len, *at = find_mark(line, end);
    while (at) {
        at += strlen(HS_CAPTURE_MARK);
        const char *next = find_mark(at, end);
        enum hs_capture_line taken = take(c, at, next ? next : end);
        c->bad += taken == HS_CAPTURE_BAD;
        worst = worst == HS_CAPTURE_BAD ? worst : taken;
        at = next;
    }
    return worst;
}

bool hs_capture_begins(const char *line, size_t len)
{
    return memmem(line, len, HS_CAPTURE_MARK "BEGIN", strlen(HS_CAPTURE_MARK "BEGIN")) != NULL;
}

void hs_capture_add(struct hs_capture *c, const struct hs_capture *more)
{
    uint32_t end = c->begun && c->total < more->room ? c->total : more->room;
    if (!make_room(c, end))
        return;
    for (uint32_t i = hs_capture_next(more, 0); i < end; i = hs_capture_next(more, i + 1)) {
        if (c->have[i])
            continue;
        c->bytes[i] = more->bytes[i];
        c->have[i] = c->used[i / HS_CAPTURE_BLOCK] = 1;
        c->got++;
    }
}

uint32_t hs_capture_next(const struct hs_capture *c, uint32_t at)
{
    while (at < c->room && !(c->used[at / HS_CAPTURE_BLOCK] && c->have[at]))
        at = c->used[at / HS_CAPTURE_BLOCK] ? at + 1 : (at / HS_CAPTURE_BLOCK + 1) * HS_CAPTURE_BLOCK;
    return at < c->room ? at : c->room;
}

uint32_t hs_capture_missing(const struct hs_capture *c)
{
    uint32_t known = c->room < c->total ? c->room : c->total;
    const uint8_t *hole = known ? memchr(c->have, 0, known) : NULL;
    return hole ? (uint32_t)(hole - c->have) : known;
}

bool hs_capture_whole(struct hs_capture *c)
{
    return c->begun && make_room(c, c->total) && hs_checksum(0, c->bytes, c->total) == c->check;
}

void hs_capture_free(struct hs_capture *c)
{
    free_memory(c);
    *c = (struct hs_capture){.bad = c->bad};
}
