/* SPDX-License-Identifier: MIT
 *
 * Calls taken in and read back as a trace: a heap kept beside must be the model's in the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/import/importer.h"
#include "analysis/model/model.h"
#include "lib/host/util/tempfile.h"

#define HEAP UINT64_C(0x55d000001000)

struct read {
    struct hs_reader *reader;
    struct hs_model *model;
    int fd;
};

/* Writes the intake and reads the trace. */
static struct read finish(struct hs_importer *intake)
{
    struct read r = {.fd = hs_unnamed_file(), .model = hs_model_new(NULL)};
    struct hs_error error = {0};
    const struct hs_event *events;
    char path[64];
    long n;
    assert_int_equal(hs_importer_write(intake, &(struct hs_importer_options){.fd = r.fd, .origin = "a test"}, &error), HS_OK);
    snprintf(path, sizeof path, "/proc/self/fd/%d", r.fd);
    r.reader = hs_reader_open(path, &error);
    assert_non_null(r.reader);
    while ((n = hs_reader_next(r.reader, &events)) > 0)
        assert_int_equal(hs_model_feed(r.model, events, n), HS_OK);
    assert_int_equal(n, 0);
    assert_string_equal(hs_reader_error(r.reader)->text, "");
    return r;
}

static void end(struct read *r, struct hs_importer *intake)
{
    hs_reader_close(r->reader);
    hs_model_free(r->model);
    close(r->fd);
    hs_importer_free(intake);
}

static void put(struct hs_importer *in, enum hs_call_kind kind, uint64_t ns, uint64_t old, uint64_t ptr, uint64_t size)
{
    hs_importer_put(in,
                    &(struct hs_import_call){.kind = (uint8_t)kind, .ns = ns, .old = old, .ptr = ptr, .size = size, .thread = 1});
}

static void test_kinds(void **state)
{
    struct hs_importer *in = hs_importer_new();
    (void)state;
    put(in, HS_CALL_ALLOC, 1000, 0, HEAP, 40);
    put(in, HS_CALL_ALLOC, 1001, 0, HEAP + 64, 10);
    put(in, HS_CALL_REALLOC, 1002, HEAP + 64, HEAP + 128, 100);
    put(in, HS_CALL_REALLOC, 1003, HEAP + 128, 0, 1 << 30); /* fails */
    put(in, HS_CALL_REALLOC, 1004, 0, HEAP + 512, 5);       /* an allocation */
    put(in, HS_CALL_REALLOC, 1005, HEAP + 512, 0, 0);       /* a free */
    put(in, HS_CALL_ALLOC, 1006, 0, 0, 77);                 /* fails */
    put(in, HS_CALL_FREE, 1007, HEAP + 1024, 0, 0);         /* of an unknown block */
    put(in, HS_CALL_FREE, 1008, HEAP, 0, 0);
    struct read r = finish(in);
    assert_int_equal(r.model->blocks, 1);
    assert_int_equal(r.model->requested, 100);
    assert_int_equal(r.model->kind[HS_ALLOC], 3);
    assert_int_equal(r.model->kind[HS_REALLOC], 1);
    assert_int_equal(r.model->kind[HS_FREE], 2);
    assert_int_equal(r.model->n_failures, 2);
    assert_int_equal(hs_importer_stats(in).unknown, 1);
    end(&r, in);
}

/* Another thread got the old place of a realloc, and told so before the realloc was told. */
static void test_realloc_told_late(void **state)
{
    struct hs_importer *in = hs_importer_new();
    (void)state;
    put(in, HS_CALL_ALLOC, 1, 0, HEAP, 40);
    put(in, HS_CALL_ALLOC, 2, 0, HEAP, 44); /* the other thread's */
    put(in, HS_CALL_REALLOC, 3, HEAP, HEAP + 256, 400);
    struct read r = finish(in);
    assert_int_equal(r.model->blocks, 2);
    assert_int_equal(r.model->requested, 444);
    assert_int_equal(hs_importer_stats(in).doubled, 0);
    end(&r, in);
}

static void test_lost_free(void **state)
{
    struct hs_importer *in = hs_importer_new();
    (void)state;
    put(in, HS_CALL_ALLOC, 1, 0, HEAP, 40);
    put(in, HS_CALL_LOST, 2, 0, 0, 17);
    put(in, HS_CALL_ALLOC, 3, 0, HEAP, 44);
    struct read r = finish(in);
    assert_int_equal(r.model->blocks, 1);
    assert_int_equal(r.model->requested, 44);
    assert_int_equal(hs_reader_info(r.reader)->lost, 17);
    assert_int_equal(hs_importer_stats(in).doubled, 1);
    end(&r, in);
}

/* Silences longer than the recorder's clock tells at once; a trace of days; of years. */
static void test_time(void **state)
{
    (void)state;
    static const uint64_t pauses[] = {1, 5000000000, 3600000000000, 86400000000000 * 3, 86400000000000 * 3650};
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        struct hs_importer *in = hs_importer_new();
        put(in, HS_CALL_ALLOC, 1795672703000000000, 0, HEAP, 40);
        put(in, HS_CALL_FREE, 1795672703000000000 + pauses[i], HEAP, 0, 0);
        struct read r = finish(in);
        uint64_t hz = hs_reader_info(r.reader)->hz;
        assert_in_range(hs_model_elapsed(r.model) * (1000000000 / hz), pauses[i] - pauses[i] % (1000000000 / hz), pauses[i]);
        assert_int_equal(r.model->blocks, 0);
        end(&r, in);
    }
}

