/* SPDX-License-Identifier: MIT
 *
 * HeapStrata for ESP-IDF: records every allocation in every region of heap_caps. Call these functions from a task only.
 *
 * With CONFIG_HEAPSTRATA_FROM_BOOT no call is needed: recording starts at the end of the system's start-up, before app_main.
 * CONFIG_HEAPSTRATA_RING_IN_... chooses the memory of the trace. The trace survives resets that do not clear that memory. Read
 * it with a debug probe, with esptool, or from the output of heapstrata_dump.
 */
#ifndef HEAPSTRATA_ESP_H
#define HEAPSTRATA_ESP_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Start and stop recording. */
void heapstrata_start(void);
void heapstrata_stop(void);

/* Sets how much is recorded. FULL: every event. SAMPLED: one sampled block per `interval` requested bytes on average (0: the
 * interval of the build). SUMMARY: sums per site and the regions' figures at each mark; with CONFIG_HEAPSTRATA_LEAKS also
 * blocks that were never freed. Returns false if the level or the interval is invalid. */
enum heapstrata_level { HEAPSTRATA_FULL = 1, HEAPSTRATA_SAMPLED, HEAPSTRATA_SUMMARY };
bool heapstrata_level(enum heapstrata_level level, uint32_t interval);

/* Records a mark with this label, of which at most HS_DATA_MAX bytes are kept. */
void heapstrata_mark(const char *label);

/* Stops recording and prints the trace on the console, as lines that `heapstrata import` reads. */
void heapstrata_dump(void);

/* Whether allocations reach the hooks. False: they are bypassed, by link-time optimisation or a missing wrap, or the trace's
 * memory was refused. */
bool heapstrata_works(void);

#ifdef __cplusplus
}
#endif

#endif
