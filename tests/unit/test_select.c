/* SPDX-License-Identifier: MIT
 *
 * Several heaps in one trace: what a block takes in each, which heap a failure is of, and one region as if there
 * were no others. Totals of the model are held against sums by hand.
 */
#include "analysis/model/model.h"
#include "lib/level.h"
#include "tests/support/mirror.h"

enum { GC, INTERNAL, PSRAM, INNER, POOL, PYTHON, UNKNOWN = 20 };

#define CAP_INTERNAL 1u
#define CAP_PSRAM 2u

static const struct region {
    const char *name;
    uint32_t first, granules, base, least, header, caps;
    uint8_t shift, memory;
} regions[] = {
    [INTERNAL] = {"caps/internal", 1024, 1000, 0x3ff00000, 16, 4, CAP_INTERNAL, 2, HS_MEMORY_INTERNAL},
    [PSRAM] = {"caps/psram", 4096, 4000, 0x3f800000, 16, 4, CAP_PSRAM, 2, HS_MEMORY_PSRAM},
    [INNER] = {"vm", 2048, 20, 0x3ff00100, 0, 0, 0, 4, HS_MEMORY_INTERNAL},
    [POOL] = {"lwip/SYS_TIMEOUT", 3000, 35, 0x20010000, 20, 0, 0, 2, HS_MEMORY_POOL},
    [PYTHON] = {"gc", 9000, 60, 0x3f800800, 0, 0, 0, 4, HS_MEMORY_PSRAM}, /* in psram */
};

static void come(unsigned i)
{
    const struct region *r = &regions[i];
    hs_record(&(struct hs_record){.kind = HS_REGION,
                                  .region = {.region = (uint8_t)i,
                                             .first = r->first,
                                             .granules = r->granules,
                                             .shift = r->shift,
                                             .memory = r->memory,
                                             .base = r->base,
                                             .least = r->least,
                                             .header = r->header,
                                             .caps = r->caps,
                                             .name = {r->name, (uint32_t)strlen(r->name)}}});
}

static void take(uint32_t pos, uint32_t size) { hs_alloc(fw_key(size), (struct hs_block){pos, size}); }

static void refuse(unsigned region, uint32_t size) { hs_fail(fw_key(size), size, HS_FAIL_REGION(region)); }

static bool with_python, with_summaries;

static void sum_up(unsigned region)
{
    struct hs_summary_writer w;
    hs_summary_begin(&w, &(struct hs_summary_writer){.region = (uint8_t)region, .shift = 2});
    hs_summary_end(&w);
}

static const char *trace(void)
{
    fw_make(&(struct fw_config){.memory_size = 1 << 14,
                                .packet_size = 512,
                                .flags = HS_RING_STREAM,
                                .placement = HS_PLACE_EXPLICIT,
                                .granules = 100,
                                .seed = 1});
    fw_work(500); /* in gc0 */
    hs_record(&(struct hs_record){.kind = HS_THREAD, .thread.thread = 0});
    for (unsigned i = INTERNAL; i <= (with_python ? PYTHON : POOL); i++)
        come(i);
    take(1024, 400);  /* internal: 404 bytes, the memory of the heap within; 101 granules of 4 */
    take(1125, 3);    /* internal: no less than 16 bytes */
    take(4096, 1000); /* psram */
    if (with_python)
        take(9001, 60);                                        /* gc, as others say it: 4 granules of 16 */
    take(2048, 40);                                            /* vm: 3 granules of 16 */
    take(3000, 20);                                            /* pool: one element */
    take(3005, 4);                                             /* pool: one too, whatever was asked for */
    hs_realloc(fw_key(20), (struct hs_block){5096, 20}, 1125); /* from internal memory to psram: 24 bytes */
    refuse(PSRAM, 20000);                                      /* 4000 * 4 bytes are there: full */
    hs_fail((struct hs_key){.code = FW_CAPS(CAP_INTERNAL), .caller = (uintptr_t)hs_anchor}, 3700,
            HS_FAIL_REGION(INTERNAL)); /* though psram has room */
    refuse(POOL, 200);                 /* no other pool helps */
    hs_free((uintptr_t)hs_anchor, 3000);
    for (unsigned i = 0; i < 3 && with_summaries; i++)
        sum_up((const unsigned[]){INTERNAL, PSRAM, UNKNOWN}[i]);
    hs_flush();
    return scratch_file(fw.out, fw.out_len);
}

