/* SPDX-License-Identifier: MIT
 *
 * Lines of one text in another: drawn cases, and random edits against the length of the longest common
 * subsequence found by trying everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/sites/align.h"

/* One letter a line. */
static void spell(char *text, const char *letters)
{
    for (; *letters; letters++) {
        *text++ = *letters;
        *text++ = '\n';
    }
    *text = '\0';
}

/* Texts of one letter a line; `expected` has, for each line of `from`, its line in `to` as a digit, 0 for none. */
static void check(const char *from, const char *to, const char *expected)
{
    char a[64], b[64];
    struct hs_line_map map;
    spell(a, from);
    spell(b, to);
    assert_int_equal(hs_line_map_make(&map, a, b), 0);
    assert_int_equal(map.lines, strlen(from));
    for (uint32_t i = 1; i <= map.lines; i++)
        assert_int_equal(hs_line_map_at(&map, i), (uint32_t)(expected[i - 1] - '0'));
    assert_int_equal(hs_line_map_at(&map, map.lines + 1), 0);
    hs_line_map_free(&map);
}

static void drawn(void **unused)
{
    (void)unused;
    check("abc", "abc", "123");
    check("abc", "axxbc", "145");
    check("abcd", "ad", "1002");
    check("abc", "aXc", "123");   /* an edited line stays one */
    check("abcd", "aXd", "1203"); /* of two lines that became one the first is it */
    check("", "abc", "");
    check("abc", "", "000");
    check("abab", "baba", "0123");
}

static uint32_t random_state = 1;
static uint32_t chance(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 16) % below;
}

/* Longest common subsequence, by trying both ways at every difference. */
static uint32_t longest(const char *a, const char *b)
{
    if (!*a || !*b)
        return 0;
    if (*a == *b)
        return 1 + longest(a + 1, b + 1);
    uint32_t x = longest(a + 1, b), y = longest(a, b + 1);
    return x > y ? x : y;
}

static void random_texts(void **unused)
{
    (void)unused;
    for (int round = 0; round < 2000; round++) {
        char from[9] = "", to[9] = "", a[32], b[32];
        for (uint32_t i = 0, n = chance(9), m = chance(9); i < n || i < m; i++) {
            if (i < n)
                from[i] = (char)('a' + chance(3));
            if (i < m)
                to[i] = (char)('a' + chance(3));
        }
        spell(a, from);
        spell(b, to);
        struct hs_line_map map;
        assert_int_equal(hs_line_map_make(&map, a, b), 0);
        uint32_t equal = 0, before = 0;
        for (uint32_t i = 1; i <= map.lines; i++) {
            uint32_t line = hs_line_map_at(&map, i);
            assert_true(!line || line > before); /* in their order, none twice */
            before = line ? line : before;
            equal += line && from[i - 1] == to[line - 1];
        }
        assert_true(equal >= longest(from, to));
        hs_line_map_free(&map);
    }
}

/* Middles too long for the table are paired; a last line without an end counts. */
static void long_texts(void **unused)
{
    static char a[40000], b[40000];
    struct hs_line_map map;
    (void)unused;
    for (uint32_t i = 0; i < 9000; i++) {
        memcpy(a + 2 * i, "a\n", 2);
        memcpy(b + 2 * i, "b\n", 2);
    }
    a[2 * 9000 - 1] = '\0';
    assert_int_equal(hs_line_map_make(&map, a, b), 0);
    assert_int_equal(map.lines, 9000);
    assert_int_equal(hs_line_map_at(&map, 8999), 8999);
    assert_int_equal(hs_line_map_at(&map, 9000), 9000);
    hs_line_map_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(drawn), cmocka_unit_test(random_texts), cmocka_unit_test(long_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
