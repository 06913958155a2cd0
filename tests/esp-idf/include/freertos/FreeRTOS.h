/* SPDX-License-Identifier: MIT
 *
 * Critical sections over cores; one that has it may enter again.
 */
#ifndef TESTS_ESP_IDF_FREERTOS_H
#define TESTS_ESP_IDF_FREERTOS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    volatile uintptr_t owner; /* 0: nobody */
    volatile uint32_t count;
} portMUX_TYPE;
#define portMUX_INITIALIZER_UNLOCKED \
    { \
        0, 0 \
    }

void portENTER_CRITICAL_SAFE(portMUX_TYPE *mux);
void portEXIT_CRITICAL_SAFE(portMUX_TYPE *mux);
bool xPortInIsrContext(void);
#define portNUM_PROCESSORS 4
int xPortGetCoreID(void);

#endif
