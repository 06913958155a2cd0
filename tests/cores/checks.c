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
#define OPS   3000u /* some twenty times what the ring holds */
#define SMALL 256u  /* bytes of a packet */

static uint8_t image[IMAGE + 8] __attribute__((aligned(8)));
static struct hs_site_entry sites[SITES];
static uint16_t hash[512];
_Static_assert(SITES == VERIFY_SITES && sizeof hash / sizeof *hash >= 4 * SITES, "tables");

/* --- the port ----------------------------------------------------------------------------------------- */

uint32_t port_ticks, port_depth, port_unpaired;

/* What becomes of a packet that closes. */
static void (*closed)(const struct hs_packet *packet);
static uint32_t refuse_every, writes; /* a stream that takes no packet each so many */

/* The stream has the dictionary in pieces, each before the packet that needs it. */
static uint32_t streamed;

static bool take_chunk(const struct hs_dict_chunk *chunk) {
    EQUAL(chunk->offset, streamed);
    streamed += chunk->len;
    return true;
}

bool hs_port_write(const void *data, uint32_t len) {
    static uint32_t rest; /* bytes of a chunk that are still to come */
    const struct hs_packet *packet = data;
    if (rest) {
        EQUAL(len, rest);
        rest = 0;
        return true;
    }
    if (len == sizeof(struct hs_ring_header))
        return true;
    if (packet->sync == HS_DICT_SYNC) {
        rest = ((const struct hs_dict_chunk *)data)->len;
        return take_chunk(data);
    }
    if (refuse_every && ++writes % refuse_every == 0)
        return false;
    EQUAL(len, sizeof *packet + packet->len);
    EQUAL(streamed, hs_image()->dict_len);
    closed(packet);
    return true;
}

void hs_port_flush(const void *data, uint32_t len) {
    const struct hs_packet *packet = data;
    EQUAL(len, sizeof *packet + packet->len);
    closed(packet);
}

/* --- recording ---------------------------------------------------------------------------------------- */

static void keyframe(void) {
    struct hs_runs_writer w;
    hs_record(&(struct hs_record){.kind = HS_REGION, .count = 1000, .shift = 4, .cause = HS_REGION_EXISTING,
                                  .data = (const uint8_t *)VERIFY_HEAP, .data_len = 4});
    hs_snapshot_begin(&w, 0, 3);
    for (uint32_t at = 0; at < 1000; at += 10) {
        hs_snapshot_free(&w, at, 7);
        hs_snapshot_block(&w, at + 7, 1);
        hs_snapshot_block(&w, at + 8, 2);
    }
    hs_snapshot_end(&w, 1000);
}
static uint32_t keyframe_size(void) { return 300; }

static struct hs_config config_of(uint8_t placement) {
    return (struct hs_config){
        .memory = image, .memory_size = IMAGE, .dict_size = 1536, .packet_size = SMALL,
        .site = sites, .hash = hash, .n_sites = SITES, .hash_size = sizeof hash / sizeof *hash,
        .hz = 1000000, .build_id = 0x0123456789abcdef, .placement = placement, .shift = 4,
        .describe = load_describe, .keyframe = keyframe, .keyframe_size = keyframe_size};
}

static struct load load; /* what is recorded */
static uint32_t keyframes;

/* Begins a boot; what is recorded is `seed`'s load. Time is not 0 when it begins. */
static void boot(const struct hs_config *config, uint32_t seed, uint32_t number) {
    load_start(&load, seed);
    verify_boot(seed, number);
    keyframes = 1;
    streamed = config->flags & HS_RING_STREAM ? 0 : streamed;
    port_ticks += 0x12345;
    EQUAL(hs_init(config), HS_OK);
    EQUAL(hs_stats().boot, number);
    hs_start();
}

static void power_on(const struct hs_config *config, uint32_t seed) {
    memset(image, 0xa5, sizeof image);
    boot(config, seed, 1);
}

static void record(uint32_t ops) {
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
    }
}

