/* SPDX-License-Identifier: MIT
 *
 * CONFIG_HEAP_TASK_TRACKING as ESP-IDF has it from 5.5 on: each block has an entry in a list. An entry is a block of the heap
 * itself, which no function of heap_caps has handed out, and a mutex that tasks wait for guards the list.
 */
#include <pthread.h>

#include "tests/esp-idf/standin_multi.h"
#include "tests/esp-idf/system.h"

struct heap_t_;
void heap_caps_update_per_task_info_alloc(struct heap_t_ *heap, void *block, size_t size, uint32_t caps);
void heap_caps_update_per_task_info_free(struct heap_t_ *heap, void *block);
void heap_caps_update_per_task_info_realloc(struct heap_t_ *heap, void *old, void *block, size_t old_size, void *old_task,
                                            size_t size, uint32_t caps);

struct entry {
    struct entry *next;
    const void *block;
    uint32_t unused[3];
};
static struct entry *entries;
static unsigned freed;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void take(void)
{
    system_may_wait();
    pthread_mutex_lock(&mutex);
}

void heap_caps_update_per_task_info_alloc(struct heap_t_ *heap, void *block, size_t size, uint32_t caps)
{
    (void)size, (void)caps;
    take();
    struct entry *entry = multi_heap_malloc((multi_heap_handle_t)heap, sizeof *entry);
    if (entry) {
        *entry = (struct entry){entries, block, {0}};
        entries = entry;
    }
    pthread_mutex_unlock(&mutex);
}

void heap_caps_update_per_task_info_free(struct heap_t_ *heap, void *block)
{
    take();
    struct entry **at = &entries;
    while (*at && (*at)->block != block)
        at = &(*at)->next;
    struct entry *gone = *at;
    if (gone) {
        *at = gone->next;
        freed++;
        multi_heap_free((multi_heap_handle_t)heap, gone);
    }
    pthread_mutex_unlock(&mutex);
}

void heap_caps_update_per_task_info_realloc(struct heap_t_ *heap, void *old, void *block, size_t old_size, void *old_task,
                                            size_t size, uint32_t caps)
{
    (void)heap, (void)old_size, (void)old_task, (void)size, (void)caps;
    take();
    for (struct entry *entry = entries; entry; entry = entry->next)
        if (entry->block == old)
            entry->block = block;
    pthread_mutex_unlock(&mutex);
}

unsigned standin_entries(void (*each)(const void *entry, size_t size, void *context), void *context)
{
    for (struct entry *entry = entries; entry; entry = entry->next)
        each(entry, sizeof *entry, context);
    return freed;
}
