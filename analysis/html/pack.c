/* SPDX-License-Identifier: MIT */
#include "analysis/html/pack.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/record.h"

#define GZIP 16 /* added to the window's bits: with gzip's head and tail */

struct hs_pack {
    z_stream stream;
    FILE *out;
    uint8_t rest[3]; /* bytes that do not fill a group of base64 yet */
    unsigned n_rest;
};

static void put_group(struct hs_pack *p)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    char text[4];
    for (unsigned i = 0; i < 3; i++)
        bits = bits << 8 | (i < p->n_rest ? p->rest[i] : 0u);
    for (unsigned i = 0; i < 4; i++)
        text[i] = i <= p->n_rest ? digit[bits >> (18 - 6 * i) & 63] : '=';
    fwrite(text, 1, sizeof text, p->out);
    p->n_rest = 0;
}

static void put_bytes(struct hs_pack *p, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p->rest[p->n_rest++] = bytes[i];
        if (p->n_rest == 3)
            put_group(p);
    }
}

static void deflate_all(struct hs_pack *p, int flush)
{
    uint8_t packed[16384];
    do {
        p->stream.next_out = packed;
        p->stream.avail_out = sizeof packed;
        deflate(&p->stream, flush);
        put_bytes(p, packed, sizeof packed - p->stream.avail_out);
    } while (!p->stream.avail_out);
}

struct hs_pack *hs_pack_begin(FILE *out)
{
    struct hs_pack *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->out = out;
    if (deflateInit2(&p->stream, 9, Z_DEFLATED, MAX_WBITS + GZIP, 9, Z_DEFAULT_STRATEGY) == Z_OK)
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
    if (p->n_rest)
        put_group(p);
    deflateEnd(&p->stream);
    int error = ferror(p->out) ? HS_ERR_IO : HS_OK;
    free(p);
    return error;
}
