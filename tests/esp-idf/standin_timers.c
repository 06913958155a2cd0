/* SPDX-License-Identifier: MIT
 *
 * FreeRTOS's timers, which ESP-IDF has in a file of an archive that only programs with timers link.
 */
#include "tests/esp-idf/bare_system.h"

void *xTimerCreate(const char *name, uint32_t period, int reload, void *id, void *callback)
{
    return (void)name, (void)period, (void)reload, (void)id, (void)callback, pvPortMalloc(BARE_MUTEX);
}
