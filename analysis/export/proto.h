/* SPDX-License-Identifier: MIT
 *
 * Messages of pprof and Perfetto; proto/ describes the parts that we write. proto.c is the only file that uses
 * libprotobuf-c. All functions return HS_OK, HS_ERR_MEMORY or HS_ERR_IO.
 */
#ifndef HS_EXPORT_PROTO_H
#define HS_EXPORT_PROTO_H

#include <stdio.h>

#include "analysis/export/stacks.h"

/* NULL, or what must be installed before this program is built. */
extern const char *const hs_proto_missing;

/* Writes a profile: for each stack, objects and bytes, allocated and in use. */
int hs_pprof_profile(FILE *out, const struct hs_stacks *stacks);

/* A row of Perfetto's timeline. */
enum hs_perfetto_unit { HS_PERFETTO_NO_COUNTER = 0, HS_PERFETTO_COUNT = 2, HS_PERFETTO_BYTES = 3 };

struct hs_perfetto_track {
    uint64_t uuid;   /* not 0 */
    uint64_t parent; /* 0: this is the process */
    const char *name;
    enum hs_perfetto_unit unit;
};

enum hs_perfetto_type { HS_PERFETTO_BEGIN = 1, HS_PERFETTO_END = 2, HS_PERFETTO_INSTANT = 3, HS_PERFETTO_VALUE = 4 };

struct hs_perfetto_event {
    enum hs_perfetto_type type;
    uint64_t track, ns;
    const char *name; /* BEGIN, INSTANT */
    int64_t value;    /* VALUE */
};

/* Write this first: all clocks start at 0 with the trace. Readers drop a heap profile with an unknown clock. */
int hs_perfetto_put_clocks(FILE *out);

int hs_perfetto_put_track(FILE *out, const struct hs_perfetto_track *track);
int hs_perfetto_put_event(FILE *out, const struct hs_perfetto_event *event);

/* Writes the heap profile: the allocations and frees of each stack up to `ns`. */
int hs_perfetto_put_heap(FILE *out, const struct hs_stacks *stacks, uint64_t ns);

#endif
