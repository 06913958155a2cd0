/* SPDX-License-Identifier: MIT
 *
 * records.def as tables: one for encoder and decoder, one with texts for people.
 */
#include "lib/schema.h"

#include <string.h>

#include "lib/varint.h"

#define OFFSET(record, field) offsetof(struct hs_record, record.field)
#define WIDTH(record, field) sizeof(((struct hs_record *)0)->record.field)

/* --- the wire format of each type ---------------------------------------------------------------------- */

#define WIRE_site HS_WIRE_U
#define WIRE_region HS_WIRE_U
#define WIRE_granule HS_WIRE_U
#define WIRE_block HS_WIRE_U
#define WIRE_u8 HS_WIRE_U
#define WIRE_u32 HS_WIRE_U
#define WIRE_caps HS_WIRE_U
#define WIRE_address HS_WIRE_U
#define WIRE_caller HS_WIRE_S
#define WIRE_text HS_WIRE_B
#define WIRE_bytes HS_WIRE_B
#define WIRE_numbers HS_WIRE_B
#define WIRE_rest HS_WIRE_R
#define WIRE_none 0

/* Whether a type is a number, is data, is anything at all, is a site. */
#define IS_NUMBER(type) (WIRE_##type < HS_WIRE_B)
#define IS_DATA(type) (WIRE_##type >= HS_WIRE_B)
#define IS_THERE(type) (HS_TYPE_##type != HS_TYPE_none)
#define IS_SITE(type) (HS_TYPE_##type == HS_TYPE_site)

/* --- for encoder and decoder ---------------------------------------------------------------------------- */

#define ENTRY(record, type, field, text) {WIRE_##type << 4 | (IS_NUMBER(type) ? WIDTH(record, field) : 0), OFFSET(record, field)},
#define HS_RECORD(NAME, member, code, area, text, ...) HS_EACH(ENTRY, member, __VA_ARGS__)
const struct hs_wire_field hs_wire_fields[] = {
#include "lib/records.def"
};

/* One char per field: so the offset of a kind's member is the index of its first field in hs_wire_fields. */
#define ONE(record, type, field, text) char field;
#define HS_RECORD(NAME, member, code, area, text, ...) \
    struct { \
        HS_EACH(ONE, member, __VA_ARGS__) \
    } member;
struct place {
#include "lib/records.def"
};

