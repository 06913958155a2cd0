/* SPDX-License-Identifier: MIT
 *
 * The recorder and the decoder on the core itself. The same program runs on the host, whose images are
 * those to compare with.
 */
#include <string.h>

#include "lib/crc.h"
#include "lib/port.h"
#include "lib/trace.h"
#include "lib/varint.h"
#include "tests/cores/check.h"
#include "tests/cores/heap.h"
#include "tests/cores/machine.h"
#include "tests/cores/verify.h"

#define IMAGE 4096u
#define SITES 80u
#define OPS 3000u  /* some twenty times what the ring holds */
#define SMALL 256u /* bytes of a packet */

static uint8_t image[IMAGE + 8] __attribute__((aligned(8)));
static uint8_t stage[SMALL] __attribute__((aligned(8)));
static struct hs_site_entry sites[SITES];
static uint16_t hash[512];
_Static_assert(SITES == VERIFY_SITES && sizeof hash / sizeof *hash >= 4 * SITES, "tables");

/* --- the port ----------------------------------------------------------------------------------------- */

uint32_t port_ticks, port_depth, port_unpaired;

/* What becomes of a packet that closes. */
static void (*closed)(const struct hs_packet *packet, const uint8_t *definitions);
static uint32_t refuse_every, writes; /* a stream that takes no packet each so many */

bool hs_port_write(const void *data, uint32_t len)
{
    const struct hs_packet *packet = data;
    if (data == image) {
        EQUAL(len, hs_image()->header_size);
        return true;
    }
    if (refuse_every && ++writes % refuse_every == 0)
        return false;
    EQUAL(len, sizeof *packet + packet->len + packet->defs);
    closed(packet, (const uint8_t *)(packet + 1) + packet->len);
    return true;
}

/* What was made durable last: the start of a slot, and its end. */
static struct {
    const uint8_t *slot;
    uint32_t start, end; /* bytes */
} durable;

void hs_port_flush(const void *data, uint32_t len)
{
    const uint8_t *at = data;
    if (durable.slot && at > durable.slot && at + len == durable.slot + SMALL) {
        durable.end = len;
        return;
    }
    durable.slot = at;
    durable.start = len;
    durable.end = 0;
}

/* All of a packet is durable before it counts. */
static void packet_closed(void)
{
    const struct hs_packet *packet = (const struct hs_packet *)(const void *)durable.slot;
    EQUAL(durable.start, sizeof *packet + packet->len);
    EQUAL(durable.end, packet->defs);
    closed(packet, durable.slot + SMALL - packet->defs);
}

static void verify_all(const struct hs_packet *packet, const uint8_t *definitions)
{
    verify_packet(packet, definitions);
    verify_ring();
}

static void ignore(const struct hs_packet *packet, const uint8_t *definitions) { (void)packet, (void)definitions; }

/* --- recording ---------------------------------------------------------------------------------------- */

static void keyframe(void)
{
    struct hs_runs_writer w;
    hs_record(&(struct hs_record){
        .kind = HS_REGION, .region = {.granules = 1000, .shift = 4, .placement = HS_REGION_EXISTING, .name = {VERIFY_HEAP, 4}}});
    hs_snapshot_begin(&w, 0, 3);
    for (uint32_t at = 0; at < 1000; at += 10) {
        hs_snapshot_free(&w, at, 7);
        hs_snapshot_block(&w, at + 7, 1);
        hs_snapshot_block(&w, at + 8, 2);
    }
    hs_snapshot_end(&w, 1000);
}
static uint32_t keyframe_size(void) { return 300; }

static const char FACTS[] = "board=emulated\0test=cores";

static struct hs_config config_of(uint8_t placement)
{
    return (struct hs_config){.memory = image,
                              .memory_size = IMAGE,
                              .packet_size = SMALL,
                              .facts = {FACTS, sizeof FACTS},
                              .closed = packet_closed,
                              .site = sites,
                              .hash = hash,
                              .n_sites = SITES,
                              .hash_size = sizeof hash / sizeof *hash,
                              .hz = 1000000,
                              .build_id = 0x0123456789abcdef,
                              .placement = placement,
                              .shift = 4,
                              .describe = load_describe,
                              .keyframe = keyframe,
                              .keyframe_size = keyframe_size};
}

static struct load load; /* what is recorded */
static uint32_t keyframes;

