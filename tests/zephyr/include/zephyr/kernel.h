/* SPDX-License-Identifier: MIT
 *
 * A stand-in for Zephyr's header: what the hook and the port use of it, under the same names.
 */
#ifndef STANDIN_ZEPHYR_KERNEL_H
#define STANDIN_ZEPHYR_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/sys/sys_heap.h>

typedef struct {
    int64_t ticks;
} k_timeout_t;
#define K_NO_WAIT ((k_timeout_t){0})

struct k_heap {
    struct sys_heap heap;
};

void *k_malloc(size_t size);
void *k_realloc(void *old, size_t size);
void k_free(void *block);
void *k_heap_alloc(struct k_heap *heap, size_t size, k_timeout_t timeout);
void k_heap_free(struct k_heap *heap, void *block);
extern struct k_heap _system_heap;

struct k_thread;
typedef struct k_thread *k_tid_t;
k_tid_t k_current_get(void);
const char *k_thread_name_get(k_tid_t thread);
bool k_is_in_isr(void);
bool k_is_pre_kernel(void);

static inline unsigned irq_lock(void)
{
    unsigned key;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(key) : : "memory");
    return key;
}
static inline void irq_unlock(unsigned key) { __asm__ volatile("msr primask, %0" : : "r"(key) : "memory"); }

/* mps2-an385's timer 0, which counts down. */
static inline uint32_t k_cycle_get_32(void) { return ~*(volatile uint32_t *)0x40000004u; }
static inline uint32_t sys_clock_hw_cycles_per_sec(void) { return 25000000u; }

#endif
