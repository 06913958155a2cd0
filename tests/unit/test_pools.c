/* SPDX-License-Identifier: MIT
 *
 * More pools than are measured: the measure says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define HS_POOL_LIMIT 2u
#include "analysis/sites/pools.c"
#include "lib/host/replay/packets.h"

/* A trace of pools, one region each. */
static struct hs_reader *trace_of(unsigned pools)
{
    struct hs_packets p = {.bytes = NULL};
    struct hs_error error = {0};
    char name[16];
    hs_packets_header(&p, &(struct hs_packets_config){.hz = 1000, .shift = 4});
    hs_packets_boot(&p);
    for (unsigned i = 0; i < pools; i++) {
        int len = snprintf(name, sizeof name, "lwip/POOL_%u", i);
        hs_packets_put(&p, &(struct hs_record){.kind = HS_REGION,
                                               .region = {.region = (uint8_t)i,
                                                          .first = 64 * i,
                                                          .granules = 64,
                                                          .shift = 4,
                                                          .memory = HS_MEMORY_POOL,
                                                          .placement = HS_PLACE_EXPLICIT,
                                                          .base = 0x20000000 + 1024 * i,
                                                          .least = 64,
                                                          .name = {name, (uint32_t)len}}});
    }
    struct hs_feed *feed = hs_feed_of_packets(&p);
    assert_non_null(feed);
    struct hs_reader *reader = hs_reader_of_feed(feed, "pools", &error);
    assert_non_null(reader);
    return reader;
}

static void measured(unsigned pools, unsigned n, bool cut)
{
    const struct hs_event *events;
    long count;
    struct hs_reader *reader = trace_of(pools);
    struct hs_pools *p = hs_pools_new(reader, 0);
    assert_non_null(p);
    struct hs_model *model = hs_model_new(&(struct hs_model_observer){.context = p, .after = hs_pools_feed});
    assert_non_null(model);
    p->model = model;
    while ((count = hs_reader_next(reader, &events)) > 0)
        assert_int_equal(hs_model_feed(model, events, count), HS_OK);
    assert_int_equal(p->n, n);
    assert_int_equal(p->cut, cut);
    assert_int_equal(p->error, HS_OK);
    hs_model_free(model);
    hs_pools_free(p);
    hs_reader_close(reader);
}

static void all_are_measured(void **state)
{
    (void)state;
    measured(2, 2, false);
}

static void one_is_left_out(void **state)
{
    (void)state;
    measured(3, 2, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_measured),
        cmocka_unit_test(one_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
