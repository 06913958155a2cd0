/* SPDX-License-Identifier: MIT
 *
 * Random corruption of real images, streams and .hst files: the reader does not crash, and takes no record from a
 * packet whose check fails. This program is always compiled with the address and undefined behaviour sanitizers. It
 * knows all records of what it corrupts: whatever is read afterwards must be one of them, word for word, in their
 * order. The recorder itself is started on one corrupted image in two, and must record.
 *
 *   HS_CORRUPTIONS=N   in all (default 40000)
 *   HS_CORRUPT_SEED=N
 *   HS_CORRUPT_ONLY=N  this one alone; what is read is left in the file `corrupted` of HS_TMP
 */
#include <dirent.h>

#include "lib/host/replay/replay.h"
#include "lib/host/writer.h"
#include "tests/support/digest.h"

/* --- what is corrupted -------------------------------------------------------------------------------- */

struct original {
    char name[64];
    uint8_t *data;
    size_t len;
    uint64_t *record; /* what each record says, the site left out */
    uint64_t *site;
    uint32_t n, room;
    bool image; /* the recorder can be started on it */
    struct fw_config config;
};

static struct original originals[32];
static unsigned n_originals;

static struct {
    uint64_t corruptions, refused, records, wrong, unchecked, sites, wrong_sites, places, boots, boot_records, boot_wrong,
        complaints;
} count;

static uint64_t seed;
static uint32_t chance(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) * (uint64_t)n >> 31);
}

static unsigned number_of(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text && *text ? (unsigned)strtoul(text, NULL, 0) : otherwise;
}

static uint64_t digest_of(const struct hs_event *e) { return mix_fields(mix(e->time, e->kind), e->record); }

static void keep(struct original *o, uint64_t record, uint64_t site)
{
    if (o->n == o->room) {
        o->room = o->room ? o->room * 2 : 1024;
        o->record = realloc(o->record, o->room * sizeof *o->record);
        o->site = realloc(o->site, o->room * sizeof *o->site);
    }
    o->record[o->n] = record;
    o->site[o->n++] = site;
}

static struct original *add_original(const char *name, const void *data, size_t len)
{
    struct original *o = &originals[n_originals++];
    assert_true(n_originals <= sizeof originals / sizeof *originals);
    snprintf(o->name, sizeof o->name, "%s", name);
    o->data = malloc(len);
    o->len = len;
    memcpy(o->data, data, len);
    const struct hs_event *e;
    long n;
    struct hs_reader *reader = hs_reader_open(scratch_file(data, len), NULL);
    assert_non_null(reader);
    while ((n = hs_reader_next(reader, &e)) > 0)
        for (long i = 0; i < n; i++)
            keep(o, digest_of(&e[i]), has_site(&e[i]) ? mix_site(0, reader, e[i].site) : 0);
    assert_int_equal(n, 0);
    hs_reader_close(reader);
    return o;
}

static void add_packed(const char *name, const struct original *o, enum hs_source source)
{
    char path[64];
    struct hs_error error;
    snprintf(path, sizeof path, "%s/corrupt.hst", getenv("HS_TMP") ? getenv("HS_TMP") : "/tmp");
    struct hs_writer *w = hs_writer_open(path, &(struct hs_writer_config){.frame = 2000, .source = source}, &error);
    assert_non_null(w);
    if (source == HS_SOURCE_STREAM)
        assert_int_equal(hs_writer_put(w, o->data, o->len), 0);
    else
        assert_int_equal(hs_writer_put_input(w, scratch_file(o->data, o->len), &error), 0);
    assert_int_equal(hs_writer_close(w, &error), 0);
    FILE *f = fopen(path, "rb");
    static uint8_t data[1 << 20];
    assert_non_null(f);
    size_t len = fread(data, 1, sizeof data, f);
    fclose(f);
    unlink(path);
    struct original *packed = add_original(name, data, len);
    assert_int_equal(packed->n, o->n);
}

