/* SPDX-License-Identifier: MIT
 *
 * Reads a stream as it arrives: writes its chunks into a .hst and keeps a model of the heap for live views. Skips
 * bytes that are no chunk (another program's output on the same line, data damaged by noise); gaps in the packet
 * numbers show what is missing. A growing file is read in the same way.
 */
#ifndef HS_RECORD_LIVE_H
#define HS_RECORD_LIVE_H

#include "analysis/model/model.h"
#include "analysis/record/link.h"
#include "lib/host/writer.h"

#define HS_LIVE_HEADLESS ((size_t)64 << 20)

/* The current state. */
struct hs_live_state {
    double seconds;                /* since the first byte */
    uint64_t bytes;                /* received */
    double byte_rate, record_rate; /* per second, over the last seconds */
    struct hs_trace_info info;
    uint64_t emitted;    /* records so far, as far as known */
    uint64_t used, heap; /* bytes in use, and of the whole heap; valid only with `synced` */
    bool synced;
    bool connected;
    bool ended;                   /* no more data will come */
    const struct hs_model *model; /* current; both are freed when hs_live_run returns */
    const struct hs_reader *reader;
};

struct hs_live {
    struct hs_link line;
    struct hs_writer *writer;      /* NULL: nothing is saved */
    bool again;                    /* after the end of a connection, wait for the next */
    bool container;                /* the input is a .hst */
    struct hs_selection selection; /* of its regions */
    bool (*over)(void *context);   /* true: the source has ended, so EOF is final. NULL: EOF is always final */
    void (*made)(void *context, struct hs_model *model, const struct hs_reader *reader); /* before the first event; may be NULL */
    void (*tick)(void *context, const struct hs_live_state *state); /* about four times a second, and at the end; may be NULL */
    void *context;
    struct hs_live_state state; /* at the end, the final one */
    uint8_t *headless; /* at the end: what came, as it came, when it has packets of a trace and no intact header; else NULL. */
    size_t n_headless; /* The caller frees it. At most HS_LIVE_HEADLESS bytes, the first ones */
};

/* Reads the stream to its end, or until line.interrupt is set. Returns HS_OK, HS_ERR_MEMORY, HS_ERR_IO with
 * *error filled, or HS_ERR_KIND when there was no header: see `headless`. */
int hs_live_run(struct hs_live *live, struct hs_error *error);

#endif
