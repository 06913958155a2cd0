/* SPDX-License-Identifier: MIT
 *
 * What FreeRTOS and ESP-IDF create in one block, for CONFIG_HEAPSTRATA_NAME_MORE.
 */
#include "esp_heap_caps.h"

void *xEventGroupCreate(void);
void *xStreamBufferGenericCreate(size_t size, size_t trigger, int message, void *sent, void *received);
void *xRingbufferCreate(size_t size, int type);

void *xEventGroupCreate(void) { return heap_caps_malloc(28, MALLOC_CAP_INTERNAL); }

void *xStreamBufferGenericCreate(size_t size, size_t trigger, int message, void *sent, void *received)
{
    (void)trigger, (void)message, (void)sent, (void)received;
    return heap_caps_malloc(size, MALLOC_CAP_INTERNAL);
}

void *xRingbufferCreate(size_t size, int type)
{
    (void)type;
    return heap_caps_malloc(size, MALLOC_CAP_INTERNAL);
}
