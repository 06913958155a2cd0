/* SPDX-License-Identifier: MIT
 *
 * Memory for DMA in a ring that begins in the middle of the run: what is not known yet is not nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/sites/caps.h"
#include "lib/record.h"

#define GRANULES 64u
#define SHIFT 4u

struct played {
    struct hs_model *model;
    struct hs_caps_flow *flow;
    struct hs_record record;
};

static void play(struct played *p, struct hs_event event)
{
    event.record = &p->record;
    event.boot = 1;
    p->record.kind = event.kind;
    assert_int_equal(hs_model_feed(p->model, &event, 1), HS_OK);
    hs_caps_flow_take(p->flow, &event);
}

static void play_region(struct played *p, uint8_t index, uint32_t caps)
{
    p->record = (struct hs_record){.region = {.region = index,
                                              .first = index * GRANULES,
                                              .granules = GRANULES,
                                              .shift = SHIFT,
                                              .placement = HS_REGION_EXISTING,
                                              .caps = caps,
                                              .base = 0x20000000u + index * 0x10000u,
                                              .name = {"heap", 4}}};
    play(p, (struct hs_event){.kind = HS_REGION, .region = index, .flags = HS_EVENT_UNPLACED});
}

static void least_for_dma_after_a_free_without_regions(void **unused)
{
    static const struct hs_extent block = {0, 4};
    struct played p = {.model = hs_model_new(NULL)};
    (void)unused;
    assert_non_null(p.model);
    p.flow = hs_caps_flow_new(p.model, NULL);
    assert_non_null(p.flow);
    play(&p, (struct hs_event){.kind = HS_FREE, .site = HS_SITE_UNKNOWN, .old = 7, .old_granules = 1});
    assert_false(p.flow->dma);
    assert_true(p.flow->dma_least == UINT64_MAX);
    play_region(&p, 0, HS_CAP_DMA | HS_CAP_INTERNAL | HS_CAP_DEFAULT);
    play_region(&p, 1, HS_CAP_INTERNAL | HS_CAP_DEFAULT);
    play(&p, (struct hs_event){.kind = HS_FREE, .site = HS_SITE_UNKNOWN, .old = 9, .old_granules = 1});
    assert_true(p.flow->dma_least == UINT64_MAX);
    play(&p, (struct hs_event){.kind = HS_SNAPSHOT, .flags = HS_EVENT_RESYNC, .block = &block, .n_blocks = 1});
    assert_int_equal(hs_caps_flow_finish(p.flow), HS_OK);
    assert_true(p.flow->dma);
    assert_false(p.flow->external);
    assert_int_equal(p.flow->dma_free, (GRANULES - 4) << SHIFT);
    assert_int_equal(p.flow->dma_least, (GRANULES - 4) << SHIFT);
    hs_caps_flow_free(p.flow);
    hs_model_free(p.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_for_dma_after_a_free_without_regions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
