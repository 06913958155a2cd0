/* SPDX-License-Identifier: MIT
 *
 * The retained image: laying it out, continuing an earlier boot's, turning from packet to packet.
 */
#include <string.h>

#include "lib/crc.h"
#include "lib/decode.h"
#include "lib/level.h"
#include "lib/trace.h"

struct hs_trace hs_trace;
volatile uint8_t hs_state;
uint32_t hs_level_left;

/* Orders a record's bytes before the store that commits them. */
#define BARRIER() __asm__ volatile("" ::: "memory")

static struct hs_packet *slot(uint32_t index) {
    const struct hs_ring_header *h = hs_trace.header;
    return (struct hs_packet *)((uint8_t *)h + h->header_size + h->dict_size + (size_t)index * h->packet_size);
}

static uint32_t header_check(const struct hs_ring_header *h) {
    return hs_crc32(0, h, offsetof(struct hs_ring_header, check));
}

static void close_packet(struct hs_packet *p) {
    struct hs_trace *t = &hs_trace;
    p->check = HS_CHECK_FOLD(t->check);
    p->flags |= HS_PACKET_CLOSED;
    p->sum = hs_packet_sum(p, t->bytes);
    t->time += (t->last - t->opened) >> HS_TICK_SHIFT;
    t->opened = t->last;
    t->cursor = HS_NO_PACKET;
}

#if HS_STREAM
static void send_header(void) {
    const struct hs_ring_header *h = hs_trace.header;
    if (h->flags & HS_RING_STREAM)
        hs_port_write(h, sizeof *h);
}

/* Sends what the dictionary gained, then the packet. */
static bool send_packet(const struct hs_packet *p) {
    struct hs_trace *t = &hs_trace;
    while (t->dict_sent < t->header->dict_len) {
        uint32_t len = t->header->dict_len - t->dict_sent;
        struct hs_dict_chunk chunk = {.sync = HS_DICT_SYNC, .offset = t->dict_sent};
        chunk.len = (uint16_t)(len < 0x8000 ? len : 0x8000);
        chunk.crc = hs_crc32(hs_crc32(0, &chunk.len, 6), t->dict + t->dict_sent, chunk.len);
        if (!hs_port_write(&chunk, sizeof chunk) || !hs_port_write(t->dict + t->dict_sent, chunk.len))
            return false;
        t->dict_sent += chunk.len;
    }
    return hs_port_write(p, sizeof *p + p->len);
}

/* Streams the packet, or loses its records when the stream takes none. Returns whether this is a stream. */
static bool stream(const struct hs_packet *p) {
    struct hs_trace *t = &hs_trace;
    if (!(t->header->flags & HS_RING_STREAM))
        return false;
    if (!send_packet(p)) {
        t->lost += t->offered - p->number;
        t->lost_unsaid += t->offered - p->number;
        hs_state = hs_state == HS_STATE_ON ? HS_STATE_KEYFRAME_DUE : hs_state;
    }
    return true;
}
#else
static void send_header(void) {}
static bool stream(const struct hs_packet *p) { return (void)p, false; }
#endif

/* Hands the closed packet on. */
static void deliver(const struct hs_packet *p) {
    struct hs_trace *t = &hs_trace;
    if (stream(p))
        return;
    hs_port_flush(p, sizeof *p + p->len);
    if (t->config.closed)
        t->config.closed();
    t->slot = t->slot + 1 < t->header->packet_count ? t->slot + 1 : 0;
}

/* A new epoch for the predictions: entries of an older one count as never met. */
static void new_epoch(void) {
    struct hs_trace *t = &hs_trace;
    if (++t->epoch == 0) {
        for (uint32_t i = 0; i < t->config.n_sites; i++)
            t->site[i].epoch = 0;
        t->epoch = 1;
    }
    t->at = t->site;
    t->at->epoch = t->epoch;
    t->at->next = t->at->second = t->site;
    t->at->size = 0;
    t->at->rank = 0;
    t->check = t->expected = 0;
}

static void open_packet(uint8_t flags) {
    struct hs_trace *t = &hs_trace;
    struct hs_packet *p = slot(t->slot);
    uint32_t now = hs_port_ticks();
    p->sync = 0;
    BARRIER();
    t->time += (now - t->opened) >> HS_TICK_SHIFT;
    t->opened += (now - t->opened) >> HS_TICK_SHIFT << HS_TICK_SHIFT;
    t->last = t->opened;
    p->flags = flags | (t->implied ? HS_PACKET_IMPLIED : 0) | (uint8_t)(t->shift << 4);
    p->boot = (uint8_t)t->header->boot;
    p->seq = t->seq++;
    p->number = t->offered;
    p->time_lo = (uint32_t)t->time;
    p->time_hi = (uint16_t)(t->time >> 32);
    p->head = hs_packet_head(p);
    p->len = 0;
    p->check = 0;
    p->sum = 0;
    BARRIER();
    p->sync = HS_PACKET_SYNC;
    new_epoch();
    t->bytes = t->cursor = (uint8_t *)(p + 1);
    t->limit = (uint8_t *)p + t->header->packet_size - HS_EVENT_MAX;
    t->fast_limit = t->implied ? t->limit : NULL;
}

