/* SPDX-License-Identifier: MIT
 *
 * The common part of ports without an operating system. Exactly one C file of a port includes it (e.g. port_cortexm.c).
 * The image is allocated from the heap (HS_RING_FROM_HEAP), or is at HS_RING_ADDR, in memory that start-up code does not
 * clear, or is in the section HS_RING_SECTION, by default ".noinit". A linker whose script does not name .noinit puts it after .bss; a collector's heap
 * that begins there is made smaller (room.h).
 */
#ifndef HS_BARE_METAL_H
#define HS_BARE_METAL_H

#include "firmware-hooks/ports/hook_port.h"
#include "lib/port.h"

/* 1: start-up code does not clear the heap, so a ring in it survives a reset (firmware-hooks/ports/sizes.h). */
#ifndef HS_RING_FROM_HEAP
#define HS_RING_FROM_HEAP 0
#endif
#if HS_RING_FROM_HEAP && !defined(HS_RING_SIZE) && !defined(HS_RING_ADDR)
#define HS_RING_SIZE 0
#define HS_RING_ADDR 0
#else
#ifndef HS_RING_SIZE
#define HS_RING_SIZE 16384
#endif
HS_PORT_RING_CHECK(HS_RING_SIZE);
#ifndef HS_RING_ADDR
#ifndef HS_RING_SECTION
#define HS_RING_SECTION ".noinit"
#endif
static uint8_t ring[HS_RING_SIZE] __attribute__((section(HS_RING_SECTION), aligned(8)));
#define HS_RING_ADDR ring
#endif
#endif

/* 1: record from boot; 0: wait for heapstrata.start(). */
#ifndef HS_RECORD_FROM_BOOT
#define HS_RECORD_FROM_BOOT 1
#endif

/* --- time: the firmware's own clock, unless a counter was chosen ------------------------------------------------ */

#if HS_TICKS_OF_PORT && HS_CIRCUITPYTHON
uint64_t port_get_raw_ticks(uint8_t *subticks);

#define PORT_HZ 32768u

/* 1024 ticks per second, each divided into 32 parts. */
static uint32_t port_time(void)
{
    uint8_t part = 0;
    uint32_t ticks = (uint32_t)port_get_raw_ticks(&part);
    return ticks << 5 | part;
}
#elif HS_TICKS_OF_PORT && HS_MICROPYTHON
#include "py/mphal.h"

#define PORT_HZ 1000000u

static uint32_t port_time(void) { return (uint32_t)mp_hal_ticks_us(); }
#elif HS_TICKS_OF_PORT
#error "no clock: define HS_TICKS() and HS_TICKS_HZ, or HS_CLOCK_CYCLES=1 where there is a cycle counter (port_cortexm.h)"
#endif

#if HS_TICKS_OF_PORT
/* A clock made of two counters may step back for a moment while interrupts are masked, by the range of the lower counter
 * (512 s in the nrf port). That is not a wrap: the last time is repeated until the clock has caught up. */
#define STEP_BACK (1u << 29)

uint32_t hs_bare_ticks(void)
{
    static uint32_t last;
    uint32_t now = port_time();
    if (last - now > STEP_BACK)
        last = now;
    return last;
}
#undef HS_TICKS_HZ
#define HS_TICKS_HZ PORT_HZ
#endif

/* --- functions that the hooks call ------------------------------------------------------------------------------ */

#if defined(HS_CP_RUNS) && HS_CP_RUNS
#include "shared-bindings/microcontroller/Processor.h"

/* Weak: a board without the module microcontroller does not define it. */
__attribute__((weak)) mcu_reset_reason_t common_hal_mcu_processor_get_reset_reason(void);

/* The cause code of a RESET record (records.def). */
static uint8_t reset_cause(void)
{
    static const uint8_t causes[] = {
        [MCU_RESET_REASON_POWER_ON] = 1,         [MCU_RESET_REASON_BROWNOUT] = 7,  [MCU_RESET_REASON_SOFTWARE] = 2,
        [MCU_RESET_REASON_DEEP_SLEEP_ALARM] = 5, [MCU_RESET_REASON_RESET_PIN] = 6, [MCU_RESET_REASON_WATCHDOG] = 3,
    };
    unsigned reason = common_hal_mcu_processor_get_reset_reason ? (unsigned)common_hal_mcu_processor_get_reset_reason() : ~0u;
    return reason < sizeof causes ? causes[reason] : 0;
}
#else
static uint8_t reset_cause(void) { return 0; }
#endif

bool hs_port_image(struct hs_config *config)
{
    hs_start_ticks();
    config->memory = (void *)HS_RING_ADDR;
    config->memory_size = HS_RING_SIZE;
    config->hz = HS_TICKS_HZ >> HS_TICK_SHIFT;
    config->reset_cause = reset_cause();
    return HS_RECORD_FROM_BOOT;
}

struct hs_text hs_port_facts(struct hs_text base) { return base; }
void hs_port_threads(void) {}
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }

uint8_t hs_port_memory_kind(const void *address) { return (void)address, HS_MEMORY_INTERNAL; }

#endif
