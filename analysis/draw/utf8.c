/* SPDX-License-Identifier: MIT */
#include "analysis/draw/utf8.h"

#include "analysis/util/text.h"

size_t hs_utf8_length(const void *bytes, size_t n)
{
    struct hs_character c = n ? hs_character_of(bytes, n) : (struct hs_character){ .code = 0x80 };
    return c.length > 1 || c.code < 0x80 ? c.length : 0;
}
