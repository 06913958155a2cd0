/* SPDX-License-Identifier: MIT
 *
 * A trace that travelled as text: what heapstrata.dump() prints on the device.
 *
 *     HS:BEGIN <bytes in all>
 *     HS:<offset, hex> <base64 of up to 48 bytes> <CRC-32 of these bytes, hex>
 *     HS:END <CRC-32 of all bytes, hex>
 *
 * Lines may come in any order, several times, with other text in front of them and in between. A line that
 * is damaged counts as missing. Lines of zeroes may be left out: the check of all bytes tells.
 */
#ifndef HS_RECORD_CAPTURE_H
#define HS_RECORD_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HS_CAPTURE_LIMIT (256u << 20) /* bytes of a trace */

struct hs_capture {
    uint8_t *bytes;  /* `total` */
    uint8_t *have;   /* [byte] 1: a good line brought it */
    uint32_t total;
    uint32_t got;    /* bytes */
    uint32_t bad;    /* lines that were ours, and damaged */
    uint32_t check;  /* of the END line */
    bool begun, ended;
};

enum hs_capture_line {
    HS_CAPTURE_OTHER, /* not of a trace */
    HS_CAPTURE_TAKEN,
    HS_CAPTURE_BAD,   /* damaged, or before the beginning */
    HS_CAPTURE_END,   /* the end of a dump, the whole or its rest */
};

/* Takes a line, without its end. `capture` starts zeroed. */
enum hs_capture_line hs_capture_take(struct hs_capture *capture, const char *line, size_t len);

/* The first byte that is missing, `total` when none is. */
uint32_t hs_capture_missing(const struct hs_capture *capture);

/* Whether what is there, with zeroes where nothing is, has the check that the END line told. Looks at all. */
bool hs_capture_whole(const struct hs_capture *capture);

void hs_capture_free(struct hs_capture *capture);

/* Decodes base64 (RFC 4648, with padding). Returns how many bytes it wrote, or -1 for anything else or more
 * than `room` bytes. */
long hs_base64_decode(uint8_t *to, size_t room, const char *text, size_t len);

#endif