/* Begins a boot; what is recorded is `seed`'s load. Time is not 0 when it begins. */
static void boot(const struct hs_config *config, uint32_t seed, uint32_t number)
{
    load_start(&load, seed);
    verify_boot(seed, number);
    keyframes = 1;
    port_ticks += 0x12345;
    EQUAL(hs_init(config), HS_OK);
    EQUAL(hs_stats().boot, number);
    hs_start();
}

static void power_on(const struct hs_config *config, uint32_t seed)
{
    memset(image, 0xa5, sizeof image);
    memset(stage, 0xa5, sizeof stage);
    boot(config, seed, 1);
}

/* A ring that is overwritten can be read at any moment: how often that is looked at, beside each packet's end. */
static uint32_t look_every;

static void record(uint32_t ops)
{
    while (ops--) {
        struct load_op op;
        uint64_t before = load.time;
        load_next(&load, &op);
        port_ticks += (uint32_t)(load.time - before);
        if (hs_state == HS_STATE_KEYFRAME_DUE) {
            hs_keyframe();
            keyframes++;
        }
        load_offer(&op);
        if (look_every && ops % look_every == 0)
            verify_ring();
    }
}

/* All that was recorded in this boot was verified. */
static void finish(uint32_t ops)
{
    hs_flush();
    EQUAL(verifier.ops, ops);
    EQUAL(verifier.keyframes, keyframes);
    EQUAL(verifier.resets, 1);
    EQUAL(verifier.levels, 1);
    EQUAL(verifier.number, hs_stats().offered);
    EQUAL(hs_stats().lost, 0);
    CHECK(!verifier.due && !verifier.in_keyframe);
    EQUAL(port_depth, 0);
    EQUAL(port_unpaired, 0);
}

static void ring(const struct hs_config *config, uint32_t seed)
{
    closed = verify_all;
    look_every = 13;
    power_on(config, seed);
    record(OPS);
    look_every = 0;
    finish(OPS);
    verify_ring();
    EQUAL(verifier.unnamed, 0);
    CHECK(hs_stats().sites > LOAD_CODES * 3 / 4);
    CHECK(keyframes > 10);
    CHECK(verifier.seq > 5 * hs_image()->packet_count);
}

static void ring_of_implied_places(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    ring(&config, 8);
}

static void ring_of_explicit_places(void)
{
    struct hs_config config = config_of(HS_PLACE_EXPLICIT);
    ring(&config, 7);
}

static void ring_behind_a_stage(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    config.stage = stage;
    config.stage_size = sizeof stage;
    ring(&config, 47);
}

static void packets_may_last_long(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    closed = verify_all;
    power_on(&config, 9);
    load.slow = verifier.load.slow = true;
    record(1000);
    finish(1000);
}

/* --- resets ------------------------------------------------------------------------------------------- */

/* Five boots on the same memory. The first, third and fifth end with a flush, the others in the middle of a packet. */
static void five_boots(const struct hs_config *config)
{
    closed = verify_all;
    power_on(config, 11);
    for (uint32_t number = 1;; number++) {
        look_every = 29;
        record(400);
        look_every = 0;
        if (number % 2)
            finish(400);
        else
            verify_open(config->stage);
        EQUAL(verifier.ops, 400);
        CHECK(hs_stats().packets == verifier.seq);
        if (number == 5)
            break;
        verify_know_ring();
        EQUAL(hs_stats().lost, 0);
        boot(config, 11, number + 1);
        verify_ring();
    }
    EQUAL(verifier.unnamed, 0);
}

static void resets_are_continued(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    five_boots(&config);
}

static void stages_are_continued(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    config.stage = stage;
    config.stage_size = sizeof stage;
    five_boots(&config);
}

/* What an earlier boot defined, and the ring still has, is known in the next. */
static void definitions_are_taken_over(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    closed = verify_all;
    power_on(&config, 53);
    record(1000);
    finish(1000);
    uint32_t defined = hs_stats().defined;
    verify_know_ring();
    config.keyframe_every = 1000; /* none in between */
    EQUAL(hs_init(&config), HS_OK);
    EQUAL(hs_stats().sites, verifier.n_sites);
    EQUAL(hs_stats().names, verifier.n_names);
    CHECK(verifier.n_sites > 30 && verifier.n_names > 5);
    verify_boot(53, 2);
    load_start(&load, 53);
    keyframes = 1;
    hs_start();
    record(60);
    finish(60);
    CHECK(hs_stats().defined < defined / 2);
}

