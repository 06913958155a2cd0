/* SPDX-License-Identifier: MIT
 *
 * Texts of any bytes, cleaned. The C library's own UTF-8 says what is a character; what must not reach a terminal is listed
 * here once more, by hand.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "lib/host/util/clean_text.h"
#include "tests/support/seeded.h"

#define TEXT_MAX 200u

/* Pieces of which dangerous texts are made, whole and broken. */
static const char *const pieces[] = {
    "a",
    "Z",
    "0",
    " ",
    "\n",
    "\t",
    "\x1b",
    "\x1b[2J",
    "\x1b[31m",
    "\x1b]0;t\a",
    "\x7f",
    "\x80",
    "\x9b",
    "\x9b"
    "2J",
    "\xc2\x9b",
    "\xc2\x85",
    "\xc3\xa4",
    "\xe2\x80\xae",
    "\xe2\x80\xa8",
    "\xe2\x80\x8f",
    "\xd8\x9c",
    "\xe2\x81\xa6",
    "\xe2\x82\xac",
    "\xf0\x9f\x90\x8d",
    "\xc0\xaf",
    "\xe0\x80\xaf",
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
    "\xf8",
    "\xff",
    "\xe2\x82",
    "\xf0\x9f",
    "\xef\xbf\xbe",
    "\xef\xbf\xbf",
    "\xef\xbf\xbd",
    "\x01",
    "\r",
    "=",
    "\"",
    ",",
    "<",
    "&",
};

static size_t make(char *text, unsigned steps)
{
    size_t n = 0;
    for (unsigned i = 0; i < steps && n + 8 < TEXT_MAX; i++) {
        const char *piece = pieces[seeded(sizeof pieces / sizeof *pieces)];
        n = (size_t)(stpcpy(text + n, piece) - text);
    }
    text[n] = '\0';
    return n;
}

static bool is_dangerous(wchar_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

/* Calls `bad` on each character; true: all of the text is UTF-8, and none is bad. */
static bool is_clean(const char *text, size_t n, bool (*bad)(wchar_t c))
{
    mbstate_t state = {0};
    while (n) {
        wchar_t c;
        size_t length = mbrtowc(&c, text, n, &state);
        if (length == 0 || length > n || bad(c))
            return false;
        text += length;
        n -= length;
    }
    return true;
}

static bool never(wchar_t c) { return c == 0; }
static bool not_xml(wchar_t c) { return c < 0x20 || c == 0x7f || c == 0xfffe || c == 0xffff; }

static bool (*const bad[])(wchar_t c) = {
    [HS_TEXT_TERMINAL] = is_dangerous,
    [HS_TEXT_XML] = not_xml,
    [HS_TEXT_UTF8] = never,
};

/* What comes out is clean, cleaning it again changes nothing, and clean texts pass as they are. */
static bool comes_out_clean(unsigned steps)
{
    char text[TEXT_MAX], once[HS_TEXT_GROWTH * TEXT_MAX], again[sizeof once];
    size_t n = make(text, steps);
    for (enum hs_text_rule rule = HS_TEXT_TERMINAL; rule <= HS_TEXT_UTF8; rule++) {
        size_t out = hs_text_copy(once, sizeof once, text, n, rule);
        if (once[out] || !is_clean(once, out, bad[rule]))
            return false;
        if (hs_text_copy(again, sizeof again, once, out, rule) != out || memcmp(once, again, out))
            return false;
        if (is_clean(text, n, bad[rule]) && (out != n || memcmp(text, once, n)))
            return false;
    }
    return true;
}

static void test_clean(void **unused)
{
    (void)unused;
    assert_true(seeded_holds(comes_out_clean, 3000, 40));
}

/* A smaller buffer gets the beginning of the same text, which ends with a whole character. */
static bool is_cut_well(unsigned steps)
{
    char text[TEXT_MAX], whole[HS_TEXT_GROWTH * TEXT_MAX], part[sizeof whole + 1];
    size_t n = make(text, steps), size = 1 + seeded(TEXT_MAX);
    enum hs_text_rule rule = (enum hs_text_rule)seeded(3);
    size_t out = hs_text_copy(whole, sizeof whole, text, n, rule);
    part[size] = '\x55';
    size_t kept = hs_text_copy(part, size, text, n, rule);
    if (kept >= size || part[kept] || part[size] != '\x55' || memcmp(part, whole, kept) || !is_clean(part, kept, bad[rule]))
        return false;
    return kept == out || kept + 4 >= size;
}

static void test_cut(void **unused)
{
    (void)unused;
    assert_true(seeded_holds(is_cut_well, 3000, 40));
}

/* Ends of a text: as much as fits, and a clean text stays clean. */
static bool fits(unsigned steps)
{
    char text[TEXT_MAX], clean[HS_TEXT_GROWTH * TEXT_MAX];
    size_t n = hs_text_copy(clean, sizeof clean, text, make(text, steps), HS_TEXT_UTF8), room = seeded(TEXT_MAX);
    size_t head = hs_text_fit(n, clean, room);
    const char *tail = hs_text_tail(clean, room);
    size_t last = strlen(tail);
    if (n <= room)
        return head == n && tail == clean;
    return head <= room && head + 4 > room && is_clean(clean, head, never) && last <= room && last + 4 > room &&
           tail == clean + n - last && is_clean(tail, last, never);
}

static void test_fits(void **unused)
{
    (void)unused;
    assert_true(seeded_holds(fits, 3000, 60));
}

/* A stream makes the same of a text in however many pieces it comes. */
static char *through_stream(const char *text, size_t n, bool in_pieces, bool colors)
{
    char *caught = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&caught, &length), *stream = hs_text_stream(to, colors);
    setvbuf(stream, NULL, _IONBF, 0);
    for (size_t piece; n; text += piece, n -= piece) {
        piece = in_pieces ? 1 + seeded(5) : n;
        piece = piece < n ? piece : n;
        fwrite(text, 1, piece, stream);
    }
    fclose(stream);
    fclose(to);
    return caught;
}

static bool is_dangerous_in_lines(wchar_t c) { return c != '\n' && c != '\t' && c != '\r' && is_dangerous(c); }

static bool pieces_do_not_matter(unsigned steps)
{
    char text[TEXT_MAX];
    size_t n = make(text, steps);
    bool colors = seeded(2);
    char *whole = through_stream(text, n, false, colors), *pieced = through_stream(text, n, true, colors);
    bool same = !strcmp(whole, pieced) && (colors || is_clean(whole, strlen(whole), is_dangerous_in_lines));
    free(whole);
    free(pieced);
    return same;
}

static void test_stream(void **unused)
{
    (void)unused;
    assert_true(seeded_holds(pieces_do_not_matter, 2000, 40));
}

static void test_examples(void **unused)
{
    char text[40];
    (void)unused;
    assert_string_equal(hs_text_clean(text, sizeof text, "a\x1b[2Jb\x9b\xc2\x9b\xc3\xa4\xe2\x80\xae"), "a?[2Jb??\xc3\xa4?");
    hs_text_copy(text, sizeof text, "<\x01\xef\xbf\xbf>", 6, HS_TEXT_XML);
    assert_string_equal(text, "<\xef\xbf\xbd\xef\xbf\xbd>");
    hs_text_copy(text, sizeof text, "\x1b\xff", 2, HS_TEXT_UTF8);
    assert_string_equal(text, "\x1b\xef\xbf\xbd");
}

static int use_utf8(void **unused)
{
    (void)unused;
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),  cmocka_unit_test(test_cut),      cmocka_unit_test(test_fits),
        cmocka_unit_test(test_stream), cmocka_unit_test(test_examples),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
