/* SPDX-License-Identifier: MIT
 *
 * A stream as it comes: its chunks go into a .hst, and the heap is followed for those who watch. What is no chunk
 * (another program's output on the same line, what noise has damaged) is left out; the packets' numbers tell what
 * is missing. A file that grows is followed likewise.
 */
#ifndef HS_RECORD_LIVE_H
#define HS_RECORD_LIVE_H

#include "analysis/model/model.h"
#include "analysis/record/link.h"
#include "lib/host/writer.h"

/* What is known at present. */
struct hs_live_state {
    double seconds;                /* since the first byte */
    uint64_t bytes;                /* that came */
    double byte_rate, record_rate; /* a second, of the last seconds */
    struct hs_trace_info info;
    uint64_t emitted;    /* records so far, as far as is known */
    uint64_t used, heap; /* bytes of the heap in use, of all of it; meaningless unless `synced` */
    bool synced;
    bool connected;
    bool ended;                   /* there is no more to come */
    const struct hs_model *model; /* of the present moment; they go when hs_live_run returns */
    const struct hs_reader *reader;
};

struct hs_live {
    struct hs_link line;
    struct hs_writer *writer;      /* NULL: nothing is kept */
    bool again;                    /* wait for the next connection at the end of one */
    bool container;                /* what comes is a .hst */
    struct hs_selection selection; /* of its regions */
    bool (*over)(void *context);   /* whether the source has ended, so that an end is one. NULL: every end is */
    void (*tick)(void *context, const struct hs_live_state *state); /* about four times a second, and at the end; may be NULL */
    void *context;
    struct hs_live_state state; /* at the end, the final one */
};

/* Takes the stream to its end, or until line.interrupt is set. Returns HS_OK, HS_ERR_MEMORY, or HS_ERR_IO with
 * *error filled; when no header came HS_ERR_KIND. */
int hs_live_run(struct hs_live *live, struct hs_error *error);

#endif
