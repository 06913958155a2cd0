/* SPDX-License-Identifier: MIT
 *
 * Memory as probes, debuggers, flash tools and crash handlers write it: pieces with addresses, in text or in
 * an ELF file. Put together by address they hold the image. Not part of the public API.
 *
 *   file -> hs_memory_image_read -> pieces by address -> hs_feed_of_pieces -> chunks
 */
#ifndef HS_MEMORY_IMAGE_H
#define HS_MEMORY_IMAGE_H

#include "lib/host/reader_internal.h"
#include "lib/host/input/lines.h"

/* Bytes of one piece: at `at` of hs_memory_image.bytes. */
struct hs_segment {
    uint64_t address;
    size_t at, len;
};

/* `bytes` is the input; text is decoded in its place, so that the spans lie in it too. */
struct hs_memory_image {
    uint8_t *bytes; /* owned */
    size_t len;
    struct hs_segment *span;
    size_t n_spans, room_spans;
    const char *form; /* "Intel HEX": what was recognised, NULL when nothing was */
    bool sparse;      /* out: zeroes may have been left out */
    unsigned which;   /* in: which of several dumps, from 1; 0: the last whole one */
    unsigned dumps;   /* out: how many there are, where there can be several */
    uint64_t damaged; /* bytes that are known to be missing or damaged, */
    char told[200];   /* and what to say of them; "" when there are none */
};

/* Recognises the form of m->bytes and finds its pieces. HS_ERR_KIND when it is none that this program knows,
 * HS_ERR_ARG when there is no dump number `which`, HS_ERR_FORMAT or HS_ERR_MEMORY. */
int hs_memory_image_read(struct hs_memory_image *m);

/* Whether the first bytes are those of a form that is not text: then it is no raw image, whatever it holds. */
bool hs_memory_image_begins(const uint8_t *bytes, size_t len);

/* Adds a piece; one that goes on where the last ended becomes part of it. HS_OK or HS_ERR_MEMORY. */
int hs_memory_image_add(struct hs_memory_image *m, struct hs_segment span);

/* Says what is damaged, unless something has been said. */
void hs_memory_image_warn(struct hs_memory_image *m, const char *text, ...) __attribute__((format(printf, 2, 3)));

/* The image in the memory, put together by address. The pieces and bytes are freed. NULL on an error: also
 * when there is no image (HS_ERR_KIND). */
struct hs_feed *hs_feed_of_pieces(struct hs_memory_image *m, struct hs_error *error);

void hs_memory_image_free(struct hs_memory_image *m);

/* --- forms: each finds its own pieces; HS_ERR_KIND when it is not of this form -------------------------- */

int hs_memory_image_of_console(struct hs_memory_image *m);   /* what heapstrata.dump() prints */
int hs_memory_image_of_core(struct hs_memory_image *m);      /* ELF core, ESP-IDF core dump */
int hs_memory_image_of_core_text(struct hs_memory_image *m); /* the latter as base64 in a console's log */
int hs_memory_image_of_hex(struct hs_memory_image *m);       /* Intel HEX, S-records, Tektronix HEX, Verilog */
bool hs_core_begins(const uint8_t *bytes, size_t len);

#endif
