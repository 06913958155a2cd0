/* SPDX-License-Identifier: MIT
 *
 * Port for RP2040 and RP2350. The image lies in a section that the SDK's start-up leaves alone, so it
 * survives every reset but the loss of power.
 */
#include "firmware-hooks/ports/port.h"
#include "lib/port.h"

#ifndef HS_RING_SIZE
#define HS_RING_SIZE 16384
#endif
static uint8_t ring[HS_RING_SIZE] __attribute__((section(".uninitialized_data.heapstrata"), aligned(8)));

/* 1: record from boot; 0: wait for heapstrata.start(). */
#ifndef HS_RECORD_FROM_BOOT
#define HS_RECORD_FROM_BOOT 1
#endif

bool hs_port_image(struct hs_config *config) {
    config->memory = ring;
    config->memory_size = HS_RING_SIZE;
    config->hz = 1000000;
    return HS_RECORD_FROM_BOOT;
}

struct hs_text hs_port_facts(struct hs_text base) { return base; }
void hs_port_threads(void) {}
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }
uint8_t hs_port_memory_kind(const void *address) { return (void)address, HS_MEMORY_INTERNAL; }
