/* SPDX-License-Identifier: MIT */
#ifndef HS_BASE64_H
#define HS_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Number of characters for `n` bytes, without a NUL. */
#define HS_BASE64_LEN(n) (((n) + 2) / 3 * 4)

/* Encodes `len` bytes as base64 (RFC 4648, with padding). `to` holds HS_BASE64_LEN(len) characters; no NUL is added. Returns how
 * many characters it wrote. No allocation, no state; ISR safe. */
size_t hs_base64_encode(char *to, const uint8_t *from, size_t len);

#endif
