/* SPDX-License-Identifier: MIT
 *
 * Tables and JSON: what they print, character by character.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/draw/table.h"
#include "lib/record.h"

/* ---- catching output ---- */

static char *caught;
static size_t caught_len;

static FILE *catch_output(void)
{
    FILE *out = open_memstream(&caught, &caught_len);
    assert_non_null(out);
    return out;
}

static void assert_caught(FILE *out, const char *expected)
{
    fclose(out);
    assert_string_equal(caught, expected);
    free(caught);
}

static void assert_format(enum hs_value_kind kind, struct hs_value value, const char *expected)
{
    char text[64];
    assert_string_equal(hs_format(text, sizeof text, kind, value), expected);
}

/* ---- tables ---- */

static void values_as_text(void **state)
{
    (void)state;
    assert_format(HS_VALUE_COUNT, (struct hs_value){.u = 0}, "0");
    assert_format(HS_VALUE_COUNT, (struct hs_value){.u = 999}, "999");
    assert_format(HS_VALUE_BYTES, (struct hs_value){.u = 1000}, "1,000");
    assert_format(HS_VALUE_BYTES, (struct hs_value){.u = UINT64_MAX}, "18,446,744,073,709,551,615");
    assert_format(HS_VALUE_HEX, (struct hs_value){.u = 0x2000}, "0x2000");
    assert_format(HS_VALUE_SHARE, (struct hs_value){.d = 0.125}, "12.50%");
    assert_format(HS_VALUE_REAL, (struct hs_value){.d = 1.255}, "1.25");
    assert_format(HS_VALUE_SECONDS, (struct hs_value){.d = 0}, "0 s");
    assert_format(HS_VALUE_SECONDS, (struct hs_value){.d = 12.34}, "12.3 s");
    assert_format(HS_VALUE_SECONDS, (struct hs_value){.d = 0.00125}, "1.25 ms");
    assert_format(HS_VALUE_SECONDS, (struct hs_value){.d = 0.99999}, "1.00 s");
    assert_format(HS_VALUE_SECONDS, (struct hs_value){.d = 250e-6}, "250 us");
    assert_format(HS_VALUE_SECONDS, (struct hs_value){.d = 3e-9}, "3.00 ns");
    assert_format(HS_VALUE_TEXT, (struct hs_value){.none = true}, "-");
    assert_format(HS_VALUE_TEXT, (struct hs_value){.s = "a\033[2Jb\n\xc2\x9bz\xc3\xa4"}, "a?[2Jb??z\xc3\xa4");
}

static const struct hs_column columns[] = {
    {"Share", NULL, HS_VALUE_SHARE},
    {NULL, "hidden", HS_VALUE_REAL},
    {"Bytes", "bytes", HS_VALUE_BYTES},
    {"Line", "line", HS_VALUE_TEXT},
};

static struct hs_table *example(void)
{
    struct hs_table *table = hs_table_new(columns, 4);
    const struct hs_value rows[][4] = {
        {{.d = 0.5}, {.d = 0.1}, {.u = 1234567}, {.s = "a.py:1 \"f\", g"}},
        {{.d = 0.001}, {.none = true}, {.none = true}, {.none = true}},
    };
    assert_non_null(table);
    hs_table_add(table, rows[0]);
    hs_table_add(table, rows[1]);
    assert_int_equal(hs_table_rows(table), 2);
    return table;
}

static void table_as_text(void **state)
{
    (void)state;
    struct hs_table *table = example();
    FILE *out = catch_output();
    hs_table_text(table, out, (struct hs_table_style){.indent = "  "});
    assert_caught(out, "   Share      Bytes  Line\n"
                       "  50.00%  1,234,567  a.py:1 \"f\", g\n"
                       "   0.10%          -  -\n");
    out = catch_output();
    hs_table_text(table, out, (struct hs_table_style){.color = true, .bare = true});
    assert_caught(out, "\033[31m50.00%  \033[0m1,234,567  a.py:1 \"f\", g\n 0.10%          -  -\n");
    hs_table_free(table);
}

