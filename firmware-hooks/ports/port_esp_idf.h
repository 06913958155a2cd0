/* SPDX-License-Identifier: MIT
 *
 * Port for ESP-IDF (MicroPython's esp32). While a record is written, a spin lock excludes other tasks, interrupts and the
 * other core. Time is esp_timer's microseconds.
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

/* A fixed number: MicroPython's heap is small at first, and grows. */
#ifndef HS_SITES
#define HS_SITES 512
#endif

typedef uint32_t hs_lock_t;
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

static inline uint32_t hs_port_ticks(void) { return (uint32_t)esp_timer_get_time(); }

#endif
