/* SPDX-License-Identifier: MIT
 *
 * The tracepoints: one for each kind of record, with the names that an export to CTF gives them. LTTng reads this
 * file several times, each time with other meanings of its macros.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER heapstrata
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "firmware-hooks/lttng-ust/tracepoints.h"

#if !defined(HS_LTTNG_TRACEPOINTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define HS_LTTNG_TRACEPOINTS_H

#include <lttng/tracepoint.h>

#include "lib/record.h"

#ifndef HS_LTTNG_EVENT
#define HS_LTTNG_EVENT
/* An allocator's event. Places are granules of the whole trace, `ptr` and `old_ptr` addresses, `caller` is relative
 * to hs_anchor, `line` 0 without interpreted code. */
struct hs_lttng_event {
    uint32_t pos, old, size, granules, line, cause;
    uint64_t ptr, old_ptr;
    int64_t caller;
    char file[128], function[64];
};
/* A mark's or region's text, terminated. */
struct hs_lttng_text {
    char text[128];
};
#endif

#define HS_LTTNG_WHERE \
    lttng_ust_field_integer(int64_t, caller, e->caller) lttng_ust_field_string(file, e->file) \
    lttng_ust_field_string(function, e->function) lttng_ust_field_integer(uint32_t, line, e->line)

LTTNG_UST_TRACEPOINT_EVENT(heapstrata, alloc, LTTNG_UST_TP_ARGS(const struct hs_lttng_event *, e),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, size, e->size) lttng_ust_field_integer(uint32_t, pos, e->pos)
                        lttng_ust_field_integer(uint32_t, granules, e->granules)
                        lttng_ust_field_integer_hex(uint64_t, ptr, e->ptr) HS_LTTNG_WHERE))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, free, LTTNG_UST_TP_ARGS(const struct hs_lttng_event *, e),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, old, e->old) lttng_ust_field_integer_hex(uint64_t, ptr, e->old_ptr)
                        HS_LTTNG_WHERE))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, realloc, LTTNG_UST_TP_ARGS(const struct hs_lttng_event *, e),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, size, e->size) lttng_ust_field_integer(uint32_t, old, e->old)
                        lttng_ust_field_integer(uint32_t, pos, e->pos)
                        lttng_ust_field_integer(uint32_t, granules, e->granules)
                        lttng_ust_field_integer_hex(uint64_t, old_ptr, e->old_ptr)
                        lttng_ust_field_integer_hex(uint64_t, ptr, e->ptr) HS_LTTNG_WHERE))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, fail, LTTNG_UST_TP_ARGS(const struct hs_lttng_event *, e),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, size, e->size) lttng_ust_field_integer(uint32_t, cause, e->cause)
                        HS_LTTNG_WHERE))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, collect, LTTNG_UST_TP_ARGS(const struct hs_record *, r),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, cause, r->cause)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, sweep, LTTNG_UST_TP_ARGS(const struct hs_record *, r),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, pos, r->pos) lttng_ust_field_integer(uint32_t, end, r->end)
                        lttng_ust_field_integer(uint32_t, heads, r->count)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, collect_end, LTTNG_UST_TP_ARGS(const struct hs_record *, r),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, kind_code, r->kind)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, snapshot, LTTNG_UST_TP_ARGS(const struct hs_record *, r),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, pos, r->pos) lttng_ust_field_integer(uint32_t, end, r->end)
                        lttng_ust_field_integer(uint32_t, part, r->cause)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, region,
    LTTNG_UST_TP_ARGS(const struct hs_record *, r, const struct hs_lttng_text *, t),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, region, r->region) lttng_ust_field_integer(uint32_t, first, r->pos)
                        lttng_ust_field_integer(uint32_t, granules, r->count)
                        lttng_ust_field_integer(uint32_t, shift, r->shift)
                        lttng_ust_field_integer(uint32_t, memory, r->memory)
                        lttng_ust_field_integer_hex(uint64_t, base, r->address) lttng_ust_field_string(name, t->text)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, region_end, LTTNG_UST_TP_ARGS(const struct hs_record *, r),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, region, r->region)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, mark, LTTNG_UST_TP_ARGS(const struct hs_lttng_text *, t),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_string(label, t->text)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, thread, LTTNG_UST_TP_ARGS(const struct hs_record *, r),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, thread, r->thread)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, level, LTTNG_UST_TP_ARGS(const struct hs_record *, r),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, level, r->cause)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, total, LTTNG_UST_TP_ARGS(const struct hs_record *, r),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, emitted, r->count) lttng_ust_field_integer(uint32_t, lost, r->size)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, reset, LTTNG_UST_TP_ARGS(const struct hs_record *, r),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, boot, r->count) lttng_ust_field_integer(uint32_t, cause, r->cause)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, phase,
    LTTNG_UST_TP_ARGS(const struct hs_record *, r, const struct hs_lttng_text *, t),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, phase, r->cause) lttng_ust_field_integer(uint32_t, depth, r->count)
                        lttng_ust_field_string(name, t->text)))
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, phase_end, LTTNG_UST_TP_ARGS(const struct hs_record *, r),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, depth, r->count)))
/* All other kinds, by their number. */
LTTNG_UST_TRACEPOINT_EVENT(heapstrata, other, LTTNG_UST_TP_ARGS(const struct hs_record *, r),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, kind_code, r->kind)))

#endif

#include <lttng/tracepoint-event.h>