/* Red from 5 % on, green from 0.5 % on. */
static void shares_have_colors(void **state)
{
    (void)state;
    static const struct hs_column column[] = {{"Share", "share", HS_VALUE_SHARE}};
    static const double share[] = {0.05, 0.0499, 0.005, 0.0049};
    struct hs_table *table = hs_table_new(column, 1);
    for (size_t i = 0; i < sizeof share / sizeof *share; i++)
        hs_table_add(table, &(struct hs_value){.d = share[i]});
    FILE *out = catch_output();
    hs_table_text(table, out, (struct hs_table_style){.color = true, .bare = true});
    assert_caught(out, "\033[31m5.00%\033[0m\n\033[32m4.99%\033[0m\n\033[32m0.50%\033[0m\n0.49%\n");
    hs_table_free(table);
}

static void table_as_data(void **state)
{
    (void)state;
    struct hs_table *table = example();
    FILE *out = catch_output();
    hs_table_csv(table, out);
    assert_caught(out, "hidden,bytes,line\n0.1,1234567,\"a.py:1 \"\"f\"\", g\"\n,,\n");
    struct hs_json *json = hs_json_new();
    out = catch_output();
    hs_table_json(table, json, NULL);
    assert_int_equal(hs_json_print(json, out, false), HS_OK);
    assert_caught(out, "[{\"hidden\":0.1,\"bytes\":1234567,\"line\":\"a.py:1 \\\"f\\\", g\"},"
                       "{\"hidden\":null,\"bytes\":null,\"line\":null}]\n");
    hs_json_free(json);
    hs_table_free(table);
}

/* ---- JSON ---- */

static void json_values(void **state)
{
    (void)state;
    struct hs_json *json = hs_json_new();
    FILE *out = catch_output();
    hs_json_object(json, NULL);
    hs_json_uint(json, "big", UINT64_MAX);
    hs_json_int(json, "low", INT64_MIN);
    hs_json_real(json, "tenth", 0.1);
    hs_json_real(json, "third", 1.0 / 3);
    hs_json_real(json, "nan", NAN);
    hs_json_bool(json, "yes", true);
    hs_json_hex(json, "at", 0xbeef);
    hs_json_text(json, "none", NULL);
    hs_json_array(json, "list");
    hs_json_null(json, NULL);
    hs_json_object(json, NULL);
    hs_json_end(json);
    hs_json_end(json);
    hs_json_end(json);
    assert_int_equal(hs_json_print(json, out, false), HS_OK);
    assert_caught(out, "{\"big\":18446744073709551615,\"low\":-9223372036854775808,\"tenth\":0.1,"
                       "\"third\":0.3333333333333333,\"nan\":null,\"yes\":true,\"at\":\"0xbeef\",\"none\":null,"
                       "\"list\":[null,{}]}\n");
    hs_json_free(json);
}

static void json_takes_any_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *shown;
    } cases[] = {
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x8d", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x8d\"\n"},
        {"a\xff"
         "b",
         "\"a\xef\xbf\xbd"
         "b\"\n"},
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"\n"},                 /* overlong */
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n"}, /* half of a surrogate pair */
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"\n"},                 /* cut */
        {"\n\t\x01", "\"\\n\\t\\u0001\"\n"},
    };
    struct hs_json *json = hs_json_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        FILE *out = catch_output();
        hs_json_bytes(json, NULL, cases[i].bytes, strlen(cases[i].bytes));
        assert_int_equal(hs_json_print(json, out, false), HS_OK);
        assert_caught(out, cases[i].shown);
    }
    hs_json_free(json);
}

static void json_is_not_nested_for_ever(void **state)
{
    (void)state;
    struct hs_json *json = hs_json_new();
    FILE *out = catch_output();
    for (unsigned i = 0; i < 100; i++)
        hs_json_array(json, NULL);
    assert_int_equal(hs_json_print(json, out, false), HS_ERR_SIZE);
    fclose(out);
    free(caught);
    hs_json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_as_text),
        cmocka_unit_test(table_as_text),
        cmocka_unit_test(shares_have_colors),
        cmocka_unit_test(table_as_data),
        cmocka_unit_test(json_values),
        cmocka_unit_test(json_takes_any_bytes),
        cmocka_unit_test(json_is_not_nested_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
