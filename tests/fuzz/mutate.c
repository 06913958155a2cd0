/* SPDX-License-Identifier: MIT
 *
 * Traces that are wrong in what they say but whole in form: headers, packets and definitions of real ones are changed,
 * doubled, left out and put in another order, and all sums are made right again, so that a reader goes on to what they say.
 *
 *     mutate SEED COUNT FOLDER TRACE...     writes FOLDER/0 to FOLDER/COUNT-1; the traces are streams or images
 *     mutate replace OLD NEW TRACE OUT      puts text of the same length in the place of another, wherever it is
 *
 * The same arguments make the same files.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/input/checksum.h"
#include "lib/host/input/chunks.h"

#define PART_MAX (1u << 17)
#define PARTS 4096
#define FILE_MAX (1u << 20)

enum kind { GARBAGE, HEADER, PACKET, NAMES };

struct part {
    enum kind kind;
    size_t len;
    uint8_t *bytes; /* PART_MAX, or `len` of garbage */
};

struct trace {
    struct part part[PARTS];
    size_t n;
};

static uint64_t state;

/* xorshift64* */
static uint32_t draw(uint32_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return below ? (uint32_t)((state * 2685821657736338717u) >> 33) % below : 0;
}

static void *must(void *memory)
{
    if (!memory)
        exit(2);
    return memory;
}

/* ---- taking apart ---- */

static size_t header_len(const uint8_t *bytes, size_t n)
{
    struct hs_ring_header h;
    if (hs_header_check(bytes, n) != HS_OK)
        return 0;
    memcpy(&h, bytes, sizeof h);
    return h.header_size;
}

static size_t packet_len(const uint8_t *bytes, size_t n)
{
    struct hs_packet p;
    if (!hs_packet_begins(bytes, n, &p) || sizeof p + p.len + p.defs > n)
        return 0;
    return sizeof p + p.len + p.defs;
}

static size_t names_len(const uint8_t *bytes, size_t n)
{
    uint16_t sync = HS_NAMES_SYNC;
    return n > 2 && !memcmp(bytes, &sync, 2) ? hs_names_len(bytes, n) : 0;
}

static void add(struct trace *t, enum kind kind, const uint8_t *bytes, size_t len)
{
    if (t->n == PARTS || !len || len > PART_MAX)
        return;
    struct part *p = &t->part[t->n++];
    p->kind = kind;
    p->len = len;
    p->bytes = must(malloc(PART_MAX));
    memcpy(p->bytes, bytes, len);
}

static void take_apart(struct trace *t, const uint8_t *bytes, size_t n)
{
    size_t garbage = 0;
    for (size_t at = 0; at < n;) {
        size_t header = header_len(bytes + at, n - at), packet = header ? 0 : packet_len(bytes + at, n - at);
        size_t names = header || packet ? 0 : names_len(bytes + at, n - at), len = header + packet + names;
        garbage += !len;
        at += !len;
        if ((len || at == n || garbage == PART_MAX) && garbage) {
            add(t, GARBAGE, bytes + at - garbage, garbage);
            garbage = 0;
        }
        if (len)
            add(t, header ? HEADER : packet ? PACKET : NAMES, bytes + at, len);
        at += len;
    }
}

/* ---- making whole ---- */

static void seal_packet(struct part *p)
{
    struct hs_packet packet;
    memcpy(&packet, p->bytes, sizeof packet);
    size_t room = p->len - sizeof packet;
    if (packet.len + (size_t)packet.defs != room) {
        packet.defs = packet.defs < room ? packet.defs : 0;
        packet.len = (uint16_t)(room - packet.defs);
    }
    packet.sync = HS_PACKET_SYNC;
    packet.head = hs_packet_head(&packet);
    packet.sum = hs_packet_sum(&packet, p->bytes + sizeof packet, p->bytes + sizeof packet + packet.len);
    memcpy(p->bytes, &packet, sizeof packet);
}

static void seal_header(struct part *p)
{
    struct hs_ring_header h;
    memcpy(&h, p->bytes, sizeof h);
    memcpy(h.magic, HS_RING_MAGIC, sizeof h.magic);
    h.version = hs_header_learned(&h) ? HS_FORMAT_LEARNED : HS_FORMAT_VERSION;
    h.header_size = (uint16_t)p->len;
    memcpy(p->bytes, &h, sizeof h);
    uint32_t check = hs_checksum(0, p->bytes, offsetof(struct hs_ring_header, notes));
    h.check = hs_checksum(check, p->bytes + sizeof h, p->len - sizeof h);
    memcpy(p->bytes, &h, sizeof h);
}

static void seal_names(struct part *p)
{
    struct hs_names_chunk names = {.sync = HS_NAMES_SYNC, .len = (uint16_t)(p->len - sizeof names)};
    names.crc = hs_checksum(hs_checksum(0, &names.len, sizeof names.len), p->bytes + sizeof names, names.len);
    memcpy(p->bytes, &names, sizeof names);
}

static void seal(struct part *p)
{
    if (p->kind == PACKET)
        seal_packet(p);
    if (p->kind == HEADER)
        seal_header(p);
    if (p->kind == NAMES)
        seal_names(p);
}

/* ---- changing ---- */

