/* SPDX-License-Identifier: MIT
 *
 *   replay FILE               records the events of a trace once more, and prints ns an event, five times, and
 *                             bytes an event
 *   replay FILE 2|3 DIVISOR [OUT]   with explicit places, as this version of the format writes them; in ticks that are so
 *                             many times as long. The packets, as they are sent, into OUT
 *
 * What a real program does, at the speed of this machine: sites, sizes, places and times are the trace's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/heapstrata.h"
#include "lib/host/reader.h"
#include "lib/learned.h"
#include "lib/port.h"

struct offer {
    uint64_t time;
    uint32_t site, size, pos, old;
    uint8_t kind;
};

#define MOST 8000000u
static struct offer *offer;
static uint32_t n_offers;
uint32_t bench_ticks;

static uint64_t memory[0x8000];
static struct hs_site_entry sites[4096];
static uint16_t hash[16384];

static uint64_t bytes;
static uint32_t divisor = 1;
static int version; /* 0: places follow from MicroPython's rule */

static FILE *out; /* NULL: the packets are only counted */

bool hs_port_write(const void *data, uint32_t len)
{
    bytes += len;
    if (out)
        fwrite(data, 1, len, out);
    return true;
}
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }

static void describe(uintptr_t code, struct hs_place *place) { place->line = (uint32_t)code; }
static void keyframe(void) {}
static uint32_t keyframe_size(void) { return 0; }

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int load(const char *name)
{
    struct hs_error error;
    struct hs_reader *reader = hs_reader_open(name, &error);
    const struct hs_event *event;
    long n;
    if (!reader) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    offer = malloc(MOST * sizeof *offer);
    while (offer && n_offers < MOST && (n = hs_reader_next(reader, &event)) > 0)
        for (const struct hs_event *e = event; e < event + n && n_offers < MOST; e++) {
            if (e->kind < HS_ALLOC || e->kind > HS_REALLOC)
                continue;
            offer[n_offers++] = (struct offer){e->time, e->site, e->size, e->pos, e->old, e->kind};
        }
    hs_reader_close(reader);
    return 0;
}

static void start(void)
{
    static struct hs_learned learned;
    const struct hs_config config = {
        .memory = memory,
        .memory_size = sizeof memory,
        .packet_size = 4096,
        .site = sites,
        .n_sites = 4096,
        .hash = hash,
        .hash_size = 16384,
        .hz = 1000000,
        .placement = version ? HS_PLACE_EXPLICIT : HS_PLACE_MICROPYTHON,
        .learned = version == 3 ? &learned : NULL,
        .shift = version ? 4 : 5,
        .flags = version ? HS_RING_STREAM : 0,
        .describe = describe,
        .keyframe = keyframe,
        .keyframe_size = keyframe_size,
    };
    memset(memory, 0, sizeof memory);
    bench_ticks = 0;
    bytes = 0;
    hs_init(&config);
    hs_start();
}

static void record(void)
{
    for (const struct offer *o = offer; o < offer + n_offers; o++) {
        struct hs_key key = {.code = 0x1000 + o->site, .caller = (uintptr_t)hs_anchor + 16};
        bench_ticks = (uint32_t)(o->time / divisor);
        if (hs_state == HS_STATE_KEYFRAME_DUE)
            hs_keyframe();
        if (o->kind == HS_ALLOC)
            hs_alloc(key, (struct hs_block){.pos = o->pos, .size = o->size});
        else if (o->kind == HS_FREE)
            hs_free((uintptr_t)hs_anchor + 64 + o->site, o->old);
        else
            hs_realloc(key, (struct hs_block){.pos = o->pos, .size = o->size}, o->old);
    }
}

int main(int argc, char **argv)
{
    if (argc >= 4) {
        version = atoi(argv[2]);
        divisor = (uint32_t)atoi(argv[3]);
    }
    if ((argc != 2 && argc != 4 && argc != 5) || !divisor || load(argv[1]) || !n_offers)
        return 1;
    for (int round = 0; round < 5; round++) {
        start();
        double begin = now();
        record();
        printf("ns %.3f\n", (now() - begin) / n_offers);
        hs_stop();
    }
    if (argc == 5 && (out = fopen(argv[4], "wb"))) {
        start();
        record();
        hs_stop();
        fclose(out);
    }
    printf("bytes %.4f\n", (double)bytes / n_offers);
    return 0;
}
