/* SPDX-License-Identifier: MIT
 *
 * What memory a chip has, each row with its source, and what MicroPython's own builds make a heap of.
 */
#ifndef HS_DOCTOR_CHIPS_H
#define HS_DOCTOR_CHIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/record.h"

struct hs_chip_memory {
    uint8_t kind;       /* enum hs_memory; 0 ends a list */
    uint32_t base, end; /* data addresses */
    const char *note;   /* what to know of it, or "" */
    const char *source;
};

#define HS_CHIP_MEMORIES 5

struct hs_chip {
    const char *name;    /* "ESP32-S3" */
    const char *word;    /* as MicroPython's banner and ESP-IDF's messages have it: "ESP32S3" */
    uint32_t internal;   /* bytes of internal RAM that data can be in */
    const char *psram;   /* which there is: "quad or octal"; NULL: none can be used as heap */
    const char *heap;    /* what MicroPython's heap is made of */
    const char *heap_source;
    struct hs_chip_memory memory[HS_CHIP_MEMORIES];
};

/* The chip that a text names, in any of the ways in which chips are written ("ESP32-S3", "esp32s3"), or NULL. `len`
 * bytes count. */
const struct hs_chip *hs_chip_named(const char *text, size_t len);

#endif
