/* SPDX-License-Identifier: MIT
 *
 * The .hst container: what comes out of it is what went in, whole, cut, damaged, without its index.
 */
#include "tests/support/mirror.h"

#include "lib/host/writer.h"

static struct mirror m;
static uint8_t *hst;
static size_t hst_len;

/* The container as bytes, and the path of the scratch file that has them. */
static const char *load(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    hst_len = (size_t)ftell(f);
    rewind(f);
    hst = realloc(hst, hst_len + 1);
    assert_int_equal(fread(hst, 1, hst_len, f), hst_len);
    fclose(f);
    return scratch_file(hst, hst_len);
}

static int target = -1;
static const char *target_path(void)
{
    static char path[32];
    if (target < 0)
        target = memfd_create("trace.hst", 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", target);
    return path;
}

static struct hs_writer *open_writer(uint32_t frame)
{
    struct hs_error error;
    struct hs_writer *w = hs_writer_open(target_path(), &(struct hs_writer_config){.frame = frame, .source = HS_SOURCE_STREAM},
                                         &error);
    assert_non_null(w);
    return w;
}

/* Writes the firmware's stream in pieces of any size. */
static const char *pack(uint32_t frame)
{
    struct hs_error error;
    struct hs_writer *w = open_writer(frame);
    for (size_t at = 0, n; at < fw.out_len; at += n) {
        n = 1 + fw_random(fw_random(2) ? 50 : 20000);
        n = n < fw.out_len - at ? n : fw.out_len - at;
        assert_int_equal(hs_writer_put(w, fw.out + at, n), 0);
    }
    assert_int_equal(hs_writer_close(w, &error), 0);
    assert_int_equal(error.code, 0);
    return load(target_path());
}

static void stream(uint64_t seed, unsigned steps)
{
    fw_make(&(struct fw_config){.memory_size = 1 << 15,
                                .packet_size = 512,
                                .flags = HS_RING_STREAM,
                                .placement = HS_PLACE_MICROPYTHON,
                                .seed = seed,
                                .n_areas = 1 + seed % 3});
    fw_work(steps);
    hs_flush();
}

/* --- whole -------------------------------------------------------------------------------------------- */

static void what_comes_out_is_what_went_in(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 15; seed++) {
        stream(seed, 6000);
        assert_int_equal(mirror_file(&m, scratch_file(fw.out, fw.out_len)), 0);
        uint64_t digest = m.digest;
        assert_int_equal(mirror_file(&m, pack(seed % 5 ? 100u << seed : 0)), 0);
        assert_int_equal(m.error.code, HS_OK);
        assert_int_equal(m.info.source, HS_SOURCE_HST);
        mirror_sane(&m);
        assert_true(m.digest == digest);
        assert_int_equal(m.compared, m.marks);
    }
}

static void images_go_in_too(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 15; seed++) {
        struct hs_error error;
        fw_make(&(struct fw_config){.memory_size = 1 << 16, .placement = HS_PLACE_MICROPYTHON, .seed = seed});
        fw_work(seed % 2 ? 20000 : 300);
        fw_boot(); /* the packet before it stays open */
        fw_work(500);
        assert_int_equal(mirror_file(&m, scratch_file(fw.memory, fw.config.memory_size)), 0);
        uint64_t digest = m.digest;
        struct hs_writer *w = open_writer(4096);
        assert_int_equal(hs_writer_put_input(w, scratch_file(fw.memory, fw.config.memory_size), &error), 0);
        assert_int_equal(hs_writer_close(w, &error), 0);
        assert_int_equal(mirror_file(&m, load(target_path())), 0);
        assert_int_equal(m.error.code, HS_OK);
        assert_true(m.digest == digest);
        /* and out of one container into another */
        w = open_writer(0);
        assert_int_equal(hs_writer_put_input(w, scratch_file(hst, hst_len), &error), 0);
        assert_int_equal(hs_writer_close(w, &error), 0);
        assert_int_equal(mirror_file(&m, load(target_path())), 0);
        assert_int_equal(m.error.code, HS_OK);
        assert_true(m.digest == digest);
    }
}

static void the_index_tells_where_keyframes_are(void **state)
{
    (void)state;
    stream(3, 1000);
    for (unsigned i = 0; i < 20; i++) {
        hs_keyframe();
        fw_work(1000);
    }
    hs_flush();
    pack(4096);
    struct hs_hst_trailer trailer;
    struct hs_hst_header header;
    memcpy(&header, hst, sizeof header);
    memcpy(&trailer, hst + hst_len - sizeof trailer, sizeof trailer);
    assert_memory_equal(trailer.magic, HS_HST_MAGIC, 8);
    assert_int_equal(header.hz, 1000000);
    assert_int_equal(header.build_id, 0x1234);
    assert_true(trailer.entries > 20);
    assert_true(trailer.index < hst_len);
}

/* --- not whole ---------------------------------------------------------------------------------------- */

