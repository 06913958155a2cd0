/* SPDX-License-Identifier: MIT
 *
 * Start-up: an ESP-IDF init function starts the recorder, after the heap and the constructors (one of them reads the cause of
 * the reset) and before the scheduler. Blocks that were allocated before are in the first snapshot.
 */
#include <stdio.h>

#include "esp_heap_caps.h"
#include "esp_private/startup_internal.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "firmware-hooks/esp-idf/esp_hooks.h"
#include "firmware-hooks/esp-idf/esp_tracking.h"
#include "firmware-hooks/esp-idf/heapstrata_esp.h"
#include "firmware-hooks/startup/startup.h"
#include "lib/level.h"
#include "lib/port.h"

#ifdef CONFIG_SPIRAM
#include "esp_psram.h"
#endif

#if CONFIG_HEAPSTRATA_LEAKS
static struct hs_held held_memory[HS_FOLLOWED];
#define HELD held_memory
#else
#define HELD NULL
#endif
static char facts[HS_FACTS_MAX];
static bool works = true;

void app_main(void);
static const uintptr_t functions[] = {
#define HS_FINGERPRINT(function) (uintptr_t) function,
#include "firmware-hooks/esp-idf/fingerprint.def"
};

HS_HEAPS(&hs_esp_heap);

/* --- facts about the build and the memory ----------------------------------------------------------------- */

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

static unsigned long psram_found(void)
{
#ifdef CONFIG_SPIRAM
    return esp_psram_is_initialized() ? (unsigned long)esp_psram_get_size() : 0;
#else
    return 0;
#endif
}

/* Adds "key=value" and a NUL at offset `at`; returns the offset after it. */
static uint32_t add_fact(uint32_t at, const char *key, const char *format, unsigned long number, const char *text)
{
    if (at >= sizeof facts)
        return at;
    int n = snprintf(facts + at, sizeof facts - at, "%s=", key);
    n += snprintf(facts + at + n, sizeof facts - at - (uint32_t)n, format, text, number);
    return at + (uint32_t)n + 1;
}

static struct hs_text all_facts(void)
{
    uint32_t at = 0;
    at = add_fact(at, "port", "%s", 0, "esp-idf");
    at = add_fact(at, "system", "ESP-IDF %s, " CONFIG_IDF_TARGET, 0, esp_get_idf_version());
    at = add_fact(at, "psram_mode", "%s", 0, PSRAM_MODE);
    at = add_fact(at, "psram_found", "%.0s%lu", psram_found(), "");
    at = add_fact(at, "always_internal", "%.0s%lu", CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL, "");
    at = add_fact(at, "reserve_internal", "%.0s%lu", CONFIG_SPIRAM_MALLOC_RESERVE_INTERNAL, "");
    return (struct hs_text){facts, at < sizeof facts ? at : (uint32_t)sizeof facts};
}

/* --- functions of heapstrata_esp.h ------------------------------------------------------------------------- */

void heapstrata_start(void)
{
    bool ordered = hs_esp_order_take();
    hs_lock_t lock = hs_port_lock();
    hs_esp_find_regions();
    hs_start();
    hs_esp_before_real(lock);
    works = hs_heaps_test();
    lock = hs_esp_after_real(lock);
    hs_port_unlock(lock);
    hs_esp_order_give(ordered);
    if (!works)
        printf(
            "heapstrata: its own allocation was not seen: nothing will be recorded. Is the component linked whole, without LTO?\n");
}

void heapstrata_stop(void)
{
    hs_lock_t lock = hs_port_lock();
    hs_stop();
    hs_port_unlock(lock);
}

void heapstrata_mark(const char *label)
{
    uint32_t len = 0;
    while (label[len] && len < HS_DATA_MAX)
        len++;
    bool ordered = hs_esp_order_take();
    hs_lock_t lock = hs_port_lock();
    hs_mark((struct hs_text){label, len});
    if (hs_state == HS_STATE_LEVEL)
        hs_heaps_summary(2);
    hs_port_unlock(lock);
    hs_esp_order_give(ordered);
}

bool heapstrata_level(enum heapstrata_level level, uint32_t interval)
{
    return !hs_level_set(&(struct hs_level_choice){.level = (uint8_t)level, .interval = interval});
}

bool heapstrata_works(void) { return works; }

void heapstrata_init(void);
void heapstrata_init(void)
{
    struct hs_config config;
    bool from_boot = hs_startup_config(&config);
    config.held = HELD;
    config.describe = hs_esp_describe; /* runs without the flash cache too */
    if (hs_startup_init(&config, &(struct hs_firmware){.facts = all_facts(),
                                                       .functions = functions,
                                                       .n_functions = sizeof functions / sizeof *functions})) {
        works = false;
        printf("heapstrata: the memory for the trace does not do\n");
        return;
    }
    if (from_boot)
        heapstrata_start();
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
#define INIT_FUNCTION(name, priority) ESP_SYSTEM_INIT_FN(name, SECONDARY, BIT(0), priority)
#else
#define INIT_FUNCTION(name, priority) ESP_SYSTEM_INIT_FN(name, BIT(0), priority)
#endif

INIT_FUNCTION(heapstrata_at_startup, 150)
{
    heapstrata_init();
    return ESP_OK;
}
