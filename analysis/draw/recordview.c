/* SPDX-License-Identifier: MIT */
#include "analysis/draw/recordview.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/clean_text.h"
#include "lib/varint.h"

#define HEX_SHOWN 32u /* bytes shown in text */

static uint64_t value_of(const struct hs_record *record, const struct hs_field *field)
{
    uint64_t value = 0; /* members are little endian, like all supported hosts */
    memcpy(&value, (const char *)record + field->offset, field->width);
    return value;
}

static int64_t signed_value(const struct hs_record *record, const struct hs_field *field)
{
    unsigned unused = 64 - 8u * field->width;
    return (int64_t)(value_of(record, field) << unused) >> unused;
}

static bool is_member(const struct hs_field *field, size_t offset)
{
    return field->wire < HS_WIRE_B && field->offset == offset;
}

static bool is_rank(const struct hs_record *record, const struct hs_field *field)
{
    return is_member(field, offsetof(struct hs_record, old)) && record->flags & HS_REC_RANK;
}

static bool is_unknown_place(const struct hs_record *record, const struct hs_field *field)
{
    bool place = is_member(field, offsetof(struct hs_record, pos)) || is_member(field, offsetof(struct hs_record, old));
    return place && value_of(record, field) == HS_POS_IMPLIED;
}

bool hs_field_is_text(const struct hs_field *field)
{
    return !strcmp(field->name, "text") || !strcmp(field->name, "label") || !strcmp(field->name, "name");
}

/* Bytes that encode a sequence of numbers. */
static bool is_numbers(const struct hs_record *record, const struct hs_field *field)
{
    return field->wire == HS_WIRE_B && (record->kind == HS_SUMMARY || record->kind == HS_SAMPLE_SWEEP || record->kind == HS_HOLDER);
}

static void put_numbers(const struct hs_record *record, FILE *out)
{
    const uint8_t *at = record->data, *end = at + record->data_len;
    uint64_t value;
    for (const char *before = ""; at < end && !hs_get_u64(&at, end, &value); before = ",")
        fprintf(out, "%s%" PRIu64, before, value);
}

static void put_quoted(const struct hs_record *record, FILE *out)
{
    fputc('"', out);
    struct hs_character c;
    for (uint32_t i = 0; i < record->data_len; i += c.length) {
        const char *text = (const char *)record->data + i;
        c = hs_character_of(text, record->data_len - i);
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if (c.shown)
            fwrite(text, 1, c.length, out);
        else
            for (unsigned k = 0; k < c.length; k++)
                fprintf(out, "\\x%02x", (unsigned char)text[k]);
    }
    fputc('"', out);
}

static void put_hex(const struct hs_record *record, FILE *out)
{
    uint32_t n = record->data_len < HEX_SHOWN ? record->data_len : HEX_SHOWN;
    for (uint32_t i = 0; i < n; i++)
        fprintf(out, "%02x", record->data[i]);
    if (n < record->data_len)
        fprintf(out, "...(%" PRIu32 " bytes)", record->data_len);
}

static void put_number(const struct hs_record *record, const struct hs_field *field, FILE *out)
{
    uint64_t value = value_of(record, field);
    if (field->wire == HS_WIRE_S)
        fprintf(out, "%" PRId64, signed_value(record, field));
    else if (is_member(field, offsetof(struct hs_record, address)))
        fprintf(out, "0x%" PRIx64, value);
    else
        fprintf(out, "%" PRIu64, value);
}

void hs_record_text(const struct hs_record *record, FILE *out)
{
    const struct hs_kind_info *info = hs_kind_info(record->kind);
    for (const struct hs_field *field = info ? info->field : NULL; field && field->name; field++) {
        fprintf(out, " %s=", field->name);
        if (is_numbers(record, field))
            put_numbers(record, out);
        else if (field->wire >= HS_WIRE_B)
            (hs_field_is_text(field) ? put_quoted : put_hex)(record, out);
        else if (is_rank(record, field))
            fprintf(out, "#%" PRIu64, value_of(record, field));
        else if (is_unknown_place(record, field))
            fputc('?', out);
        else
            put_number(record, field, out);
    }
}

static void json_hex(const struct hs_record *record, const char *key, struct hs_json *json)
{
    char *text = malloc(2 * (size_t)record->data_len + 1);
    if (text)
        text[0] = '\0';
    for (uint32_t i = 0; text && i < record->data_len; i++)
        sprintf(text + 2 * i, "%02x", record->data[i]);
    hs_json_text(json, key, text);
    free(text);
}

static void json_numbers(const struct hs_record *record, const char *key, struct hs_json *json)
{
    const uint8_t *at = record->data, *end = at + record->data_len;
    uint64_t value;
    hs_json_array(json, key);
    while (at < end && !hs_get_u64(&at, end, &value))
        hs_json_uint(json, NULL, value);
    hs_json_end(json);
}

static void json_field(const struct hs_record *record, const struct hs_field *field, struct hs_json *json)
{
    uint64_t value = field->wire >= HS_WIRE_B ? 0 : value_of(record, field);
    if (is_numbers(record, field))
        json_numbers(record, field->name, json);
    else if (field->wire >= HS_WIRE_B && hs_field_is_text(field))
        hs_json_bytes(json, field->name, record->data, record->data_len);
    else if (field->wire >= HS_WIRE_B)
        json_hex(record, field->name, json);
    else if (is_rank(record, field))
        hs_json_uint(json, "rank", value);
    else if (is_unknown_place(record, field))
        hs_json_null(json, field->name);
    else if (field->wire == HS_WIRE_S)
        hs_json_int(json, field->name, signed_value(record, field));
    else
        hs_json_uint(json, field->name, value);
}

void hs_record_json(const struct hs_record *record, struct hs_json *json)
{
    const struct hs_kind_info *info = hs_kind_info(record->kind);
    for (const struct hs_field *field = info ? info->field : NULL; field && field->name; field++)
        json_field(record, field, json);
}
