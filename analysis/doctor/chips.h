/* SPDX-License-Identifier: MIT
 *
 * The memory of each chip, each row with its source, and the memory that MicroPython's own builds use as heap.
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
    const char *note;   /* a remark, or "" */
    const char *source;
};

#define HS_CHIP_MEMORIES 5

struct hs_chip {
    const char *name;  /* "ESP32-S3" */
    const char *word;  /* as in MicroPython's banner and ESP-IDF's messages: "ESP32S3" */
    uint32_t internal; /* bytes of internal RAM usable for data */
    const char *psram; /* available kinds: "quad or octal"; NULL: none usable as heap */
    const char *heap;  /* the memory of MicroPython's heap */
    const char *heap_source;
    struct hs_chip_memory memory[HS_CHIP_MEMORIES];
};

/* The chip named in the first `len` bytes of a text, in any usual spelling ("ESP32-S3", "esp32s3"), or NULL. */
const struct hs_chip *hs_chip_named(const char *text, size_t len);

/* The same of CircuitPython, whatever the chip. */
#define HS_CIRCUITPYTHON_HEAP \
    "8 KB at first, and grows by itself out of the memory that the firmware leaves: each time by as much as it has, or as a " \
    "request needs, at most by the longest free run there"
#define HS_CIRCUITPYTHON_HEAP_SOURCE "CircuitPython, py/gc.c, gc_try_add_heap"

#endif
