/* SPDX-License-Identifier: MIT
 *
 * The retained image: makes its layout, continues that of an earlier boot, closes and opens packets.
 */
#include <string.h>

#include "lib/level.h"
#include "lib/section.h"
#include "lib/trace.h"

struct hs_trace hs_trace;
volatile uint8_t hs_state;
uint32_t hs_level_left;
uint16_t hs_level_thread;

/* Orders a record's bytes before the store that commits them. */
#define BARRIER() __asm__ volatile("" ::: "memory")

struct hs_packet *hs_slot(uint32_t index)
{
    const struct hs_shape *shape = &hs_trace.shape;
    return (struct hs_packet *)(void *)((uint8_t *)hs_trace.header + shape->header_size + (size_t)index * shape->packet_size);
}

static uint32_t next_slot(uint32_t index) { return index + 1 < hs_trace.shape.packet_count ? index + 1 : 0; }

static bool is_stream(void) { return HS_STREAM && hs_trace.shape.flags & HS_RING_STREAM; }

/* Whether this is the valid header of a packet that fits its slot. */
static bool has_head(const struct hs_packet *p)
{
    return p->sync == HS_PACKET_SYNC && p->head == hs_packet_head(p) &&
           (uint32_t)p->len + p->defs <= hs_trace.shape.packet_size - sizeof *p;
}

/* Where the open packet is written. */
static struct hs_packet *workplace(void)
{
    struct hs_trace *t = &hs_trace;
    return t->config.stage ? t->config.stage : hs_slot(t->slot);
}

static void close_packet(struct hs_packet *p)
{
    struct hs_trace *t = &hs_trace;
    p->len = (uint16_t)(t->cursor - t->bytes);
    p->defs = t->defs;
    p->check = t->check;
    p->sum = hs_packet_sum(p, t->bytes, t->end - p->defs);
    BARRIER();
    p->flags |= HS_PACKET_CLOSED;
    t->time += (t->last - t->opened) >> HS_TICK_SHIFT;
    t->opened = t->last;
    t->cursor = HS_NO_PACKET;
}

/* Makes the bytes written so far of a packet as durable as the port can. */
static void flush(const struct hs_packet *p)
{
    hs_port_flush(p, sizeof *p + p->len);
    if (p->defs)
        hs_port_flush((const uint8_t *)p + hs_trace.shape.packet_size - p->defs, p->defs);
}

/* Copies the packet from the stage to its slot. During the copy the slot's sum is wrong. */
static void unstage(const struct hs_packet *p)
{
    uint32_t size = hs_trace.shape.packet_size;
    struct hs_packet *to = hs_slot(hs_trace.slot);
    memcpy(to, p, sizeof *p + p->len);
    memcpy((uint8_t *)to + size - p->defs, (const uint8_t *)p + size - p->defs, p->defs);
    flush(to);
}

#if HS_STREAM
static void send_header(void)
{
    const struct hs_ring_header *h = hs_trace.header;
    if (is_stream())
        hs_port_write(h, hs_trace.shape.header_size);
}

/* Sends the packet, after moving its definitions next to its records. */
static bool send_packet(struct hs_packet *p)
{
    uint8_t *bytes = (uint8_t *)(p + 1);
    memmove(bytes + p->len, hs_trace.end - p->defs, p->defs);
    return hs_port_write(p, sizeof *p + p->len + p->defs);
}

/* Sends the packet. If the stream has no room, its records are lost, and its definitions are written again later. */
static void stream(struct hs_packet *p)
{
    struct hs_trace *t = &hs_trace;
    if (!send_packet(p)) {
        t->lost += t->offered - p->number;
        t->lost_unsaid += t->offered - p->number;
        t->kept = 0;
        hs_state = hs_state == HS_STATE_ON ? HS_STATE_KEYFRAME_DUE : hs_state;
    }
}
#else
static void send_header(void) {}
static void stream(struct hs_packet *p) { (void)p; }
#endif