/* What gc0 holds. */
static uint64_t worked(void)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < fw.first[1]; i++)
        bytes += fw.kind[i] != FW_FREE ? 16 : 0;
    assert_true(bytes);
    return bytes;
}

static struct hs_model *model_of(struct hs_selection selection)
{
    struct hs_error error;
    struct hs_reader *reader = hs_reader_open(trace(), &error);
    assert_non_null(reader);
    hs_reader_select(reader, &selection);
    struct hs_model *model = hs_model_new(NULL);
    const struct hs_event *event;
    long n;
    while ((n = hs_reader_next(reader, &event)) > 0)
        assert_int_equal(hs_model_feed(model, event, n), HS_OK);
    assert_int_equal(n, 0);
    assert_int_equal(hs_reader_error(reader)->code, HS_OK);
    assert_int_equal(hs_reader_info(reader)->diverged, 0);
    hs_reader_close(reader);
    return model;
}

static uint64_t used(struct hs_selection selection)
{
    struct hs_model *model = model_of(selection);
    uint64_t bytes = model->used;
    assert_int_equal(hs_model_layout(model, HS_ALL_REGIONS).used, bytes);
    hs_model_free(model);
    return bytes;
}

static void blocks_take_what_their_heap_gives(void **state)
{
    (void)state;
    uint64_t gc = used((struct hs_selection){.heap = "gc0"});
    assert_int_equal(gc, worked());
    assert_int_equal(used((struct hs_selection){.region = "internal"}), 404);
    assert_int_equal(used((struct hs_selection){.region = "caps/psram"}), 1004 + 24);
    assert_int_equal(used((struct hs_selection){.region = "2"}), 1004 + 24);
    assert_int_equal(used((struct hs_selection){.heap = "caps"}), 404 + 1004 + 24);
    assert_int_equal(used((struct hs_selection){.heap = "vm"}), 48);
    assert_int_equal(used((struct hs_selection){.heap = "lwip"}), 20);
    assert_int_equal(used((struct hs_selection){.heap = "lwip", .region = "psram"}), 0);
    assert_int_equal(used((struct hs_selection){.heap = "cap"}), 0);
}

static void what_lies_within_another_heap_counts_once(void **state)
{
    (void)state;
    uint64_t all = used((struct hs_selection){.heap = NULL});
    assert_int_equal(all, worked() + 404 + 1004 + 24 + 20 + 48);
    assert_int_equal(used((struct hs_selection){.outermost = true}), all - 48);
}

/* The interpreter's heap comes later than the one that its memory is of, and takes its place. */
static void the_heap_that_python_lies_in_is_beside_it(void **state)
{
    (void)state;
    struct hs_error error;
    with_python = true;
    struct hs_reader *reader = hs_reader_open(trace(), &error);
    with_python = false;
    hs_reader_select(reader, &(struct hs_selection){.outermost = true});
    struct hs_model *model = hs_model_new(NULL);
    const struct hs_event *event;
    for (long n; (n = hs_reader_next(reader, &event)) > 0;)
        assert_int_equal(hs_model_feed(model, event, n), HS_OK);
    assert_false(hs_reader_selects(reader, INTERNAL));
    assert_false(hs_reader_selects(reader, PSRAM));
    assert_true(hs_reader_selects(reader, PYTHON));
    assert_int_equal(model->used, worked() + 20 + 64); /* one element of the pool was freed */
    assert_int_equal(hs_reader_around(reader, PSRAM)->used, 1004 + 24);
    assert_int_equal(hs_reader_around(reader, PSRAM)->blocks, 2);
    assert_int_equal(hs_reader_around(reader, INTERNAL)->used, 404);
    assert_int_equal(hs_reader_around(reader, INTERNAL)->peak, 404 + 16);
    assert_null(hs_reader_around(reader, POOL));
    assert_null(hs_reader_around(reader, PYTHON));
    hs_model_free(model);
    hs_reader_close(reader);
}