static void another_firmware_begins_anew(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    closed = verify_all;
    power_on(&config, 13);
    record(300);
    config.build_id++;
    boot(&config, 14, 1);
    record(300);
    finish(300);
    closed = NULL;
}

static void reset_forgets_all(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    closed = ignore;
    power_on(&config, 17);
    record(500);
    CHECK(hs_stats().sites > 20);
    closed = verify_all;
    verify_boot(18, 1);
    load_start(&load, 18);
    keyframes = 1;
    hs_reset();
    EQUAL(hs_stats().boot, 1);
    record(500);
    finish(500);
}

/* --- sites -------------------------------------------------------------------------------------------- */

/* Numbers of places that no packet tells of any longer are given to others; where that is not enough, an event has
 * no site. */
static void full_table_names_others(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    config.n_sites = 20;
    closed = verify_all;
    verifier.others = true;
    power_on(&config, 19);
    record(2000);
    finish(2000);
    EQUAL(hs_stats().sites + hs_stats().names, 19); /* site 0 is one of them; one entry stays free */
    CHECK(verifier.named > 100 && verifier.unnamed > 100);
    verifier.others = false;
}

static bool every_code(uintptr_t code) { return code != 0; }

static void forget_now_and_then(const struct hs_config *config)
{
    closed = config->flags & HS_RING_STREAM ? verify_packet : verify_all;
    power_on(config, 23);
    record(1000);
    struct hs_stats before = hs_stats();
    for (int i = 0; i < 20; i++) {
        hs_forget(i % 2 ? every_code : NULL);
        record(100);
    }
    finish(3000);
    EQUAL(hs_stats().sites, before.sites);
    EQUAL(hs_stats().names, before.names);
    if (config->flags & HS_RING_STREAM)
        EQUAL(hs_stats().defined, before.defined);
}

static void forgotten_sites_are_found_again(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    forget_now_and_then(&config);
    config.flags = HS_STREAM ? HS_RING_STREAM : 0;
    forget_now_and_then(&config);
}

/* --- stream ------------------------------------------------------------------------------------------- */

static void stream_is_complete(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    config.flags = HS_RING_STREAM;
    closed = verify_packet;
    power_on(&config, 29);
    record(OPS);
    finish(OPS);
    EQUAL(keyframes, 1);
    EQUAL(verifier.unnamed, 0);
    EQUAL(hs_stats().sites, verifier.n_sites);
    EQUAL(hs_stats().names, verifier.n_names);
}

static uint32_t decoded, said_lost;

static void count_records(const struct hs_packet *packet, const uint8_t *definitions)
{
    struct verifier *v = &verifier;
    struct hs_record r;
    verify_know(packet, definitions);
    hs_decode_packet(&v->decoder, packet, (const uint8_t *)(packet + 1));
    while (hs_decode_next(&v->decoder, &r, 1) == 1) {
        decoded++;
        said_lost += r.kind == HS_LOST ? r.lost.count : 0;
    }
    EQUAL(v->decoder.error, HS_OK);
    EQUAL(packet->names, v->decoder.names); /* what went with a packet that was refused came again */
}

static void losses_are_counted(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    config.flags = HS_RING_STREAM;
    closed = count_records;
    decoded = said_lost = writes = 0;
    refuse_every = 7;
    power_on(&config, 31);
    record(2000);
    refuse_every = 0;
    hs_flush();
    CHECK(said_lost > 100);
    EQUAL(said_lost, hs_stats().lost);
    EQUAL(decoded + said_lost, hs_stats().offered);
}

/* --- memory that does not do -------------------------------------------------------------------------- */

static void refused(struct hs_config config, int error) { EQUAL(hs_init(&config), error); }

