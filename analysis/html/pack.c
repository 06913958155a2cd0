/* SPDX-License-Identifier: MIT */
#include "analysis/html/pack.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/base64.h"
#include "lib/record.h"

#define GZIP 16 /* added to the window bits: write gzip header and trailer */
#define UNIX 3  /* in the gzip header */
#define LEVEL 6 /* zlib's: 9 makes the data of a million events 5 % smaller, in ten times the time */

#define PIECE (3u << 12) /* bytes: a multiple of 3, so that only the last part has base64 padding */

struct hs_pack {
    z_stream stream;
    gz_header header;
    FILE *out;
    uint8_t packed[PIECE]; /* not written yet */
};

/* Writes the packed bytes and makes room for more. */
static void put_packed(struct hs_pack *p)
{
    char text[HS_BASE64_LEN(PIECE)];
    fwrite(text, 1, hs_base64_encode(text, p->packed, PIECE - p->stream.avail_out), p->out);
    p->stream.next_out = p->packed;
    p->stream.avail_out = PIECE;
}

static void deflate_all(struct hs_pack *p, int flush)
{
    do {
        if (!p->stream.avail_out)
            put_packed(p);
        deflate(&p->stream, flush);
    } while (!p->stream.avail_out);
}

struct hs_pack *hs_pack_begin(FILE *out)
{
    struct hs_pack *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->out = out;
    p->header.os = UNIX; /* the same page on every system */
    p->stream.next_out = p->packed;
    p->stream.avail_out = PIECE;
    if (deflateInit2(&p->stream, LEVEL, Z_DEFLATED, MAX_WBITS + GZIP, 9, Z_DEFAULT_STRATEGY) == Z_OK &&
        deflateSetHeader(&p->stream, &p->header) == Z_OK)
        return p;
    free(p);
    return NULL;
}

void hs_pack_add(struct hs_pack *p, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    while (n) {
        unsigned piece = n < (1u << 30) ? (unsigned)n : 1u << 30;
        p->stream.next_in = (Bytef *)(uintptr_t)at;
        p->stream.avail_in = piece;
        deflate_all(p, Z_NO_FLUSH);
        at += piece;
        n -= piece;
    }
}

int hs_pack_end(struct hs_pack *p)
{
    p->stream.avail_in = 0;
    deflate_all(p, Z_FINISH);
    put_packed(p);
    deflateEnd(&p->stream);
    int error = ferror(p->out) ? HS_ERR_IO : HS_OK;
    free(p);
    return error;
}
