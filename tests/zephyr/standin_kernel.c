/* SPDX-License-Identifier: MIT
 *
 * A stand-in for Zephyr's kernel: k_malloc and a k_heap above sys_heap, and three "threads" that take turns.
 */
#include <zephyr/kernel.h>

#include "tests/zephyr/work.h"

struct k_heap _system_heap, other_heap;
static uint8_t system_memory[24000] __attribute__((aligned(8))), other_memory[6000] __attribute__((aligned(8)));

typedef void *(*allocator_t)(struct sys_heap *heap, size_t align, size_t size);

/* Zephyr's k_malloc and k_heap_alloc call sys_heap_noalign_alloc; older versions call sys_heap_aligned_alloc. Here both, by turns,
 * unless it is to be an older version. */
#ifdef OLDER
static allocator_t allocator(void) { return sys_heap_aligned_alloc; }
#else
static allocator_t allocator(void)
{
    static unsigned turn;
    return turn++ & 1 ? sys_heap_aligned_alloc : sys_heap_noalign_alloc;
}
#endif

/* As Zephyr: the heap is stored in front of the block. */
void *k_malloc(size_t size)
{
    struct k_heap **block = allocator()(&_system_heap.heap, 8, size + sizeof *block);
    if (!block)
        return NULL;
    *block = &_system_heap;
    return block + 1;
}

void *k_realloc(void *old, size_t size)
{
    struct k_heap **block = sys_heap_realloc(&_system_heap.heap, old ? (struct k_heap **)old - 1 : NULL, size + sizeof *block);
    if (!block)
        return NULL;
    *block = &_system_heap;
    return block + 1;
}

void k_free(void *block)
{
    if (block)
        sys_heap_free(&((struct k_heap **)block)[-1]->heap, (struct k_heap **)block - 1);
}

void *k_heap_alloc(struct k_heap *heap, size_t size, k_timeout_t timeout)
{
    (void)timeout;
    return allocator()(&heap->heap, 4, size);
}

void k_heap_free(struct k_heap *heap, void *block) { sys_heap_free(&heap->heap, block); }

struct k_thread {
    const char *name;
};
static struct k_thread threads[THREADS] = {{"sensor"}, {"radio"}, {"log"}};
static struct k_thread *current;

k_tid_t k_current_get(void) { return current; }
const char *k_thread_name_get(k_tid_t thread) { return thread->name; }
bool k_is_in_isr(void) { return false; }
bool k_is_pre_kernel(void) { return !current; }

int main(void);
int main(void)
{
    *(volatile uint32_t *)0x40000008u = 0xffffffffu;
    *(volatile uint32_t *)0x40000000u = 1;
    sys_heap_init(&_system_heap.heap, system_memory, sizeof system_memory);
    sys_heap_init(&other_heap.heap, other_memory, sizeof other_memory);
    work_begin();
    for (unsigned turn = 0; turn < TURNS; turn++) {
        current = &threads[turn * 7 / 3 % THREADS];
        work_step((unsigned)(current - threads), turn);
    }
    work_end();
}
