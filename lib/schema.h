/* SPDX-License-Identifier: MIT
 *
 * The layout of the records, for encoder and decoder. Names and texts: hs_kind_info in record.h.
 */
#ifndef HS_SCHEMA_H
#define HS_SCHEMA_H

#include <stdbool.h>

#include "lib/record.h"

struct hs_wire_layout {
    uint8_t area : 2;       /* enum hs_area */
    uint8_t names_site : 1; /* the first field is a SITE's number */
    uint8_t n_fields : 4;
    uint8_t first; /* index of the first field in hs_wire_fields */
    uint8_t data;  /* offset of its hs_text or hs_data in struct hs_record, 0: it has none */
    uint8_t most;  /* the most bytes of a plain record without its data */
};

struct hs_wire_field {
    uint8_t type;   /* enum hs_wire << 4 | bytes of a number */
    uint8_t offset; /* in struct hs_record */
};

#define HS_FIELD_WIRE(field) ((field)->type >> 4)
#define HS_FIELD_WIDTH(field) ((field)->type & 15u)

extern const struct hs_wire_field hs_wire_fields[];

/* Layout of a record kind, NULL for a code not in use. ISR safe. */
const struct hs_wire_layout *hs_wire_layout(unsigned kind);

/* Number of the last kind. */
#define HS_RECORD(NAME, member, code, area, text, ...) char member[code];
union hs_last_kind {
#include "lib/records.def"
};
#define HS_KIND_LAST ((unsigned)sizeof(union hs_last_kind))

/* Minor version of the format: the number of kinds with a length. */
#define HS_FORMAT_MINOR (HS_KIND_LAST < HS_KIND_SIZED ? 0u : HS_KIND_LAST - HS_KIND_SIZED + 1)

/* The version in a header: the major version is in the low byte. */
#define HS_FORMAT_VERSIONS (HS_FORMAT_VERSION | HS_FORMAT_MINOR << 8)

/* The most bytes of a field, without the data of text, bytes and numbers. A SITE's number is below 2^15. */
#define HS_LEN_site 3
#define HS_LEN_region 2
#define HS_LEN_granule 5
#define HS_LEN_block 5
#define HS_LEN_u8 2
#define HS_LEN_u32 5
#define HS_LEN_caps 5
#define HS_LEN_address 10
#define HS_LEN_caller 10
#define HS_LEN_text 1
#define HS_LEN_bytes 1
#define HS_LEN_numbers 1
#define HS_LEN_rest 0
#define HS_LEN_none 0
#define HS_ADD_LEN(record, type, field, text) +HS_LEN_##type

/* Bytes of the longest plain record without its data: code, time, length (if the kind has one), fields. */
#define HS_LONGEST_EVENT(code, ...) 1
#define HS_LONGEST_PACKET(code, ...) 1 + 5 + ((code) >= HS_KIND_SIZED) HS_EACH(HS_ADD_LEN, , __VA_ARGS__)
#define HS_LONGEST_DICT(code, ...) 1
#define HS_RECORD(NAME, member, code, area, text, ...) char member[HS_LONGEST_##area(code, __VA_ARGS__)];
union hs_longest_plain {
#include "lib/records.def"
};
#define HS_PLAIN_MAX ((unsigned)sizeof(union hs_longest_plain))

/* The length of a record that carries one: a byte, with HS_SIZED_SITE set if the first field is a SITE's number. If the length
 * is HS_SIZED_MORE or more, the byte has HS_SIZED_MORE and the difference follows as U. */
#define HS_SIZED_MORE 0x7fu
#define HS_SIZED_SITE 0x80u

/* Writes a record's fields in the order of the schema, with at most `most` bytes of data. Returns the byte after them. */
uint8_t *hs_put_fields(uint8_t *at, const struct hs_record *record, uint32_t most);

/* The same for a plain record, after its time: writes the length first if the kind carries one. `most` is at most 16384. */
uint8_t *hs_put_body(uint8_t *at, const struct hs_record *record, uint32_t most);

/* The most bytes that a plain record takes with at most `most` bytes of data. */
uint32_t hs_record_room(const struct hs_record *record, uint32_t most);

#endif