static void unusable_memory_is_refused(void)
{
    const struct hs_config good = config_of(HS_PLACE_MICROPYTHON);
    struct hs_config config = good;
    static const char many[HS_FACTS_MAX + 1];
    closed = ignore;
    memset(image, 0xa5, sizeof image);
    for (uint32_t offset = 1; offset < 8; offset++) {
        config.memory = image + offset;
        refused(config, HS_ERR_ARG);
        config = good;
        config.stage = stage + offset;
        config.stage_size = sizeof stage;
        refused(config, HS_ERR_ARG);
        config = good;
    }
    for (config.packet_size = SMALL + 1; config.packet_size < SMALL + 4; config.packet_size++)
        refused(config, HS_ERR_SIZE);
    config.packet_size = HS_PACKET_MIN - 4;
    refused(config, HS_ERR_SIZE);
    config = good;
    config.memory_size = HS_IMAGE_MIN - 1;
    refused(config, HS_ERR_SIZE);
    config = good;
    config.packet_size = IMAGE / 2; /* one and a half */
    refused(config, HS_ERR_SIZE);
    config = good;
    config.stage = stage;
    config.stage_size = SMALL - 4;
    refused(config, HS_ERR_SIZE);
    config = good;
    config.facts = (struct hs_text){many, sizeof many};
    refused(config, HS_ERR_SIZE);
    config = good;
    config.hash_size = 500;
    refused(config, HS_ERR_ARG);
    for (uint32_t i = 0; i < sizeof image; i++)
        EQUAL(image[i], 0xa5);
    config = good;
    config.memory_size = IMAGE - 3;
    closed = verify_all;
    power_on(&config, 37);
    record(500);
    finish(500);
}

/* --- the decoder on what is damaged ------------------------------------------------------------------- */

static uint8_t copy[SMALL + 8] __attribute__((aligned(4)));
static struct hs_packet kept;

/* Records, and the definitions behind them, of a packet that has some of both. */
static void keep(const struct hs_packet *packet, const uint8_t *definitions)
{
    if (packet->len < SMALL / 3 || !packet->defs)
        return;
    kept = *packet;
    memcpy(copy + 4, packet + 1, packet->len);
    memcpy(copy + 4 + packet->len, definitions, packet->defs);
}

static uint32_t decode(const struct hs_packet *packet, const uint8_t *bytes)
{
    struct hs_record r;
    uint32_t n = 0;
    hs_decode_packet(&verifier.decoder, packet, bytes);
    while (hs_decode_next(&verifier.decoder, &r, 1) == 1)
        n++;
    return n;
}

/* A definition is read at any address, and not when bytes of it are missing. */
static void definitions_are_read_anywhere(const uint8_t *at)
{
    struct hs_record r;
    uint32_t n = 0;
    for (const uint8_t *end = at + kept.defs; at < end; n++) {
        int len = hs_decode_definition(at, (size_t)(end - at), &r);
        CHECK(len > 1);
        if (len <= 1)
            return;
        for (int cut = 0; cut < len; cut++)
            EQUAL(hs_decode_definition(at, (size_t)cut, &r), HS_ERR_END);
        at += len;
    }
    CHECK(n != 0);
}

/* Bytes at odd addresses are as good, and what is cut at any byte gives the records in front of the cut. */
static void packets_are_read_anywhere(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    closed = keep;
    kept.len = 0;
    power_on(&config, 41);
    record(500);
    hs_flush();
    verifier.seq = hs_stats().packets;
    verify_know_ring();
    uint32_t whole = decode(&kept, copy + 4), names = verifier.decoder.names,
             sum = hs_packet_sum(&kept, copy + 4, copy + 4 + kept.len);
    CHECK(whole > 5 && kept.sum == sum && kept.defs && kept.names == names);
    for (uint32_t at = 5; at < 8; at++) {
        memmove(copy + at, copy + at - 1, (size_t)kept.len + kept.defs);
        EQUAL(decode(&kept, copy + at), whole);
        EQUAL(verifier.decoder.error, HS_OK);
        EQUAL(verifier.decoder.names, names);
        EQUAL(hs_packet_sum(&kept, copy + at, copy + at + kept.len), sum);
        definitions_are_read_anywhere(copy + at + kept.len);
    }
    struct hs_packet cut = kept;
    for (uint32_t last = whole; cut.len--;) {
        uint32_t n = decode(&cut, copy + 7);
        CHECK(n <= last && last - n <= 1);
        CHECK(verifier.decoder.at <= copy + 7 + cut.len);
        last = n;
    }
}

/* --- the parts ---------------------------------------------------------------------------------------- */

