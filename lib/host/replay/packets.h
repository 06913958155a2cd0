/* SPDX-License-Identifier: MIT
 *
 * Makes packets on the host, from an input of another kind: a header, definitions, plain records.
 * Not part of the public API.
 *
 *     struct hs_packets p = {.bytes = NULL};
 *     hs_packets_header(&p, &config);
 *     site = hs_packets_site(&p, "list");
 *     hs_packets_put(&p, &(struct hs_record){.kind = HS_MARK, ...});
 *     feed = hs_feed_of_packets(&p);
 */
#ifndef HS_HOST_PACKETS_H
#define HS_HOST_PACKETS_H

#include "lib/host/input/chunks.h"
#include "lib/ring.h"

#define HS_PACKETS_SITES 64u  /* most sites */
#define HS_PACKETS_DATA 8192u /* most bytes of a record's data */

/* The stream. Zero-initialise. The first error is kept; what is put after it is dropped. */
struct hs_packets {
    uint8_t *bytes;
    size_t len, room;
    size_t packet; /* start of the open packet, valid while `open` */
    bool open;
    struct hs_packet head;
    uint32_t seq, boot;
    uint64_t number;                 /* records in this boot */
    uint64_t time;                   /* of the last record */
    uint64_t named;                  /* sites that the open packet names, one bit per site */
    uint32_t hash[HS_PACKETS_SITES]; /* of the defined sites, from 1 */
    uint32_t n_sites;
    uint8_t definitions[2048];
    uint32_t definitions_len;
    uint8_t shift;
    int err; /* HS_ERR_MEMORY or HS_ERR_FULL */
};

struct hs_packets_config {
    uint32_t hz;
    uint8_t shift;     /* log2 of the granule */
    bool wide;         /* 8-byte pointers */
    const char *facts; /* "key=value" strings, each with its NUL; `facts_len` bytes */
    size_t facts_len;
};

/* Writes the header. Call it first, once. */
void hs_packets_header(struct hs_packets *packets, const struct hs_packets_config *config);

/* Defines a site that has only a name. Call it before the first record. Returns its number, 0 when there are too many. */
uint32_t hs_packets_site(struct hs_packets *packets, const char *name);

/* Defines a site that is a source line. Call it before the first record. Longer names are cut. Returns its number, 0 when
 * there are too many. */
struct hs_packets_line {
    const char *file, *function;
    uint32_t line;
};
uint32_t hs_packets_line(struct hs_packets *packets, const struct hs_packets_line *line);

/* Begins a boot. Call it before the boot's first record. */
void hs_packets_boot(struct hs_packets *packets);

/* Adds a record of area PACKET with its `time`, in ticks. */
void hs_packets_put(struct hs_packets *packets, const struct hs_record *record);

/* Closes the stream and moves it to a feed. NULL on an error. */
struct hs_feed *hs_feed_of_packets(struct hs_packets *packets);

#endif