static void say_lost(void) {
    struct hs_trace *t = &hs_trace;
    if (t->lost_unsaid) {
        struct hs_record lost = {.kind = HS_LOST, .count = t->lost_unsaid};
        t->lost_unsaid = 0;
        hs_record_locked(&lost);
    }
}

/* Any packet tells the level that it was written at, for an overwritten ring. */
static void say_level(void) {
    if (hs_state == HS_STATE_LEVEL)
        hs_level_say();
}

/* A keyframe is due when none would remain in the newer half of the ring, or as often as the drain wants. */
static void ask_for_keyframe(void) {
    struct hs_trace *t = &hs_trace;
    const struct hs_ring_header *h = t->header;
    uint32_t every = h->packet_count / 2;
    if (t->config.keyframe_every && t->config.keyframe_every < every)
        every = t->config.keyframe_every;
    if (!(h->flags & HS_RING_STREAM) && ++t->since_keyframe >= every && hs_state == HS_STATE_ON)
        hs_state = HS_STATE_KEYFRAME_DUE;
}

static void finish_packet(void) {
    struct hs_packet *p = hs_open_packet();
    if (hs_trace.cursor != HS_NO_PACKET) {
        close_packet(p);
        deliver(p);
    }
}

void hs_packet_turn(void) {
    finish_packet();
    open_packet(0);
    say_lost();
    say_level();
    ask_for_keyframe();
}

/* --- start of a boot --------------------------------------------------------------------------------- */

static uint32_t default_packet_size(uint32_t room) {
    uint32_t size = 4096;
    while (size > HS_PACKET_MIN && size * 8 > room)
        size /= 2;
    return size;
}

static void lay_out(struct hs_ring_header *h) {
    const struct hs_config *c = &hs_trace.config;
    uint32_t dict = c->dict_size ? c->dict_size : c->memory_size > 8192 ? c->memory_size / 8 : c->memory_size / 8 * 3;
    uint32_t room = c->memory_size - sizeof *h;
    dict &= ~3u;
    room = dict < room ? room - dict : 0;
    *h = (struct hs_ring_header){
        .magic = HS_RING_MAGIC,
        .version = HS_FORMAT_VERSION,
        .header_size = sizeof *h,
        .total_size = c->memory_size,
        .dict_size = dict,
        .packet_size = c->packet_size ? c->packet_size : default_packet_size(room),
        .hz = c->hz,
        .build_id = c->build_id,
        .anchor = hs_code_address((uintptr_t)hs_anchor),
        .flags = c->flags | (sizeof(uintptr_t) == 8 ? HS_RING_64BIT : 0),
    };
    for (; h->packet_size <= HS_PACKET_MAX && room >= h->packet_size; room -= h->packet_size)
        h->packet_count++;
    h->check = header_check(h);
}

/* Whether the memory holds an image that this boot may continue: same layout, same firmware. */
static bool continues(const struct hs_ring_header *old, const struct hs_ring_header *now) {
    return memcmp(old, now, offsetof(struct hs_ring_header, anchor)) == 0 && old->check == header_check(old) &&
           (old->flags | HS_RING_SELFTEST_FAILED) == (now->flags | HS_RING_SELFTEST_FAILED) && old->dict_len <= old->dict_size;
}

/* Finds the newest packet, to go on behind it. */
static void resume(void) {
    struct hs_trace *t = &hs_trace;
    for (uint32_t i = 0; i < t->header->packet_count; i++) {
        const struct hs_packet *p = slot(i);
        if (p->sync == HS_PACKET_SYNC && p->head == hs_packet_head(p) && p->seq + 1 > t->seq) {
            t->seq = p->seq + 1;
            t->slot = i + 1 < t->header->packet_count ? i + 1 : 0;
        }
    }
}

/* Makes the image new: nothing in it can be taken for a packet. The header comes last. */
static void wipe(const struct hs_ring_header *fresh) {
    struct hs_ring_header *h = hs_trace.config.memory;
    memset(h, 0, sizeof *h);
    BARRIER();
    for (uint32_t i = 0; i < fresh->packet_count; i++)
        memset((uint8_t *)h + fresh->header_size + fresh->dict_size + (size_t)i * fresh->packet_size, 0,
               sizeof(struct hs_packet));
    *h = *fresh;
}

