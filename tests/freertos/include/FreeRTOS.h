/* SPDX-License-Identifier: MIT
 *
 * A stand-in for FreeRTOS's header: what the hook uses of it, under the same names.
 */
#ifndef STANDIN_FREERTOS_H
#define STANDIN_FREERTOS_H

#include <stddef.h>
#include <stdint.h>

#define configTOTAL_HEAP_SIZE 24000
#define configMAX_TASK_NAME_LEN 12
#define portBYTE_ALIGNMENT 8
#define INCLUDE_xTaskGetCurrentTaskHandle 1
#define INCLUDE_xTaskGetSchedulerState 1

#ifndef HS_FREERTOS_HEAP
#define HS_FREERTOS_HEAP 4
#endif
#include "firmware-hooks/freertos/trace_macros.h"

typedef struct {
    uint8_t *pucStartAddress;
    size_t xSizeInBytes;
} HeapRegion_t;

void *pvPortMalloc(size_t size);
void *pvPortCalloc(size_t n, size_t size);
void vPortFree(void *block);
void vPortDefineHeapRegions(const HeapRegion_t *const regions);

#endif