static void test_places_and_threads(void **state)
{
    struct hs_importer *in = hs_importer_new();
    (void)state;
    uint32_t a = hs_importer_place(in, &(struct hs_call_place){"a.c", "f", 12, 0, 0});
    uint32_t b = hs_importer_place(in, &(struct hs_call_place){"a.c", "f", 13, 0, 0});
    assert_int_not_equal(a, b);
    assert_int_equal(a, hs_importer_place(in, &(struct hs_call_place){"a.c", "f", 12, 0, 0}));
    hs_importer_thread(in, 70000, "worker");
    hs_importer_put(
        in, &(struct hs_import_call){.kind = HS_CALL_ALLOC, .ns = 1, .ptr = HEAP, .size = 16, .place = a, .thread = 70000});
    hs_importer_put(
        in, &(struct hs_import_call){.kind = HS_CALL_ALLOC, .ns = 2, .ptr = HEAP + 16, .size = 16, .place = b, .thread = 5});
    struct read r = finish(in);
    assert_string_equal(hs_reader_fact(r.reader, "thread 70000"), "worker");
    unsigned found = 0;
    for (uint32_t i = 1; i < hs_reader_sites(r.reader); i++) {
        const struct hs_site *site = hs_reader_site(r.reader, i);
        found += !strcmp(site->file, "a.c") && !strcmp(site->function, "f") && (site->line == 12 || site->line == 13) &&
                 hs_model_site(r.model, i)->live == 16;
    }
    assert_int_equal(found, 2);
    end(&r, in);
}

/* A program of another image in the same process; two processes at the same addresses. */
static void test_processes(void **state)
{
    struct hs_importer *in = hs_importer_new();
    (void)state;
    uint16_t one = hs_importer_process(in, 100, "one"), two = hs_importer_process(in, 200, "two");
    assert_int_equal(one, hs_importer_process(in, 100, NULL));
    hs_importer_put(in, &(struct hs_import_call){.kind = HS_CALL_ALLOC, .ns = 1, .ptr = HEAP, .size = 10, .process = one});
    hs_importer_put(in, &(struct hs_import_call){.kind = HS_CALL_ALLOC, .ns = 2, .ptr = HEAP, .size = 20, .process = two});
    hs_importer_put(in, &(struct hs_import_call){.kind = HS_CALL_END, .ns = 3, .process = one});
    uint16_t next = hs_importer_exec(in, 100);
    assert_int_equal(next, hs_importer_process(in, 100, NULL));
    hs_importer_put(in, &(struct hs_import_call){.kind = HS_CALL_FREE, .ns = 4, .old = HEAP, .process = next});
    hs_importer_put(in, &(struct hs_import_call){.kind = HS_CALL_ALLOC, .ns = 5, .ptr = HEAP, .size = 30, .process = next});
    struct read r = finish(in);
    assert_int_equal(r.model->blocks, 2);
    assert_int_equal(r.model->requested, 50);
    assert_int_equal(hs_importer_stats(in).unknown, 1);
    end(&r, in);
}

/* 200,000 calls at random over some arenas and mapped blocks, against a list of what is live. */
static void test_random(void **state)
{
    enum { SLOTS = 3000 };
    static struct {
        uint64_t ptr, size;
    } live[SLOTS];
    struct hs_importer *in = hs_importer_new();
    uint64_t requested = 0, blocks = 0;
    (void)state;
    srand(5);
    memset(live, 0, sizeof live);
    for (unsigned i = 0; i < 200000; i++) {
        unsigned slot = (unsigned)rand() % SLOTS;
        bool large = slot % 100 == 0;
        uint64_t size = large ? 131072u + (unsigned)rand() % 900000 : (unsigned)rand() % 2000;
        uint64_t ptr = large ? UINT64_C(0x7f0000000010) + ((uint64_t)slot << 20)
                             : HEAP + slot * 2048u + ((uint64_t)(slot % 3) << 33);
        if (!live[slot].ptr) {
            put(in, HS_CALL_ALLOC, i, 0, ptr, size);
        } else if (rand() % 4 == 0) {
            size = large ? size : size + 1;
            put(in, HS_CALL_REALLOC, i, ptr, ptr, size);
        } else {
            put(in, HS_CALL_FREE, i, ptr, 0, 0);
            ptr = size = 0;
        }
        live[slot].ptr = ptr;
        live[slot].size = size;
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        requested += live[slot].ptr ? live[slot].size : 0;
        blocks += live[slot].ptr != 0;
    }
    struct read r = finish(in);
    assert_int_equal(r.model->blocks, blocks);
    assert_int_equal(r.model->requested, requested);
    assert_int_equal(hs_reader_info(r.reader)->diverged, 0);
    end(&r, in);
}

static void test_no_file(void **state)
{
    (void)state;
    setenv("TMPDIR", "/no/such/folder", 1);
    assert_null(hs_importer_new());
    unsetenv("TMPDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_realloc_told_late),
        cmocka_unit_test(test_lost_free),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_places_and_threads),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
