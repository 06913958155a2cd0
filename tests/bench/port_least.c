/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/ports/hook_port.h"
#include "lib/port.h"

#define RING_SIZE 4096

static uint8_t ring[RING_SIZE] __attribute__((section(".noinit"), aligned(8)));

bool hs_port_image(struct hs_config *config)
{
    config->memory = ring;
    config->memory_size = RING_SIZE;
    config->hz = 80000000u >> HS_TICK_SHIFT;
    return true;
}

void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }
