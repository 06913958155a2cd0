/* SPDX-License-Identifier: MIT
 *
 * Writes the fields of plain records and definitions in the order of the schema. For the recorder, and for a host that makes
 * packets.
 */
#include <string.h>

#include "lib/schema.h"
#include "lib/varint.h"

static uint8_t *put_number(uint8_t *at, const uint8_t *from, const struct hs_wire_field *field)
{
    if (HS_FIELD_WIDTH(field) == 1)
        return hs_put_u32(at, *from);
    if (HS_FIELD_WIDTH(field) == 4) /* all 4-byte fields are unsigned */
        return hs_put_u32(at, *(const uint32_t *)(const void *)from);
    uint64_t value = *(const uint64_t *)(const void *)from;
    return hs_put_u64(at, HS_FIELD_WIRE(field) == HS_WIRE_S ? hs_zigzag64((int64_t)value) : value);
}

static struct hs_data data_of(const struct hs_record *r, uint32_t offset)
{
    struct hs_data data;
    memcpy(&data, (const uint8_t *)r + offset, sizeof data); /* a hs_text differs only in its pointer's type */
    return data;
}

uint8_t *hs_put_fields(uint8_t *at, const struct hs_record *r, uint32_t most)
{
    const struct hs_wire_layout *layout = hs_wire_layout(r->kind);
    const struct hs_wire_field *field = &hs_wire_fields[layout->first], *last = field + layout->n_fields;
    for (; field < last; field++) {
        if (HS_FIELD_WIRE(field) < HS_WIRE_B) {
            at = put_number(at, (const uint8_t *)r + field->offset, field);
            continue;
        }
        struct hs_data data = data_of(r, field->offset);
        uint32_t len = data.len < most ? data.len : most;
        if (HS_FIELD_WIRE(field) == HS_WIRE_B)
            at = hs_put_u32(at, len);
        if (len)
            memcpy(at, data.data, len);
        at += len;
    }
    return at;
}

/* The length is known only after the fields are written. They are moved if it takes more than the one byte reserved for it. */
static uint8_t *put_sized(uint8_t *at, const struct hs_record *r, uint32_t most)
{
    uint8_t *end = hs_put_fields(at + 1, r, most);
    uint32_t len = (uint32_t)(end - at - 1);
    *at = (uint8_t)((hs_wire_layout(r->kind)->names_site ? HS_SIZED_SITE : 0) | (len < HS_SIZED_MORE ? len : HS_SIZED_MORE));
    if (len < HS_SIZED_MORE)
        return end;
    uint32_t more = len - HS_SIZED_MORE, bytes = more < 1u << 7 ? 1 : more < 1u << 14 ? 2 : 3;
    memmove(at + 1 + bytes, at + 1, len);
    hs_put_u32(at + 1, more);
    return end + bytes;
}

uint8_t *hs_put_body(uint8_t *at, const struct hs_record *r, uint32_t most)
{
    if (HS_KIND_LAST >= HS_KIND_SIZED && r->kind >= HS_KIND_SIZED)
        return put_sized(at, r, most);
    return hs_put_fields(at, r, most);
}

uint32_t hs_record_room(const struct hs_record *r, uint32_t most)
{
    const struct hs_wire_layout *layout = hs_wire_layout(r->kind);
    uint32_t len = layout->data ? data_of(r, layout->data).len : 0;
    return layout->most + (len < most ? len : most);
}