/* All that was recorded in this boot was verified. */
static void finish(uint32_t ops) {
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

static void ring(uint8_t placement) {
    struct hs_config config = config_of(placement);
    closed = verify_packet;
    power_on(&config, 7 + placement);
    record(OPS);
    finish(OPS);
    verify_ring();
    CHECK(keyframes > 10);
    CHECK(verifier.seq > 5 * hs_image()->packet_count);
}

static void ring_of_implied_places(void) { ring(HS_PLACE_MICROPYTHON); }
static void ring_of_explicit_places(void) { ring(HS_PLACE_EXPLICIT); }

static void packets_may_last_long(void) {
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    closed = verify_packet;
    power_on(&config, 9);
    load.slow = verifier.load.slow = true;
    record(1000);
    finish(1000);
}

/* --- resets ------------------------------------------------------------------------------------------- */

static void resets_are_continued(void) {
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    closed = verify_packet;
    power_on(&config, 11);
    record(400);
    finish(400);
    for (uint32_t number = 2; number <= 5; number++) {
        uint32_t defined = hs_stats().dict_used;
        verifier.seq++; /* the packet that the boot before left open */
        boot(&config, 11, number);
        EQUAL(hs_stats().sites, verifier.n_sites);
        record(400);
        finish(400);
        EQUAL(hs_stats().dict_used, defined); /* the same places again */
        CHECK(hs_stats().packets == verifier.seq + 1);
    }
}

static void another_firmware_begins_anew(void) {
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    closed = verify_packet;
    power_on(&config, 13);
    record(300);
    config.build_id++;
    boot(&config, 14, 1);
    record(300);
    finish(300);
    closed = NULL;
}

static void ignore(const struct hs_packet *packet) { (void)packet; }

static void reset_forgets_all(void) {
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    closed = ignore;
    power_on(&config, 17);
    record(500);
    CHECK(hs_stats().sites > 20);
    closed = verify_packet;
    verify_boot(18, 1);
    load_start(&load, 18);
    keyframes = 1;
    hs_reset();
    EQUAL(hs_stats().boot, 1);
    record(500);
    finish(500);
}

/* --- sites -------------------------------------------------------------------------------------------- */

static void full_dictionary_names_others(void) {
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    config.n_sites = 20;
    closed = verify_packet;
    verifier.others = true;
    power_on(&config, 19);
    record(2000);
    finish(2000);
    EQUAL(hs_stats().sites, 20);
    verifier.others = false;
}

static bool every_code(uintptr_t code) { return code != 0; }

static void forgotten_sites_are_found_again(void) {
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    closed = verify_packet;
    power_on(&config, 23);
    record(1000);
    uint32_t defined = hs_stats().dict_used;
    for (int i = 0; i < 20; i++) {
        hs_forget(every_code);
        record(100);
    }
    finish(3000);
    EQUAL(hs_stats().dict_used, defined);
}

/* --- stream ------------------------------------------------------------------------------------------- */

static void stream_is_complete(void) {
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    config.flags = HS_RING_STREAM;
    closed = verify_packet;
    power_on(&config, 29);
    record(OPS);
    finish(OPS);
    EQUAL(keyframes, 1);
}

static uint32_t decoded, said_lost;

static void count_records(const struct hs_packet *packet) {
    struct verifier *v = &verifier;
    struct hs_record r;
    verify_definitions();
    hs_decode_packet(&v->decoder, packet, (const uint8_t *)(packet + 1));
    while (hs_decode_next(&v->decoder, &r, 1) == 1) {
        decoded++;
        said_lost += r.kind == HS_LOST ? r.count : 0;
    }
    EQUAL(v->decoder.error, HS_OK);
}

static void losses_are_counted(void) {
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

static void unusable_memory_is_refused(void) {
    const struct hs_config good = config_of(HS_PLACE_MICROPYTHON);
    struct hs_config config = good;
    closed = ignore;
    memset(image, 0xa5, sizeof image);
    for (uintptr_t offset = 1; offset < 8; offset++) {
        config.memory = image + offset;
        EQUAL(hs_init(&config), HS_ERR_ARG);
    }
    config = good;
    for (config.packet_size = SMALL + 1; config.packet_size < SMALL + 4; config.packet_size++)
        EQUAL(hs_init(&config), HS_ERR_SIZE);
    config = good;
    config.memory_size = HS_IMAGE_MIN - 1;
    EQUAL(hs_init(&config), HS_ERR_SIZE);
    config = good;
    config.hash_size = 500;
    EQUAL(hs_init(&config), HS_ERR_ARG);
    for (uint32_t i = 0; i < sizeof image; i++)
        EQUAL(image[i], 0xa5);
    config = good;
    config.dict_size = 1533; /* is rounded */
    config.memory_size = IMAGE - 3;
    closed = verify_packet;
    power_on(&config, 37);
    record(500);
    finish(500);
}

/* --- the decoder on what is damaged ------------------------------------------------------------------- */

static uint8_t copy[SMALL + 8] __attribute__((aligned(4)));
static struct hs_packet kept;

static void keep(const struct hs_packet *packet) {
    kept = *packet;
    memcpy(copy + 4, packet + 1, packet->len);
}

static uint32_t decode(const struct hs_packet *packet, const uint8_t *bytes) {
    struct hs_record r;
    uint32_t n = 0;
    hs_decode_packet(&verifier.decoder, packet, bytes);
    while (hs_decode_next(&verifier.decoder, &r, 1) == 1)
        n++;
    return n;
}

/* Bytes at odd addresses are as good, and what is cut at any byte gives the records in front of the cut. */
static void packets_are_read_anywhere(void) {
    struct hs_config config = config_of(HS_PLACE_MICROPYTHON);
    closed = keep;
    power_on(&config, 41);
    record(500);
    hs_flush();
    verify_definitions();
    uint32_t whole = decode(&kept, copy + 4), sum = hs_packet_sum(&kept, copy + 4);
    CHECK(whole > 5 && kept.sum == sum);
    for (uint32_t at = 5; at < 8; at++) {
        memmove(copy + at, copy + at - 1, kept.len);
        EQUAL(decode(&kept, copy + at), whole);
        EQUAL(verifier.decoder.error, HS_OK);
        EQUAL(hs_packet_sum(&kept, copy + at), sum);
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

static void crc_is_the_published_one(void) {
    static const char text[] = "x123456789";
    EQUAL(hs_crc32(0, text + 1, 9), 0xCBF43926);
    for (uint32_t first = 0; first <= 9; first++)
        EQUAL(hs_crc32(hs_crc32(0, text + 1, first), text + 1 + first, 9 - first), 0xCBF43926);
    EQUAL(hs_crc32(0, text, 0), 0);
}

/* A number of `bits` bits: through its bytes and back, and not when the last of them are missing. */
static void number_comes_back(uint64_t number, unsigned bits) {
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

static void numbers_keep_their_limits(void) {
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

/* As lib/ring.h has it in words. */
static uint32_t sum_in_words(const struct hs_packet *packet, const uint8_t *bytes) {
    uint32_t hash_ = 0, n = offsetof(struct hs_packet, sum) / 4 + (packet->len + 3u) / 4;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t word = 0;
        for (uint32_t byte = 0; byte < 4; byte++) {
            uint32_t at = 4 * i + byte;
            uint32_t is = at < offsetof(struct hs_packet, sum)                 ? ((const uint8_t *)packet)[at]
                          : at - offsetof(struct hs_packet, sum) < packet->len ? bytes[at - offsetof(struct hs_packet, sum)]
                                                                               : 0;
            word |= is << 8 * byte;
        }
        hash_ = (hash_ ^ word) * 0x9E3779B1u;
        hash_ ^= hash_ >> 15;
    }
    return hash_;
}

static void packet_sums_see_every_bit(void) {
    struct hs_packet packet = {.sync = HS_PACKET_SYNC, .flags = HS_PACKET_CLOSED, .seq = 77, .time_lo = 0x80000001};
    uint8_t bytes[23];
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 41);
    for (packet.len = 0; packet.len <= sizeof bytes; packet.len++) {
        uint32_t sum = hs_packet_sum(&packet, bytes);
        EQUAL(sum, sum_in_words(&packet, bytes));
        for (uint32_t bit = 0; bit < 8u * packet.len; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            CHECK(hs_packet_sum(&packet, bytes) != sum);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void fingerprint_is_fnv(void) {
    const uintptr_t functions[] = {(uintptr_t)hs_anchor, (uintptr_t)hs_anchor + 0x01020304};
    CHECK(hs_fingerprint(functions, 0) == 0xcbf29ce484222325);
    CHECK(hs_fingerprint(functions, 1) == 0x4d25767f9dce13f5); /* published, of four zeros */
    CHECK(hs_fingerprint(functions + 1, 1) == 0xb345225e3644edb5);
}

/* --- images to compare with the host's ---------------------------------------------------------------- */

/* Two boots of a program with a heap that a reader can follow. */
static void show(const char *name, uint8_t placement) {
    struct hs_config config = config_of(placement);
    config.keyframe = heap_keyframe;
    closed = ignore;
    port_ticks = 0;
    memset(image, 0xa5, sizeof image);
    for (uint32_t seed = 43; seed < 45; seed++) {
        EQUAL(hs_init(&config), HS_OK);
        heap_start(seed, placement);
        hs_start();
        heap_work(3000);
        hs_stop();
    }
    EQUAL(hs_stats().boot, 2);
    check_show_image(name, image, IMAGE);
}

static void images(void) {
    show("implied", HS_PLACE_MICROPYTHON);
    if (HS_EXPLICIT)
        show("explicit", HS_PLACE_EXPLICIT);
}

/* --- all of them -------------------------------------------------------------------------------------- */

int main(void) {
    static const struct {
        const char *name;
        void (*function)(void);
        bool possible;
    } check[] = {
        {"the CRC is the published one", crc_is_the_published_one, true},
        {"numbers keep their limits", numbers_keep_their_limits, true},
        {"packet sums see every bit", packet_sums_see_every_bit, true},
        {"the fingerprint is FNV-1a", fingerprint_is_fnv, true},
        {"a ring that is overwritten, places implied", ring_of_implied_places, true},
        {"a ring that is overwritten, explicit places", ring_of_explicit_places, HS_EXPLICIT},
        {"packets may last longer than the counter", packets_may_last_long, true},
        {"resets are continued", resets_are_continued, true},
        {"another firmware begins anew", another_firmware_begins_anew, true},
        {"hs_reset forgets all", reset_forgets_all, true},
        {"a full dictionary names others", full_dictionary_names_others, true},
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
