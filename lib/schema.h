/* SPDX-License-Identifier: MIT
 *
 * The bare layout of the records, for encoder and decoder. Names and texts: hs_kind_info in record.h.
 */
#ifndef HS_SCHEMA_H
#define HS_SCHEMA_H

#include "lib/record.h"

#define HS_FIELDS_MAX 8

struct hs_layout {
    uint8_t area; /* enum hs_area */
    struct {
        uint8_t wire;   /* enum hs_wire */
        uint8_t offset; /* in struct hs_record */
        uint8_t width;  /* bytes of the member, 0 behind the last field */
    } field[HS_FIELDS_MAX];
};

/* Layout of a record kind, NULL for a code not in use. ISR safe. */
const struct hs_layout *hs_layout(unsigned kind);

#endif
