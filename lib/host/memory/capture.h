/* SPDX-License-Identifier: MIT
 *
 * An image as text: the output of heapstrata.dump() on the device.
 *
 *     HS:BEGIN <total bytes> <CRC-32 of them, hex>
 *     HS:<offset, hex> <base64 of up to 48 bytes> <CRC-32 of the offset's four bytes and of these, hex>
 *     HS:END <total bytes> <CRC-32 of them, hex>
 *
 * Lines may be in any order and repeated, with other text before, after and between them.
 * A damaged line counts as missing. Lines of zeroes may be omitted: the check of all bytes shows whether the rest is complete.
 */
#ifndef HS_HOST_CAPTURE_H
#define HS_HOST_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HS_CAPTURE_MARK "HS:"
#define HS_CAPTURE_LIMIT (64u << 20) /* bytes of an image */
#define HS_CAPTURE_BLOCK 4096u

struct hs_capture {
    uint8_t *bytes; /* `room`; zero where nothing was received */
    uint8_t *have;  /* [byte] 1: received in a good line */
    uint8_t *used;  /* [HS_CAPTURE_BLOCK bytes] 1: some of them were received; the memory of other blocks is never touched */
    uint32_t room;
    uint32_t total; /* from the BEGIN or END line; 0: neither was seen */
    uint32_t got;   /* received bytes */
    uint32_t bad;   /* damaged HS: lines */
    uint32_t check; /* of the BEGIN or END line */
    bool begun;     /* `total` and `check` are known */
};

enum hs_capture_line {
    HS_CAPTURE_OTHER, /* not of a trace */
    HS_CAPTURE_TAKEN,
    HS_CAPTURE_BAD,
    HS_CAPTURE_BEGIN, /* a dump begins; it is the same dump as the last one if the total and the check are equal */
    HS_CAPTURE_END,   /* the end of a dump or of a repeated part */
};

/* Adds a line, without its line end. `capture` starts zeroed. If one line has several records because line ends were lost,
 * all are added, and the worst result is returned. */
enum hs_capture_line hs_capture_take(struct hs_capture *capture, const char *line, size_t len);

/* Whether a dump begins in this line. */
bool hs_capture_begins(const char *line, size_t len);

/* Adds the bytes that only another dump of the same image has. */
void hs_capture_add(struct hs_capture *capture, const struct hs_capture *more);

/* Offset of the first received byte from `at` on, `room` if there is none. */
uint32_t hs_capture_next(const struct hs_capture *capture, uint32_t at);

/* Offset of the first missing byte, `total` if there is none. */
uint32_t hs_capture_missing(const struct hs_capture *capture);

/* Whether the bytes, zero where nothing was received, match the check of the BEGIN or END line. Reads all bytes. */
bool hs_capture_whole(struct hs_capture *capture);

void hs_capture_free(struct hs_capture *capture);

/* Decodes base64 (RFC 4648, with padding). Returns the number of bytes it wrote, or -1 if the text is not base64 or does not
 * fit in `room` bytes. `to` may be the text itself. */
long hs_base64_decode(uint8_t *to, size_t room, const char *text, size_t len);

#endif
