/* SPDX-License-Identifier: MIT
 *
 * Packets against the load that they were made from, record by record, as they close.
 */
#ifndef TESTS_CORES_VERIFY_H
#define TESTS_CORES_VERIFY_H

#include "lib/decode.h"
#include "tests/cores/load.h"

#define VERIFY_SITES 80u
#define VERIFY_SUMS  64u /* a power of two, more than a ring has packets */
#define VERIFY_HEAP  "heap" /* name of the region in a keyframe */

struct verify_site {
    uint32_t offset;  /* of the definition */
    int32_t caller;
    uint32_t line;
    uint8_t file, function, context;
    uint8_t kind, op; /* of the definition, of what the site does */
};

struct verifier {
    struct load load;
    struct load_op op;      /* whose records are due */
    struct load_runs runs;
    bool due, in_runs, in_keyframe;
    bool others;            /* the dictionary is too small: site 0 is as good */
    struct hs_decoder decoder;
    struct hs_site_state state[VERIFY_SITES];
    struct verify_site site[VERIFY_SITES];
    uint32_t n_sites;
    uint32_t recent[HS_RANKS];
    uint32_t defined;       /* bytes of the dictionary taken in */
    uint32_t boot, seq;     /* the packet's that comes next */
    uint32_t number;        /* of the next record */
    uint32_t ops, keyframes, resets, levels;
    uint32_t sum[VERIFY_SUMS]; /* of the last packets, by seq */
};
extern struct verifier verifier;

/* From here on packets are those of `seed`'s load, in boot `boot`. What was defined stays known. */
void verify_boot(uint32_t seed, uint32_t boot);

/* Definitions from the image's dictionary that are not yet known. */
void verify_definitions(void);

/* One closed packet, the next of the boot. */
void verify_packet(const struct hs_packet *packet);

/* The ring as it lies in memory holds the last packets, unchanged since they were verified. */
void verify_ring(void);

#endif
