/* SPDX-License-Identifier: MIT
 *
 * A recorder whose records.def has more kinds than the repository's: the test's run script adds them to a copy of lib/.
 *
 *     newer stream|ring with|without FILE    writes a trace, with the new kinds or without
 *     newer read FILE                        prints the fields of the new kinds in a stream
 *
 * The clock moves by hand, so that both traces tell the same times.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode.h"
#include "lib/heapstrata.h"
#include "lib/port.h"

#define SITES 64
#define ROUNDS 400

static struct hs_site_entry sites[SITES];
static uint16_t hash[SITES * 4];
static uint64_t memory[(1 << 20) / 8];
static uint32_t now;
static FILE *out;

hs_lock_t hs_port_lock(void) { return 0; }
void hs_port_unlock(hs_lock_t lock) { (void)lock; }
uint32_t hs_port_ticks(void) { return now; }
bool hs_port_write(const void *data, uint32_t len) { return fwrite(data, 1, len, out) == len; }
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }

/* --- writing ------------------------------------------------------------------------------------------------ */

static void describe(uintptr_t code, struct hs_place *place)
{
    *place = (struct hs_place){.file = {"main.py", 7}, .function = {"work", 4}, .line = (uint32_t)code};
}

static void keyframe(void)
{
    struct hs_runs_writer w;
    hs_record(&(struct hs_record){
        .kind = HS_REGION,
        .region = {.granules = 1000, .shift = 4, .base = 0x20000000, .placement = HS_REGION_EXISTING, .name = {"heap", 4}}});
    hs_snapshot_begin(&w, 0, 3);
    hs_snapshot_free(&w, 0, 1000);
    hs_snapshot_end(&w, 1000);
}
static uint32_t keyframe_size(void) { return 100; }

/* The new kinds: one that names a site, which nothing else has named before in its packet, one with much data. */
static void put_new(uint32_t round)
{
    static uint8_t data[HS_DATA_MAX];
    struct hs_key key = {.code = 1000 + round % 7, .caller = (uintptr_t)hs_anchor};
    hs_record_at(key,
                 &(struct hs_record){.kind = HS_NEWER, .newer = {.region = 0, .elements = round, .pool = {"SYS_TIMEOUT", 11}}});
    data[round % sizeof data] = (uint8_t)round;
    hs_record(&(struct hs_record){.kind = HS_LONGER, .longer = {.count = UINT32_MAX, .much = {data, sizeof data}}});
}

static void work(bool with)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct hs_key key = {.code = 1 + i % 9, .caller = (uintptr_t)hs_anchor};
        now += 5;
        hs_alloc(key, (struct hs_block){.pos = i % 100 * 10, .size = 16 + i % 3});
        if (with)
            put_new(i);
        if (i % 50 == 7)
            hs_mark((struct hs_text){"round", 5});
        now += 3;
        hs_free((uintptr_t)hs_anchor, i % 100 * 10);
    }
}

static int write_trace(bool stream, bool with)
{
    struct hs_config config = {.memory = memory,
                               .memory_size = sizeof memory,
                               .packet_size = 512,
                               .site = sites,
                               .hash = hash,
                               .n_sites = SITES,
                               .hash_size = SITES * 4,
                               .hz = 1000,
                               .shift = 4,
                               .flags = stream ? HS_RING_STREAM : 0,
                               .describe = describe,
                               .keyframe = keyframe,
                               .keyframe_size = keyframe_size};
    if (hs_init(&config))
        return 1;
    hs_start();
    work(with);
    hs_stop();
    return stream || fwrite(hs_image(), 1, hs_image_size(), out) == hs_image_size() ? 0 : 1;
}

/* --- reading ------------------------------------------------------------------------------------------------ */

static struct hs_site_state state[SITES];

static void print(const struct hs_record *r)
{
    printf("%s", hs_kind_info(r->kind)->name);
    for (const struct hs_field *f = hs_kind_info(r->kind)->field; f->name; f++)
        if (f->type == HS_TYPE_text)
            printf(" %s=%.*s", f->name, (int)hs_field_data(r, f).len, (const char *)hs_field_data(r, f).data);
        else if (f->width && f->type != HS_TYPE_site)
            printf(" %s=%" PRIu64, f->name, hs_field_value(r, f));
    putchar('\n');
}

static int read_packet(const struct hs_packet *p, const uint8_t *bytes)
{
    struct hs_decoder d = {.site = state, .n_sites = SITES};
    struct hs_record r;
    const uint8_t *at = bytes + p->len, *end = at + p->defs;
    for (int n; at < end; at += n) {
        n = hs_decode_definition(at, (size_t)(end - at), &r);
        if (n <= 0)
            return 1;
        if (r.kind == HS_SITE)
            state[r.site.number] = (struct hs_site_state){.op = (uint8_t)(HS_ALLOC + r.site.event),
                                                          .first_size = (uint8_t)r.site.size};
    }
    hs_decode_packet(&d, p, bytes);
    while (hs_decode_next(&d, &r, 1) == 1)
        if (r.kind >= HS_KIND_SIZED)
            print(&r);
    return d.error != HS_OK;
}

static int read_trace(const char *name)
{
    FILE *in = fopen(name, "rb");
    uint8_t *bytes = (uint8_t *)memory;
    size_t len = in ? fread(memory, 1, sizeof memory, in) : 0;
    struct hs_ring_header header;
    if (in)
        fclose(in);
    memcpy(&header, bytes, sizeof header);
    for (size_t at = header.header_size; at < len;) {
        struct hs_packet p;
        memcpy(&p, bytes + at, sizeof p);
        if (p.sync != HS_PACKET_SYNC || read_packet(&p, bytes + at + sizeof p))
            return 1;
        at += sizeof p + p.len + p.defs;
    }
    return len == 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "read"))
        return read_trace(argv[2]);
    if (argc != 4 || !(out = fopen(argv[3], "wb")))
        return 2;
    int status = write_trace(!strcmp(argv[1], "stream"), !strcmp(argv[2], "with"));
    return fclose(out) ? 1 : status;
}
