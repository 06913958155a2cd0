/* SPDX-License-Identifier: MIT
 *
 * Port for Zephyr. The ring is in the section that Zephyr's start-up code does not clear.
 */
#define HS_TICKS_HZ sys_clock_hw_cycles_per_sec()
#define HS_TICKS_OF_PORT 0
static inline void hs_start_ticks(void) {}
#include "firmware-hooks/ports/bare_metal.h"
