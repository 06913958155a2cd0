/* SPDX-License-Identifier: MIT
 *
 * The examples of FIPS 180-2 and of RFC 4231, and pieces of any length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/util/hmac.h"

static void assert_digest(const uint8_t digest[HS_SHA256_BYTES], const char *expected)
{
    char hex[2 * HS_SHA256_BYTES + 1];
    for (size_t i = 0; i < HS_SHA256_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(hex, expected);
}

static void assert_hash(const char *text, const char *expected)
{
    struct hs_sha256 hash;
    uint8_t digest[HS_SHA256_BYTES];
    hs_sha256_begin(&hash);
    hs_sha256_add(&hash, text, strlen(text));
    hs_sha256_end(&hash, digest);
    assert_digest(digest, expected);
}

static void hashes_of_the_standard(void **state)
{
    (void)state;
    assert_hash("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_hash("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* A million times "a", in pieces of all lengths up to 200. */
static void pieces(void **state)
{
    (void)state;
    char letters[200];
    struct hs_sha256 hash;
    uint8_t digest[HS_SHA256_BYTES];
    memset(letters, 'a', sizeof letters);
    hs_sha256_begin(&hash);
    for (size_t left = 1000000, n = 0; left; left -= n) {
        n = n % sizeof letters + 1 < left ? n % sizeof letters + 1 : left;
        hs_sha256_add(&hash, letters, n);
    }
    hs_sha256_end(&hash, digest);
    assert_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Test case 1 of the RFC; its key of 20 bytes is the same as one of 32 that ends in zeros. */
static void keyed(void **state)
{
    (void)state;
    uint8_t key[HS_SHA256_BYTES] = {0}, digest[HS_SHA256_BYTES];
    struct hs_hmac hmac;
    memset(key, 0x0b, 20);
    hs_hmac_begin(&hmac, key);
    hs_hmac_add(&hmac, "Hi ", 3);
    hs_hmac_add(&hmac, "There", 5);
    hs_hmac_end(&hmac, digest);
    assert_digest(digest, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hashes_of_the_standard), cmocka_unit_test(pieces),
                                       cmocka_unit_test(keyed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
