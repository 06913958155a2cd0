/* SPDX-License-Identifier: MIT
 *
 * Chips and their memory.
 */
#include <string.h>

#include "analysis/doctor/chips.h"

#define SOC(chip) "ESP-IDF 5.4, components/soc/" chip "/include/soc/soc.h"
#define EXT(chip) "ESP-IDF 5.4, components/soc/" chip "/include/soc/ext_mem_defs.h"
#define ESP32_HEAP "64 KB (56 KB on the ESP32) from the system heap, then pieces that double, as long as one is free in it"
#define ESP32_HEAP_SOURCE "MicroPython 1.25, ports/esp32/mpconfigport.h and main.c"

/* Longer words first, because a shorter one may be a prefix of another chip's word. */
static const struct hs_chip
    chips[] =
        {
            {
                .name = "ESP32-S3",
                .word = "ESP32S3",
                .internal = 480 * 1024,
                .psram = "quad or octal, by the module: a build is for one of them",
                .heap = ESP32_HEAP,
                .heap_source = ESP32_HEAP_SOURCE,
                .memory =
                    {
                        {HS_MEMORY_INTERNAL, 0x3FC88000, 0x3FD00000, "the same cells as IRAM from 0x40378000",
                         SOC("esp32s3") ", SOC_DRAM_LOW"},
                        {HS_MEMORY_PSRAM, 0x3C000000, 0x3E000000, "32 MB of addresses, shared with constants in flash",
                         SOC("esp32s3") ", SOC_EXTRAM_DATA_LOW"},
                        {HS_MEMORY_RTC_SLOW, 0x50000000, 0x50002000, "", SOC("esp32s3") ", SOC_RTC_DATA_LOW"},
                        {HS_MEMORY_RTC_FAST, 0x600FE000, 0x60100000, "", SOC("esp32s3") ", SOC_RTC_DRAM_LOW"},
                    },
            },
            {
                .name = "ESP32-S2",
                .word = "ESP32S2",
                .internal = 320 * 1024,
                .psram = "quad",
                .heap = ESP32_HEAP,
                .heap_source = ESP32_HEAP_SOURCE,
                .memory =
                    {
                        {HS_MEMORY_INTERNAL, 0x3FFB0000, 0x40000000, "the same cells as IRAM from 0x40020000",
                         SOC("esp32s2") ", SOC_DRAM_LOW"},
                        {HS_MEMORY_PSRAM, 0x3F500000, 0x3FF80000, "10.5 MB of addresses", SOC("esp32s2") ", SOC_EXTRAM_DATA_LOW"},
                        {HS_MEMORY_RTC_SLOW, 0x50000000, 0x50002000, "", SOC("esp32s2") ", SOC_RTC_DATA_LOW"},
                        {HS_MEMORY_RTC_FAST, 0x3FF9E000, 0x3FFA0000, "", SOC("esp32s2") ", SOC_RTC_DRAM_LOW"},
                    },
            },
            {
                .name = "ESP32-C3",
                .word = "ESP32C3",
                .internal = 384 * 1024,
                .heap = ESP32_HEAP,
                .heap_source = ESP32_HEAP_SOURCE,
                .memory =
                    {
                        {HS_MEMORY_INTERNAL, 0x3FC80000, 0x3FCE0000, "the same cells as IRAM from 0x40380000",
                         SOC("esp32c3") ", SOC_DRAM_LOW"},
                        {HS_MEMORY_RTC_FAST, 0x50000000, 0x50002000, "no slow RTC memory", SOC("esp32c3") ", SOC_RTC_DRAM_LOW"},
                    },
            },
            {
                .name = "ESP32-C61",
                .word = "ESP32C61",
                .internal = 320 * 1024,
                .psram = "quad",
                .heap = ESP32_HEAP,
                .heap_source = ESP32_HEAP_SOURCE,
                .memory =
                    {
                        {HS_MEMORY_INTERNAL, 0x40800000, 0x40850000, "data and code alike", SOC("esp32c61") ", SOC_DRAM_LOW"},
                        {HS_MEMORY_PSRAM, 0x42000000, 0x44000000, "32 MB of addresses, shared with flash",
                         SOC("esp32c61") ", SOC_EXTRAM_DATA_LOW"},
                    },
            },
            {
                .name = "ESP32-C6",
                .word = "ESP32C6",
                .internal = 512 * 1024,
                .heap = ESP32_HEAP,
                .heap_source = ESP32_HEAP_SOURCE,
                .memory =
                    {
                        {HS_MEMORY_INTERNAL, 0x40800000, 0x40880000, "data and code alike", SOC("esp32c6") ", SOC_DRAM_LOW"},
                        {HS_MEMORY_RTC_FAST, 0x50000000, 0x50004000, "LP memory", SOC("esp32c6") ", SOC_RTC_DRAM_LOW"},
                    },
            },
            {
                .name = "ESP32-C5",
                .word = "ESP32C5",
                .internal = 384 * 1024,
                .psram = "quad",
                .heap = ESP32_HEAP,
                .heap_source = ESP32_HEAP_SOURCE,
                .memory =
                    {
                        {HS_MEMORY_INTERNAL, 0x40800000, 0x40860000, "data and code alike", SOC("esp32c5") ", SOC_DRAM_LOW"},
                        {HS_MEMORY_PSRAM, 0x42000000, 0x44000000, "32 MB of addresses, shared with flash",
                         SOC("esp32c5") ", SOC_EXTRAM_DATA_LOW"},
                        {HS_MEMORY_RTC_FAST, 0x50000000, 0x50004000, "LP memory", SOC("esp32c5") ", SOC_RTC_DRAM_LOW"},
                    },
            },
            {
                .name = "ESP32-C2",
                .word = "ESP32C2",
                .internal = 256 * 1024,
                .heap = ESP32_HEAP,
                .heap_source = ESP32_HEAP_SOURCE,
                .memory = {{HS_MEMORY_INTERNAL, 0x3FCA0000, 0x3FCE0000, "no RTC memory", SOC("esp32c2") ", SOC_DRAM_LOW"}},
            },
            {
                .name = "ESP32-H2",
                .word = "ESP32H2",
                .internal = 320 * 1024,
                .heap = ESP32_HEAP,
                .heap_source = ESP32_HEAP_SOURCE,
                .memory =
                    {
                        {HS_MEMORY_INTERNAL, 0x40800000, 0x40850000, "data and code alike", SOC("esp32h2") ", SOC_DRAM_LOW"},
                        {HS_MEMORY_RTC_FAST, 0x50000000, 0x50001000, "LP memory", SOC("esp32h2") ", SOC_RTC_DRAM_LOW"},
                    },
            },
            {
                .name = "ESP32-P4",
                .word = "ESP32P4",
                .internal = 768 * 1024,
                .psram = "in the package, 16 data lines",
                .heap = ESP32_HEAP,
                .heap_source = ESP32_HEAP_SOURCE,
                .memory =
                    {
                        {HS_MEMORY_INTERNAL, 0x4FF00000, 0x4FFC0000, "data and code alike; a part of it is cache",
                         SOC("esp32p4") ", SOC_DRAM_LOW"},
                        {HS_MEMORY_PSRAM, 0x48000000, 0x4C000000, "64 MB of addresses", SOC("esp32p4") ", SOC_EXTRAM_LOW"},
                        {HS_MEMORY_RTC_FAST, 0x50108000, 0x50110000, "LP memory", SOC("esp32p4") ", SOC_RTC_DRAM_LOW"},
                    },
            },
            {
                .name = "ESP32",
                .word = "ESP32",
                .internal = 328 * 1024,
                .psram = "quad, 4 MB at a time",
                .heap = ESP32_HEAP,
                .heap_source = ESP32_HEAP_SOURCE,
                .memory =
                    {
                        {HS_MEMORY_INTERNAL,
                         0x3FFAE000, 0x40000000, "static data at its beginning, the ROM's in between; Bluetooth takes 64 KB",
                         SOC("esp32") ", SOC_DRAM_LOW"},
                        {HS_MEMORY_IRAM, 0x40080000, 0x400AA000, "whole words only", SOC("esp32") ", SOC_IRAM_LOW"},
                        {HS_MEMORY_PSRAM, 0x3F800000, 0x3FC00000, "4 MB of addresses", SOC("esp32") ", SOC_EXTRAM_DATA_LOW"},
                        {HS_MEMORY_RTC_SLOW, 0x50000000, 0x50002000, "", SOC("esp32") ", SOC_RTC_DATA_LOW"},
                        {HS_MEMORY_RTC_FAST, 0x3FF80000, 0x3FF82000, "", SOC("esp32") ", SOC_RTC_DRAM_LOW"},
                    },
            },
            {
                .name = "ESP8266",
                .word = "ESP8266",
                .internal = 80 * 1024,
                .heap = "a fixed array of 38 KB: it does not grow",
                .heap_source = "MicroPython 1.23, ports/esp8266/main.c",
                .memory = {{HS_MEMORY_INTERNAL, 0x3FFE8000, 0x3FFFC000, "stack and the SDK's data as well",
                            "ESP8266 Non-OS SDK, ld/eagle.app.v6.ld, dram0_0_seg"}},
            },
            {
                .name = "RP2350",
                .word = "RP2350",
                .internal = 520 * 1024,
                .psram = "QSPI, on boards with a second chip select",
                .heap = "what static data and stack leave of RAM; PSRAM where the board has it",
                .heap_source = "MicroPython 1.25, ports/rp2/main.c",
                .memory =
                    {
                        {HS_MEMORY_INTERNAL, 0x20000000, 0x20082000, "", "RP2350 datasheet, 2.2.3 SRAM"},
                        {HS_MEMORY_PSRAM, 0x11000000, 0x12000000, "16 MB of addresses",
                         "RP2350 datasheet, 4.4 XIP, second window"},
                    },
            },
            {
                .name = "RP2040",
                .word = "RP2040",
                .internal = 264 * 1024,
                .heap = "what static data and stack leave of RAM, some 190 to 230 KB: it does not grow",
                .heap_source = "MicroPython 1.25, ports/rp2/memmap_mp_rp2040.ld",
                .memory = {{HS_MEMORY_INTERNAL, 0x20000000, 0x20042000, "two banks of 4 KB at its end are for the cores' stacks",
                            "RP2040 datasheet, 2.6.2 SRAM"}},
            },
};

