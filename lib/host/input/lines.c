/* SPDX-License-Identifier: MIT
 *
 * Lines of a text.
 */
#include "lib/host/input/lines.h"

#define LOOKED_AT 4096u /* bytes that are checked to recognise text */

/* The byte after a line end: LF, CR, CR LF, or the CR CR LF of a console that adds one more CR. */
static const uint8_t *behind_end(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *behind = at;
    while (behind < end && behind < at + 2 && *behind == '\r')
        behind++;
    if (behind < end && *behind == '\n')
        return behind + 1;
    return at < end ? at + 1 : end;
}

/* The length of a color sequence ("\033[0;32m") at `at`, or 0. */
static size_t color(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *c = at + 2;
    if (end - at < 3 || at[0] != 27 || at[1] != '[')
        return 0;
    while (c < end && ((*c >= '0' && *c <= '9') || *c == ';'))
        c++;
    return c < end && *c == 'm' ? (size_t)(c + 1 - at) : 0;
}

/* The end of a line without blanks and colors after its text. */
static const uint8_t *end_of_text(const uint8_t *start, const uint8_t *stop)
{
    for (;;) {
        const uint8_t *at = stop;
        while (at > start && (at[-1] == ' ' || at[-1] == '\t'))
            at--;
        const uint8_t *escape = at - (at > start && at[-1] == 'm');
        while (escape > start && escape < at && at - escape < 16 && *escape != 27)
            escape--;
        if (escape + color(escape, at) == at)
            at = escape;
        if (at == stop)
            return stop;
        stop = at;
    }
}

/* The length of the byte order mark that editors of Windows put before UTF-8 text, or 0. */
static unsigned mark_length(const uint8_t *at, const uint8_t *end)
{
    return end - at >= 3 && at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf ? 3 : 0;
}

bool hs_next_line(struct hs_line_reader *l)
{
    l->at += l->number ? 0 : mark_length(l->at, l->end);
    const uint8_t *start = l->at;
    if (start >= l->end)
        return false;
    while (l->at < l->end && *l->at != '\n' && *l->at != '\r')
        l->at++;
    const uint8_t *stop = l->at;
    l->at = behind_end(l->at, l->end);
    stop = end_of_text(start, stop);
    for (size_t n; (n = color(start, stop)) != 0;)
        start += n;
    l->line = (const char *)start;
    l->len = (size_t)(stop - start);
    l->number++;
    return true;
}

int hs_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t hs_text_narrow(uint8_t *bytes, size_t len)
{
    size_t n = 0;
    if (len < 2 || bytes[0] != 0xff || bytes[1] != 0xfe)
        return len;
    for (size_t i = 2; i + 1 < len; i += 2)
        bytes[n++] = bytes[i + 1] ? '?' : bytes[i];
    return n;
}

bool hs_text_begins(const uint8_t *bytes, size_t len)
{
    size_t odd = 0, n = len < LOOKED_AT ? len : LOOKED_AT;
    if (len >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe)
        return true;
    for (size_t i = 0; i < n; i++)
        odd += bytes[i] < 9 || (bytes[i] > 13 && bytes[i] < 32 && bytes[i] != 27);
    return odd * 100 <= n;
}
