/* SPDX-License-Identifier: MIT
 *
 * Memory of several kinds: the capabilities that requests ask for, and the regions that serve them.
 *
 * Capabilities are ESP-IDF's bits (MALLOC_CAP_...). A site's capabilities are those of its first try: malloc() asks for
 * internal memory first and takes any memory when there is none. So a block in external memory whose site asked for
 * internal memory has spilled.
 *
 *     struct hs_caps_flow *flow = hs_caps_flow_new(model, reader);
 *     hs_model_feed(model, event, 1); hs_caps_flow_take(flow, event);    each event
 */
#ifndef HS_SITES_CAPS_H
#define HS_SITES_CAPS_H

#include "analysis/model/model.h"

#define HS_CAP_EXEC (1u << 0)
#define HS_CAP_DMA (1u << 3)
#define HS_CAP_SPIRAM (1u << 10)
#define HS_CAP_INTERNAL (1u << 11)
#define HS_CAP_DEFAULT (1u << 12)

#define HS_CAPS_NAME 320u

/* "DMA INTERNAL", "none". Returns `name`, of HS_CAPS_NAME bytes. */
char *hs_caps_name(char *name, uint32_t caps);

const char *hs_memory_name(unsigned memory); /* "PSRAM": enum hs_memory */

/* Requests for one set of capabilities that one region served. */
struct hs_caps_row {
    uint32_t caps;
    unsigned region;
    uint64_t allocs, bytes;     /* reallocations included; requested bytes */
    uint64_t live_blocks, live; /* at the end; bytes taken */
};

/* A site whose blocks are not in the kind of memory that it requested. */
struct hs_caps_spill {
    uint32_t site;
    uint64_t allocs, bytes;
    uint64_t live; /* bytes taken, at the end */
    bool outward;  /* internal memory was requested, external was allocated; false: the other way round */
};

/* The effect that one value of CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL would have had on malloc(). */
struct hs_caps_threshold {
    uint64_t limit; /* blocks up to this size are internal */
    uint64_t peak;  /* most bytes that would have been internal, other requests included */
    bool fits;      /* all of them would have fitted, if internal memory were contiguous */
};

#define HS_CAPS_THRESHOLDS 17u /* 16 bytes to 1 MB */

struct hs_caps_flow {
    const struct hs_model *model;
    const struct hs_reader *reader;
    struct hs_caps_row *row;
    size_t n_rows, room_rows;
    struct hs_caps_spill *spill; /* set by hs_caps_flow_finish; most bytes first */
    size_t n_spills, room_spills;
    uint64_t spilled, spilled_bytes; /* requests for internal memory that were served from external memory */
    uint64_t inward, inward_bytes;   /* the other way round */
    uint64_t internal;               /* bytes of all internal regions that malloc() may use */
    uint64_t dma_free, dma_least;    /* bytes in DMA-capable regions: free now, and the minimum so far; UINT64_MAX: not known */
    bool dma;                        /* there are such regions */
    bool external;                   /* set by hs_caps_flow_finish: there are regions of external memory */
    struct hs_caps_threshold threshold[HS_CAPS_THRESHOLDS];
    uint64_t by_class[HS_CAPS_THRESHOLDS + 1]; /* bytes of malloc's live blocks, by the lowest threshold at which they are
                                                * internal */
    uint64_t others;                           /* internal bytes that malloc() did not allocate */
    struct hs_caps_held *held;                 /* by granule: the counted block there */
    uint32_t n_held;
    bool short_of_memory;
};

struct hs_caps_flow *hs_caps_flow_new(const struct hs_model *model, const struct hs_reader *reader);

/* Processes an event after the model has processed it. */
void hs_caps_flow_take(struct hs_caps_flow *flow, const struct hs_event *event);

/* Computes live blocks by row and site, and the thresholds' results. Returns HS_OK or HS_ERR_MEMORY. */
int hs_caps_flow_finish(struct hs_caps_flow *flow);

void hs_caps_flow_free(struct hs_caps_flow *flow);

#endif
