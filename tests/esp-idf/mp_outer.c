/* SPDX-License-Identifier: MIT
 *
 * What the esp32 port of MicroPython has, on the stand-in.
 */
#include "tests/esp-idf/standin.h"
#include "tests/esp-idf/system.h"

size_t gc_get_max_new_split(void);
size_t gc_get_max_new_split(void) { return 64 << 10; }

/* In front of main, where ESP-IDF's start-up makes its heaps. */
__attribute__((constructor)) static void make_memory(void)
{
    static const struct standin_region regions[SYSTEM_REGIONS] = {
        [SYSTEM_DRAM] = {192 << 10,
                         MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL | MALLOC_CAP_DEFAULT |
                             MALLOC_CAP_SIMD,
                         false},
        [SYSTEM_DIRAM] = {64 << 10, MALLOC_CAP_EXEC | MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL, false},
        [SYSTEM_RTC] = {8 << 10, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL | MALLOC_CAP_RTCRAM, false},
        [SYSTEM_PSRAM] = {1 << 20, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_SPIRAM | MALLOC_CAP_DEFAULT | MALLOC_CAP_SIMD,
                          false},
        [SYSTEM_STACK] = {16 << 10, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL | MALLOC_CAP_DEFAULT, .late = true},
    };
    standin_make(regions, SYSTEM_REGIONS);
    standin_always_internal(16384);
}
