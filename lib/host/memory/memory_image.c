/* SPDX-License-Identifier: MIT
 *
 * Joins segments of memory: finds the run of addresses that contains an image, and the missing parts of the image.
 */
#include "lib/host/memory/memory_image.h"

#include "lib/host/input/fail.h"
#include "lib/host/util/array.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES 64 /* headers looked at */
#define IMAGE_MAX (64u << 20)

/* The forms, in the order in which they are tried: those that are recognised with certainty are first. */
static int (*const forms[])(struct hs_memory_image *m) = {
    hs_memory_image_of_core,
    hs_memory_image_of_console,
    hs_memory_image_of_core_text,
    hs_memory_image_of_hex,
};

bool hs_memory_image_begins(const uint8_t *bytes, size_t len) { return hs_core_begins(bytes, len); }

int hs_memory_image_read(struct hs_memory_image *m)
{
    int err = HS_ERR_KIND;
    m->len = hs_text_narrow(m->bytes, m->len);
    for (size_t i = 0; i < sizeof forms / sizeof *forms && err == HS_ERR_KIND; i++)
        err = forms[i](m);
    return err;
}

int hs_memory_image_add(struct hs_memory_image *m, struct hs_segment span)
{
    struct hs_segment *last = m->n_spans ? &m->span[m->n_spans - 1] : NULL;
    if (!span.len)
        return HS_OK;
    if (last && last->at + last->len == span.at && last->address + last->len == span.address) {
        last->len += span.len;
        return HS_OK;
    }
    struct hs_segment *added = hs_array_add(m->span, m->n_spans, m->room_spans);
    if (!added)
        return HS_ERR_MEMORY;
    *added = span;
    return HS_OK;
}

void hs_memory_image_warn(struct hs_memory_image *m, const char *text, ...)
{
    va_list arguments;
    if (m->told[0])
        return;
    va_start(arguments, text);
    vsnprintf(m->told, sizeof m->told, text, arguments);
    va_end(arguments);
}

void hs_memory_image_free(struct hs_memory_image *m)
{
    free(m->bytes);
    free(m->span);
    m->bytes = NULL;
    m->span = NULL;
    m->len = m->n_spans = m->room_spans = 0;
}

/* --- runs: adjacent or overlapping segments ----------------------------------------------------------- */

struct run {
    uint64_t address, len;
    uint8_t *bytes; /* in the buffer of all runs */
};

struct runs {
    struct run *run;
    size_t n;
    uint8_t *bytes;
};

