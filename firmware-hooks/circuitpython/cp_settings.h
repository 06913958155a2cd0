/* SPDX-License-Identifier: MIT
 *
 * Numbers from settings.toml, the file on the drive CIRCUITPY that has CircuitPython's own sizes too
 * (CIRCUITPY_HEAP_START_SIZE, CIRCUITPY_PYSTACK_SIZE).
 */
#ifndef HS_CP_SETTINGS_H
#define HS_CP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* Sets `value` and returns true if the file has a number of that name, not below 0. Returns false, and leaves `value`, also
 * where there is no file or the firmware reads none. Allocates nothing. Not ISR safe. */
bool hs_cp_setting(const char *name, uint32_t *value);

#endif
