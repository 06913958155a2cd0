/* SPDX-License-Identifier: MIT
 *
 * Port for processes: MicroPython's unix port and any host program.
 */
#ifndef HS_PORT_POSIX_H
#define HS_PORT_POSIX_H

#include <stdbool.h>
#include <stdint.h>

#define HS_THREAD_LOCAL __thread
#define HS_PORT_SETTINGS   /* hs_port_setting reads the environment */
#define HS_PORT_INTERRUPTS /* a signal handler may jump out of any function */
#if defined(__ELF__) && (defined(__i386__) || (defined(__x86_64__) && !defined(__ILP32__)))
#define HS_PORT_RETURNS /* the wrap of a call of Python code uses no C stack: returns_x86.h */
#endif
#define HS_PORT_GC_SIGNALS /* in a collection, other threads scan their stacks in a signal handler */

/* CircuitPython with a supervisor: the table comes out of the outer heap, as on a board. */
#if !defined HS_SITES && !(defined HS_CP_ROOM && HS_CP_ROOM)
#define HS_SITES 16384
#endif

#ifndef HS_AREAS
#define HS_AREAS 56
#endif

#ifndef HS_FOLLOWED
#define HS_FOLLOWED 4096
#endif

typedef bool hs_lock_t;

/* The lock is not taken until a second thread starts. */
extern bool hs_posix_threads;
extern volatile bool hs_posix_locked;

static inline hs_lock_t hs_port_lock(void)
{
    if (!hs_posix_threads)
        return false;
    while (__atomic_test_and_set(&hs_posix_locked, __ATOMIC_ACQUIRE))
        while (hs_posix_locked)
            ;
    return true;
}

static inline void hs_port_unlock(hs_lock_t lock)
{
    if (lock)
        __atomic_clear(&hs_posix_locked, __ATOMIC_RELEASE);
}

/* The time in microseconds, multiplied by HEAPSTRATA_TIME_SCALE. */
uint32_t hs_port_ticks(void);

#endif