/* Some boots, the last packets of which stayed open. */
static void add_images(void)
{
    static const uint32_t sizes[] = {2048, 4096, 16384, 4096};
    for (unsigned i = 0; i < 4; i++) {
        fw_make(&(struct fw_config){.memory_size = sizes[i],
                                    .placement = i % 3 ? HS_PLACE_MICROPYTHON : HS_PLACE_EXPLICIT,
                                    .granules = 60 + 100 * (i % 2),
                                    .learns = i == 3,
                                    .seed = i + 1});
        fw.tick_step = 1;
        for (unsigned boot = 0; boot < 3; boot++) {
            fw_work(300 + boot * 200);
            fw_boot();
        }
        fw_work(250);
        if (i == 3)
            hs_stop();
        char name[32];
        snprintf(name, sizeof name, "image of %u bytes", sizes[i]);
        struct original *o = add_original(name, fw.memory, sizes[i]);
        o->image = true;
        o->config = fw.config;
        if (i == 2)
            add_packed("image as .hst", o, HS_SOURCE_IMAGE);
    }
}

static void add_streams(void)
{
    static const char *const names[] = {"stream of small packets", "stream of large packets", "stream of version 3"};
    for (unsigned i = 0; i < 3; i++) {
        fw_make(&(struct fw_config){.memory_size = 1 << 15,
                                    .packet_size = i == 1 ? 1024 : 256,
                                    .flags = HS_RING_STREAM,
                                    .placement = i == 1 ? HS_PLACE_MICROPYTHON : HS_PLACE_EXPLICIT,
                                    .learns = i == 2,
                                    .seed = i + 11});
        fw.out_len = 0;
        fw_boot();
        fw.tick_step = 1;
        fw_work(1200);
        hs_flush();
        fw_boot();
        fw_work(400);
        hs_flush();
        struct original *o = add_original(names[i], fw.out, fw.out_len);
        add_packed("stream as .hst", o, HS_SOURCE_STREAM);
    }
}

/* Traces of real firmwares: those of the corpus whose names say so. */
static void add_real(const char *folder)
{
    char path[512];
    static uint8_t data[1 << 20];
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", getenv("HS_ROOT_DIR") ? getenv("HS_ROOT_DIR") : ".", folder);
    DIR *dir = opendir(path);
    size_t end = strlen(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strncmp(entry->d_name, "real-", 5) != 0)
            continue;
        snprintf(path + end, sizeof path - end, "/%s", entry->d_name);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        size_t len = fread(data, 1, sizeof data, f);
        fclose(f);
        add_original(entry->d_name, data, len);
    }
    if (dir)
        closedir(dir);
}

/* --- corruptions -------------------------------------------------------------------------------------- */

struct victim {
    uint8_t *data;
    size_t len;
};

/* Ranges are aligned to something now and then, as what goes wrong in a machine is. */
static size_t some_offset(const struct victim *v)
{
    uint32_t align = 1u << (chance(2) ? chance(10) : 0);
    return v->len ? chance((uint32_t)v->len) / align * align : 0;
}
static size_t some_length(const struct victim *v, size_t at)
{
    size_t len = 1 + chance(1u << (1 + chance(12)));
    return len < v->len - at ? len : v->len - at;
}

static void flip_one(struct victim *v) { v->data[some_offset(v)] ^= (uint8_t)(1u << chance(8)); }
static void flip_some(struct victim *v)
{
    for (uint32_t n = 2 + chance(60); n--;)
        flip_one(v);
}
static void fill_range(struct victim *v, int value)
{
    size_t at = some_offset(v);
    memset(v->data + at, value, some_length(v, at));
}
static void zero_range(struct victim *v) { fill_range(v, 0); }
static void set_range(struct victim *v) { fill_range(v, 0xff); }
static void noise_range(struct victim *v)
{
    size_t at = some_offset(v);
    for (size_t n = some_length(v, at); n--;)
        v->data[at + n] = (uint8_t)chance(256);
}
static void swap_ranges(struct victim *v)
{
    size_t a = some_offset(v), b = some_offset(v), len = some_length(v, a > b ? a : b);
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = v->data[a + i];
        v->data[a + i] = v->data[b + i];
        v->data[b + i] = byte;
    }
}
static void copy_range(struct victim *v)
{
    size_t a = some_offset(v), b = some_offset(v);
    memmove(v->data + a, v->data + b, some_length(v, a > b ? a : b));
}
static void cut_end(struct victim *v) { v->len = chance((uint32_t)v->len); }
static void cut_begin(struct victim *v)
{
    size_t n = chance(3) ? chance(64) : chance((uint32_t)v->len);
    n = n < v->len ? n : v->len;
    memmove(v->data, v->data + n, v->len -= n);
}
static void cut_out(struct victim *v)
{
    size_t at = some_offset(v), n = some_length(v, at);
    memmove(v->data + at, v->data + at + n, v->len - at - n);
    v->len -= n;
}

