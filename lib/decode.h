/* SPDX-License-Identifier: MIT
 *
 * Decoder for the records and definitions of one packet. Needs no heap and no C library.
 */
#ifndef HS_DECODE_H
#define HS_DECODE_H

#include "lib/record.h"
#include "lib/ring.h"

/* What encoder and decoder both remember of a site within one packet. The caller owns an array with one
 * entry for each number of a SITE, entry 0 for "other"; the decoder resets entries by itself. New entries:
 * `op`, `first_size` and `hash` from the SITE record, the rest zero; those without a definition, all zero. */
struct hs_site_state {
    uint32_t epoch;        /* packet in which the entry was last reset */
    uint32_t hash;         /* hs_definition_hash, with those of what it names */
    uint16_t size;         /* last size when below 65535, else 0 */
    uint16_t next, second; /* sites that followed: the first, and the last other */
    uint8_t op;            /* enum hs_kind: what the site does */
    uint8_t rank;          /* rank of the block it last freed or resized */
    uint8_t first_size;
};

struct hs_decoder {
    const uint8_t *start, *at, *end;
    struct hs_site_state *site; /* `n_sites` entries, from SITE definitions */
    uint32_t n_sites;
    uint32_t epoch;
    uint32_t names;    /* sum of HS_SITE_CHECK of the sites met, for the packet's check */
    uint32_t previous; /* site of the last event */
    uint32_t expected; /* explicit places: granule behind the last block */
    uint64_t time;
    int error; /* first error met, to be returned */
    uint8_t shift;
    uint8_t implied;
};

/* Makes `d` ready for the committed bytes behind a packet's header. `d->site` and `d->n_sites` must be
 * set; the rest is set here. `packet->len` bytes are read. */
void hs_decode_packet(struct hs_decoder *d, const struct hs_packet *packet, const uint8_t *bytes);

/* Decodes up to `max` records. Returns how many, 0 at the packet's end, or HS_ERR_END (cut record) or
 * HS_ERR_FORMAT, with d->at - d->start the offset of the offending record. Records decoded before an
 * error in the same call are returned first, the error by the next call. `pos` of a new block is
 * HS_POS_IMPLIED where the packet has HS_PACKET_IMPLIED. */
int hs_decode_next(struct hs_decoder *d, struct hs_record *records, int max);

/* Decodes the definition at `bytes`. Returns its length, or a negative enum hs_err. */
int hs_decode_definition(const uint8_t *bytes, size_t len, struct hs_record *record);

/* Run lengths of SWEEP and SNAPSHOT data. Both return the next run's kind and set `*length`; 0 at the
 * end, negative enum hs_err for bytes that make no sense. */
struct hs_runs {
    const uint8_t *start, *at, *end;
    uint8_t bits, n_bits; /* pending literal bits of a sweep */
    uint32_t heads;       /* of a sweep, still to come */
    uint32_t singles;     /* pending one-granule blocks of a snapshot */
    uint32_t repeat;      /* codes of a snapshot that are still to be read again, */
    const uint8_t *again; /* from here on, */
    uint8_t period, next; /* so many of them, of which this one comes next */
    uint8_t repeats;      /* whether there are any */
};
enum hs_run { HS_RUN_END = 0, HS_RUN_FREED, HS_RUN_KEPT, HS_RUN_FREE, HS_RUN_BLOCK };
void hs_runs_init(struct hs_runs *runs, const struct hs_record *record);
int hs_runs_sweep(struct hs_runs *runs, uint32_t *length);    /* heads freed or kept, alternating or not */
int hs_runs_snapshot(struct hs_runs *runs, uint32_t *length); /* granules of a free run, or of one block */

#endif
