/* SPDX-License-Identifier: MIT
 *
 * Decoder for the records and definitions of one packet. Needs no heap, and of the C library only memcpy and memset.
 */
#ifndef HS_DECODE_H
#define HS_DECODE_H

#include "lib/learned.h"
#include "lib/record.h"
#include "lib/ring.h"

/* The decoder's state of a site within one packet; the encoder has the same. The caller owns an array with one entry for each
 * SITE number; entry 0 is "other". The decoder resets entries at their first use in a packet. The caller sets `op`,
 * `first_size` and `hash` of a new entry from the SITE definition, all else to zero. An entry without a definition is zero. */
struct hs_site_state {
    uint32_t epoch;        /* packet in which the entry was last reset */
    uint32_t hash;         /* hs_definition_hash, combined with the hashes of the definitions it names */
    uint16_t size;         /* last size if below 65535, else 0 */
    uint16_t next, second; /* sites that followed it in this packet: the first, and the most recent other */
    uint8_t op;            /* enum hs_kind of the site's events */
    uint8_t rank;          /* rank of the block it last freed or resized */
    uint8_t first_size;
};

struct hs_decoder {
    const uint8_t *start, *at, *end;
    struct hs_site_state *site; /* `n_sites` entries, from SITE definitions */
    struct hs_learned *learned; /* traces of version 3: memory for what is learned; NULL: version 2 */
    uint32_t n_sites;
    uint32_t epoch;
    uint32_t names;    /* sum of HS_SITE_CHECK of the sites so far, to compare with hs_packet.names */
    uint32_t previous; /* site of the last event */
    uint32_t expected; /* explicit places: granule after the last block */
    uint64_t time;
    int error; /* first error, to be returned */
    uint8_t shift;
    uint8_t implied;
    uint8_t learns; /* the packet's events are those of version 3 */
};

/* Prepares `d` to decode `bytes`, the `packet->len` committed bytes after a packet's header. The caller sets `d->site`,
 * `d->n_sites` and `d->learned`, and zeroes `d->epoch` before the first packet; the rest is set here. */
void hs_decode_packet(struct hs_decoder *d, const struct hs_packet *packet, const uint8_t *bytes);

/* Decodes up to `max` records. Returns their number, 0 at the packet's end, or HS_ERR_END (cut record) or HS_ERR_FORMAT; then
 * d->at - d->start is the offset of the wrong record. If records come before an error, this call returns their number and the
 * next call the error. `pos` of a new block is HS_POS_IMPLIED if the packet has HS_PACKET_IMPLIED. */
int hs_decode_next(struct hs_decoder *d, struct hs_record *records, int max);

/* Decodes the definition at `bytes`. Returns its length, or a negative enum hs_err. */
int hs_decode_definition(const uint8_t *bytes, size_t len, struct hs_record *record);

/* Reads the runs of SWEEP and SNAPSHOT data. hs_runs_sweep and hs_runs_snapshot set `*length` and return the kind of the next
 * run (enum hs_run), HS_RUN_END at the end, or a negative enum hs_err for invalid bytes. */
struct hs_runs {
    const uint8_t *start, *at, *end;
    uint8_t bits, n_bits; /* pending literal bits of a sweep */
    uint32_t heads;       /* heads of a sweep that are not read yet */
    uint32_t singles;     /* pending one-granule blocks of a snapshot */
    uint32_t repeat;      /* codes of a snapshot's repeat that are not read yet */
    const uint8_t *again; /* first of the codes that repeat */
    uint8_t period, next; /* number of these codes; index of the next one */
    uint8_t repeats;      /* whether the snapshot has repeats */
};
enum hs_run { HS_RUN_END = 0, HS_RUN_FREED, HS_RUN_KEPT, HS_RUN_FREE, HS_RUN_BLOCK };
void hs_runs_init(struct hs_runs *runs, const struct hs_record *record);
int hs_runs_sweep(struct hs_runs *runs, uint32_t *length);    /* heads freed or kept; a run may continue the one before */
int hs_runs_snapshot(struct hs_runs *runs, uint32_t *length); /* granules of a free run, or of one block */

#endif
