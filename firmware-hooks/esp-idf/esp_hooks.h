/* SPDX-License-Identifier: MIT
 *
 * Declarations that the component's files share.
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

/* Functions that may run while the flash cache is off. In the component without MicroPython, linker.lf.in places them, and
 * lib/ too. */
#if HS_WITH_HEAP_CAPS
#define HS_ESP_FAST IRAM_ATTR
#else
#define HS_ESP_FAST
#endif

/* --- blocks -------------------------------------------------------------------------------------------- */

#define HS_ESP_SHIFT 2 /* TLSF's sizes are multiples of 4 */

/* Bytes of a block before the address that a caller gets (HS_ESP_FRONT): TLSF's word with the block's size, the owner if tasks
 * are tracked, and the words of poisoning. Poisoning has another word after the caller's bytes (HS_ESP_TAIL). */
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
#define HS_ESP_LEAST 16u /* bytes of TLSF's smallest block, its word included */

/* --- regions: esp_regions.c ----------------------------------------------------------------------------- */

/* Finds and records heaps that were registered since the last call. From a task, with the lock held. Returns whether it found
 * any that there is room for. */
bool hs_esp_find_regions(void);

/* Whether the address is in a heap that hs_esp_find_regions found no room for. Runs with the flash cache off too. */
bool hs_esp_is_left_out(uintptr_t address);

/* Granule of the block at the address `block` that a caller has; HS_POS_IMPLIED if it is in no known region. The innermost
 * region counts: reserved pools are heaps inside a block of another heap. */
uint32_t hs_esp_pos(uintptr_t block);

/* Index plus 1 of the first region of hs_esp_heap that has all these capabilities; 0: none. */
unsigned hs_esp_region_with(uint32_t caps);

/* For the firmware's table of heaps: the component's own, or with MicroPython's heap (-DHS_WITH_HEAP_CAPS=1) MicroPython's.
 * Summaries are written from a task, with the flash cache on. */
extern const struct hs_heap hs_esp_heap;

/* --- tasks: esp_tasks.c --------------------------------------------------------------------------------- */

/* The first tasks, whose names are kept. Further tasks have only a number. */
#ifndef HS_ESP_TASKS
#define HS_ESP_TASKS 24u
#endif

/* Stores and records the name of the running task, whose number is `number` (from 1). From a task, with the flash cache on and
 * the lock held. Returns true: no further call is needed for this task. */
bool hs_esp_name_task(uint32_t number);

/* Records the stored names again, with a keyframe or a summary, because a ring overwrites older records. */
void hs_esp_record_tasks(void);
uint32_t hs_esp_tasks_size(void); /* the most bytes of these records */

/* --- events: esp_hooks.c --------------------------------------------------------------------------------- */

/* The most different sets of capabilities that sites may have in a firmware with MicroPython. Further sets are recorded as one
 * without capabilities. */
#define HS_ESP_CAPS_SETS 63u

/* In a firmware with MicroPython: whether a site's `code` stands for a set of capabilities. It is odd, and too small for an
 * address. */
static inline bool hs_esp_is_code(uintptr_t code) { return code & 1 && code < 2 * (HS_ESP_CAPS_SETS + 1); }

/* For hs_config.describe: sets the capabilities of a site as `offset`. Runs with the flash cache off too. */
void hs_esp_describe(uintptr_t code, struct hs_place *place);

/* Records again whose the next records are, with a keyframe. */
void hs_esp_record_turn(void);

/* Registers the callback for failed allocations with ESP-IDF. */
void hs_esp_watch_failures(void);

#endif
