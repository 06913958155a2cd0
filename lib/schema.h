/* SPDX-License-Identifier: MIT
 *
 * The bare layout of the records, for encoder and decoder. Names and texts: hs_kind_info in record.h.
 */
#ifndef HS_SCHEMA_H
#define HS_SCHEMA_H

#include "lib/record.h"

struct hs_layout {
    uint8_t area; /* enum hs_area */
    uint8_t first, n_fields; /* in hs_wire_fields */
};

struct hs_wire_field {
    uint8_t type;   /* enum hs_wire << 4 | bytes of the member */
    uint8_t offset; /* in struct hs_record */
};

#define HS_FIELD_WIRE(field)  ((field)->type >> 4)
#define HS_FIELD_WIDTH(field) ((field)->type & 15u)

extern const struct hs_wire_field hs_wire_fields[];

/* Layout of a record kind, NULL for a code not in use. ISR safe. */
const struct hs_layout *hs_layout(unsigned kind);

#endif
