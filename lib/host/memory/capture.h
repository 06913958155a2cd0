/* SPDX-License-Identifier: MIT
 *
 * An image that travels as text: what heapstrata.dump() prints on the device.
 *
 *     HS:BEGIN <bytes in all> <CRC-32 of them, hex>
 *     HS:<offset, hex> <base64 of up to 48 bytes> <CRC-32 of the offset's four bytes and of these, hex>
 *     HS:END <bytes in all> <CRC-32 of them, hex>
 *
 * Lines may come in any order, several times, with other text in front of them, behind them and in between.
 * A line that is damaged counts as missing. Lines of zeroes may be left out: the check of all bytes tells.
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
    uint8_t *bytes; /* `room`; zeroes where nothing came */
    uint8_t *have;  /* [byte] 1: a good line brought it */
    uint8_t *used;  /* [HS_CAPTURE_BLOCK bytes] 1: some of them came; of the others no memory is ever touched */
    uint32_t room;
    uint32_t total; /* as the BEGIN or END line said; 0: neither has come */
    uint32_t got;   /* bytes */
    uint32_t bad;   /* lines that were ours, and damaged */
    uint32_t check; /* of the BEGIN or END line */
    bool begun;     /* `total` and `check` are known */
};

enum hs_capture_line {
    HS_CAPTURE_OTHER, /* not of a trace */
    HS_CAPTURE_TAKEN,
    HS_CAPTURE_BAD,
    HS_CAPTURE_BEGIN, /* a dump begins: another one than the one before, unless its bytes and check are the same */
    HS_CAPTURE_END,   /* the end of a dump, the whole or its rest */
};

/* Takes a line, without its end. `capture` starts zeroed. Several records in one line, whose ends were lost,
 * are all taken; the worst of them is returned. */
enum hs_capture_line hs_capture_take(struct hs_capture *capture, const char *line, size_t len);

/* Whether a dump begins in this line. */
bool hs_capture_begins(const char *line, size_t len);

/* Adds what another dump of the same image has more. */
void hs_capture_add(struct hs_capture *capture, const struct hs_capture *more);

/* The first byte from `at` on that is there, `room` when none is. */
uint32_t hs_capture_next(const struct hs_capture *capture, uint32_t at);

/* The first byte that is missing, `total` when none is. */
uint32_t hs_capture_missing(const struct hs_capture *capture);

/* Whether what is there, with zeroes where nothing is, has the check that was told. Looks at all. */
bool hs_capture_whole(struct hs_capture *capture);

void hs_capture_free(struct hs_capture *capture);

/* Decodes base64 (RFC 4648, with padding). Returns how many bytes it wrote, or -1 for anything else or more
 * than `room` bytes. `to` may be the text itself. */
long hs_base64_decode(uint8_t *to, size_t room, const char *text, size_t len);

#endif
