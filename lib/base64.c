/* SPDX-License-Identifier: MIT */
#include "lib/base64.h"

size_t hs_base64_encode(char *to, const uint8_t *from, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *at = to;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t word = (uint32_t)from[i] << 16;
        word |= left > 1 ? (uint32_t)from[i + 1] << 8 : 0;
        word |= left > 2 ? from[i + 2] : 0;
        *at++ = digits[word >> 18];
        *at++ = digits[word >> 12 & 63];
        *at++ = left > 1 ? digits[word >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[word & 63] : '=';
    }
    return (size_t)(at - to);
}