/* Sends the closed packet, or puts it into the ring. */
static void deliver(struct hs_packet *p)
{
    struct hs_trace *t = &hs_trace;
    if (is_stream()) {
        stream(p);
        return;
    }
    if (t->config.stage)
        unstage(p);
    else
        flush(p);
    if (t->config.closed)
        t->config.closed();
    t->slot = next_slot(t->slot);
}

/* An age has 16 bits: entries that are so old that it would wrap get a newer packet number, so that they still look old. */
static void age_entries(void)
{
    struct hs_trace *t = &hs_trace;
    for (uint32_t i = 0; i < t->config.n_sites; i++) {
        struct hs_site_entry *e = &t->site[i];
        if ((uint16_t)(t->epoch - e->used) > HS_PACKETS_MAX)
            e->used = (uint16_t)(t->epoch - 2 * HS_PACKETS_MAX);
        if ((uint16_t)(t->epoch - e->defined) > HS_PACKETS_MAX)
            e->defined = (uint16_t)(t->epoch - 2 * HS_PACKETS_MAX);
    }
}

/* Most packets whose definitions can be used. That which is overwritten next is left out: its definitions are carried or lost. */
static uint32_t most_kept(void) { return is_stream() ? HS_PACKETS_MAX : hs_trace.shape.packet_count - 1; }

/* Begins a new epoch for the predictions. Those of an older epoch are not valid any more. */
static void new_epoch(uint32_t seq)
{
    struct hs_trace *t = &hs_trace;
    t->epoch = (uint16_t)seq;
    if (t->epoch % HS_PACKETS_MAX == 0)
        age_entries();
    t->kept = (uint16_t)(t->kept < most_kept() ? t->kept + 1 : t->kept);
    t->at = t->site;
    t->at->used = t->epoch;
    t->at->next = t->at->second = t->site;
    t->at->size = 0;
    t->at->rank = 0;
    t->check = t->expected = 0;
    if (hs_learns())
        hs_learned_begin(t->learned);
}

/* Copies the definitions that would be lost with the packet that is overwritten next, so that every packet in the ring can be
 * read at any time. Only definitions that this boot wrote or hs_site_init found whole are copied, so the packet's sum need not be
 * checked again. */
static void carry(void)
{
    const struct hs_packet *next = hs_slot(next_slot(hs_trace.slot));
    if (!is_stream() && next->defs && has_head(next))
        hs_site_carry(next);
}

static void open_packet(uint8_t flags)
{
    struct hs_trace *t = &hs_trace;
    struct hs_packet *p = workplace();
    uint32_t now = t->now;
    p->sync = 0;
    BARRIER();
    t->time += (now - t->opened) >> HS_TICK_SHIFT;
    t->opened += (now - t->opened) >> HS_TICK_SHIFT << HS_TICK_SHIFT;
    t->last = t->opened;
    p->flags = flags | (t->implied ? HS_PACKET_IMPLIED : 0) | (uint8_t)(t->shift << 4);
    p->boot = (uint8_t)t->shape.boot;
    p->seq = t->seq++;
    p->number = t->offered;
    p->time_lo = (uint32_t)t->time;
    p->time_hi = (uint16_t)(t->time >> 32);
    p->head = hs_packet_head(p);
    p->len = p->defs = 0;
    t->defs = 0;
    p->check = p->names = 0;
    p->sum = 0;
    BARRIER();
    p->sync = HS_PACKET_SYNC;
    new_epoch(p->seq);
    t->bytes = t->cursor = (uint8_t *)(p + 1);
    t->end = (uint8_t *)p + t->shape.packet_size;
    hs_packet_limit();
    carry();
}

void hs_packet_limit(void)
{
    struct hs_trace *t = &hs_trace;
    uint8_t *end = t->end - t->defs;
    t->limit = end - HS_EVENT_MAX;
    t->hit_limit = end - HS_HIT_MAX;
}

static void say_lost(void)
{
    struct hs_trace *t = &hs_trace;
    if (t->lost_unsaid) {
        struct hs_record lost = {.kind = HS_LOST, .lost.count = t->lost_unsaid};
        t->lost_unsaid = 0;
        hs_record_locked(&lost);
    }
}