static int by_address(const void *a, const void *b)
{
    const struct hs_segment *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Sets the runs' addresses and lengths. Returns their total bytes. */
static uint64_t find_runs(struct runs *r, const struct hs_segment *sorted, size_t n)
{
    uint64_t total = 0;
    for (size_t i = 0; i < n; i++) {
        struct run *last = r->n ? &r->run[r->n - 1] : NULL;
        uint64_t address = sorted[i].address, end = address + sorted[i].len;
        if (end < address) /* wraps around the end of the address space */
            continue;
        if (last && address <= last->address + last->len) {
            if (end > last->address + last->len) {
                total += end - (last->address + last->len);
                last->len = end - last->address;
            }
            continue;
        }
        r->run[r->n++] = (struct run){.address = address, .len = end - address};
        total += end - address;
    }
    return total;
}

static struct run *run_at(const struct runs *r, uint64_t address)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (r->run[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &r->run[low - 1] : NULL;
}

/* Where segments overlap, the one that was added last is used. */
static int make_runs(struct runs *r, const struct hs_memory_image *m)
{
    struct hs_segment *sorted = malloc((m->n_spans + 1) * sizeof *sorted);
    r->run = calloc(m->n_spans + 1, sizeof *r->run);
    if (!sorted || !r->run) {
        free(sorted);
        return HS_ERR_MEMORY;
    }
    if (m->n_spans)
        memcpy(sorted, m->span, m->n_spans * sizeof *sorted);
    qsort(sorted, m->n_spans, sizeof *sorted, by_address);
    uint64_t total = find_runs(r, sorted, m->n_spans);
    free(sorted);
    r->bytes = malloc(total + 1);
    if (!r->bytes)
        return HS_ERR_MEMORY;
    uint8_t *at = r->bytes;
    for (size_t i = 0; i < r->n; at += r->run[i++].len)
        r->run[i].bytes = at;
    for (size_t i = 0; i < m->n_spans; i++) {
        const struct hs_segment *s = &m->span[i];
        struct run *run = run_at(r, s->address);
        if (run && s->address - run->address + s->len <= run->len)
            memcpy(run->bytes + (s->address - run->address), m->bytes + s->at, s->len);
    }
    return HS_OK;
}

/* --- the image ---------------------------------------------------------------------------------------- */

/* Copies `len` bytes from `address` on, zero where memory is missing. Returns the number of bytes that are present. */
static uint64_t gather(const struct runs *r, uint64_t address, uint8_t *to, uint64_t len)
{
    uint64_t got = 0, end = address + len;
    struct run *run = run_at(r, address);
    memset(to, 0, len);
    for (; run && run < r->run + r->n && run->address < end; run++) {
        uint64_t from = run->address > address ? run->address : address;
        uint64_t stop = run->address + run->len < end ? run->address + run->len : end;
        if (stop <= from)
            continue;
        memcpy(to + (from - address), run->bytes + (from - run->address), stop - from);
        got += stop - from;
    }
    return got;
}

struct image {
    uint8_t *bytes;
    uint64_t address, len, missing;
    uint32_t packets; /* that can be read */
};

static uint32_t count_packets(const uint8_t *bytes, uint64_t len)
{
    struct hs_ring_header h;
    struct hs_packet p;
    uint32_t n = 0;
    memcpy(&h, bytes, sizeof h);
    uint64_t slot = h.header_size;
    for (uint32_t i = 0; i < h.packet_count && slot < len; i++, slot += h.packet_size)
        n += hs_packet_begins(bytes + slot, (size_t)(len - slot), &p);
    return n;
}

/* The image whose header is at `address`; bytes NULL: there is no image, or out of memory. */
static struct image image_at(const struct runs *r, uint64_t address)
{
    uint8_t header[sizeof(struct hs_ring_header) + HS_FACTS_MAX];
    struct hs_ring_header h;
    struct image image = {.address = address};
    if (hs_header_check(header, gather(r, address, header, sizeof header)) != HS_OK)
        return image;
    memcpy(&h, header, sizeof h);
    if (h.total_size > IMAGE_MAX)
        return image;
    image.len = h.total_size;
    image.bytes = malloc(image.len);
    if (!image.bytes)
        return image;
    image.missing = image.len - gather(r, address, image.bytes, image.len);
    image.packets = count_packets(image.bytes, image.len);
    return image;
}

/* The image with the most packets: a copy of only the header has none. */
static struct image best_image(const struct runs *r)
{
    struct image best = {0};
    unsigned candidates = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct run *run = &r->run[i];
        const uint8_t *at = run->bytes, *end = at + run->len;
        while (candidates < CANDIDATES && (at = memmem(at, (size_t)(end - at), HS_RING_MAGIC, 8))) {
            struct image image = image_at(r, run->address + (uint64_t)(at - run->bytes));
            at++;
            candidates += image.bytes != NULL;
            if (image.bytes && (!best.bytes || image.packets > best.packets)) {
                free(best.bytes);
                best = image;
            } else {
                free(image.bytes);
            }
        }
    }
    return best;
}

/* --- the feed: first the damage, then the image's chunks ------------------------------------------------ */

struct told {
    struct hs_feed feed;
    struct hs_feed *image;
    uint64_t damaged;
    char text[200];
    bool done;
};

static int next_chunk(struct hs_feed *feed, struct hs_chunk *chunk)
{
    struct told *t = (struct told *)feed;
    if (t->done || !t->text[0])
        return t->image->next(t->image, chunk);
    t->done = true;
    *chunk = (struct hs_chunk){.kind = HS_CHUNK_DAMAGE, .code = HS_ERR_CHECK, .damaged = t->damaged, .text = t->text};
    return HS_OK;
}

static void close_told(struct hs_feed *feed)
{
    struct told *t = (struct told *)feed;
    t->image->close(t->image);
    free(t);
}

static struct hs_feed *tell_first(struct hs_feed *image, const struct hs_memory_image *m)
{
    struct told *t = image ? calloc(1, sizeof *t) : NULL;
    if (!t) {
        if (image)
            image->close(image);
        return NULL;
    }
    t->feed = (struct hs_feed){.image = true, .next = next_chunk, .close = close_told};
    t->image = image;
    t->damaged = m->damaged;
    memcpy(t->text, m->told, sizeof t->text);
    return &t->feed;
}

static void explain(const struct hs_memory_image *m, const struct runs *r, struct hs_error *error)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < r->n; i++)
        bytes += r->run[i].len;
    if (r->n)
        hs_fail_with(error, HS_ERR_KIND, 0,
                     "is %s with %llu bytes of memory from 0x%llx to 0x%llx, and no trace is among "
                     "them: dump the ring's own addresses%s%s",
                     m->form, (unsigned long long)bytes, (unsigned long long)r->run[0].address,
                     (unsigned long long)(r->run[r->n - 1].address + r->run[r->n - 1].len), m->told[0] ? "; " : "", m->told);
    else
        hs_fail_with(error, HS_ERR_KIND, 0, "is %s without any memory in it%s%s", m->form, m->told[0] ? "; " : "", m->told);
}

struct hs_feed *hs_feed_of_pieces(struct hs_memory_image *m, struct hs_error *error)
{
    struct runs r = {0};
    struct hs_feed *feed = NULL;
    int err = make_runs(&r, m);
    hs_memory_image_free(m);
    if (!err) {
        struct image image = best_image(&r);
        m->damaged += m->sparse ? 0 : image.missing;
        if (image.missing && !m->sparse)
            hs_memory_image_warn(m, "%llu of the %llu bytes of the image at address 0x%llx are missing",
                                 (unsigned long long)image.missing, (unsigned long long)image.len,
                                 (unsigned long long)image.address);
        if (image.bytes)
            feed = tell_first(hs_feed_of_image((struct hs_front){image.bytes, image.len, 0}, error), m);
        else
            explain(m, &r, error);
    }
    if (!feed)
        hs_fail_with(error, HS_ERR_MEMORY, 0, "%s", hs_strerror(HS_ERR_MEMORY));
    free(r.run);
    free(r.bytes);
    return feed;
}