#define N_CHIPS (sizeof chips / sizeof *chips)

/* "ESP32-8048S070": a board with a display, which may have any chip of the family. */
static bool is_board(const char *text, size_t len) { return len > 4 && *text == '-' && strspn(text + 1, "0123456789") >= 4; }

static char plain(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 32) : c; }

/* Whether a chip's name continues at `text`: a letter and a digit of Espressif's series, as in C3 or P4. ESP32-D0WD is
 * a plain ESP32. */
static bool continues(const char *text, size_t len)
{
    size_t at = len && *text == '-';
    return at + 1 < len && text[at] && strchr("CEHPS", plain(text[at])) && text[at + 1] >= '0' && text[at + 1] <= '9';
}

/* Whether `text` starts with the word, ignoring hyphens, and the name ends there. */
static bool begins(const char *text, size_t len, const char *word)
{
    size_t at = 0;
    bool series = !strcmp(word, "ESP32");
    for (; *word; word++, at++) {
        if (at < len && text[at] == '-' && *word != '-')
            at++;
        if (at >= len || plain(text[at]) != *word)
            return false;
    }
    return !series || (!continues(text + at, len - at) && !is_board(text + at, len - at));
}

const struct hs_chip *hs_chip_named(const char *text, size_t len)
{
    for (size_t i = 0; i < N_CHIPS; i++)
        for (size_t at = 0; at + 5 <= len; at++)
            if (begins(text + at, len - at, chips[i].word))
                return &chips[i];
    return NULL;
}
