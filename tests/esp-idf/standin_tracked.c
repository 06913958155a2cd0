/* SPDX-License-Identifier: MIT
 *
 * The calls of standin_lists.c, in another file, so that the linker sees each in between.
 */
#include "tests/esp-idf/standin.h"

struct heap_t_;
void heap_caps_update_per_task_info_alloc(struct heap_t_ *heap, void *block, size_t size, uint32_t caps);
void heap_caps_update_per_task_info_free(struct heap_t_ *heap, void *block);
void heap_caps_update_per_task_info_realloc(struct heap_t_ *heap, void *old, void *block, size_t old_size, void *old_task,
                                            size_t size, uint32_t caps);

void standin_list(multi_heap_handle_t biggest, void *block)
{
    heap_caps_update_per_task_info_alloc((struct heap_t_ *)biggest, block, 0, 0);
}

void standin_unlist(multi_heap_handle_t biggest, void *block)
{
    heap_caps_update_per_task_info_free((struct heap_t_ *)biggest, block);
}

void standin_relist(void *old, void *block) { heap_caps_update_per_task_info_realloc(NULL, old, block, 0, NULL, 0, 0); }
