/* SPDX-License-Identifier: MIT
 *
 * Port for ESP-IDF. HS_RING_IN chooses the memory of the image:
 *   HS_RING_NOINIT  internal RAM that start-up code does not clear (default)
 *   HS_RING_RTC     RTC memory, which also survives deep sleep: 2 to 4 KB (slow memory, or fast where the chip has no other)
 *   HS_RING_PSRAM   external RAM, written back from the cache as each packet closes
 */
#include "esp_attr.h"
#include "esp_memory_utils.h"
#include "esp_system.h"
#include "firmware-hooks/ports/hook_port.h"
#include "lib/port.h"

#define HS_RING_NOINIT 1
#define HS_RING_RTC 2
#define HS_RING_PSRAM 3
#ifndef HS_RING_IN
#define HS_RING_IN HS_RING_NOINIT
#endif

#if HS_RING_IN == HS_RING_RTC
#define HS_RING_ATTR RTC_NOINIT_ATTR
#define HS_RING_DEFAULT 2048
#elif HS_RING_IN == HS_RING_PSRAM
#include "esp_cache.h" /* only here: MicroPython's esp32 port does not require its component */
#define HS_RING_ATTR EXT_RAM_NOINIT_ATTR
#define HS_RING_DEFAULT (512 << 10)
#else
#define HS_RING_ATTR __NOINIT_ATTR
#define HS_RING_DEFAULT (HS_ESP_HEAPS * 8192)
#endif
#ifndef HS_RING_SIZE
#define HS_RING_SIZE HS_RING_DEFAULT
#endif
HS_PORT_RING_CHECK(HS_RING_SIZE);
HS_RING_ATTR static uint8_t ring[HS_RING_SIZE] __attribute__((aligned(8)));

/* External RAM is cached, and a reset may lose any cache lines that were not written back. So the open packet is in
 * internal RAM that start-up code does not clear. */
#if HS_RING_IN == HS_RING_PSRAM
#ifndef HS_STAGE_SIZE
#define HS_STAGE_SIZE 4096
#endif
static __NOINIT_ATTR uint8_t stage_memory[HS_STAGE_SIZE] __attribute__((aligned(8)));
static void use_stage(struct hs_config *config)
{
    config->stage = stage_memory;
    config->stage_size = HS_STAGE_SIZE;
}
#else
static void use_stage(struct hs_config *config) { (void)config; }
#endif

/* 1: record from boot; 0: wait for heapstrata.start(). */
#ifndef HS_RECORD_FROM_BOOT
#define HS_RECORD_FROM_BOOT 1
#endif

#if portNUM_PROCESSORS > 1
portMUX_TYPE hs_esp_mux = portMUX_INITIALIZER_UNLOCKED;
#endif

/* The cause code of a RESET record (records.def). */
static uint8_t reset_cause(void)
{
    switch (esp_reset_reason()) {
    case ESP_RST_POWERON: return 1;
    case ESP_RST_SW: return 2;
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT: return 3;
    case ESP_RST_PANIC: return 4;
    case ESP_RST_DEEPSLEEP: return 5;
    default: return 0;
    }
}

bool hs_port_image(struct hs_config *config)
{
    config->memory = ring;
    config->memory_size = HS_RING_SIZE;
    config->hz = 1000000;
    config->reset_cause = reset_cause();
    use_stage(config);
    return HS_RECORD_FROM_BOOT;
}

struct hs_text hs_port_facts(struct hs_text base) { return base; }
void hs_port_threads(void) {}

#if HS_RING_IN == HS_RING_PSRAM
void hs_port_flush(const void *data, uint32_t len)
{
    esp_cache_msync((void *)data, len, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED);
}
#else
IRAM_ATTR void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }
#endif

uint8_t hs_port_memory_kind(const void *address)
{
    return esp_ptr_external_ram(address)                                            ? HS_MEMORY_PSRAM
           : esp_ptr_in_rtc_dram_fast(address) || esp_ptr_in_rtc_iram_fast(address) ? HS_MEMORY_RTC_FAST
           : esp_ptr_in_rtc_slow(address)                                           ? HS_MEMORY_RTC_SLOW
           : esp_ptr_in_iram(address)                                               ? HS_MEMORY_IRAM
                                                                                    : HS_MEMORY_INTERNAL;
}
