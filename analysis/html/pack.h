/* SPDX-License-Identifier: MIT
 *
 * Bytes made small and harmless: gzip, which browsers undo by themselves, in base64, in which no text of a
 * trace can mean anything to an HTML parser.
 */
#ifndef HS_HTML_PACK_H
#define HS_HTML_PACK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct hs_pack;

/* Writes to `out`, which stays the caller's. NULL when memory is short. */
struct hs_pack *hs_pack_begin(FILE *out);
void hs_pack_add(struct hs_pack *pack, const void *bytes, size_t n);

/* Writes what is left and frees it. Returns HS_OK, or HS_ERR_IO when a write failed. */
int hs_pack_end(struct hs_pack *pack);

#endif
