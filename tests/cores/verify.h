/* SPDX-License-Identifier: MIT
 *
 * Packets against the load that they were made from, record by record, as they close.
 */
#ifndef TESTS_CORES_VERIFY_H
#define TESTS_CORES_VERIFY_H

#include "lib/decode.h"
#include "tests/cores/load.h"

#define VERIFY_SITES 80u
#define VERIFY_SUMS 64u    /* a power of two, more than a ring has packets */
#define VERIFY_HEAP "heap" /* name of the region in a keyframe */

/* A definition: what it says, and what it names by their numbers. */
struct verify_definition {
    uint32_t hash; /* hs_definition_hash */
    uint32_t what; /* of a site its caller, of a string or function the CRC-32 of its text */
    uint16_t line;
    uint8_t parent; /* of a site or context its FUNCTION, of a function its STRING */
    uint8_t context;
    uint8_t kind; /* enum hs_kind, 0: there is none */
    uint8_t op;   /* what the site does */
    uint8_t first_size;
    uint8_t text_len;
};

struct verifier {
    struct load load;
    struct load_op op; /* whose records are due */
    struct load_runs runs;
    bool due, in_runs, in_keyframe;
    bool others; /* the table is too small: site 0 is as good */
    struct hs_decoder decoder;
    struct hs_site_state state[VERIFY_SITES];
    struct verify_definition definition[VERIFY_SITES]; /* sites from the start, what they name from the end */
    uint32_t n_sites, n_names;                         /* numbers met: all below, all up to */
    uint32_t recent[HS_RANKS];
    uint32_t boot, seq; /* the packet's that comes next */
    uint32_t number;    /* of the next record */
    uint32_t ops, keyframes, resets, levels;
    uint32_t named, unnamed;                       /* events by their sites: one of the table, site 0 */
    uint32_t sum[VERIFY_SUMS], names[VERIFY_SUMS]; /* of the last packets, by seq: `sum`, and the sum that `names` is made of */
};
extern struct verifier verifier;

/* From here on packets are those of `seed`'s load, in boot `boot`. */
void verify_boot(uint32_t seed, uint32_t boot);

/* Knows the newest definition of each number that is in the ring, and nothing else. */
void verify_know_ring(void);

/* Knows, besides, the definitions of a packet of a stream. */
void verify_know(const struct hs_packet *packet, const uint8_t *definitions);

/* The next packet of the boot, with its definitions at `definitions`: in a ring any packet may have those that it needs,
 * in a stream it or one before. */
void verify_packet(const struct hs_packet *packet, const uint8_t *definitions);

/* The packet that was left open where a boot ended without a word. It is in the ring, or in `stage`. */
void verify_open(const struct hs_packet *stage);

/* The ring, as it is in memory at this moment, holds the last packets, unchanged since they were verified, and says of
 * every place that they name what it said then. */
void verify_ring(void);

#endif
