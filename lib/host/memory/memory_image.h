/* SPDX-License-Identifier: MIT
 *
 * Memory in the formats of probes, debuggers, flash tools and crash handlers: segments with addresses, as text or in
 * an ELF file. Joined by address, they contain the image. Not part of the public API.
 *
 *   file -> hs_memory_image_read -> segments by address -> hs_feed_of_pieces -> chunks
 */
#ifndef HS_MEMORY_IMAGE_H
#define HS_MEMORY_IMAGE_H

#include "lib/host/input/chunks.h"
#include "lib/host/input/lines.h"

/* One segment: `len` bytes at hs_memory_image.bytes + at. */
struct hs_segment {
    uint64_t address;
    size_t at, len;
};

/* `bytes` is the input. Text is decoded in place, so that the spans are in the same buffer. */
struct hs_memory_image {
    uint8_t *bytes; /* owned */
    size_t len;
    struct hs_segment *span;
    size_t n_spans, room_spans;
    const char *form; /* the recognised form, such as "Intel HEX"; NULL: none */
    bool sparse;      /* out: zeroes may have been omitted */
    unsigned which;   /* in: number of the dump, from 1; 0: the last complete one */
    unsigned dumps;   /* out: number of dumps, for forms that can have several */
    uint64_t damaged; /* bytes that are known to be missing or damaged, */
    char told[200];   /* and the message about them; "": none */
};

/* Recognises the form of m->bytes and finds its segments. HS_OK, HS_ERR_KIND for an unknown form,
 * HS_ERR_ARG when there is no dump number `which`, HS_ERR_FORMAT or HS_ERR_MEMORY. */
int hs_memory_image_read(struct hs_memory_image *m);

/* Whether the input has a form that is not text. Such an input is never a raw image. */
bool hs_memory_image_begins(const uint8_t *bytes, size_t len);

/* Adds a segment; one that starts where the last one ends is merged with it. HS_OK or HS_ERR_MEMORY. */
int hs_memory_image_add(struct hs_memory_image *m, struct hs_segment span);

/* Sets the message about damage, unless there is one. */
void hs_memory_image_warn(struct hs_memory_image *m, const char *text, ...) __attribute__((format(__printf__, 2, 3)));

/* Joins the segments by address and finds the image in them. Frees the segments and bytes. NULL on an error, also
 * when there is no image (HS_ERR_KIND). */
struct hs_feed *hs_feed_of_pieces(struct hs_memory_image *m, struct hs_error *error);

void hs_memory_image_free(struct hs_memory_image *m);

/* --- forms: each finds its own segments; HS_ERR_KIND for another form ----------------------------------- */

int hs_memory_image_of_console(struct hs_memory_image *m);   /* the output of heapstrata.dump() */
int hs_memory_image_of_core(struct hs_memory_image *m);      /* ELF core, ESP-IDF core dump */
int hs_memory_image_of_core_text(struct hs_memory_image *m); /* ESP-IDF core dump as base64 in a console log */
int hs_memory_image_of_hex(struct hs_memory_image *m);       /* Intel HEX, S-records, Tektronix HEX, Verilog */
bool hs_core_begins(const uint8_t *bytes, size_t len);

#endif
