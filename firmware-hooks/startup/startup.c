/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/startup/startup.h"

#include "firmware-hooks/ports/hook_port.h"
#include "lib/learned.h"

#if HS_WITH_LEVELS
_Static_assert((HS_FOLLOWED & (HS_FOLLOWED - 1)) == 0, "HS_FOLLOWED: a power of two");
static uint32_t followed[HS_FOLLOWED];
#define FOLLOWED followed
#define N_FOLLOWED HS_FOLLOWED
#else
#define FOLLOWED NULL
#define N_FOLLOWED 0
#endif

#ifdef HS_SITES
_Static_assert((HS_SITES & (HS_SITES - 1)) == 0 && HS_SITES >= 8 && HS_SITES <= 32768, "HS_SITES: a power of two, 8 to 32768");
static struct hs_site_entry sites[HS_SITES];
static uint16_t hash[HS_SITES * 4];

/* A small ring cannot hold the definitions of many sites at once, and small site numbers need fewer bytes. */
static uint16_t sites_for(const struct hs_config *config)
{
    uint16_t n = HS_SITES;
    while (n > 64 && n > config->memory_size / 8 && !(config->flags & HS_RING_STREAM))
        n /= 2;
    return n;
}

static void use_table(struct hs_config *config)
{
    config->site = sites;
    config->hash = hash;
    config->hash_size = HS_SITES * 4;
    config->n_sites = sites_for(config);
}
#else
static void use_table(struct hs_config *config) { (void)config; }
#endif

#if HS_LEARN
static struct hs_learned learned;
#define LEARNED &learned
#else
#define LEARNED NULL
#endif

bool hs_startup_config(struct hs_config *config)
{
    *config = (struct hs_config){
        .placement = HS_PLACE_EXPLICIT,
        .learned = LEARNED,
        .shift = hs_heaps[hs_n_heaps - 1]->shift,
        .describe = hs_heaps_describe,
        .keyframe = hs_heaps_keyframe,
        .keyframe_size = hs_heaps_keyframe_size,
        .level = {.level = HS_START_LEVEL, .interval = HS_SAMPLE_INTERVAL},
        .followed = FOLLOWED,
        .n_followed = N_FOLLOWED,
        .summary = hs_heaps_summary,
    };
    bool record = hs_port_image(config);
    use_table(config);
    return record;
}

int hs_startup_init(struct hs_config *config, const struct hs_firmware *firmware)
{
    uintptr_t image = (uintptr_t)config->memory;
    if (hs_heaps_overlap(&(struct hs_span){image, image + config->memory_size}))
        return HS_ERR_ARG;
    int err = hs_heaps_begin();
    config->facts = hs_port_facts(firmware->facts);
    config->build_id = firmware->functions ? hs_fingerprint(firmware->functions, firmware->n_functions) : 0;
    return err ? err : hs_init(config);
}

int hs_startup(const struct hs_firmware *firmware)
{
    struct hs_config config;
    bool record = hs_startup_config(&config);
    int err = hs_startup_init(&config, firmware);
    if (!err && record)
        hs_start();
    return err;
}
