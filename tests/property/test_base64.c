/* SPDX-License-Identifier: MIT
 *
 * base64 against the examples of RFC 4648, against the decoder, and bit by bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base64.h"
#include "lib/host/memory/capture.h"
#include "tests/support/seeded.h"

#define BYTES_MAX 100u

static void test_examples(void **unused)
{
    static const char *const example[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xef\xbe", "/+++"},
    };
    char text[16];
    (void)unused;
    for (size_t i = 0; i < sizeof example / sizeof *example; i++) {
        size_t n = hs_base64_encode(text, (const uint8_t *)example[i][0], strlen(example[i][0]));
        assert_int_equal(n, strlen(example[i][1]));
        assert_memory_equal(text, example[i][1], n);
    }
}

/* What the i-th digit stands for, taken out of the bytes bit by bit. */
static unsigned six_bits(const uint8_t *bytes, size_t n, size_t digit)
{
    unsigned value = 0;
    for (size_t bit = 6 * digit; bit < 6 * digit + 6; bit++)
        value = value << 1 | (bit / 8 < n ? bytes[bit / 8] >> (7 - bit % 8) & 1u : 0u);
    return value;
}

static bool is_digit_of(char c, unsigned value)
{
    return value < 26   ? c == (char)('A' + value)
           : value < 52 ? c == (char)('a' + value - 26)
           : value < 62 ? c == (char)('0' + value - 52)
                        : c == (value == 62 ? '+' : '/');
}

/* Each step is a byte. */
static bool goes_and_returns(unsigned steps)
{
    uint8_t bytes[BYTES_MAX], back[BYTES_MAX];
    char text[HS_BASE64_LEN(BYTES_MAX) + 1];
    for (unsigned i = 0; i < steps; i++)
        bytes[i] = (uint8_t)seeded(256);
    text[HS_BASE64_LEN(steps)] = '\x01';
    size_t n = hs_base64_encode(text, bytes, steps);
    if (n != HS_BASE64_LEN(steps) || text[n] != '\x01')
        return false;
    for (size_t i = 0; i < n; i++)
        if (6 * i < 8 * steps ? !is_digit_of(text[i], six_bits(bytes, steps, i)) : text[i] != '=')
            return false;
    return hs_base64_decode(back, sizeof back, text, n) == (long)steps && !memcmp(back, bytes, steps);
}

static void test_returns(void **unused)
{
    (void)unused;
    for (unsigned steps = 0; steps <= BYTES_MAX; steps++)
        assert_true(seeded_holds(goes_and_returns, 20, steps));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples), cmocka_unit_test(test_returns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
