/* SPDX-License-Identifier: MIT
 *
 * Port for one RISC-V core in machine mode (MicroPython's qemu port on VIRT_RV32). Interrupts are masked while a record is
 * written. Time: as in port_cortexm.h, without HS_CLOCK_CYCLES.
 */
#ifndef HS_PORT_RISCV_H
#define HS_PORT_RISCV_H

#include <stdint.h>

#include "firmware-hooks/ports/emulated_timers.h"
#include "firmware-hooks/ports/ticks.h"

#ifndef HS_PENDING
#define HS_PENDING 512
#endif
#ifndef HS_STREAM
#define HS_STREAM 0
#endif
#ifndef HS_CRC_TABLE
#define HS_CRC_TABLE 16
#endif

typedef uint32_t hs_lock_t;

#define HS_RISCV_MIE 8u /* bit of mstatus: interrupts are enabled */

/* Since GCC 12 these instructions need the extension Zicsr, which builds for older C libraries do not name. */
#if defined(__riscv_zicsr) || __GNUC__ < 12
#define HS_RISCV_CSR(instruction) instruction
#else
#define HS_RISCV_CSR(instruction) ".option push\n\t.option arch, +zicsr\n\t" instruction "\n\t.option pop"
#endif

static inline hs_lock_t hs_port_lock(void)
{
    uintptr_t mstatus;
    __asm__ volatile(HS_RISCV_CSR("csrrci %0, mstatus, 8") : "=r"(mstatus) : : "memory");
    return (hs_lock_t)mstatus & HS_RISCV_MIE;
}

static inline void hs_port_unlock(hs_lock_t lock)
{
    __asm__ volatile(HS_RISCV_CSR("csrs mstatus, %0") : : "r"((uintptr_t)lock) : "memory");
}

static inline uint32_t hs_port_ticks(void) { return HS_TICKS(); }

#endif