/* Every packet has the level at which it was written, because the ring may have lost the packets before it. */
static void say_level(void)
{
    if (hs_at_level())
        hs_level_say();
}

/* A keyframe is due when the newer half of the ring would have none, or as often as hs_drain_keyframes asks for. */
static void ask_for_keyframe(void)
{
    struct hs_trace *t = &hs_trace;
    uint32_t every = t->shape.packet_count / 2;
    if (t->config.keyframe_every && t->config.keyframe_every < every)
        every = t->config.keyframe_every;
    if (!is_stream() && ++t->since_keyframe >= every && hs_state == HS_STATE_ON)
        hs_state = HS_STATE_KEYFRAME_DUE;
}

static void finish_packet(void)
{
    struct hs_packet *p = hs_open_packet();
    if (hs_trace.cursor != HS_NO_PACKET) {
        close_packet(p);
        deliver(p);
    }
}

static void begin_packet(void)
{
    open_packet(0);
    say_lost();
    say_level();
    ask_for_keyframe();
}

void hs_packet_turn(void)
{
    finish_packet();
    begin_packet();
}

/* A reader cannot place the records after a loss without a keyframe. */
void hs_packet_lost(uint32_t n)
{
    struct hs_trace *t = &hs_trace;
    finish_packet();
    t->offered += n;
    t->lost += n;
    t->lost_unsaid += n;
    if (hs_state == HS_STATE_ON)
        hs_state = HS_STATE_KEYFRAME_DUE;
    begin_packet();
}

/* --- start of a boot --------------------------------------------------------------------------------- */

/* Large packets are better, because each begins without predictions. But while one packet is being overwritten, only the others
 * are left; so there are at least five if the image is large enough. */
static uint32_t default_packet_size(uint32_t room)
{
    uint32_t size = 4096;
    while (size * 5 > room && size > HS_PACKET_MIN)
        size -= 4;
    return size;
}

static void lay_out(struct hs_ring_header *h)
{
    const struct hs_config *c = &hs_trace.config;
    uint32_t header_size = (sizeof *h + c->facts.len + 7) & ~7u, room = c->memory_size - header_size;
    *h = (struct hs_ring_header){
        .magic = HS_RING_MAGIC,
        .version = (uint16_t)((hs_learns() ? HS_FORMAT_LEARNED : HS_FORMAT_VERSION) | HS_FORMAT_MINOR << 8),
        .header_size = (uint16_t)header_size,
        .total_size = c->memory_size,
        .packet_size = c->packet_size ? c->packet_size : default_packet_size(c->stage ? c->stage_size * 5 : room),
        .hz = c->hz,
        .build_id = c->build_id,
        .flags = c->flags | (sizeof(uintptr_t) == 8 ? HS_RING_64BIT : 0),
    };
    for (; h->packet_count < HS_PACKETS_MAX && room >= h->packet_size; room -= h->packet_size)
        h->packet_count++;
}

/* Whether the memory holds an image that this boot may continue: same layout, same firmware. */
static bool continues(const struct hs_ring_header *old, const struct hs_ring_header *now)
{
    const struct hs_config *c = &hs_trace.config;
    return memcmp(old, now, offsetof(struct hs_ring_header, notes)) == 0 && old->check == hs_header_sum(old) &&
           (!c->facts.len || memcmp(old + 1, c->facts.data, c->facts.len) == 0);
}

static uint32_t sum_of(const struct hs_packet *p)
{
    return hs_packet_sum(p, (const uint8_t *)(p + 1), (const uint8_t *)p + hs_trace.shape.packet_size - p->defs);
}

/* Whether a packet is open, or matches its sum. */
static bool is_whole(const struct hs_packet *p) { return has_head(p) && (hs_packet_open(p) || p->sum == sum_of(p)); }

struct hs_packet *hs_staged_packet(void)
{
    struct hs_trace *t = &hs_trace;
    struct hs_packet *p = t->config.stage;
    return p && is_whole(p) && p->seq == t->seq && p->boot == (uint8_t)(t->shape.boot - 1) ? p : NULL;
}

