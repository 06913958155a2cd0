/* SPDX-License-Identifier: MIT
 *
 * Compresses and encodes bytes for a page: gzip, which browsers can decompress, then base64, so that no
 * text of a trace is special to an HTML parser.
 */
#ifndef HS_HTML_PACK_H
#define HS_HTML_PACK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct hs_pack;

/* Writes to `out`, which the caller still owns. NULL when out of memory. */
struct hs_pack *hs_pack_begin(FILE *out);
void hs_pack_add(struct hs_pack *pack, const void *bytes, size_t n);

/* Writes the rest and frees `pack`. Returns HS_OK, or HS_ERR_IO when a write failed. */
int hs_pack_end(struct hs_pack *pack);

#endif
