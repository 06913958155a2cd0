/* SPDX-License-Identifier: MIT
 *
 * Wraps of FreeRTOS's functions that create objects: their caller is the caller of the request. They are in files that are
 * always linked.
 */
#include "firmware-hooks/esp-idf/esp_asked.h"

/* ESP-IDF has these in internal RAM, unless CONFIG_FREERTOS_PLACE_FUNCTIONS_INTO_FLASH is set: newlib's locks make their mutex
 * when they are first taken, which may be while the flash cache is off, and a program's own code in internal RAM may make any
 * of these objects then. */
WRAP_IF_THERE(void *, pvPortMalloc, (size_t size)) ASKS(pvPortMalloc, (size))
WRAP_IF_THERE(void, vPortFree, (void *block)) ASKS_NOTHING(vPortFree, (block))
WRAP_IF_THERE(void *, xQueueGenericCreate, (unsigned length, unsigned size, uint8_t type)) ASKS(xQueueGenericCreate, (length, size, type))
WRAP_IF_THERE(void *, xQueueCreateMutex, (uint8_t type)) ASKS(xQueueCreateMutex, (type))
WRAP_IF_THERE(int, xTaskCreate, (void *code, const char *name, uint32_t stack, void *argument, unsigned priority, void *task))
ASKS(xTaskCreate, (code, name, stack, argument, priority, task))
WRAP_IF_THERE(int, xTaskCreatePinnedToCore, (void *code, const char *name, uint32_t stack, void *argument, unsigned priority, void *task, int core))
ASKS(xTaskCreatePinnedToCore, (code, name, stack, argument, priority, task, core))
WRAP_IF_THERE(void *, xQueueCreateCountingSemaphore, (unsigned most, unsigned first)) ASKS(xQueueCreateCountingSemaphore, (most, first))