static size_t front(const struct part *p)
{
    return p->kind == PACKET ? sizeof(struct hs_packet) : p->kind == NAMES ? sizeof(struct hs_names_chunk) : 0;
}

static void change_bytes(struct part *p)
{
    static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x40, 0x20};
    size_t from = draw(4) ? front(p) : 0;
    if (p->len <= from)
        return;
    for (uint32_t i = 1 + draw(4); i; i--) {
        uint8_t *b = &p->bytes[from + draw((uint32_t)(p->len - from))];
        *b = draw(3) ? edges[draw(sizeof edges)] : (uint8_t)(*b ^ 1u << draw(8));
    }
}

/* The largest numbers that a varint can hold, or a piece of this part once more. */
static void insert(struct part *p)
{
    static const uint8_t large[] = {0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    size_t from = front(p), n = draw(2) ? 5 + 5u * draw(3) : 1 + draw(64);
    if (p->len <= from || p->len + n > 60000)
        return;
    size_t at = from + draw((uint32_t)(p->len - from)), source = from + draw((uint32_t)(p->len - from));
    uint8_t piece[80];
    for (size_t i = 0; i < n; i++)
        piece[i] = n % 5 == 0 && n <= 15 ? large[i] : p->bytes[source + i < p->len ? source + i : source];
    memmove(p->bytes + at + n, p->bytes + at, p->len - at);
    memcpy(p->bytes + at, piece, n);
    p->len += n;
}

static void cut_out(struct part *p)
{
    size_t from = front(p);
    if (p->len < from + 2 || (p->kind == HEADER && p->len <= sizeof(struct hs_ring_header)))
        return;
    from = p->kind == HEADER ? sizeof(struct hs_ring_header) : from;
    size_t at = from + draw((uint32_t)(p->len - from)), n = 1 + draw(16);
    n = n < p->len - at ? n : p->len - at;
    memmove(p->bytes + at, p->bytes + at + n, p->len - at - n);
    p->len -= n;
}

static void copy_part(struct trace *t, const struct part *p)
{
    uint32_t times = draw(6) ? 1 : 1 + draw(200);
    while (times--)
        add(t, p->kind, p->bytes, p->len);
}

static void exchange(struct trace *t)
{
    struct part *a = &t->part[draw((uint32_t)t->n)], *b = &t->part[draw((uint32_t)t->n)], was = *a;
    *a = *b;
    *b = was;
}

static void mutate(struct trace *t)
{
    for (uint32_t i = 1 + draw(6); i; i--) {
        struct part *p = &t->part[draw((uint32_t)t->n)];
        switch (draw(9)) {
        case 0: cut_out(p); break;
        case 1: copy_part(t, p); break;
        case 2: exchange(t); break;
        case 3:
        case 4: insert(p); break;
        default: change_bytes(p); break;
        }
        seal(p);
    }
}

/* ---- files ---- */

static uint8_t *load(const char *path, size_t *n)
{
    FILE *in = fopen(path, "rb");
    uint8_t *bytes = must(malloc(FILE_MAX));
    *n = in ? fread(bytes, 1, FILE_MAX, in) : 0;
    if (in)
        fclose(in);
    return bytes;
}

static void save(const struct trace *t, const char *path)
{
    size_t room = FILE_MAX;
    FILE *out = must(fopen(path, "wb"));
    for (size_t i = 0; i < t->n && t->part[i].len <= room; room -= t->part[i++].len)
        fwrite(t->part[i].bytes, 1, t->part[i].len, out);
    if (fclose(out))
        exit(2);
}

static void release(struct trace *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->part[i].bytes);
    t->n = 0;
}

static void make(struct trace *t, char **paths, uint32_t n_paths)
{
    size_t n;
    for (int parts = draw(5) ? 1 : 2; parts; parts--) {
        uint8_t *bytes = load(paths[draw(n_paths)], &n);
        take_apart(t, bytes, n);
        free(bytes);
    }
    if (t->n)
        mutate(t);
}

static int replace(struct trace *t, char **argv)
{
    size_t n, len = strlen(argv[0]);
    uint8_t *bytes = load(argv[2], &n), *at = bytes;
    if (strlen(argv[1]) != len)
        return 2;
    take_apart(t, bytes, n);
    for (size_t i = 0; i < t->n; i++) {
        struct part *p = &t->part[i];
        for (at = p->bytes; (at = memmem(at, (size_t)(p->bytes + p->len - at), argv[0], len)); at += len)
            memcpy(at, argv[1], len);
        seal(p);
    }
    free(bytes);
    save(t, argv[3]);
    release(t);
    return 0;
}

int main(int argc, char **argv)
{
    static struct trace t;
    char path[4096];
    if (argc == 6 && !strcmp(argv[1], "replace"))
        return replace(&t, argv + 2);
    if (argc < 5)
        return 2;
    for (unsigned long i = 0; i < strtoul(argv[2], NULL, 10); i++) {
        state = (strtoull(argv[1], NULL, 10) + i + 1) * 0x9e3779b97f4a7c15u;
        make(&t, argv + 4, (uint32_t)argc - 4);
        snprintf(path, sizeof path, "%s/%lu", argv[3], i);
        save(&t, path);
        release(&t);
    }
    return 0;
}
