/* SPDX-License-Identifier: MIT
 *
 * HeapStrata for ESP-IDF: every allocation in every region of heap_caps.
 *
 * Nothing needs to be called where CONFIG_HEAPSTRATA_FROM_BOOT is set: recording begins when the system's own start-up
 * is over, in front of app_main. The trace lies where CONFIG_HEAPSTRATA_RING_IN_... says, outlives resets that leave that
 * memory alone, and is read by a probe, by esptool, or from what heapstrata_dump prints.
 */
#ifndef HEAPSTRATA_ESP_H
#define HEAPSTRATA_ESP_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Starts and stops recording. From a task. */
void heapstrata_start(void);
void heapstrata_stop(void);

/* What is recorded: every event; samples of blocks, one in `interval` bytes asked for on average (0: as built); or sums by
 * place, with the regions' figures at each mark, and with CONFIG_HEAPSTRATA_LEAKS what was never freed. From a task. False: there is no such level or interval. */
enum heapstrata_level { HEAPSTRATA_FULL = 1, HEAPSTRATA_SAMPLED, HEAPSTRATA_SUMMARY };
bool heapstrata_level(enum heapstrata_level level, uint32_t interval);

/* A label on the time line. From a task. */
void heapstrata_mark(const char *label);

/* Stops recording and prints the trace on the console, as lines that `heapstrata import` reads. From a task. */
void heapstrata_dump(void);

/* Whether the hooks see allocations. False: link-time optimisation or a missing wrap took them away. */
bool heapstrata_works(void);

#ifdef __cplusplus
}
#endif

#endif