/* The age that the packet in a slot should have: 0 is the newest. */
static uint32_t age_of(uint32_t index)
{
    const struct hs_trace *t = &hs_trace;
    return t->slot > index ? t->slot - 1 - index : t->slot - 1 - index + t->shape.packet_count;
}

/* Only the newest may be open. */
bool hs_slot_readable(uint32_t index)
{
    const struct hs_packet *p = hs_slot(index);
    uint32_t age = age_of(index);
    return p->seq == hs_trace.seq - 1 - age && is_whole(p) && (!age || !hs_packet_open(p));
}

/* Erases packets that are in the wrong slot and are not older than all packets of the ring: no recorder wrote them there. A
 * reader would use their definitions instead of those that this boot uses. */
static void drop_strays(void)
{
    const struct hs_trace *t = &hs_trace;
    for (uint32_t i = 0; i < t->shape.packet_count; i++) {
        struct hs_packet *p = hs_slot(i);
        if (is_whole(p) && !hs_slot_readable(i) && t->seq - p->seq <= t->shape.packet_count) {
            p->sync = 0;
            hs_port_flush(p, sizeof *p);
        }
    }
}

/* Finds the newest packet and continues in the next slot; or in the same slot, if a reset interrupted the packet's copy. */
static void resume(void)
{
    struct hs_trace *t = &hs_trace;
    for (uint32_t i = 0; i < t->shape.packet_count; i++) {
        const struct hs_packet *p = hs_slot(i);
        if (p->sync == HS_PACKET_SYNC && p->head == hs_packet_head(p) && p->seq + 1 > t->seq) {
            t->seq = p->seq + 1;
            t->slot = i;
        }
    }
    if (t->seq && is_whole(hs_slot(t->slot)))
        t->slot = next_slot(t->slot);
    else if (t->seq)
        t->seq--;
    drop_strays();
}

/* Finishes the last packet of the last boot: sets its sum. The reset may have been before the packet got the definitions that are
 * lost when the next packet is overwritten; they are copied first. */
static void seal(struct hs_packet *last, uint32_t next)
{
    struct hs_trace *t = &hs_trace;
    if (!hs_packet_open(last))
        return;
    t->epoch = (uint16_t)last->seq;
    t->bytes = (uint8_t *)(last + 1);
    t->cursor = t->bytes + last->len;
    t->end = (uint8_t *)last + t->shape.packet_size;
    t->defs = last->defs;
    if (!is_stream() && hs_slot_readable(next))
        hs_site_carry(hs_slot(next));
    t->cursor = HS_NO_PACKET;
    BARRIER();
    last->sum = sum_of(last);
}

/* Finishes the last boot's last packet, and copies it into its slot if it is in the stage. */
static void carry_on(void)
{
    struct hs_trace *t = &hs_trace;
    struct hs_packet *staged = hs_staged_packet();
    uint32_t last = t->slot ? t->slot - 1 : t->shape.packet_count - 1;
    if (staged && !is_stream()) {
        uint32_t next = next_slot(t->slot);
        seal(staged, next);
        unstage(staged);
        t->seq++;
        t->slot = next;
    } else if (hs_slot_readable(last)) {
        seal(hs_slot(last), t->slot);
        flush(hs_slot(last));
    }
}

/* Erases headers of other builds, whose image may have begun elsewhere in this memory: a reader that scans for a header must not
 * find them. */
static void forget_headers(void)
{
    const struct hs_trace *t = &hs_trace;
    static const char magic[] = HS_RING_MAGIC;
    uint8_t *at = t->config.memory, *end = at + (t->config.memory_size & ~3u) - sizeof magic;
    for (; at < end; at += 4)
        if (*at == (uint8_t)magic[0] && memcmp(at, magic, sizeof magic - 1) == 0) {
            *at = 0;
            hs_port_flush(at, 1);
        }
}