static void crc_is_the_published_one(void)
{
    static const char text[] = "x123456789";
    EQUAL(hs_crc32(0, text + 1, 9), 0xCBF43926);
    for (uint32_t first = 0; first <= 9; first++)
        EQUAL(hs_crc32(hs_crc32(0, text + 1, first), text + 1 + first, 9 - first), 0xCBF43926);
    EQUAL(hs_crc32(0, text, 0), 0);
}

/* A number of `bits` bits: through its bytes and back, and not when the last of them are missing. */
static void number_comes_back(uint64_t number, unsigned bits)
{
    uint8_t bytes[HS_VARINT64_MAX];
    uint64_t value;
    const uint8_t *at = bytes, *end = hs_put_u64(bytes, number);
    EQUAL(end - bytes, bits ? (bits + 6) / 7 : 1);
    CHECK(hs_get_u64(&at, end, &value) == 0 && value == number && at == end);
    CHECK(bits > 32 || hs_put_u32(bytes, (uint32_t)number) == end);
    for (at = bytes; --end > bytes;)
        CHECK(hs_get_u64(&at, end, &value) == -1 && at == bytes);
    CHECK((uint64_t)hs_unzigzag(hs_zigzag64((int64_t)number)) == number);
    CHECK((int32_t)hs_unzigzag(hs_zigzag32((int32_t)number)) == (int32_t)number);
}

static void numbers_keep_their_limits(void)
{
    uint8_t endless[HS_VARINT64_MAX + 1];
    uint64_t value;
    for (unsigned bits = 1; bits <= 64; bits++) {
        number_comes_back((uint64_t)1 << (bits - 1), bits);
        number_comes_back(UINT64_MAX >> (64 - bits), bits);
    }
    number_comes_back(0, 0);
    const uint8_t *at = memset(endless, 0x80, sizeof endless);
    EQUAL(hs_get_u64(&at, endless + sizeof endless, &value), -1);
}

/* As lib/ring.h has it in words: `n` bytes, filled up to whole words. */
static uint32_t add_in_words(uint32_t sum, const uint8_t *bytes, uint32_t n)
{
    for (uint32_t i = 0; i < n; i += 4) {
        uint32_t word = 0;
        for (uint32_t byte = 0; byte < 4 && i + byte < n; byte++)
            word |= (uint32_t)bytes[i + byte] << 8 * byte;
        sum = (sum ^ word) * 0x9E3779B1u;
        sum ^= sum >> 15;
    }
    return sum;
}

static uint32_t sum_in_words(struct hs_packet packet, const uint8_t *records, const uint8_t *definitions)
{
    packet.flags &= (uint8_t)~HS_PACKET_CLOSED;
    uint32_t sum = add_in_words(0, (const uint8_t *)&packet, offsetof(struct hs_packet, sum));
    sum = add_in_words(sum, records, packet.len);
    return add_in_words(sum, definitions, packet.defs);
}

