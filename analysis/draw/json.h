/* SPDX-License-Identifier: MIT
 *
 * JSON output. Values are added in output order; `key` is NULL inside an array and at the top. Bytes that are not valid
 * UTF-8 become U+FFFD.
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

void hs_json_object(struct hs_json *json, const char *key); /* starts one */
void hs_json_array(struct hs_json *json, const char *key);  /* starts one */
void hs_json_end(struct hs_json *json);                     /* ends the innermost object or array */

void hs_json_uint(struct hs_json *json, const char *key, uint64_t value);
void hs_json_int(struct hs_json *json, const char *key, int64_t value);
void hs_json_real(struct hs_json *json, const char *key, double value); /* null when not finite */
void hs_json_bool(struct hs_json *json, const char *key, bool value);
void hs_json_text(struct hs_json *json, const char *key, const char *value); /* null when NULL */
void hs_json_bytes(struct hs_json *json, const char *key, const void *bytes, size_t n);
void hs_json_null(struct hs_json *json, const char *key);

/* A count, or null where it is not known. */
void hs_json_uint_or_null(struct hs_json *json, const char *key, uint64_t value, bool unknown);
void hs_json_hex(struct hs_json *json, const char *key, uint64_t value); /* "0x1234" */

/* Prints the document with a newline, indented or on one line, and clears `json` for the next document. Returns HS_OK
 * or HS_ERR_MEMORY. */
int hs_json_print(struct hs_json *json, FILE *out, bool indented);

void hs_json_free(struct hs_json *json);

#endif