/* Makes a new image in which no bytes look like a packet. The header's check is written last. */
static void wipe(const struct hs_ring_header *fresh)
{
    struct hs_trace *t = &hs_trace;
    struct hs_ring_header *h = t->header;
    memset(h, 0, fresh->header_size);
    BARRIER();
    forget_headers();
    for (uint32_t i = 0; i < fresh->packet_count; i++) {
        struct hs_packet *p = (struct hs_packet *)(void *)((uint8_t *)h + fresh->header_size + (size_t)i * fresh->packet_size);
        memset(p, 0, sizeof *p);
        hs_port_flush(p, sizeof *p);
    }
    if (t->config.stage)
        memset(t->config.stage, 0, sizeof(struct hs_packet));
    *h = *fresh;
    if (t->config.facts.len)
        memcpy(h + 1, t->config.facts.data, t->config.facts.len);
    BARRIER();
    h->check = hs_header_sum(h);
}

/* The header's boot number has no check. If that of the newest packet is greater, it is used instead. */
static void count_boot(void)
{
    struct hs_trace *t = &hs_trace;
    uint32_t last = t->slot ? t->slot - 1 : t->shape.packet_count - 1;
    uint8_t behind = (uint8_t)(hs_slot(last)->boot - t->shape.boot);
    uint32_t boot = t->shape.boot + (hs_slot_readable(last) && behind < 128 ? behind + 1u : 1u);
    t->header->boot = t->shape.boot = boot ? boot : 1;
}

static void begin(bool fresh)
{
    struct hs_trace *t = &hs_trace;
    struct hs_ring_header header;
    lay_out(&header);
    t->header = t->config.memory;
    if (fresh || !continues(t->header, &header))
        wipe(&header);
    t->shape = (struct hs_shape){header.packet_size, header.packet_count, t->header->boot, header.header_size, header.flags};
    t->header->anchor = hs_code_address((uintptr_t)hs_anchor);
    t->header->notes = 0;
    resume();
    count_boot();
    hs_port_flush(t->header, t->shape.header_size);
    t->now = t->opened = t->last = hs_port_ticks();
    memset(t->recent, 0xff, sizeof t->recent);
    hs_site_init();
    carry_on();
    send_header();
    t->kept = (uint16_t)(is_stream() ? 0 : most_kept());
    struct hs_record reset = {.kind = HS_RESET, .reset = {.boot = t->shape.boot, .cause = t->config.reset_cause}};
    open_packet(HS_PACKET_BOOT);
    hs_record(&reset);
}

/* Whether the memory has room for two packets, the least for a ring. */
static bool fits(void)
{
    struct hs_ring_header header;
    lay_out(&header);
    return header.packet_count >= 2;
}

/* Whether the members of a configuration are valid and consistent. */
static bool agrees(const struct hs_config *c)
{
    return c->memory && c->site && c->hash && c->n_sites >= 8 && c->n_sites <= 0x8000 && c->hz && !((uintptr_t)c->memory % 8) &&
           !((uintptr_t)c->stage % 8) && !(c->hash_size & (c->hash_size - 1)) && c->hash_size / 4 >= c->n_sites && c->keyframe &&
           c->keyframe_size && (c->placement == HS_PLACE_EXPLICIT ? HS_EXPLICIT != 0 : HS_EXPLICIT != 2);
}

/* Whether sizes are within their bounds. */
static bool measures(const struct hs_config *c)
{
    return c->memory_size >= HS_IMAGE_MIN && c->facts.len <= HS_FACTS_MAX && c->packet_size % 4 == 0 &&
           (!c->packet_size || (c->packet_size >= HS_PACKET_MIN && c->packet_size <= HS_PACKET_MAX)) &&
           (!c->stage || (c->stage_size >= HS_PACKET_MIN && c->stage_size >= c->packet_size));
}

static void take(const struct hs_config *config)
{
    struct hs_trace *t = &hs_trace;
    memset(t, 0, sizeof *t);
    t->config = *config;
    t->site = config->site;
    t->implied = config->placement != HS_PLACE_EXPLICIT;
    t->shift = config->shift;
    t->learned = t->implied ? NULL : config->learned;
}