static void (*const corruptions[])(struct victim *) = {
    flip_one, flip_one, flip_some, zero_range, set_range, noise_range, swap_ranges, copy_range, cut_end, cut_begin, cut_out,
};

static void corrupt(struct victim *v)
{
    uint32_t times = chance(4) ? 1 : 1 + chance(4);
    while (times-- && v->len)
        corruptions[chance(sizeof corruptions / sizeof *corruptions)](v);
}

/* --- readings ----------------------------------------------------------------------------------------- */

static unsigned told;

/* The first few of each kind, once a trace. */
static void tell(const struct original *o, uint64_t which, const char *what)
{
    static uint64_t last;
    if (which + 1 != last && told++ < 20)
        printf("# %s, corruption %llu: %s\n", o->name, (unsigned long long)which, what);
    last = which + 1;
}

/* Where in the original this record is, from `from` on; its end when it is not. */
static uint32_t find(const struct original *o, uint32_t from, uint64_t digest)
{
    while (from < o->n && o->record[from] != digest)
        from++;
    return from;
}

/* What is in an open packet is under no sum; a boot puts it under one as it is. */
static void check_event(const struct original *o, uint64_t which, struct hs_reader *reader, const struct hs_event *e,
                        uint32_t *next, bool booted)
{
    bool checked = booted ? reader->packet.flags & HS_PACKET_CLOSED : !hs_packet_open(&reader->packet);
    uint32_t at = find(o, *next, digest_of(e));
    if (at == o->n && e->kind == HS_RESET && !o->image) /* behind a header a stream may start again */
        at = find(o, 0, digest_of(e));
    count.records++;
    if (at == o->n) {
        count.unchecked += !checked;
        if (checked) {
            count.wrong++;
            tell(o, which, "a record that was not there");
        }
        return;
    }
    *next = at + 1;
    if (!has_site(e))
        return;
    count.sites++;
    uint64_t site = mix_site(0, reader, e->site);
    if (site != o->site[at] && e->site && checked) {
        count.wrong_sites++;
        tell(o, which, "a record with another site");
    }
}

static void check(const struct original *o, uint64_t which, const struct victim *v, uint32_t stranger, uint32_t offered)
{
    struct hs_error error;
    const struct hs_event *e;
    uint32_t next = 0, strangers = 0;
    long n;
    struct hs_reader *reader = hs_reader_open(scratch_file(v->data, v->len), &error);
    if (!reader) {
        count.refused++;
        if (!error.code || !error.text[0])
            tell(o, which, "refused without a word"), count.wrong++;
        if (stranger)
            tell(o, which, "the next boot cannot be read"), count.boot_wrong++;
        return;
    }
    uint64_t records = 0;
    while ((n = hs_reader_next(reader, &e)) > 0)
        for (long i = 0; i < n; i++, records++) {
            if (stranger && e[i].boot == stranger) {
                strangers++;
                if (!plausible(reader, &e[i]))
                    tell(o, which, "a wrong site of the next boot"), count.boot_wrong++;
            } else {
                check_event(o, which, reader, &e[i], &next, stranger);
            }
        }
    const struct hs_trace_info *info = hs_reader_info(reader);
    if (n == 0 && (info->records != records || info->emitted != info->records + info->lost + info->overwritten_records))
        tell(o, which, "its counts contradict each other"), count.wrong++;
    count.complaints += hs_reader_error(reader)->code != 0;
    if (stranger && strangers != offered)
        tell(o, which, "records of the next boot are gone"), count.boot_wrong++;
    count.boot_records += strangers;
    hs_reader_close(reader);
}

