/* SPDX-License-Identifier: MIT
 *
 * Port for RP2040 and RP2350. The image is allocated from the end of the heap (firmware-hooks/ports/sizes.h). With
 * HS_RING_SIZE it is in a section that the SDK's start-up code does not clear, or at HS_RING_ADDR, in memory that nothing
 * else uses. So it survives every reset except a loss of power.
 */
#include "firmware-hooks/ports/hook_port.h"
#include "hardware/watchdog.h"
#include "lib/port.h"
#if defined(PICO_RP2350) && PICO_RP2350
#include "hardware/structs/powman.h"
#else
#include "hardware/structs/vreg_and_chip_reset.h"
#endif

#if !defined(HS_RING_SIZE) && !defined(HS_RING_ADDR)
#define HS_RING_SIZE 0 /* allocate it from the heap, which start-up code does not clear */
#define HS_RING_ADDR 0
#else
#ifndef HS_RING_SIZE
#define HS_RING_SIZE 16384
#endif
HS_PORT_RING_CHECK(HS_RING_SIZE);
#ifndef HS_RING_ADDR
static uint8_t ring[HS_RING_SIZE] __attribute__((section(".uninitialized_data.heapstrata"), aligned(8)));
#define HS_RING_ADDR ring
#endif
#endif

/* 1: record from boot; 0: wait for heapstrata.start(). */
#ifndef HS_RECORD_FROM_BOOT
#define HS_RECORD_FROM_BOOT 1
#endif

/* The RP2040 does not tell a brownout from power-on. */
#if defined(PICO_RP2350) && PICO_RP2350
#define CHIP_RESET (powman_hw->chip_reset)
#define HAD_POWER_ON POWMAN_CHIP_RESET_HAD_POR_BITS
#define HAD_BROWNOUT POWMAN_CHIP_RESET_HAD_BOR_BITS
#define HAD_RUN_PIN POWMAN_CHIP_RESET_HAD_RUN_LOW_BITS
#else
#define CHIP_RESET (vreg_and_chip_reset_hw->chip_reset)
#define HAD_POWER_ON VREG_AND_CHIP_RESET_CHIP_RESET_HAD_POR_BITS
#define HAD_BROWNOUT 0u
#define HAD_RUN_PIN VREG_AND_CHIP_RESET_CHIP_RESET_HAD_RUN_BITS
#endif

/* The cause code of a RESET record (records.def); 0 for a debugger. A reset by the program uses the watchdog too, but without
 * the mark that watchdog_enable() leaves. */
static uint8_t reset_cause(void)
{
    uint32_t chip = CHIP_RESET;
    if (watchdog_hw->reason)
        return watchdog_enable_caused_reboot() ? 3 : 2;
    if (chip & HAD_POWER_ON)
        return 1;
    return chip & HAD_BROWNOUT ? 7 : chip & HAD_RUN_PIN ? 6 : 0;
}

bool hs_port_image(struct hs_config *config)
{
    config->memory = (void *)HS_RING_ADDR;
    config->memory_size = HS_RING_SIZE;
    config->hz = 1000000;
    config->reset_cause = reset_cause();
    return HS_RECORD_FROM_BOOT;
}

struct hs_text hs_port_facts(struct hs_text base) { return base; }
void hs_port_threads(void) {}
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }
uint8_t hs_port_memory_kind(const void *address) { return (void)address, HS_MEMORY_INTERNAL; }
