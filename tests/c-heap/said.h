/* SPDX-License-Identifier: MIT
 *
 * What the test firmware of C heaps has in common: random numbers, lines without the heap, and marks. hs_c_firmware.py of
 * tests/tools reads the lines.
 */
#ifndef TESTS_C_HEAP_SAID_H
#define TESTS_C_HEAP_SAID_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A random number below n; the same ones in each run. */
void set_seed(uint32_t seed);
uint32_t below(uint32_t n);

/* Prints a line: the word, and both numbers with 8 hexadecimal digits. */
void show(const char *word, uintptr_t a, uintptr_t b);

/* Prints "mark NUMBER 0", what `walk` prints, and "held ADDRESS 0" for each of the n entries that is not NULL; then sets the mark
 * "walk NUMBER". */
void mark(uint32_t number, void (*walk)(void), void *const *held, uint32_t n);

#ifdef __cplusplus
}
#endif

#endif
