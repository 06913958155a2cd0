/* SPDX-License-Identifier: MIT
 *
 * Panes of characters: what is put where, and what a terminal may not be told.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/draw/pane.h"

static const struct hs_look plain = {0};

static void assert_pane(const struct hs_pane *pane, bool color, const char *expected)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    hs_pane_write(pane, &(struct hs_terminal){.width = pane->columns, .color = color}, out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void text_is_cut_at_the_edge(void **state)
{
    (void)state;
    struct hs_pane pane = {0};
    assert_true(hs_pane_size(&pane, 2, 8));
    assert_int_equal(hs_pane_put(&pane, (struct hs_cell_at){0, 5}, plain, "abcdef"), 8);
    assert_int_equal(hs_pane_put(&pane, (struct hs_cell_at){1, 20}, plain, "x"), 20);
    hs_pane_put(&pane, (struct hs_cell_at){7, 0}, plain, "below");
    assert_pane(&pane, false, "     abc\n");
    assert_true(hs_pane_size(&pane, 1, 3));
    assert_pane(&pane, false, "");
    hs_pane_free(&pane);
}

static void control_characters_are_shown(void **state)
{
    (void)state;
    struct hs_pane pane = {0};
    assert_true(hs_pane_size(&pane, 1, 30));
    hs_pane_put(&pane, (struct hs_cell_at){0, 0}, plain, "a\033[2J\007\x7f\xff\xc2\x9b z");
    assert_pane(&pane, false, "a?[2J???? z\n");
    hs_pane_free(&pane);
}

static void wide_characters_take_two_places(void **state)
{
    (void)state;
    struct hs_pane pane = {.unicode = true};
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        skip();
    assert_true(hs_pane_size(&pane, 1, 5));
    assert_int_equal(hs_pane_put(&pane, (struct hs_cell_at){0, 0}, plain, "\xe4\xbd\xa0z"), 3);
    assert_int_equal(hs_pane_put(&pane, (struct hs_cell_at){0, 3}, plain, "x\xe4\xbd\xa0"), 4);
    assert_pane(&pane, false, "\xe4\xbd\xa0zx\n");
    pane.unicode = false;
    assert_true(hs_pane_size(&pane, 1, 5));
    hs_pane_put(&pane, (struct hs_cell_at){0, 0}, plain, "\xe4\xbd\xa0z");
    assert_pane(&pane, false, "?z\n");
    hs_pane_free(&pane);
}

static void colours_end_with_their_text(void **state)
{
    (void)state;
    struct hs_pane pane = {0};
    assert_true(hs_pane_size(&pane, 2, 6));
    hs_pane_put(&pane, (struct hs_cell_at){0, 0}, (struct hs_look){.hue = HS_HUE_RED}, "no");
    hs_pane_put(&pane, (struct hs_cell_at){0, 2}, plain, "w");
    hs_pane_put(&pane, (struct hs_cell_at){1, 1}, (struct hs_look){.hue = HS_HUE_BLUE}, "x");
    assert_pane(&pane, true, "\033[1;31mno\033[0mw\n \033[34mx\033[0m\n");
    hs_pane_free(&pane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_cut_at_the_edge),
        cmocka_unit_test(control_characters_are_shown),
        cmocka_unit_test(wide_characters_take_two_places),
        cmocka_unit_test(colours_end_with_their_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