static void a_block_that_leaves_the_selection_is_freed(void **state)
{
    (void)state;
    struct hs_model *model = model_of((struct hs_selection){.region = "internal"});
    assert_int_equal(model->region[INTERNAL].allocs, 2);
    assert_int_equal(model->region[INTERNAL].frees, 1);
    assert_int_equal(model->blocks, 1);
    hs_model_free(model);
    model = model_of((struct hs_selection){.region = "psram"});
    assert_int_equal(model->region[PSRAM].reallocs, 1);
    assert_int_equal(model->blocks, 2);
    hs_model_free(model);
}

static unsigned summaries_of(struct hs_selection selection)
{
    struct hs_error error;
    struct hs_reader *reader = hs_reader_open(trace(), &error);
    const struct hs_event *event;
    unsigned seen = 0;
    assert_non_null(reader);
    hs_reader_select(reader, &selection);
    for (long n; (n = hs_reader_next(reader, &event)) > 0;)
        for (long i = 0; i < n; i++)
            seen |= event[i].kind == HS_SUMMARY ? 1u << event[i].region : 0;
    assert_false(hs_reader_selects(reader, hs_reader_regions(reader))); /* there is none of that number */
    hs_reader_close(reader);
    return seen;
}

/* Figures are of the region that they name; one that the trace does not know may be any. */
static void summaries_are_of_their_region(void **state)
{
    (void)state;
    with_summaries = true;
    assert_int_equal(summaries_of((struct hs_selection){.heap = NULL}), 1 << INTERNAL | 1 << PSRAM | 1 << UNKNOWN);
    assert_int_equal(summaries_of((struct hs_selection){.region = "psram"}), 1 << PSRAM | 1 << UNKNOWN);
    assert_int_equal(summaries_of((struct hs_selection){.heap = "vm"}), 1 << UNKNOWN);
    with_summaries = false;
}

static void a_failure_is_of_its_heap(void **state)
{
    (void)state;
    struct hs_model *model = model_of((struct hs_selection){.heap = NULL});
    assert_true(model->n_failures >= 3);
    const struct hs_failure *psram = &model->failure[model->n_failures - 3], *internal = psram + 1, *pool = psram + 2;
    assert_int_equal(psram->verdict, HS_VERDICT_FULL);
    assert_int_equal(psram->free, 4000 * 4 - 1028 + 4000 - 404); /* any memory would have done */
    assert_int_equal(internal->verdict, HS_VERDICT_FULL);
    assert_int_equal(internal->caps, CAP_INTERNAL);
    assert_int_equal(internal->free, 4000 - 404);
    assert_int_equal(pool->verdict, HS_VERDICT_FULL);
    assert_int_equal(pool->used, 40);
    assert_int_equal(pool->free, 35 * 4 - 40);
    hs_model_free(model);
    model = model_of((struct hs_selection){.heap = "lwip"});
    assert_int_equal(model->failure[model->n_failures - 1].size, 200);
    assert_int_not_equal(model->failure[model->n_failures - 2].size, 3700);
    hs_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_take_what_their_heap_gives),
        cmocka_unit_test(what_lies_within_another_heap_counts_once),
        cmocka_unit_test(the_heap_that_python_lies_in_is_beside_it),
        cmocka_unit_test(a_block_that_leaves_the_selection_is_freed),
        cmocka_unit_test(summaries_are_of_their_region),
        cmocka_unit_test(a_failure_is_of_its_heap),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