/* The sum is of these bytes, and of each bit of them: of `n` bytes, one after the other. */
static void sum_sees(const struct hs_packet *packet, const uint8_t *records, const uint8_t *definitions, uint8_t *bytes,
                     uint32_t n)
{
    uint32_t sum = hs_packet_sum(packet, records, definitions);
    for (uint32_t bit = 0; bit < 8 * n; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(hs_packet_sum(packet, records, definitions) != sum);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    EQUAL(hs_packet_sum(packet, records, definitions), sum_in_words(*packet, records, definitions));
}

static void packet_sums_see_every_bit(void)
{
    struct hs_packet packet = {.sync = HS_PACKET_SYNC, .flags = HS_PACKET_KEYFRAME, .seq = 77, .time_lo = 0x80000001};
    uint8_t records[23], definitions[23];
    for (uint32_t i = 0; i < sizeof records; i++) {
        records[i] = (uint8_t)(i * 41);
        definitions[i] = (uint8_t)(i * 43 + 1);
    }
    for (packet.len = 0; packet.len <= sizeof records; packet.len++) {
        packet.defs = (uint16_t)(packet.len * 5 % sizeof definitions);
        sum_sees(&packet, records, definitions, records, packet.len);
        sum_sees(&packet, records, definitions, definitions, packet.defs);
    }
    packet.len = packet.defs = 7;
    sum_sees(&packet, records, definitions, (uint8_t *)&packet, offsetof(struct hs_packet, flags));
    sum_sees(&packet, records, definitions, &packet.boot, offsetof(struct hs_packet, len) - offsetof(struct hs_packet, boot));
    sum_sees(&packet, records, definitions, (uint8_t *)&packet.check, 2 * sizeof packet.check);
    uint32_t sum = hs_packet_sum(&packet, records, definitions);
    packet.flags |= HS_PACKET_CLOSED; /* is stored behind the sum */
    EQUAL(hs_packet_sum(&packet, records, definitions), sum);
}

/* What is final when a packet is opened, whether it was closed since or not. */
static void packet_heads_see_every_bit(void)
{
    struct hs_packet packet = {
        .sync = HS_PACKET_SYNC, .flags = HS_PACKET_KEYFRAME, .seq = 77, .number = 1234567, .time_lo = 0x80000001};
    uint16_t head = hs_packet_head(&packet);
    uint8_t *bytes = &packet.flags;
    for (uint32_t bit = 1; bit < 8 * (offsetof(struct hs_packet, head) - offsetof(struct hs_packet, flags)); bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(hs_packet_head(&packet) != head);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    packet.flags |= HS_PACKET_CLOSED;
    packet.len = packet.defs = packet.check = packet.names = 1;
    EQUAL(hs_packet_head(&packet), head);
}

static void fingerprint_is_fnv(void)
{
    const uintptr_t functions[] = {(uintptr_t)hs_anchor, (uintptr_t)hs_anchor + 0x01020304};
    CHECK(hs_fingerprint(functions, 0) == 0xcbf29ce484222325);
    CHECK(hs_fingerprint(functions, 1) == 0x4d25767f9dce13f5); /* published, of four zeros */
    CHECK(hs_fingerprint(functions + 1, 1) == 0xb345225e3644edb5);
}

/* --- images to compare with the host's ---------------------------------------------------------------- */

/* Two boots of a program with a heap that a reader can follow. */
static void show(const char *name, struct hs_config config)
{
    config.keyframe = heap_keyframe;
    closed = ignore;
    port_ticks = 0;
    memset(image, 0xa5, sizeof image);
    memset(stage, 0xa5, sizeof stage);
    for (uint32_t seed = 43; seed < 45; seed++) {
        EQUAL(hs_init(&config), HS_OK);
        heap_start(seed, config.placement);
        hs_start();
        heap_work(3000);
        hs_stop();
    }
    EQUAL(hs_stats().boot, 2);
    check_show_image(name, image, IMAGE);
}

static void images(void)
{
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    show("implied", config);
    config.stage = stage;
    config.stage_size = sizeof stage;
    show("stage", config);
    if (HS_EXPLICIT)
        show("explicit", config_of(HS_PLACE_EXPLICIT));
}

/* --- all of them -------------------------------------------------------------------------------------- */

int main(void)
{
    static const struct {
        const char *name;
        void (*function)(void);
        bool possible;
    } check[] = {
        {"the CRC is the published one", crc_is_the_published_one, true},
        {"numbers keep their limits", numbers_keep_their_limits, true},
        {"packet sums see every bit", packet_sums_see_every_bit, true},
        {"packet heads see every bit", packet_heads_see_every_bit, true},
        {"the fingerprint is FNV-1a", fingerprint_is_fnv, true},
        {"a ring that is overwritten, places implied", ring_of_implied_places, true},
        {"a ring that is overwritten, explicit places", ring_of_explicit_places, HS_EXPLICIT},
        {"packets may last longer than the counter", packets_may_last_long, true},
        {"a ring behind a stage", ring_behind_a_stage, true},
        {"resets are continued", resets_are_continued, true},
        {"stages are continued", stages_are_continued, true},
        {"definitions are taken over", definitions_are_taken_over, true},
        {"another firmware begins anew", another_firmware_begins_anew, true},
        {"hs_reset forgets all", reset_forgets_all, true},
        {"a full table names others", full_table_names_others, true},
        {"forgotten sites are found again", forgotten_sites_are_found_again, true},
        {"a stream is complete", stream_is_complete, HS_STREAM},
        {"losses are counted", losses_are_counted, HS_STREAM},
        {"unusable memory is refused", unusable_memory_is_refused, true},
        {"packets are read anywhere", packets_are_read_anywhere, true},
        {"images", images, true},
    };
    for (unsigned i = 0; i < sizeof check / sizeof *check; i++)
        if (check[i].possible)
            check_run(check[i].name, check[i].function);
    return check_failed() != 0;
}
