/* SPDX-License-Identifier: MIT
 *
 * What the files of the component share.
 */
#ifndef HS_ESP_HOOKS_H
#define HS_ESP_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_attr.h"
#include "esp_idf_version.h"
#include "lib/heap.h"
#include "sdkconfig.h"

#ifndef HS_WITH_HEAP_CAPS
#define HS_WITH_HEAP_CAPS 0
#endif

/* What may run while the flash cache is off. The component by itself is placed by linker.lf.in, lib/ too. */
#if HS_WITH_HEAP_CAPS
#define HS_ESP_FAST IRAM_ATTR
#else
#define HS_ESP_FAST
#endif

/* --- blocks -------------------------------------------------------------------------------------------- */

#define HS_ESP_SHIFT 2 /* TLSF's sizes are multiples of 4 */

/* In front of what a caller gets: TLSF's word with the block's size, the owner where tasks are tracked, and what poisoning
 * puts there; behind it another word of that. */
#define HS_ESP_WORD 4u
#if defined(CONFIG_HEAP_POISONING_LIGHT) || defined(CONFIG_HEAP_POISONING_COMPREHENSIVE)
#define HS_ESP_CANARY 8u
#define HS_ESP_TAIL 4u
#else
#define HS_ESP_CANARY 0u
#define HS_ESP_TAIL 0u
#endif
#ifdef CONFIG_HEAP_TASK_TRACKING
#define HS_ESP_OWNER 4u
#else
#define HS_ESP_OWNER 0u
#endif
#define HS_ESP_FRONT (HS_ESP_WORD + HS_ESP_CANARY + HS_ESP_OWNER)
#define HS_ESP_HEADER (HS_ESP_FRONT + HS_ESP_TAIL)
#define HS_ESP_LEAST 16u /* TLSF's smallest block with its word */

/* --- regions: esp_regions.c ----------------------------------------------------------------------------- */

/* Finds the registered heaps that have come since, and records them. With the lock held. False when there is no room for
 * all of them. */
bool hs_esp_find_regions(void);

/* Granule of the block that the caller knows as `block`, HS_POS_IMPLIED when it is of no region that we know. The
 * innermost region counts: reserved pools are heaps within a block of another heap. */
uint32_t hs_esp_pos(uintptr_t block);

/* Place among the regions of hs_esp_heap of one that has these capabilities, plus 1; 0: none has. */
unsigned hs_esp_region_with(uint32_t caps);

/* For the table of the firmware's heaps: the component's own, or that of MicroPython, beside whose heap it may be
 * (-DHS_WITH_HEAP_CAPS=1). Summaries are written from a task, with the flash cache on. */
extern const struct hs_heap hs_esp_heap;

/* --- tasks: esp_tasks.c --------------------------------------------------------------------------------- */

/* Tasks whose names are kept, the first ones. Further ones have a number only. */
#ifndef HS_ESP_TASKS
#define HS_ESP_TASKS 24u
#endif

/* Keeps the name of the task that runs, whose number is `number` (from 1), and records it. From a task, with the flash cache
 * on and the lock held. True: it need not be asked again. */
bool hs_esp_name_task(uint32_t number);

/* Records the names that are kept once more: with a keyframe or a summary, since a ring forgets. */
void hs_esp_record_tasks(void);
uint32_t hs_esp_tasks_size(void); /* at most so many bytes */

/* --- events: esp_hooks.c --------------------------------------------------------------------------------- */

/* Different sets of capabilities that sites beside MicroPython may have, one more included that has none. */
#define HS_ESP_CAPS_SETS 63u

/* Whether a site's `code` beside MicroPython says which capabilities were asked for: odd, and where no code is. */
static inline bool hs_esp_is_code(uintptr_t code) { return code & 1 && code < 2 * (HS_ESP_CAPS_SETS + 1); }

/* Tells the capabilities of a site; for hs_config. */
void hs_esp_describe(uintptr_t code, struct hs_place *place);

/* Asks ESP-IDF to tell of failed allocations. */
void hs_esp_watch_failures(void);

#endif
