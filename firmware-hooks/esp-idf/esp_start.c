/* SPDX-License-Identifier: MIT
 *
 * Start-up: the trace is made ready by one of ESP-IDF's init functions, behind the heap and the constructors (of which one
 * reads the reset's cause), and in front of the scheduler. What was allocated before is in the first snapshot.
 */
#include <stdio.h>

#include "esp_heap_caps.h"
#include "esp_private/startup_internal.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "firmware-hooks/esp-idf/esp_hooks.h"
#include "firmware-hooks/esp-idf/heapstrata_esp.h"
#include "firmware-hooks/ports/hook_port.h"
#include "lib/level.h"
#include "lib/port.h"

#ifdef CONFIG_SPIRAM
#include "esp_psram.h"
#endif

#define SITES CONFIG_HEAPSTRATA_SITES
_Static_assert((SITES & (SITES - 1)) == 0, "CONFIG_HEAPSTRATA_SITES is a power of two");
_Static_assert((CONFIG_HEAPSTRATA_FOLLOWED & (CONFIG_HEAPSTRATA_FOLLOWED - 1)) == 0, "CONFIG_HEAPSTRATA_FOLLOWED is a power of two");

static struct hs_site_entry site[SITES];
static uint16_t hash[4 * SITES];
static uint32_t followed[CONFIG_HEAPSTRATA_FOLLOWED];
static char facts[HS_FACTS_MAX];
static bool works = true;

void app_main(void);
static const uintptr_t fingerprint[] = {
#define HS_FINGERPRINT(function) (uintptr_t)function,
#include "firmware-hooks/esp-idf/fingerprint.def"
#undef HS_FINGERPRINT
};

/* --- what the build is, and what was found ---------------------------------------------------------------- */

#if defined(CONFIG_SPIRAM_MODE_OCT)
#define PSRAM_MODE "octal"
#elif defined(CONFIG_SPIRAM_MODE_HEX)
#define PSRAM_MODE "hex"
#elif defined(CONFIG_SPIRAM)
#define PSRAM_MODE "quad"
#else
#define PSRAM_MODE "none"
#endif
#ifndef CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL
#define CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL 0
#endif
#ifndef CONFIG_SPIRAM_MALLOC_RESERVE_INTERNAL
#define CONFIG_SPIRAM_MALLOC_RESERVE_INTERNAL 0
#endif

static unsigned long psram_found(void) {
#ifdef CONFIG_SPIRAM
    return esp_psram_is_initialized() ? (unsigned long)esp_psram_get_size() : 0;
#else
    return 0;
#endif
}

/* One "key=value" behind the other, each with its NUL. */
static uint32_t add_fact(uint32_t at, const char *key, const char *format, unsigned long number, const char *text) {
    if (at >= sizeof facts)
        return at;
    int n = snprintf(facts + at, sizeof facts - at, "%s=", key);
    n += snprintf(facts + at + n, sizeof facts - at - (uint32_t)n, format, text, number);
    return at + (uint32_t)n + 1;
}

static struct hs_text all_facts(void) {
    uint32_t at = 0;
    at = add_fact(at, "port", "%s", 0, "esp-idf");
    at = add_fact(at, "system", "ESP-IDF %s, " CONFIG_IDF_TARGET, 0, esp_get_idf_version());
    at = add_fact(at, "psram_mode", "%s", 0, PSRAM_MODE);
    at = add_fact(at, "psram_found", "%.0s%lu", psram_found(), "");
    at = add_fact(at, "always_internal", "%.0s%lu", CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL, "");
    at = add_fact(at, "reserve_internal", "%.0s%lu", CONFIG_SPIRAM_MALLOC_RESERVE_INTERNAL, "");
    return (struct hs_text){facts, at < sizeof facts ? at : (uint32_t)sizeof facts};
}

/* --- self-test --------------------------------------------------------------------------------------------- */

static void self_test(void) {
    uint32_t before = hs_esp_seen;
    void *volatile block = heap_caps_malloc(24, MALLOC_CAP_8BIT);
    heap_caps_free(block);
    works = !block || hs_esp_seen != before;
    if (works)
        return;
    hs_selftest_failed();
    printf("heapstrata: its own allocation was not seen: nothing will be recorded. Is the component linked whole, without LTO?\n");
}

/* --- what the user calls ----------------------------------------------------------------------------------- */

void heapstrata_start(void) {
    hs_lock_t lock = hs_port_lock();
    hs_esp_find_regions();
    hs_start();
    hs_port_unlock(lock);
    self_test();
}

void heapstrata_stop(void) {
    hs_lock_t lock = hs_port_lock();
    hs_stop();
    hs_port_unlock(lock);
}

void heapstrata_mark(const char *label) {
    uint32_t len = 0;
    while (label[len] && len < HS_DATA_MAX)
        len++;
    hs_lock_t lock = hs_port_lock();
    hs_mark((struct hs_text){label, len});
    if (hs_state == HS_STATE_LEVEL)
        hs_esp_summary(2);
    hs_port_unlock(lock);
}

bool heapstrata_level(enum heapstrata_level level, uint32_t interval) {
    return !hs_level_set(&(struct hs_level_choice){.level = (uint8_t)level, .interval = interval});
}

bool heapstrata_works(void) { return works; }

void heapstrata_init(void);
void heapstrata_init(void) {
    struct hs_config config = {
        .site = site, .n_sites = SITES, .hash = hash, .hash_size = 4 * SITES,
        .placement = HS_PLACE_EXPLICIT, .shift = HS_ESP_SHIFT, .describe = hs_esp_describe,
        .keyframe = hs_esp_keyframe, .keyframe_size = hs_esp_keyframe_size, .level = {.level = HS_START_LEVEL},
        .followed = followed, .n_followed = CONFIG_HEAPSTRATA_FOLLOWED, .summary = hs_esp_summary,
    };
    bool from_boot = hs_port_image(&config);
    config.build_id = hs_fingerprint(fingerprint, sizeof fingerprint / sizeof *fingerprint);
    config.facts = hs_port_facts(all_facts());
    if (hs_init(&config)) {
        works = false;
        printf("heapstrata: the memory for the trace does not do\n");
        return;
    }
    hs_esp_watch_failures();
    if (from_boot)
        heapstrata_start();
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
#define INIT_FUNCTION(name, priority) ESP_SYSTEM_INIT_FN(name, SECONDARY, BIT(0), priority)
#else
#define INIT_FUNCTION(name, priority) ESP_SYSTEM_INIT_FN(name, BIT(0), priority)
#endif

INIT_FUNCTION(heapstrata_at_startup, 150) {
    heapstrata_init();
    return ESP_OK;
}
