/* SPDX-License-Identifier: MIT
 *
 * Port for ESP-IDF (MicroPython's esp32). While a record is written, a spin lock excludes other tasks, interrupts and the
 * other core; where there is one core only, interrupts are masked, which needs fewer instructions. Time is esp_timer's
 * microseconds.
 */
#ifndef HS_PORT_ESP_IDF_H
#define HS_PORT_ESP_IDF_H

#include <stdint.h>

#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "sdkconfig.h"

#define HS_THREAD_LOCAL __thread

#ifdef CONFIG_HEAPSTRATA_SITES
#define HS_SITES CONFIG_HEAPSTRATA_SITES
#define HS_FOLLOWED CONFIG_HEAPSTRATA_FOLLOWED
#endif

#ifndef HS_STREAM
#define HS_STREAM 0
#endif

/* In MicroPython, whose heap is small at first and grows, the sizes do not follow the heap's. They are those that ports/sizes.h has
 * for a heap of 128 to 192 KB. ESP-IDF's heap in the same trace has more callers and a larger snapshot. */
#if defined HS_WITH_HEAP_CAPS && HS_WITH_HEAP_CAPS
#define HS_ESP_HEAPS 2
#else
#define HS_ESP_HEAPS 1
#endif
#ifndef HS_SITES
#define HS_SITES (HS_ESP_HEAPS * 256)
#endif

typedef uint32_t hs_lock_t;

#if portNUM_PROCESSORS == 1
static inline hs_lock_t hs_port_lock(void) { return (hs_lock_t)portSET_INTERRUPT_MASK_FROM_ISR(); }
static inline void hs_port_unlock(hs_lock_t lock) { portCLEAR_INTERRUPT_MASK_FROM_ISR(lock); }
#else
extern portMUX_TYPE hs_esp_mux;

static inline hs_lock_t hs_port_lock(void)
{
    portENTER_CRITICAL_SAFE(&hs_esp_mux);
    return 0;
}

static inline void hs_port_unlock(hs_lock_t lock)
{
    (void)lock;
    portEXIT_CRITICAL_SAFE(&hs_esp_mux);
}
#endif

static inline uint32_t hs_port_ticks(void) { return (uint32_t)esp_timer_get_time(); }

#endif
