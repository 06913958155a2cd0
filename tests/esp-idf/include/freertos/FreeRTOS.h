/* SPDX-License-Identifier: MIT
 *
 * Critical sections over cores; one that has it may enter again. With one core, a mask of interrupts.
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
uint32_t portSET_INTERRUPT_MASK_FROM_ISR(void); /* returns what the other one takes */
void portCLEAR_INTERRUPT_MASK_FROM_ISR(uint32_t before);
bool xPortInIsrContext(void);
#ifndef portNUM_PROCESSORS
#define portNUM_PROCESSORS 4
#endif
int xPortGetCoreID(void);

#endif
