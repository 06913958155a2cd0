/* SPDX-License-Identifier: MIT
 *
 * A firmware that is a hook of lib/ and nothing else, to be linked and measured, not run: it calls what
 * MicroPython's hooks call.
 */
#include "firmware-hooks/ports/hook_port.h"
#include "lib/heapstrata.h"
#include "lib/port.h"
#include "tests/cores/machine.h"

#define SITES 64

static struct hs_site_entry sites[SITES];
static uint16_t hash[SITES * 4];

/* Where there is a stream, it goes to what every board has of its own. */
bool hs_port_write(const void *data, uint32_t len) { return (void)data, (void)len, true; }

static void describe(uintptr_t code, struct hs_place *place) { place->line = (uint32_t)code; }
static bool gone(uintptr_t code) { return code != 0; }
static uint32_t keyframe_size(void) { return 100; }

static void keyframe(void)
{
    struct hs_runs_writer w;
    hs_record(&(struct hs_record){.kind = HS_REGION, .region = {.granules = 1000, .shift = 4}});
    hs_snapshot_begin(&w, 0, 3);
    hs_snapshot_free(&w, 0, 900);
    hs_snapshot_block(&w, 900, 100);
    hs_snapshot_end(&w, 1000);
}

static void start(void)
{
    const uintptr_t functions[] = {(uintptr_t)start, (uintptr_t)gone};
    struct hs_config config = {.site = sites,
                               .hash = hash,
                               .n_sites = SITES,
                               .hash_size = SITES * 4,
                               .placement = HS_PLACE_MICROPYTHON,
                               .shift = 4,
                               .build_id = hs_fingerprint(functions, 2),
                               .describe = describe,
                               .keyframe = keyframe,
                               .keyframe_size = keyframe_size};
    if (hs_port_image(&config) && hs_init(&config) == HS_OK)
        hs_start();
    if (!hs_stats().offered)
        hs_selftest_failed();
}

static void work(struct hs_key key, struct hs_block block)
{
    struct hs_runs_writer w;
    if (hs_state == HS_STATE_KEYFRAME_DUE)
        hs_keyframe();
    hs_alloc(key, block);
    hs_realloc(key, block, block.pos);
    hs_free(key.caller, block.pos);
    hs_fail(key, block.size, 0);
    hs_sweep_begin(&w, 0);
    hs_sweep_heads(&w, block.pos, true, 1);
    hs_sweep_end(&w, 1000);
    hs_forget(gone);
}

int main(void)
{
    volatile uint32_t any = 0;
    start();
    work((struct hs_key){.code = any, .caller = any}, (struct hs_block){.pos = any, .size = any});
    hs_mark((struct hs_text){"label", 5});
    hs_stop();
    hs_reset();
    return hs_image() == NULL;
}
