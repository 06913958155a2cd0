/* SPDX-License-Identifier: MIT
 *
 * What a port on a bare RISC-V or Xtensa core costs at least: interrupts masked for the length of a record, time from
 * the core's own counter.
 */
#ifndef HS_PORT_LEAST_H
#define HS_PORT_LEAST_H

#include <stdint.h>

typedef uint32_t hs_lock_t;

#ifdef __riscv
static inline hs_lock_t hs_port_lock(void)
{
    hs_lock_t enabled;
    __asm__ volatile(".option push\n.option arch, +zicsr\ncsrrci %0, mstatus, 8\n.option pop" : "=r"(enabled) : : "memory");
    return enabled & 8;
}
static inline void hs_port_unlock(hs_lock_t enabled)
{
    __asm__ volatile(".option push\n.option arch, +zicsr\ncsrs mstatus, %0\n.option pop" : : "r"(enabled) : "memory");
}
static inline uint32_t hs_port_ticks(void)
{
    uint32_t ticks;
    __asm__ volatile(".option push\n.option arch, +zicsr\ncsrr %0, cycle\n.option pop" : "=r"(ticks));
    return ticks;
}
#else
static inline hs_lock_t hs_port_lock(void)
{
    hs_lock_t state;
    __asm__ volatile("rsil %0, 15" : "=r"(state) : : "memory");
    return state;
}
static inline void hs_port_unlock(hs_lock_t state) { __asm__ volatile("wsr %0, ps\n\trsync" : : "r"(state) : "memory"); }
static inline uint32_t hs_port_ticks(void)
{
    uint32_t ticks;
    __asm__ volatile("rsr %0, ccount" : "=r"(ticks));
    return ticks;
}
#endif

#endif
