/* SPDX-License-Identifier: MIT
 *
 * Beside ESP-IDF's task tracking: the mutex that keeps the order of events, and the blocks of ESP-IDF's own lists.
 *
 * ESP-IDF allocates these lists in heap_task_info.c with multi_heap_malloc, which no wrap of esp_hooks.c sees. A block is
 * recorded after it was allocated, and before it is freed, so that another task's block at the same place comes after it.
 */
#include "firmware-hooks/esp-idf/esp_tracking.h"

#if HS_ESP_TRACKED
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

/* --- the mutex -------------------------------------------------------------------------------------------- */

static StaticSemaphore_t memory;
static SemaphoreHandle_t order;

void hs_esp_order_begin(void)
{
    if (!order)
        order = xSemaphoreCreateRecursiveMutexStatic(&memory);
}

HS_ESP_FAST bool hs_esp_order_take(void)
{
    return order && !xPortInIsrContext() && xTaskGetSchedulerState() == taskSCHEDULER_RUNNING &&
           xSemaphoreTakeRecursive(order, portMAX_DELAY);
}

HS_ESP_FAST void hs_esp_order_give(bool taken)
{
    if (taken)
        xSemaphoreGiveRecursive(order);
}

/* --- ESP-IDF's lists ---------------------------------------------------------------------------------------- */

struct heap_t_;

#define CHANGES_LISTS(name, arguments) \
    { \
        struct hs_esp_asked *me = hs_esp_me(); \
        me->lists++; \
        __real_##name arguments; \
        me->lists--; \
    }

WRAP(void, heap_caps_update_per_task_info_alloc, (struct heap_t_ * heap, void *block, size_t size, uint32_t caps))
CHANGES_LISTS(heap_caps_update_per_task_info_alloc, (heap, block, size, caps))

WRAP(void, heap_caps_update_per_task_info_free, (struct heap_t_ * heap, void *block))
CHANGES_LISTS(heap_caps_update_per_task_info_free, (heap, block))

WRAP(void, heap_caps_update_per_task_info_realloc,
     (struct heap_t_ * heap, void *old, void *block, size_t old_size, TaskHandle_t old_task, size_t size, uint32_t caps))
CHANGES_LISTS(heap_caps_update_per_task_info_realloc, (heap, old, block, old_size, old_task, size, caps))

/* A program asks for the figures of tasks: ESP-IDF allocates arrays for them in the same way, and frees them. */
struct figures;

static int allocate_arrays(int (*real)(struct figures *figures, TaskHandle_t task), struct figures *figures, TaskHandle_t task)
{
    struct hs_esp_asked *me = hs_esp_me();
    bool ordered = hs_esp_order_take();
    me->lists++;
    int result = real(figures, task);
    me->lists--;
    hs_esp_order_give(ordered);
    return result;
}

static void free_arrays(void (*real)(struct figures *figures), struct figures *figures)
{
    struct hs_esp_asked *me = hs_esp_me();
    bool ordered = hs_esp_order_take();
    me->lists++;
    real(figures);
    me->lists--;
    hs_esp_order_give(ordered);
}

/* The function for all tasks does not read `task`. */
WRAP_IF_THERE(int, heap_caps_alloc_all_task_stat_arrays, (struct figures * figures, TaskHandle_t task))
{
    return allocate_arrays(__real_heap_caps_alloc_all_task_stat_arrays, figures, task);
}

WRAP_IF_THERE(int, heap_caps_alloc_single_task_stat_arrays, (struct figures * figures, TaskHandle_t task))
{
    return allocate_arrays(__real_heap_caps_alloc_single_task_stat_arrays, figures, task);
}

WRAP_IF_THERE(void, heap_caps_free_all_task_stat_arrays, (struct figures * figures))
{
    free_arrays(__real_heap_caps_free_all_task_stat_arrays, figures);
}

WRAP_IF_THERE(void, heap_caps_free_single_task_stat_arrays, (struct figures * figures))
{
    free_arrays(__real_heap_caps_free_single_task_stat_arrays, figures);
}

WRAP(void *, multi_heap_malloc, (multi_heap_handle_t heap, size_t size))
{
    void *block = __real_multi_heap_malloc(heap, size);
    if (block && hs_esp_me()->lists)
        hs_esp_listed(RETURN_ADDRESS, block, size);
    return block;
}

WRAP(void, multi_heap_free, (multi_heap_handle_t heap, void *block))
{
    if (block && hs_esp_me()->lists)
        hs_esp_unlisted(RETURN_ADDRESS, block);
    __real_multi_heap_free(heap, block);
}
#endif
