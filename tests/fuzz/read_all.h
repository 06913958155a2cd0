/* SPDX-License-Identifier: MIT
 *
 * Reads a trace from memory to its end and holds the reader to what no input may break. Checks in the input
 * can be made right first, so that a fuzzer gets behind them.
 */
#ifndef TESTS_FUZZ_READ_ALL_H
#define TESTS_FUZZ_READ_ALL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/crc.h"
#include "lib/host/reader.h"
#include "lib/ring.h"

#define INSIST(what) do { if (!(what)) { fprintf(stderr, "not so: %s\n", #what); abort(); } } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *fuzz_path(int *fd, const char *name) {
    static char path[2][32];
    static int turn;
    if (!*fd)
        *fd = memfd_create(name, 0);
    turn ^= 1;
    snprintf(path[turn], sizeof path[turn], "/proc/self/fd/%d", *fd);
    return path[turn];
}

static const char *fuzz_file(const uint8_t *data, size_t size) {
    static int fd;
    const char *path = fuzz_path(&fd, "input");
    INSIST(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

static void fuzz_event(struct hs_reader *reader, const struct hs_event *e, uint64_t *sum) {
    INSIST(e->record);
    for (uint32_t i = 0; i < e->n_freed; i++)
        *sum += e->freed[i];
    for (uint32_t i = 0; i < e->n_blocks; i++) {
        INSIST(!i || e->block[i].pos >= e->block[i - 1].pos + e->block[i - 1].granules);
        *sum += e->block[i].pos;
    }
    if (e->kind == HS_MARK)
        for (uint32_t i = 0; i < e->record->data_len; i++)
            *sum += e->record->data[i];
    const struct hs_site *site = hs_reader_site(reader, e->site);
    if (e->kind <= HS_REALLOC) {
        INSIST(site);
        *sum += strlen(site->file) + strlen(site->function) + site->line;
        const struct hs_context *context = hs_reader_context(reader, site->context);
        *sum += context ? strlen(context->file) : 0;
    }
    const struct hs_region *region = hs_reader_region(reader, e->region);
    *sum += region ? strlen(region->name) : 0;
}

static enum hs_source fuzz_source; /* of what was read last */

static uint64_t fuzz_read(const char *path) {
    struct hs_error error;
    const struct hs_event *e;
    uint64_t records = 0, sum = 0;
    long n;
    fuzz_source = HS_SOURCE_HST;
    struct hs_reader *reader = hs_reader_open(path, &error);
    if (!reader) {
        INSIST(error.code < 0 && error.text[0]);
        return 0;
    }
    while ((n = hs_reader_next(reader, &e)) > 0)
        for (long i = 0; i < n; i++, records++)
            fuzz_event(reader, &e[i], &sum);
    const struct hs_trace_info *info = hs_reader_info(reader);
    fuzz_source = info->source;
    INSIST(info->records == records || n < 0);
    INSIST(n < 0 || info->emitted == info->records + info->lost + info->overwritten_records);
    INSIST(!hs_reader_error(reader)->code || hs_reader_error(reader)->text[0]);
    hs_reader_fact(reader, "port");
    hs_reader_close(reader);
    return records + (sum & 0);
}

/* --- making checks right ------------------------------------------------------------------------------- */

static void fuzz_repair_header(uint8_t *at) {
    struct hs_ring_header h;
    memcpy(&h, at, sizeof h);
    h.version = HS_FORMAT_VERSION;
    h.header_size = sizeof h;
    h.check = hs_crc32(0, &h, offsetof(struct hs_ring_header, check));
    memcpy(at, &h, sizeof h);
}

/* `left` bytes from the packet's begin on. Returns its length. */
static size_t fuzz_repair_packet(uint8_t *at, size_t left) {
    struct hs_packet p;
    if (left < sizeof p)
        return 1;
    memcpy(&p, at, sizeof p);
    if (p.len > left - sizeof p)
        p.len = (uint16_t)(left - sizeof p < 0xffff ? left - sizeof p : 0xffff);
    p.head = hs_packet_head(&p);
    p.sum = hs_packet_sum(&p, at + sizeof p);
    memcpy(at, &p, sizeof p);
    return sizeof p + p.len;
}

static size_t fuzz_repair_piece(uint8_t *at, size_t left) {
    struct hs_dict_chunk piece;
    if (left < sizeof piece)
        return 1;
    memcpy(&piece, at, sizeof piece);
    if (piece.len > left - sizeof piece)
        piece.len = (uint16_t)(left - sizeof piece);
    piece.crc = hs_crc32(hs_crc32(0, &piece.len, 6), at + sizeof piece, piece.len);
    memcpy(at, &piece, sizeof piece);
    return sizeof piece + piece.len;
}

static void fuzz_repair_stream(uint8_t *data, size_t size) {
    for (size_t at = 0, len; at < size; at += len) {
        size_t left = size - at;
        len = 1;
        if (left >= sizeof(struct hs_ring_header) && !memcmp(data + at, HS_RING_MAGIC, 8)) {
            fuzz_repair_header(data + at);
            len = sizeof(struct hs_ring_header);
        } else if (left > 1 && data[at] == 'H' && data[at + 1] == 'P') {
            len = fuzz_repair_packet(data + at, left);
        } else if (left > 1 && data[at] == 'H' && data[at + 1] == 'D') {
            len = fuzz_repair_piece(data + at, left);
        }
    }
}

#endif
