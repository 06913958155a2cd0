/* SPDX-License-Identifier: MIT
 *
 * Packets made on the host, of what is no trace but can be told as one: a header, definitions, plain records.
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

#include "lib/host/reader_internal.h"
#include "lib/ring.h"

#define HS_PACKETS_SITES 64u  /* that can be told apart */
#define HS_PACKETS_DATA 8192u /* most bytes of a record's data */

/* The stream as it grows. The first error stays; what is put behind it is dropped. */
struct hs_packets {
    uint8_t *bytes;
    size_t len, room;
    size_t packet; /* where the open one begins, meaningful while `open` */
    bool open;
    struct hs_packet head;
    uint32_t seq, boot;
    uint64_t number;                 /* records in this boot */
    uint64_t time;                   /* of the last record */
    uint64_t named;                  /* sites that the open packet names, one bit each */
    uint32_t hash[HS_PACKETS_SITES]; /* of the sites defined, from 1 */
    uint32_t n_sites;
    uint8_t definitions[2048];
    uint32_t definitions_len;
    uint8_t shift;
    int err; /* HS_ERR_MEMORY or HS_ERR_FULL */
};

struct hs_packets_config {
    uint32_t hz;
    uint8_t shift;     /* log2 of the granule */
    bool wide;         /* pointers of 8 bytes */
    const char *facts; /* "key=value" and a NUL each, `facts_len` bytes */
    size_t facts_len;
};

/* First of all, once. */
void hs_packets_header(struct hs_packets *packets, const struct hs_packets_config *config);

/* A place known by a name alone. Before the first record. Returns its number, 0 when there are too many. */
uint32_t hs_packets_site(struct hs_packets *packets, const char *name);

/* A firmware starts: its first record follows. Before any record. */
void hs_packets_boot(struct hs_packets *packets);

/* A record of area PACKET; its `time` counts, in ticks. */
void hs_packets_put(struct hs_packets *packets, const struct hs_record *record);

/* Closes the stream and hands it over to a feed. NULL on an error. */
struct hs_feed *hs_feed_of_packets(struct hs_packets *packets);

#endif
