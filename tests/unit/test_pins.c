/* SPDX-License-Identifier: MIT
 *
 * Pins: a layout drawn as text, and random ones against an answer found by taking each group away in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/blame/separators.h"

#define SHIFT 4u
#define GROUPS 26u
#define N_MAX 600u

/* A region drawn with one character a granule: '.' free, a capital letter a block's head with its group,
 * '=' its tail, '#' the head of a block of no group. */
struct drawing {
    struct hs_heap_snapshot snapshot;
    struct hs_heap_snapshot_block block[N_MAX];
};

static void draw(struct drawing *d, unsigned region, uint32_t first, const char *text)
{
    struct hs_heap_snapshot *p = &d->snapshot;
    p->block = d->block;
    p->n_regions = region + 1;
    p->region[region] = (struct hs_region_state){
        .first = first,
        .granules = (uint32_t)strlen(text),
        .shift = SHIFT,
        .present = true,
    };
    for (uint32_t i = 0; text[i]; i++) {
        if (text[i] == '=')
            p->block[p->n_blocks - 1].granules++;
        else if (text[i] != '.')
            p->block[p->n_blocks++] = (struct hs_heap_snapshot_block){
                .pos = first + i,
                .granules = 1,
                .site = text[i] == '#' ? 1000 : (uint32_t)(text[i] - 'A'),
            };
    }
}

static uint32_t by_letter(const void *context, uint32_t site)
{
    (void)context;
    return site < GROUPS ? site : UINT32_MAX;
}

static struct hs_separators measure(const struct drawing *d)
{
    struct hs_separators separators;
    struct hs_separator_groups groups = {by_letter, NULL, GROUPS};
    assert_int_equal(hs_separators_measure(&separators, &d->snapshot, &groups), HS_OK);
    return separators;
}

static const struct hs_separator *pin_of(const struct hs_separators *separators, char letter)
{
    for (size_t i = 0; i < separators->n; i++)
        if (separators->separator[i].group == (uint32_t)(letter - 'A'))
            return &separators->separator[i];
    return NULL;
}

static void by_hand(void **state)
{
    (void)state;
    static struct drawing d;
    draw(&d, 0, 0, "..A=..A..B=C....A");
    struct hs_separators separators = measure(&d);
    assert_int_equal(separators.largest_free, 4 * 16);
    assert_int_equal(separators.free, 10 * 16);
    assert_int_equal(separators.free_runs, 4);
    assert_int_equal(separators.borders, 2 + 2 + 1 + 1 + 1);
    assert_int_equal(separators.n, 3);
    assert_int_equal(separators.separator[0].group, 0); /* A */
    assert_int_equal(separators.separator[0].together, 9 * 16);
    assert_int_equal(separators.separator[1].group, 1); /* B: "..A=..A..B=" */
    assert_int_equal(separators.separator[1].together, 11 * 16);
    assert_int_equal(separators.separator[2].together, 17 * 16);
    assert_int_equal(hs_separators_needed(&separators, 145), 2);
    assert_int_equal(hs_separators_needed(&separators, 272), 3);
    assert_int_equal(hs_separators_needed(&separators, 273), 0);
    assert_int_equal(pin_of(&separators, 'A')->largest_without, 9 * 16); /* "..A=..A.." */
    assert_int_equal(pin_of(&separators, 'A')->borders, 5);
    assert_int_equal(pin_of(&separators, 'A')->blocks, 3);
    assert_int_equal(pin_of(&separators, 'A')->bytes, 4 * 16);
    assert_int_equal(pin_of(&separators, 'B')->largest_without, 4 * 16); /* "..B=" gains nothing */
    assert_int_equal(pin_of(&separators, 'C')->largest_without, 5 * 16);
    hs_separators_free(&separators);
}

/* Where two alternate, neither alone gains; together they are the answer, although C gains more alone. */
static void two_that_alternate(void **state)
{
    (void)state;
    static struct drawing d;
    draw(&d, 0, 0, "..A..B..A..B..A..B..A.B#.....C...#");
    struct hs_separators separators = measure(&d);
    assert_int_equal(separators.separator[0].group, 2);
    assert_int_equal(separators.separator[0].together, 9 * 16);
    assert_true(pin_of(&separators, 'A')->together + pin_of(&separators, 'B')->together >= 23 * 16);
    assert_int_equal(separators.separator[2].together, 23 * 16);
    assert_int_equal(hs_separators_needed(&separators, 20 * 16), 3);
    hs_separators_free(&separators);
}

/* Runs do not cross from one region into the next, nor do clumps. */
static void regions_are_apart(void **state)
{
    (void)state;
    static struct drawing d;
    draw(&d, 0, 0, "A..A..");
    draw(&d, 1, 6, "..A.B.");
    struct hs_separators separators = measure(&d);
    assert_int_equal(separators.largest_free, 2 * 16);
    assert_int_equal(pin_of(&separators, 'A')->largest_without, 6 * 16);
    assert_int_equal(pin_of(&separators, 'B')->largest_without, 3 * 16);
    hs_separators_free(&separators);
}

static void nothing_pins_nothing(void **state)
{
    (void)state;
    static struct drawing full, empty, nobody;
    draw(&full, 0, 0, "A=B=");
    draw(&empty, 0, 0, "....");
    draw(&nobody, 0, 0, ".#.#.");
    struct hs_separators separators = measure(&full);
    assert_int_equal(separators.n, 0);
    assert_int_equal(separators.largest_free, 0);
    hs_separators_free(&separators);
    separators = measure(&empty);
    assert_int_equal(separators.n, 0);
    assert_int_equal(separators.largest_free, 64);
    hs_separators_free(&separators);
    separators = measure(&nobody);
    assert_int_equal(separators.n, 0);
    assert_int_equal(separators.borders, 4);
    hs_separators_free(&separators);
}

static uint32_t longest_without(const char *text, char letter)
{
    uint32_t run = 0, longest = 0;
    char holder = '.';
    for (; *text; text++) {
        if (*text != '=')
            holder = *text;
        run = holder == '.' || holder == letter ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static uint32_t seed = 7;

static uint32_t any(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(seed >> 4) * n >> 28);
}

static void scribble(char *text, uint32_t n)
{
    uint32_t groups = 1 + any(5), crowd = 1 + any(6);
    for (uint32_t i = 0; i < n; i++) {
        bool after_block = i && text[i - 1] != '.';
        text[i] = after_block && !any(3) ? '=' : any(crowd) ? '.' : any(9) ? (char)('A' + any(groups)) : '#';
    }
    text[n] = '\0';
}

static void agrees_with_taking_each_away(void **state)
{
    (void)state;
    static struct drawing d;
    char text[N_MAX + 1];
    for (unsigned round = 0; round < 2000; round++) {
        scribble(text, 1 + any(N_MAX - 1));
        memset(&d, 0, sizeof d);
        draw(&d, 0, 100, text);
        struct hs_separators separators = measure(&d);
        assert_int_equal(separators.largest_free, longest_without(text, '.') * 16);
        for (size_t i = 0; i < separators.n; i++) {
            uint32_t longest = longest_without(text, (char)('A' + separators.separator[i].group));
            assert_int_equal(separators.separator[i].largest_without, longest * 16);
        }
        hs_separators_free(&separators);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(two_that_alternate),
        cmocka_unit_test(regions_are_apart),
        cmocka_unit_test(nothing_pins_nothing),
        cmocka_unit_test(agrees_with_taking_each_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
