/* SPDX-License-Identifier: MIT */
#include "analysis/draw/recordview.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/clean_text.h"

#define HEX_SHOWN 32u /* bytes shown in text */

static int64_t signed_value(const struct hs_record *record, const struct hs_field *field)
{
    unsigned unused = 64 - 8u * field->width;
    return (int64_t)(hs_field_value(record, field) << unused) >> unused;
}

static bool is_place(const struct hs_field *field) { return field->type == HS_TYPE_granule || field->type == HS_TYPE_block; }

static bool is_unknown_place(const struct hs_record *record, const struct hs_field *field)
{
    return is_place(field) && hs_field_value(record, field) == HS_POS_IMPLIED;
}

static bool is_rank(const struct hs_record *record, const struct hs_field *field)
{
    return field->type == HS_TYPE_block && record->flags & HS_REC_RANK;
}

bool hs_field_is_text(const struct hs_field *field) { return field->type == HS_TYPE_text || field->type == HS_TYPE_rest; }

static void put_numbers(struct hs_data numbers, FILE *out)
{
    uint64_t value;
    for (const char *before = ""; hs_next_number(&numbers, &value); before = ",")
        fprintf(out, "%s%" PRIu64, before, value);
}

static void put_quoted(struct hs_data data, FILE *out)
{
    fputc('"', out);
    struct hs_character c;
    for (uint32_t i = 0; i < data.len; i += c.length) {
        const char *text = (const char *)data.data + i;
        c = hs_character_of(text, data.len - i);
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

static void put_hex(struct hs_data data, FILE *out)
{
    uint32_t n = data.len < HEX_SHOWN ? data.len : HEX_SHOWN;
    for (uint32_t i = 0; i < n; i++)
        fprintf(out, "%02x", data.data[i]);
    if (n < data.len)
        fprintf(out, "...(%" PRIu32 " bytes)", data.len);
}

static void put_number(const struct hs_record *record, const struct hs_field *field, FILE *out)
{
    uint64_t value = hs_field_value(record, field);
    if (is_rank(record, field))
        fprintf(out, "#%" PRIu64, value);
    else if (is_unknown_place(record, field))
        fputc('?', out);
    else if (field->type == HS_TYPE_caller)
        fprintf(out, "%" PRId64, signed_value(record, field));
    else if (field->type == HS_TYPE_address)
        fprintf(out, "0x%" PRIx64, value);
    else
        fprintf(out, "%" PRIu64, value);
}

static void put_data(struct hs_data data, const struct hs_field *field, FILE *out)
{
    if (field->type == HS_TYPE_numbers)
        put_numbers(data, out);
    else if (hs_field_is_text(field))
        put_quoted(data, out);
    else
        put_hex(data, out);
}

void hs_record_text(const struct hs_record *record, FILE *out)
{
    for (const struct hs_field *field = hs_kind_info_any(record->kind)->field; field->name; field++) {
        fprintf(out, " %s=", field->name);
        if (field->width)
            put_number(record, field, out);
        else
            put_data(hs_field_data(record, field), field, out);
    }
}

static void json_hex(struct hs_data data, const char *key, struct hs_json *json)
{
    char *text = malloc(2 * (size_t)data.len + 1);
    if (text)
        text[0] = '\0';
    for (uint32_t i = 0; text && i < data.len; i++)
        sprintf(text + 2 * i, "%02x", data.data[i]);
    hs_json_text(json, key, text);
    free(text);
}

static void json_numbers(struct hs_data numbers, const char *key, struct hs_json *json)
{
    uint64_t value;
    hs_json_array(json, key);
    while (hs_next_number(&numbers, &value))
        hs_json_uint(json, NULL, value);
    hs_json_end(json);
}

static void json_data(struct hs_data data, const struct hs_field *field, struct hs_json *json)
{
    if (field->type == HS_TYPE_numbers)
        json_numbers(data, field->name, json);
    else if (hs_field_is_text(field))
        hs_json_bytes(json, field->name, data.data, data.len);
    else
        json_hex(data, field->name, json);
}

static void json_field(const struct hs_record *record, const struct hs_field *field, struct hs_json *json)
{
    if (!field->width)
        json_data(hs_field_data(record, field), field, json);
    else if (is_rank(record, field))
        hs_json_uint(json, "rank", hs_field_value(record, field));
    else if (is_unknown_place(record, field))
        hs_json_null(json, field->name);
    else if (field->type == HS_TYPE_caller)
        hs_json_int(json, field->name, signed_value(record, field));
    else
        hs_json_uint(json, field->name, hs_field_value(record, field));
}

void hs_record_json(const struct hs_record *record, struct hs_json *json)
{
    for (const struct hs_field *field = hs_kind_info_any(record->kind)->field; field->name; field++)
        json_field(record, field, json);
}