static void a_killed_writer_loses_the_last_frame_only(void **state)
{
    (void)state;
    stream(4, 6000);
    struct hs_writer *w = open_writer(0);
    size_t half = fw.out_len / 2;
    assert_int_equal(mirror_file(&m, scratch_file(fw.out, half)), 0);
    uint64_t records = m.info.records;
    hs_writer_put(w, fw.out, half);
    assert_int_equal(hs_writer_flush(w), 0);
    hs_writer_put(w, fw.out + half, fw.out_len - half);
    assert_int_equal(mirror_file(&m, load(target_path())), 0); /* while the writer still has the rest */
    assert_int_equal(m.error.code, HS_ERR_END);
    assert_non_null(strstr(m.error.text, "alvaged"));
    assert_int_equal(m.info.records, records);
    assert_true(records > 1000);
    assert_int_equal(m.compared, m.marks);
    struct hs_error error;
    assert_int_equal(hs_writer_close(w, &error), 0);
    assert_int_equal(mirror_file(&m, load(target_path())), 0);
    assert_int_equal(m.error.code, HS_OK);
    assert_int_equal(m.info.records, hs_stats().offered);
}

static void cut_anywhere(void **state)
{
    (void)state;
    stream(5, 2000);
    pack(2000);
    uint64_t most = 0;
    for (size_t len = 0; len < hst_len; len += 1 + fw_random(9)) {
        long end = mirror_file(&m, scratch_file(hst, len));
        assert_true(end <= 0);
        if (len + sizeof(struct hs_hst_trailer) < hst_len - 600)
            assert_true(m.error.code < 0);
        assert_int_equal(m.info.diverged, 0);
        assert_true(m.info.records + 600 >= most); /* no cut takes away what a shorter file had */
        most = m.info.records > most ? m.info.records : most;
    }
    assert_true(most > 1000);
}

/* One long frame, as of a short recording: what is before the damage can be read. */
static void damage_costs_what_comes_after_it(void **state)
{
    (void)state;
    stream(9, 30000);
    pack(HS_HST_FRAME_MAX / 2);
    uint64_t offered = hs_stats().offered;
    assert_true(fw.out_len > 8 * 16384);
    for (unsigned eighth = 2; eighth < 8; eighth++) {
        size_t at = hst_len * eighth / 8;
        mirror_file(&m, scratch_file(hst, at)); /* cut there */
        assert_true(m.error.code < 0);
        assert_true(m.info.records > offered * (eighth - 1) / 10);
        assert_int_equal(m.info.diverged, 0);
        assert_true(m.info.damaged_bytes < hst_len / 4); /* one block of 16 KB and one packet */
        hst[at] ^= 0xff;
        mirror_file(&m, scratch_file(hst, hst_len));
        assert_true(m.error.code < 0);
        assert_true(m.info.records > offered * (eighth - 1) / 10 && m.info.records < offered);
        assert_int_equal(m.info.diverged, 0);
        hst[at] ^= 0xff;
    }
}

static void flipped_bits(void **state)
{
    (void)state;
    stream(6, 2000);
    pack(2000);
    uint64_t offered = hs_stats().offered;
    for (size_t at = 0; at < hst_len; at += 1 + fw_random(6)) {
        uint8_t bit = (uint8_t)(1u << fw_random(8));
        hst[at] ^= bit;
        long end = mirror_file(&m, scratch_file(hst, hst_len));
        assert_true(end <= 0 && m.info.records <= offered);
        assert_int_equal(m.info.diverged, 0);
        if (m.info.records < offered)
            assert_true(m.error.code < 0);
        hst[at] ^= bit;
    }
}

static void write_errors_are_told(void **state)
{
    (void)state;
    struct hs_error error;
    stream(7, 5000);
    assert_null(hs_writer_open("/nonexistent/trace.hst", NULL, &error));
    assert_int_equal(error.code, HS_ERR_IO);
    struct hs_writer *w = hs_writer_open("/dev/full", NULL, &error);
    assert_non_null(w);
    hs_writer_put(w, fw.out, fw.out_len);
    assert_int_equal(hs_writer_flush(w), HS_ERR_IO);
    assert_int_equal(hs_writer_put(w, fw.out, 1), HS_ERR_IO);
    assert_int_equal(hs_writer_close(w, &error), HS_ERR_IO);
    assert_int_equal(error.code, HS_ERR_IO);
    w = open_writer(0);
    assert_int_equal(hs_writer_put_input(w, scratch_file("text", 4), &error), HS_ERR_KIND);
    assert_int_equal(hs_writer_close(w, &error), 0);
}

static void versions_are_told(void **state)
{
    (void)state;
    stream(8, 100);
    pack(0);
    hst[8]++;
    assert_int_equal(mirror_file(&m, scratch_file(hst, hst_len)), HS_ERR_VERSION);
    assert_non_null(strstr(m.error.text, "version 2"));
}

static int clean_up(void **state)
{
    free(hst);
    close(target);
    return scratch_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_out_is_what_went_in),
        cmocka_unit_test(images_go_in_too),
        cmocka_unit_test(the_index_tells_where_keyframes_are),
        cmocka_unit_test(a_killed_writer_loses_the_last_frame_only),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(damage_costs_what_comes_after_it),
        cmocka_unit_test(flipped_bits),
        cmocka_unit_test(write_errors_are_told),
        cmocka_unit_test(versions_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
