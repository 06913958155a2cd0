/* SPDX-License-Identifier: MIT
 *
 * JSON output. Values are added in the order in which they appear; `key` is NULL inside an array and at
 * the top. Strings that are not UTF-8 have their odd bytes replaced by U+FFFD.
 *
 *     struct hs_json *json = hs_json_new();
 *     hs_json_object(json, NULL);
 *     hs_json_uint(json, "events", 12);
 *     hs_json_array(json, "regions");
 *     ...
 *     hs_json_end(json);
 *     hs_json_end(json);
 *     hs_json_print(json, stdout, true);
 *     hs_json_free(json);
 */
#ifndef HS_DRAW_JSON_H
#define HS_DRAW_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct hs_json;

struct hs_json *hs_json_new(void); /* NULL when out of memory */

void hs_json_object(struct hs_json *json, const char *key); /* begins one */
void hs_json_array(struct hs_json *json, const char *key);  /* begins one */
void hs_json_end(struct hs_json *json);                     /* of the innermost object or array */

void hs_json_uint(struct hs_json *json, const char *key, uint64_t value);
void hs_json_int(struct hs_json *json, const char *key, int64_t value);
void hs_json_real(struct hs_json *json, const char *key, double value); /* null when not finite */
void hs_json_bool(struct hs_json *json, const char *key, bool value);
void hs_json_text(struct hs_json *json, const char *key, const char *value); /* null when NULL */
void hs_json_bytes(struct hs_json *json, const char *key, const void *bytes, size_t n);
void hs_json_null(struct hs_json *json, const char *key);
void hs_json_hex(struct hs_json *json, const char *key, uint64_t value); /* "0x1234" */

/* Prints what has been built, with a newline, indented or on one line, and empties `json` for the next
 * document. Returns HS_OK or HS_ERR_MEMORY. */
int hs_json_print(struct hs_json *json, FILE *out, bool indented);

void hs_json_free(struct hs_json *json);

#endif