#define COUNT(record, type, field, text) +IS_THERE(type)
#define DATA_AT(record, type, field, text) +(IS_DATA(type) ? OFFSET(record, field) : 0)
#define NAMES_SITE(record, type, field, text) | IS_SITE(type)
#define HS_RECORD(NAME, member, code, area, text, ...) \
    [code] = {HS_AREA_##area, \
              0 HS_EACH(NAMES_SITE, member, __VA_ARGS__), \
              0 HS_EACH(COUNT, member, __VA_ARGS__), \
              offsetof(struct place, member), \
              0 HS_EACH(DATA_AT, member, __VA_ARGS__), \
              HS_LONGEST_##area(code, __VA_ARGS__)},
static const struct hs_wire_layout layouts[] = {
#include "lib/records.def"
};

const struct hs_wire_layout *hs_wire_layout(unsigned kind)
{
    return kind < sizeof layouts / sizeof *layouts && layouts[kind].area ? &layouts[kind] : NULL;
}

/* The assumptions of the tables. */
#define COUNT_DATA(record, type, field, text) +IS_DATA(type)
#define IS_FIRST(record, type, field, text) &&(!IS_SITE(type) || OFFSET(record, field) == offsetof(struct hs_record, any.site))
#define IS_NEAR(record, type, field, text) &&OFFSET(record, field) < 256
#define HS_RECORD(NAME, member, code, area, text, ...) \
    _Static_assert(0 HS_EACH(COUNT_DATA, member, __VA_ARGS__) <= 1, #NAME ": one field of text, bytes or numbers at most"); \
    _Static_assert(1 HS_EACH(IS_FIRST, member, __VA_ARGS__), #NAME ": the site comes first"); \
    _Static_assert(1 HS_EACH(IS_NEAR, member, __VA_ARGS__), #NAME ": offsets have a byte"); \
    _Static_assert(code > 0 && code < HS_KIND_END, #NAME ": the code has six bits"); \
    _Static_assert(code != 9, #NAME ": 9 is never used (FORMAT.md, chapter 3)");
#include "lib/records.def"
#define NUMBER_EVENT(member)
#define NUMBER_PACKET(member)
#define NUMBER_DICT(member) _Static_assert(OFFSET(member, number) == OFFSET(definition, number), "the number comes first");
#define HS_RECORD(NAME, member, code, area, text, ...) NUMBER_##area(member)
#include "lib/records.def"
_Static_assert(offsetof(struct hs_record, event.site) == offsetof(struct hs_record, any.site), "the site comes first");
_Static_assert(offsetof(struct hs_record, unknown.site) == offsetof(struct hs_record, any.site), "the site comes first");

/* A code that two kinds have does not compile: a case would stand twice. */
__attribute__((unused)) static void check_codes(unsigned kind)
{
    switch (kind) {
#define HS_RECORD(NAME, member, code, area, text, ...) case code:
#include "lib/records.def"
        break;
    }
}

/* --- for people ------------------------------------------------------------------------------------------ */

#define FIELD(record, type, field, text) \
    {IS_THERE(type) ? #field : NULL, \
     text, \
     HS_TYPE_##type, \
     WIRE_##type, \
     OFFSET(record, field), \
     IS_NUMBER(type) ? WIDTH(record, field) : 0},
#define HS_RECORD(NAME, member, code, area, text, ...) \
    [code] = {#NAME, text, HS_AREA_##area, {HS_EACH(FIELD, member, __VA_ARGS__)}},
static const struct hs_kind_info info[HS_KIND_END] = {
#include "lib/records.def"
};

const struct hs_kind_info *hs_kind_info(unsigned kind) { return kind < HS_KIND_END && info[kind].name ? &info[kind] : NULL; }

static const struct hs_kind_info unknown = {
    "UNKNOWN",
    "a record of a kind that this reader does not know",
    HS_AREA_PACKET,
    {{"code", "its code", HS_TYPE_u8, HS_WIRE_U, offsetof(struct hs_record, kind), 1},
     FIELD(unknown, site, site, "SITE that it names, 0: none") FIELD(unknown, bytes, bytes, "its other fields")},
};

const struct hs_kind_info *hs_kind_info_any(unsigned kind)
{
    const struct hs_kind_info *known = hs_kind_info(kind);
    return known ? known : &unknown;
}

uint64_t hs_field_value(const struct hs_record *record, const struct hs_field *field)
{
    uint64_t value = 0; /* all supported hosts are little endian */
    memcpy(&value, (const char *)record + field->offset, field->width);
    return value;
}

struct hs_data hs_field_data(const struct hs_record *record, const struct hs_field *field)
{
    struct hs_data data;
    memcpy(&data, (const char *)record + field->offset, sizeof data);
    return data;
}

int hs_next_number(struct hs_data *numbers, uint64_t *value)
{
    const uint8_t *at = numbers->data, *end = numbers->data + numbers->len;
    if (!numbers->len || hs_get_u64(&at, end, value))
        return 0;
    *numbers = (struct hs_data){at, (uint32_t)(end - at)};
    return 1;
}

uint32_t hs_record_site(const struct hs_record *record)
{
    const struct hs_wire_layout *layout = hs_wire_layout(record->kind);
    return !layout || layout->names_site ? record->any.site : 0;
}

int hs_record_names_site(const struct hs_record *record)
{
    const struct hs_wire_layout *layout = hs_wire_layout(record->kind);
    return layout ? layout->names_site : record->unknown.site != 0;
}

/* Offset of the region's number in struct hs_record; 0: there is none. */
#define REGION_AT(record, type, field, text) +(HS_TYPE_##type == HS_TYPE_region ? OFFSET(record, field) : 0)
#define HS_RECORD(NAME, member, code, area, text, ...) [code] = 0 HS_EACH(REGION_AT, member, __VA_ARGS__),
static const uint8_t region_at[HS_KIND_END] = {
#include "lib/records.def"
};

int hs_record_region(const struct hs_record *record)
{
    uint8_t at = record->kind < HS_KIND_END ? region_at[record->kind] : 0;
    return at ? ((const uint8_t *)record)[at] : -1;
}

#define HS_WORDS(NAME, field, mask, ...) {HS_##NAME, mask, #field, {__VA_ARGS__}},
static const struct hs_words words[] = {
#include "lib/records.def"
};

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

const struct hs_words *hs_words_of(unsigned kind, const char *field)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].kind == kind && same(words[i].field, field))
            return &words[i];
    return NULL;
}

const char *hs_word(const struct hs_words *of, uint64_t value)
{
    value &= of->mask;
    const char *word = value < sizeof of->word / sizeof *of->word ? of->word[value] : NULL;
    return word && *word ? word : NULL;
}

const char *hs_strerror(int err)
{
    static const char *const text[] = {
        [-HS_OK] = "no error",
        [-HS_ERR_END] = "input ends in the middle of a record",
        [-HS_ERR_FORMAT] = "bytes that are not of this format",
        [-HS_ERR_VERSION] = "written by another version of the format",
        [-HS_ERR_CHECK] = "check word does not match",
        [-HS_ERR_FULL] = "no room",
        [-HS_ERR_SIZE] = "memory too small",
        [-HS_ERR_ARG] = "argument out of range",
        [-HS_ERR_IO] = "input or output failed",
        [-HS_ERR_MEMORY] = "out of memory",
        [-HS_ERR_KIND] = "not a trace",
    };
    return err <= 0 && -err < (int)(sizeof text / sizeof *text) ? text[-err] : "unknown error";
}
