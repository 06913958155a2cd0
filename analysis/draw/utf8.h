/* SPDX-License-Identifier: MIT */
#ifndef HS_DRAW_UTF8_H
#define HS_DRAW_UTF8_H

#include <stddef.h>

/* Bytes of the character that `n` bytes begin with; 0 when they begin with none. */
size_t hs_utf8_length(const void *bytes, size_t n);

#endif
