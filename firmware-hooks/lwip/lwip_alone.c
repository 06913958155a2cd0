/* SPDX-License-Identifier: MIT
 *
 * The recorder's start in a firmware in which nothing but lwIP is recorded. With another hook leave this file out: its
 * keyframes, descriptions and summaries call ours then.
 */
#include "firmware-hooks/lwip/lwip_hooks.h"

#if !HS_WITH_LWIP /* of another hook */
#include "firmware-hooks/lwip/lwip_pools.h"
#include "firmware-hooks/ports/hook_port.h"
#include "lib/level.h"
#include "lib/port.h"
#include "lwip/init.h"
#include "lwip/ip4.h"
#include "lwip/netif.h"
#include "lwip/udp.h"

#ifndef HS_SITES
#define HS_SITES 256
#endif
#ifndef HS_FOLLOWED
#define HS_FOLLOWED 64
#endif

static struct hs_site_entry sites[HS_SITES];
static uint16_t hash[HS_SITES * 4];
static uint32_t followed[HS_FOLLOWED];

static void describe(uintptr_t code, struct hs_place *place) {
    if (hs_lwip_is_code(code))
        hs_lwip_describe(code, place);
}

static void keyframe(void) {
    hs_lwip_regions(true);
    hs_lwip_snapshot(3);
}

static void summary(uint8_t cause) {
    hs_lwip_summary(cause);
    hs_level_top();
}

static uint64_t build_id(void) {
    static const uintptr_t functions[] = {
#define HS_FINGERPRINT(name) (uintptr_t)name,
#include "firmware-hooks/lwip/fingerprint.def"
#undef HS_FINGERPRINT
    };
    return hs_fingerprint(functions, sizeof functions / sizeof *functions);
}

static const char facts[] = "system=lwip " LWIP_VERSION_STRING;

static void start(void) {
    struct hs_config config = {
        .site = sites,
        .hash = hash,
        .n_sites = HS_SITES,
        .hash_size = HS_SITES * 4,
        .build_id = build_id(),
        .placement = HS_PLACE_EXPLICIT,
        .shift = HS_LWIP_SHIFT,
        .describe = describe,
        .keyframe = keyframe,
        .keyframe_size = hs_lwip_keyframe_size,
        .level = {.level = HS_START_LEVEL, .interval = HS_SAMPLE_INTERVAL},
        .followed = followed,
        .n_followed = HS_FOLLOWED,
        .summary = summary,
    };
    bool record = hs_port_image(&config);
    config.facts = hs_port_facts((struct hs_text){facts, sizeof facts});
    if (hs_init(&config) == HS_OK && record)
        hs_start();
}

/* lwIP that is initialised again begins with empty pools. */
void hs_lwip_ready(void) {
    static bool started;
    if (!started)
        start();
    else if (hs_state != HS_STATE_OFF)
        hs_lwip_regions(false);
    started = true;
}

#endif
