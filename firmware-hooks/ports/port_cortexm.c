/* SPDX-License-Identifier: MIT
 *
 * Port for ARM Cortex-M. The image lies at HS_RING_ADDR, in memory that start-up code leaves alone, or in
 * a section .noinit, which a linker script must place outside .bss to keep its contents over a reset.
 */
#include "firmware-hooks/ports/port.h"
#include "lib/port.h"

#ifndef HS_RING_SIZE
#define HS_RING_SIZE 16384
#endif
#ifndef HS_RING_ADDR
static uint8_t ring[HS_RING_SIZE] __attribute__((section(".noinit"), aligned(8)));
#define HS_RING_ADDR ring
#endif

/* 1: record from boot; 0: wait for heapstrata.start(). */
#ifndef HS_RECORD_FROM_BOOT
#define HS_RECORD_FROM_BOOT 1
#endif

static void start_ticks(void) {
#ifdef HS_TICKS_CMSDK
    *(volatile uint32_t *)0x40000008u = 0xffffffffu; /* RELOAD */
    *(volatile uint32_t *)0x40000000u = 1;           /* CTRL: enable */
#else
    *(volatile uint32_t *)0xE000EDFCu |= 1u << 24; /* DEMCR: TRCENA */
    *(volatile uint32_t *)0xE0001000u |= 1;        /* DWT_CTRL: CYCCNTENA */
#endif
}

bool hs_port_image(struct hs_config *config) {
    start_ticks();
    config->memory = (void *)HS_RING_ADDR;
    config->memory_size = HS_RING_SIZE;
    config->hz = HS_TICKS_HZ >> HS_TICK_SHIFT;
    return HS_RECORD_FROM_BOOT;
}

struct hs_text hs_port_facts(struct hs_text base) { return base; }
void hs_port_threads(void) {}
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }

uint8_t hs_port_memory_kind(const void *address) { return (void)address, HS_MEMORY_INTERNAL; }
