/* SPDX-License-Identifier: MIT
 *
 * CONFIG_HEAP_TASK_TRACKING of ESP-IDF 5.5 and later takes a FreeRTOS mutex in each allocation and free. A task may have to wait
 * for it, so the trace's spin lock, which masks interrupts, must not be held then. In such a build a mutex keeps other tasks out
 * from a real call to its record, and the spin lock is held only while records are written.
 *
 * The heap hook (CONFIG_HEAPSTRATA_HOOKS) cannot do that: it runs after the allocation, and does not see the lists' blocks. Such a
 * build is refused.
 */
#ifndef HS_ESP_TRACKING_H
#define HS_ESP_TRACKING_H

#include "firmware-hooks/esp-idf/esp_asked.h"

#if defined(CONFIG_HEAP_TASK_TRACKING) && ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0) && CONFIG_HEAPSTRATA_WRAPS
#define HS_ESP_TRACKED 1
#else
#define HS_ESP_TRACKED 0
#endif

#if defined(CONFIG_HEAP_TASK_TRACKING) && ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0) && CONFIG_HEAPSTRATA_HOOKS
#error \
    "HeapStrata's heap hook does not work with CONFIG_HEAP_TASK_TRACKING from ESP-IDF 5.5 on. In menuconfig turn task tracking off, or turn heap tracing off and choose 'Wrap heap_caps_*_base'."
#endif

#if HS_ESP_TRACKED
/* Creates the mutex. Call it once, before anything is recorded. */
void hs_esp_order_begin(void);

/* Takes the mutex, and gives it back. A task may take it again. Not with the spin lock held. The take returns false, and takes
 * nothing, before tasks run and in interrupts; then do not give it. */
bool hs_esp_order_take(void);
void hs_esp_order_give(bool taken);

/* The state of the caller (esp_hooks.c). */
struct hs_esp_asked *hs_esp_me(void);

/* Records a block of ESP-IDF's own lists (esp_hooks.c): after it was allocated, and before it is freed. `own` is its caller. The
 * block is as multi_heap knows it. */
void hs_esp_listed(uintptr_t own, const void *block, size_t size);
void hs_esp_unlisted(uintptr_t own, const void *block);
#else
static inline void hs_esp_order_begin(void) {}
static inline bool hs_esp_order_take(void) { return false; }
static inline void hs_esp_order_give(bool taken) { (void)taken; }
#endif

/* Call them around a real call, with the spin lock held once. */
static inline __attribute__((always_inline)) void hs_esp_before_real(hs_lock_t lock)
{
    if (HS_ESP_TRACKED)
        hs_port_unlock(lock);
}

static inline __attribute__((always_inline)) hs_lock_t hs_esp_after_real(hs_lock_t lock)
{
    return HS_ESP_TRACKED ? hs_port_lock() : lock;
}

#endif
