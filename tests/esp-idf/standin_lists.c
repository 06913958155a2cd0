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
static multi_heap_handle_t biggest; /* the heap that the lists are in */
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
    biggest = (multi_heap_handle_t)heap;
    struct entry *entry = multi_heap_malloc(biggest, sizeof *entry);
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
        __atomic_fetch_add(&freed, 1, __ATOMIC_RELAXED);
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

/* A program asks for figures: an array of the heap's own, without an entry. */
int heap_caps_alloc_all_task_stat_arrays(void **array);
int heap_caps_alloc_all_task_stat_arrays(void **array)
{
    take();
    pthread_mutex_unlock(&mutex);
    *array = multi_heap_malloc(biggest, 200);
    return ESP_OK;
}

void heap_caps_free_all_task_stat_arrays(void **array);
void heap_caps_free_all_task_stat_arrays(void **array)
{
    if (!*array)
        return;
    multi_heap_free(biggest, *array);
    __atomic_fetch_add(&freed, 1, __ATOMIC_RELAXED);
}

unsigned standin_entries(void (*each)(const void *entry, size_t size, void *context), void *context)
{
    for (struct entry *entry = entries; entry; entry = entry->next)
        each(entry, sizeof *entry, context);
    return freed;
}
