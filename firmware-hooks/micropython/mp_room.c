/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/micropython/mp_room.h"

#include "firmware-hooks/micropython/mp_inline.h"
#include "firmware-hooks/ports/sizes.h"

/* 1: CircuitPython with an outer heap that is the supervisor's own. */
#ifndef HS_CP_ROOM
#define HS_CP_ROOM 0
#endif

#if HS_CP_ROOM
#include "firmware-hooks/circuitpython/cp_room.h"
#include "firmware-hooks/circuitpython/cp_settings.h"
#endif

struct hs_mp_room hs_mp_room;

#define RING_SETTING "HEAPSTRATA_RING_SIZE"

#define ENTRY ((uint32_t)(sizeof(struct hs_site_entry) + 4 * sizeof(uint16_t)))

/* --- the table of sites ------------------------------------------------------------------------------------ */

/* `hash` has four entries per site. */
static void use_table(struct hs_config *config, struct hs_site_entry *site, uint16_t *hash, uint32_t n)
{
    config->site = site;
    config->hash = hash;
    config->n_sites = (uint16_t)n;
    config->hash_size = 4 * n;
}

/* --- memory from the heap ---------------------------------------------------------------------------------- */

#if HS_CP_ROOM
static uint32_t heap_size(const struct hs_span *heap) { return (void)heap, hs_cp_room_size(); }
static struct hs_span take(struct hs_span *heap, uint32_t bytes) { return (void)heap, hs_cp_room_take(bytes); }
static uint32_t free_before(uintptr_t room)
{
    uint32_t area = hs_mp_free_before(room);
    return area ? area : hs_cp_room_free_before();
}

static struct hs_sizes choose(uint32_t heap)
{
    uint32_t ring;
    hs_mp_room.set = hs_cp_setting(RING_SETTING, &ring);
    return hs_mp_room.set ? hs_sizes_of_ring(ring, ENTRY) : hs_sizes_for(heap, HS_SIZES_TABLE_SHARE_CIRCUITPYTHON, ENTRY);
}
#else
static uint32_t heap_size(const struct hs_span *heap) { return (uint32_t)(heap->end - heap->start); }
static uint32_t free_before(uintptr_t room) { return hs_mp_free_before(room); }
static struct hs_sizes choose(uint32_t heap) { return hs_sizes_for(heap, HS_SIZES_SHARE, ENTRY); }

static struct hs_span take(struct hs_span *heap, uint32_t bytes)
{
    uintptr_t end = heap->end & ~(uintptr_t)7;
    if (bytes > (end - heap->start) / 2)
        return (struct hs_span){0, 0};
    heap->end = end - bytes;
    return (struct hs_span){heap->end, end};
}
#endif

/* The table of sites is first, the ring after it. */
static void use_span(struct hs_config *config, struct hs_span room, struct hs_sizes sizes)
{
    if (!room.start)
        return;
    struct hs_site_entry *site = (struct hs_site_entry *)room.start;
    if (sizes.sites)
        use_table(config, site, (uint16_t *)(void *)(site + sizes.sites), sizes.sites);
    if (sizes.ring) {
        config->memory = (void *)(room.end - sizes.ring);
        config->memory_size = sizes.ring;
    }
}

struct hs_span hs_mp_room_take(struct hs_config *config, struct hs_span *heap)
{
    uint32_t bytes = heap_size(heap);
    struct hs_sizes sizes = {0, 0};
    struct hs_span room = {0, 0};
    if (!config->site || !config->memory_size)
        sizes = choose(bytes);
    if (config->site)
        sizes.sites = 0;
    if (config->memory_size)
        sizes.ring = 0;
    if (sizes.ring || sizes.sites) {
        room = take(heap, sizes.ring + ((sizes.sites * ENTRY + 7) & ~7u));
        use_span(config, room, sizes);
        hs_mp_room.heap = bytes;
    }
    hs_mp_room.sites = config->n_sites;
    hs_mp_room.start = room.start;
    hs_mp_room.taken = (uint32_t)(room.end - room.start);
    return room;
}

/* --- facts in the trace -------------------------------------------------------------------------------------- */

void hs_mp_room_fact(struct hs_text *text, const char *key, uint32_t number)
{
    char *at = (char *)(uintptr_t)text->data + text->len;
    char digits[10];
    unsigned n = 0;
    while (*key)
        *at++ = *key++;
    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (n)
        *at++ = digits[--n];
    *at++ = 0;
    text->len = (uint32_t)(at - text->data);
}

void hs_mp_room_facts(struct hs_text *text)
{
    if (!hs_mp_room.heap)
        return;
    hs_mp_room_fact(text, "sites=", hs_mp_room.sites);
    hs_mp_room_fact(text, "taken=", hs_mp_room.taken);
    hs_mp_room_fact(text, hs_mp_room.set ? "set-in-heap=" : "sized-by-heap=", hs_mp_room.heap);
}

/* A heap's tables, headers and rounding need some memory too: rather say nothing than what may be wrong. */
static bool would_fit(uint32_t size) { return size + size / 16 + 128 <= free_before(hs_mp_room.start) + hs_mp_room.taken; }

void hs_mp_room_failed(uint32_t size)
{
    static uint32_t largest;
    char fact[24];
    struct hs_text text = {fact, 0};
    if (size <= largest || size > UINT32_MAX / 2 || !hs_mp_room.taken || !would_fit(size))
        return;
    largest = size;
    hs_mp_room_fact(&text, "would-fit=", size);
    hs_record(&(struct hs_record){.kind = HS_FACT, .fact.fact = {fact, text.len - 1}});
}
