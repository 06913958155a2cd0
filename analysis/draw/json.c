/* SPDX-License-Identifier: MIT
 *
 * JSON output through json-c.
 */
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draw/json.h"
#include "lib/assertion.h"
#include "lib/host/util/clean_text.h"
#include "lib/record.h"

#define DEPTH_MAX 16

struct hs_json {
    struct json_object *open[DEPTH_MAX]; /* outermost first */
    struct json_object *top;             /* the finished document */
    unsigned depth;
    int error;
};

struct hs_json *hs_json_new(void) { return calloc(1, sizeof(struct hs_json)); }

/* Adds a value to the innermost container; NULL: null. */
static void add(struct hs_json *json, const char *key, struct json_object *value)
{
    struct json_object *parent = json->depth ? json->open[json->depth - 1] : NULL;
    int failed = 0;
    if (!parent)
        json->top = value;
    else if (json_object_is_type(parent, json_type_array))
        failed = json_object_array_add(parent, value);
    else
        failed = json_object_object_add(parent, key, value);
    if (failed)
        json->error = HS_ERR_MEMORY;
}

/* The same for values that are NULL only when out of memory. */
static void add_made(struct hs_json *json, const char *key, struct json_object *value)
{
    if (!value)
        json->error = HS_ERR_MEMORY;
    add(json, key, value);
}

static void begin(struct hs_json *json, const char *key, struct json_object *value)
{
    add_made(json, key, value);
    if (json->depth < DEPTH_MAX)
        json->open[json->depth++] = value;
    else
        json->error = HS_ERR_SIZE;
}

void hs_json_object(struct hs_json *json, const char *key) { begin(json, key, json_object_new_object()); }

void hs_json_array(struct hs_json *json, const char *key) { begin(json, key, json_object_new_array()); }

void hs_json_end(struct hs_json *json)
{
    HS_ASSERT(json->depth || json->error);
    if (json->depth)
        json->depth--;
}

void hs_json_uint(struct hs_json *json, const char *key, uint64_t value) { add_made(json, key, json_object_new_uint64(value)); }

void hs_json_int(struct hs_json *json, const char *key, int64_t value) { add_made(json, key, json_object_new_int64(value)); }

/* The shortest digits that read back as the same number. */
void hs_json_real(struct hs_json *json, const char *key, double value)
{
    char digits[40];
    if (!isfinite(value)) {
        hs_json_null(json, key);
        return;
    }
    for (int precision = 6; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    add_made(json, key, json_object_new_double_s(value, digits));
}

void hs_json_bool(struct hs_json *json, const char *key, bool value) { add_made(json, key, json_object_new_boolean(value)); }

void hs_json_null(struct hs_json *json, const char *key) { add(json, key, NULL); }

void hs_json_uint_or_null(struct hs_json *json, const char *key, uint64_t value, bool unknown)
{
    if (unknown)
        hs_json_null(json, key);
    else
        hs_json_uint(json, key, value);
}

void hs_json_hex(struct hs_json *json, const char *key, uint64_t value)
{
    char digits[20];
    snprintf(digits, sizeof digits, "0x%llx", (unsigned long long)value);
    add_made(json, key, json_object_new_string(digits));
}

void hs_json_bytes(struct hs_json *json, const char *key, const void *bytes, size_t n)
{
    size_t size = HS_TEXT_GROWTH * n + 1;
    char *text = malloc(size);
    if (!text) {
        json->error = HS_ERR_MEMORY;
        return;
    }
    size_t length = hs_text_copy(text, size, bytes, n, HS_TEXT_UTF8);
    add_made(json, key, json_object_new_string_len(text, (int)length));
    free(text);
}

void hs_json_text(struct hs_json *json, const char *key, const char *value)
{
    if (value)
        hs_json_bytes(json, key, value, strlen(value));
    else
        hs_json_null(json, key);
}

/* json-c writes some characters unescaped that a terminal must not receive. They occur only in strings, where escapes are valid. */
static void put(const char *text, FILE *out)
{
    for (size_t n = strlen(text), plain; n; text += plain, n -= plain) {
        for (plain = 0; plain < n && (unsigned char)text[plain] < 0x7f;)
            plain++;
        fwrite(text, 1, plain, out);
        if (plain == n)
            break;
        struct hs_character c = hs_character_of(text + plain, n - plain);
        if (c.shown)
            fwrite(text + plain, 1, c.length, out);
        else
            fprintf(out, "\\u%04x", c.code);
        plain += c.length;
    }
    putc('\n', out);
}

int hs_json_print(struct hs_json *json, FILE *out, bool indented)
{
    int style = JSON_C_TO_STRING_NOSLASHESCAPE | (indented ? JSON_C_TO_STRING_PRETTY : JSON_C_TO_STRING_PLAIN);
    int error = json->error;
    const char *text = json_object_to_json_string_ext(json->top, style);
    if (text)
        put(text, out);
    else
        error = HS_ERR_MEMORY;
    json_object_put(json->top);
    *json = (struct hs_json){0};
    return error;
}

void hs_json_free(struct hs_json *json)
{
    if (!json)
        return;
    json_object_put(json->top);
    free(json);
}
