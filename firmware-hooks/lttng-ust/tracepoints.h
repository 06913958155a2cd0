/* SPDX-License-Identifier: MIT
 *
 * The tracepoints: one per kind of record, generated from records.def, with the same names as in an export to CTF. LTTng
 * includes this file several times, each time with other definitions of its macros.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER heapstrata
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "firmware-hooks/lttng-ust/tracepoints.h"

#if !defined(HS_LTTNG_TRACEPOINTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define HS_LTTNG_TRACEPOINTS_H

#include <lttng/tracepoint.h>

#include "lib/record.h"

#ifndef HS_LTTNG_RECORD
#define HS_LTTNG_RECORD
#define HS_LTTNG_NUMBERS 64u /* the most numbers in a list: each needs at least one byte of a record's data */

/* A record and its decoded values, valid during the tracepoint only. Places in `r` are trace-wide granule numbers. */
struct hs_lttng_record {
    const struct hs_record *r;
    uint32_t granules;      /* length of a new block */
    uint64_t ptr, old_ptr;  /* addresses of `pos` and `old`; for FREE both are the freed block's */
    int64_t caller;         /* the site's native caller, relative to hs_anchor; 0: not known */
    uint32_t line;          /* 0: no interpreted code */
    uint32_t n_numbers;
    uint64_t numbers[HS_LTTNG_NUMBERS];
    char file[128], function[64], text[128]; /* terminated; longer texts are cut */
};
#endif

/* Fields of each type. A site is its caller, file, function and line, because its number is assigned later. */
#define HS_LTTNG_site(record, field) \
    lttng_ust_field_integer(int64_t, caller, e->caller) lttng_ust_field_string(file, e->file) \
    lttng_ust_field_string(function, e->function) lttng_ust_field_integer(uint32_t, line, e->line)
#define HS_LTTNG_u32(record, field)     lttng_ust_field_integer(uint32_t, field, e->r->record.field)
#define HS_LTTNG_u8                     HS_LTTNG_u32
#define HS_LTTNG_region                 HS_LTTNG_u32
#define HS_LTTNG_granule                HS_LTTNG_u32
#define HS_LTTNG_block                  HS_LTTNG_u32
#define HS_LTTNG_caps(record, field)    lttng_ust_field_integer_hex(uint32_t, field, e->r->record.field)
#define HS_LTTNG_address(record, field) lttng_ust_field_integer_hex(uint64_t, field, e->r->record.field)
#define HS_LTTNG_caller(record, field)  lttng_ust_field_integer(int64_t, field, e->r->record.field)
#define HS_LTTNG_text(record, field)    lttng_ust_field_string(field, e->text)
#define HS_LTTNG_bytes(record, field) \
    lttng_ust_field_sequence_hex(uint8_t, field, e->r->record.field.data, uint32_t, e->r->record.field.len)
#define HS_LTTNG_numbers(record, field) lttng_ust_field_sequence(uint64_t, field, e->numbers, uint32_t, e->n_numbers)
#define HS_LTTNG_none(record, field)    lttng_ust_field_integer(uint32_t, kind_code, e->r->kind)
#define HS_LTTNG_FIELD(record, type, field, text) HS_LTTNG_##type(record, field)

/* Additional fields of events, about their blocks. */
#define HS_LTTNG_MORE_alloc \
    lttng_ust_field_integer(uint32_t, granules, e->granules) lttng_ust_field_integer_hex(uint64_t, ptr, e->ptr)
#define HS_LTTNG_MORE_free    lttng_ust_field_integer_hex(uint64_t, ptr, e->ptr)
#define HS_LTTNG_MORE_realloc HS_LTTNG_MORE_alloc lttng_ust_field_integer_hex(uint64_t, old_ptr, e->old_ptr)

#define HS_LTTNG_ARGS LTTNG_UST_TP_ARGS(const struct hs_lttng_record *, e)
#define HS_LTTNG_EVENT(member, ...) \
    LTTNG_UST_TRACEPOINT_EVENT(heapstrata, member, HS_LTTNG_ARGS, \
        LTTNG_UST_TP_FIELDS(HS_EACH(HS_LTTNG_FIELD, member, __VA_ARGS__) HS_LTTNG_MORE_##member))
#define HS_LTTNG_PACKET(member, ...) \
    LTTNG_UST_TRACEPOINT_EVENT(heapstrata, member, HS_LTTNG_ARGS, \
        LTTNG_UST_TP_FIELDS(HS_EACH(HS_LTTNG_FIELD, member, __VA_ARGS__)))
#define HS_LTTNG_DICT(member, ...)
#define HS_RECORD(NAME, member, code, area, text, ...) HS_LTTNG_##area(member, __VA_ARGS__)
#include "lib/records.def"

#endif

#include <lttng/tracepoint-event.h>