int hs_init(const struct hs_config *config)
{
    if (!measures(config))
        return HS_ERR_SIZE;
    if (!agrees(config))
        return HS_ERR_ARG;
    hs_state = HS_STATE_OFF;
    take(config);
    if (hs_level_set(&config->level))
        return HS_ERR_ARG;
    if (!fits())
        return HS_ERR_SIZE;
    begin(false);
    return HS_OK;
}

void hs_reset(void)
{
    if (!hs_trace.header)
        return;
    struct hs_config config = hs_trace.config;
    uint8_t state = hs_state;
    hs_state = HS_STATE_OFF;
    take(&config);
    begin(true);
    if (state != HS_STATE_OFF)
        hs_start();
}

/* --- starting, stopping, keyframes ------------------------------------------------------------------- */

void hs_keyframe(void)
{
    struct hs_trace *t = &hs_trace;
    t->since_keyframe = 0;
    hs_state = HS_STATE_ON;
    uint32_t most = t->shape.packet_count * t->shape.packet_size / 4;
    if (t->config.keyframe_every) /* the ring is drained, so it need not keep the past: a keyframe may take three quarters */
        most *= 3;
    t->layout_lost = !is_stream() && t->config.keyframe_size() > most;
    if (t->layout_lost)
        return;
    hs_lock_t lock;
    if (!hs_section_enter(&lock)) {
        hs_state = HS_STATE_KEYFRAME_DUE;
        return;
    }
    finish_packet();
    if (t->drained)
        t->kept = 0; /* a receiver that starts here has no definitions yet */
    open_packet(HS_PACKET_KEYFRAME);
    say_lost();
    memset(t->recent, 0xff, sizeof t->recent);
    hs_section_leave(lock);
    t->config.keyframe();
}

bool hs_keeps_layout(void) { return !hs_trace.layout_lost; }

void hs_start(void)
{
    if (hs_state != HS_STATE_OFF || !hs_trace.header)
        return;
    if (HS_WITH_LEVELS && hs_trace.config.level.level > HS_LEVEL_FULL) {
        hs_level_begin();
        return;
    }
    hs_record(&(struct hs_record){.kind = HS_LEVEL, .level.level = HS_LEVEL_FULL});
    hs_keyframe();
}

void hs_stop(void)
{
    if (hs_state == HS_STATE_OFF)
        return;
    if (hs_at_level())
        hs_level_end();
    hs_state = HS_STATE_OFF;
    hs_record(&(struct hs_record){.kind = HS_LEVEL, .level.level = HS_LEVEL_STOPPED});
    hs_flush();
}

void hs_flush(void)
{
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock;
    if (!hs_section_enter(&lock))
        return;
    hs_record_locked(&(struct hs_record){.kind = HS_TOTAL, .total = {.emitted = t->offered, .lost = t->lost}});
    finish_packet();
    hs_section_leave(lock);
}

/* Records that are in the queue, or had no room in it. */
#if HS_PENDING
static uint32_t pending(void) { return hs_trace.n_pending + hs_trace.pending_lost; }
#else
static uint32_t pending(void) { return 0; }
#endif

struct hs_stats hs_stats(void)
{
    const struct hs_trace *t = &hs_trace;
    if (!t->header)
        return (struct hs_stats){0};
    return (struct hs_stats){
        .offered = t->offered + pending(),
        .lost = t->lost,
        .packets = t->seq,
        .boot = t->shape.boot,
        .sites = t->n_sites,
        .names = t->n_names,
        .defined = t->defined,
        .ring_size = t->shape.packet_count * t->shape.packet_size,
    };
}

/* A stream has already sent the header, so it is sent again. */
void hs_selftest_failed(void)
{
    hs_lock_t lock;
    if (!hs_section_enter(&lock))
        return;
    hs_trace.header->notes |= HS_NOTE_SELFTEST_FAILED;
    send_header();
    hs_section_leave(lock);
}

const struct hs_ring_header *hs_image(void) { return hs_trace.header; }
uint32_t hs_image_size(void) { return hs_trace.config.memory_size; }
