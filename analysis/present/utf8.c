/* SPDX-License-Identifier: MIT */
#include "analysis/present/utf8.h"

#include <stdbool.h>

size_t hs_utf8_length(const void *bytes, size_t n)
{
    const unsigned char *s = bytes;
    static const struct {
        unsigned char mask, lead;
        unsigned least;
    } form[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t length = 1; length <= 4 && length <= n; length++) {
        if ((s[0] & form[length - 1].mask) != form[length - 1].lead)
            continue;
        unsigned code = s[0] & (unsigned char)~form[length - 1].mask;
        for (size_t i = 1; i < length; i++) {
            if ((s[i] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (s[i] & 0x3fu);
        }
        bool valid = code >= form[length - 1].least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
        return valid ? length : 0;
    }
    return 0;
}
