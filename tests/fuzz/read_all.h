/* SPDX-License-Identifier: MIT
 *
 * Reads a trace from memory to its end and holds the reader to what no input may break. Checks in the input
 * can be made right first, so that a fuzzer gets behind them.
 */
#ifndef TESTS_FUZZ_READ_ALL_H
#define TESTS_FUZZ_READ_ALL_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/crc.h"
#include "lib/host/reader.h"
#include "lib/ring.h"

#define INSIST(what) \
    do { \
        if (!(what)) { \
            fprintf(stderr, "not so: %s\n", #what); \
            abort(); \
        } \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *fuzz_path(int *fd, const char *name)
{
    static char path[2][32];
    static int turn;
    if (!*fd)
        *fd = memfd_create(name, 0);
    turn ^= 1;
    snprintf(path[turn], sizeof path[turn], "/proc/self/fd/%d", *fd);
    return path[turn];
}

static const char *fuzz_file(const uint8_t *data, size_t size)
{
    static int fd;
    const char *path = fuzz_path(&fd, "input");
    INSIST(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

static void fuzz_event(struct hs_reader *reader, const struct hs_event *e, uint64_t *sum)
{
    INSIST(e->record);
    for (uint32_t i = 0; i < e->n_freed; i++)
        *sum += e->freed[i];
    for (uint32_t i = 0; i < e->n_blocks; i++) {
        INSIST(!i || e->block[i].pos >= e->block[i - 1].pos + e->block[i - 1].granules);
        *sum += e->block[i].pos;
    }
    if (e->kind == HS_MARK)
        for (uint32_t i = 0; i < e->record->mark.label.len; i++)
            *sum += (uint8_t)e->record->mark.label.data[i];
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

static inline uint64_t fuzz_read(const char *path)
{
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

/* Makes the header's check right, and its size fit what there is. Returns its length. */
static size_t fuzz_repair_header(uint8_t *at, size_t left)
{
    struct hs_ring_header h;
    memcpy(&h, at, sizeof h);
    h.version = (h.version & 0xff) == HS_FORMAT_LEARNED ? HS_FORMAT_LEARNED : HS_FORMAT_VERSION;
    if (h.header_size < sizeof h || h.header_size > left || h.header_size > sizeof h + HS_FACTS_MAX)
        h.header_size = sizeof h;
    h.check = hs_crc32(0, &h, offsetof(struct hs_ring_header, notes));
    h.check = hs_crc32(h.check, at + sizeof h, h.header_size - sizeof h);
    memcpy(at, &h, sizeof h);
    return h.header_size;
}

/* `left` bytes from the packet's begin on; in a slot its definitions lie at the end. Returns its length. */
static size_t fuzz_repair_packet(uint8_t *at, size_t left, bool slot)
{
    struct hs_packet p;
    if (left < sizeof p)
        return 1;
    memcpy(&p, at, sizeof p);
    size_t room = left - sizeof p;
    if (p.len > room)
        p.len = (uint16_t)(room < 0xffff ? room : 0xffff);
    if (p.defs > room - p.len)
        p.defs = (uint16_t)(room - p.len < 0xffff ? room - p.len : 0xffff);
    const uint8_t *records = at + sizeof p, *definitions = slot ? at + left - p.defs : records + p.len;
    p.head = hs_packet_head(&p);
    p.sum = hs_packet_sum(&p, records, definitions);
    memcpy(at, &p, sizeof p);
    return sizeof p + p.len + p.defs;
}

static size_t fuzz_repair_names(uint8_t *at, size_t left)
{
    struct hs_names_chunk names;
    if (left < sizeof names)
        return 1;
    memcpy(&names, at, sizeof names);
    if (names.len > left - sizeof names)
        names.len = (uint16_t)(left - sizeof names);
    names.crc = hs_crc32(hs_crc32(0, &names.len, sizeof names.len), at + sizeof names, names.len);
    memcpy(at, &names, sizeof names);
    return sizeof names + names.len;
}

static inline void fuzz_repair_stream(uint8_t *data, size_t size)
{
    for (size_t at = 0, len; at < size; at += len) {
        size_t left = size - at;
        len = 1;
        if (left >= sizeof(struct hs_ring_header) && !memcmp(data + at, HS_RING_MAGIC, 8))
            len = fuzz_repair_header(data + at, left);
        else if (left > 1 && data[at] == 'H' && data[at + 1] == 'P')
            len = fuzz_repair_packet(data + at, left, false);
        else if (left > 1 && data[at] == 'H' && data[at + 1] == 'D')
            len = fuzz_repair_names(data + at, left);
    }
}

#endif