static void begin(bool fresh) {
    struct hs_trace *t = &hs_trace;
    struct hs_ring_header header;
    lay_out(&header);
    t->header = t->config.memory;
    if (fresh || !continues(t->header, &header))
        wipe(&header);
    else
        t->header->anchor = header.anchor, t->header->check = header.check;
    t->header->boot++;
    t->dict = (uint8_t *)t->header + t->header->header_size;
    t->opened = t->last = hs_port_ticks();
    memset(t->recent, 0xff, sizeof t->recent);
    resume();
    hs_site_init();
    send_header();
    struct hs_record reset = {.kind = HS_RESET, .count = t->header->boot, .cause = t->config.reset_cause};
    open_packet(HS_PACKET_BOOT);
    hs_record(&reset);
}

/* Whether the memory has room for two packets, which is what a ring takes. */
static bool fits(void) {
    struct hs_ring_header header;
    lay_out(&header);
    return header.packet_count >= 2;
}

int hs_init(const struct hs_config *config) {
    struct hs_trace *t = &hs_trace;
    if (config->memory_size < HS_IMAGE_MIN || config->packet_size % 4 ||
        (config->packet_size && config->packet_size < HS_PACKET_MIN))
        return HS_ERR_SIZE;
    if (!config->memory || (uintptr_t)config->memory % 8 || !config->site || !config->hash || config->n_sites < 2 || !config->hz ||
        (config->hash_size & (config->hash_size - 1)) || config->hash_size / 4 < config->n_sites ||
        !config->keyframe || !config->keyframe_size || (!HS_EXPLICIT && config->placement == HS_PLACE_EXPLICIT))
        return HS_ERR_ARG;
    hs_state = HS_STATE_OFF;
    memset(t, 0, sizeof *t);
    t->config = *config;
    t->site = config->site;
    t->implied = config->placement != HS_PLACE_EXPLICIT;
    t->shift = config->shift;
    if (hs_level_set(&config->level))
        return HS_ERR_ARG;
    if (!fits())
        return HS_ERR_SIZE;
    begin(false);
    return HS_OK;
}

void hs_reset(void) {
    if (!hs_trace.header)
        return;
    struct hs_config config = hs_trace.config;
    uint8_t state = hs_state;
    hs_state = HS_STATE_OFF;
    memset(&hs_trace, 0, sizeof hs_trace);
    hs_trace.config = config;
    hs_trace.site = config.site;
    hs_trace.implied = config.placement != HS_PLACE_EXPLICIT;
    hs_trace.shift = config.shift;
    begin(true);
    if (state != HS_STATE_OFF)
        hs_start();
}

/* --- starting, stopping, keyframes ------------------------------------------------------------------- */

void hs_keyframe(void) {
    struct hs_trace *t = &hs_trace;
    const struct hs_ring_header *h = t->header;
    t->since_keyframe = 0;
    hs_state = HS_STATE_ON;
    uint32_t most = h->packet_count * h->packet_size / 4;
    if (t->config.keyframe_every) /* the ring is drained, not looked at: it may be filled to three quarters */
        most *= 3;
    if (!(h->flags & HS_RING_STREAM) && t->config.keyframe_size() > most)
        return;
    hs_lock_t lock = hs_port_lock();
    finish_packet();
    open_packet(HS_PACKET_KEYFRAME);
    say_lost();
    memset(t->recent, 0xff, sizeof t->recent);
    hs_port_unlock(lock);
    t->config.keyframe();
}

void hs_start(void) {
    if (hs_state != HS_STATE_OFF || !hs_trace.header)
        return;
    if (hs_trace.config.level.level > HS_LEVEL_FULL) {
        hs_level_begin();
        return;
    }
    hs_record(&(struct hs_record){.kind = HS_LEVEL, .cause = HS_LEVEL_FULL});
    hs_keyframe();
}

void hs_stop(void) {
    if (hs_state == HS_STATE_OFF)
        return;
    if (hs_state == HS_STATE_LEVEL)
        hs_level_end();
    hs_state = HS_STATE_OFF;
    hs_record(&(struct hs_record){.kind = HS_LEVEL, .cause = HS_LEVEL_STOPPED});
    hs_flush();
}

void hs_flush(void) {
    struct hs_trace *t = &hs_trace;
    hs_record(&(struct hs_record){.kind = HS_TOTAL, .count = t->offered, .size = t->lost});
    hs_lock_t lock = hs_port_lock();
    hs_packet_turn();
    hs_port_unlock(lock);
}

struct hs_stats hs_stats(void) {
    const struct hs_trace *t = &hs_trace;
    if (!t->header)
        return (struct hs_stats){0};
    return (struct hs_stats){
        .offered = t->offered,
        .lost = t->lost,
        .packets = t->seq,
        .boot = t->header->boot,
        .sites = t->n_numbers,
        .dict_used = t->header->dict_len,
        .dict_size = t->header->dict_size,
        .ring_size = t->header->packet_count * t->header->packet_size,
    };
}

void hs_selftest_failed(void) {
    struct hs_ring_header *h = hs_trace.header;
    h->flags |= HS_RING_SELFTEST_FAILED;
    h->check = header_check(h);
}

const struct hs_ring_header *hs_image(void) { return hs_trace.header; }