/* The recorder is started on what is left of an image. What lay behind its end is noise. */
static void boot_on(const struct original *o, uint64_t which, struct victim *v)
{
    if (fw.config.memory_size != o->config.memory_size)
        fw_make(&o->config);
    fw.config = o->config;
    fw.tick_step = 1;
    fw.seed = seed;
    for (size_t i = 0; i < o->len; i++)
        fw.memory[i] = i < v->len ? v->data[i] : (uint8_t)chance(256);
    fw_boot();
    fw_work(chance(30));
    uint32_t offered = hs_stats().offered, boot = hs_stats().boot;
    if (!boot) /* the header's count, which has no check, was at its end */
        return;
    memcpy(v->data, fw.memory, v->len = o->len);
    count.boots++;
    check(o, which, v, boot, offered);
}

static void leave(const struct victim *v)
{
    char path[512];
    snprintf(path, sizeof path, "%s/corrupted", getenv("HS_TMP") ? getenv("HS_TMP") : "/tmp");
    FILE *f = fopen(path, "wb");
    if (f && fwrite(v->data, 1, v->len, f) == v->len)
        printf("# see %s\n", path);
    if (f)
        fclose(f);
}

static void random_corruptions(void **state)
{
    (void)state;
    unsigned times = number_of("HS_CORRUPTIONS", 40000);
    uint64_t first = number_of("HS_CORRUPT_SEED", 1);
    unsigned only = number_of("HS_CORRUPT_ONLY", times);
    size_t most = 0;
    for (unsigned i = 0; i < n_originals; i++)
        most = originals[i].len > most ? originals[i].len : most;
    struct victim v = {.data = malloc(most)};
    for (unsigned i = 0; i < times; i++) {
        const struct original *o = &originals[i % n_originals];
        seed = (first << 32 | i) * 0x9E3779B97F4A7C15u;
        if (only < times && i != only)
            continue;
        memcpy(v.data, o->data, v.len = o->len);
        corrupt(&v);
        count.corruptions++;
        check(o, i, &v, 0, 0);
        if (o->image && chance(2))
            boot_on(o, i, &v);
        if (i == only)
            leave(&v);
    }
    free(v.data);
    printf("# %u traces, %llu corruptions: %llu refused, %llu read with a complaint; %llu records read, %llu of them from "
           "checked packets and wrong, %llu from open ones; %llu sites, %llu wrong\n",
           n_originals, (unsigned long long)count.corruptions, (unsigned long long)count.refused,
           (unsigned long long)count.complaints, (unsigned long long)count.records, (unsigned long long)count.wrong,
           (unsigned long long)count.unchecked, (unsigned long long)count.sites, (unsigned long long)count.wrong_sites);
    printf("# the recorder was started on %llu of them and put %llu records, %llu wrong\n", (unsigned long long)count.boots,
           (unsigned long long)count.boot_records, (unsigned long long)count.boot_wrong);
    assert_true(count.complaints > count.corruptions / 4 || only < times);
    assert_true(count.records > 100ull * count.corruptions);
    assert_int_equal(count.wrong, 0);
    assert_int_equal(count.boot_wrong, 0);
    assert_int_equal(count.wrong_sites, 0);
}

static int prepare(void **state)
{
    (void)state;
    add_images();
    add_streams();
    add_real("fuzz_image");
    add_real("fuzz_stream");
    add_real("fuzz_hst");
    return 0;
}

static int forget(void **state)
{
    for (unsigned i = 0; i < n_originals; i++) {
        free(originals[i].data);
        free(originals[i].record);
        free(originals[i].site);
    }
    return scratch_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_corruptions),
    };
    setvbuf(stdout, NULL, _IOLBF, 0);
    return cmocka_run_group_tests(tests, prepare, forget);
}
