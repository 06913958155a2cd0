/* SPDX-License-Identifier: MIT
 *
 * Tracepoints of the LTTng-UST peer: what a heap tracer would record, at its narrowest.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER hs_bench
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/bench/lttng_peer_tp.h"

#if !defined(HS_BENCH_LTTNG_PEER_TP_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define HS_BENCH_LTTNG_PEER_TP_H

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT(hs_bench, alloc, LTTNG_UST_TP_ARGS(uint8_t, site, uint32_t, pos, uint32_t, size),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, pos, pos)
                                                   lttng_ust_field_integer(uint16_t, size, size)
                                                       lttng_ust_field_integer(uint8_t, site, site)))
LTTNG_UST_TRACEPOINT_EVENT(hs_bench, release, LTTNG_UST_TP_ARGS(uint32_t, pos),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, pos, pos)))

#endif

#include <lttng/tracepoint-event.h>
