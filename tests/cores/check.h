/* SPDX-License-Identifier: MIT
 *
 * Assertions without a C library. A check goes on after a failure; its first few are printed.
 */
#ifndef TESTS_CORES_CHECK_H
#define TESTS_CORES_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#define CHECK(condition) check_that((condition), CHECK_PLACE(__FILE__, __LINE__) #condition)
/* Both sides are shown when they differ. */
#define EQUAL(seen, expected) check_equal((uint32_t)(seen), (uint32_t)(expected), CHECK_PLACE(__FILE__, __LINE__) #seen)
#define CHECK_PLACE(file, line) CHECK_PLACE_(file, line)
#define CHECK_PLACE_(file, line) "# " file ":" #line ": "

void check_that(bool good, const char *what);
void check_equal(uint32_t seen, uint32_t expected, const char *what);

/* Runs one check and prints its line. */
void check_run(const char *name, void (*function)(void));

/* How many checks failed. */
uint32_t check_failed(void);

/* A line "image NAME", the bytes in hexadecimal digits, and "end". */
void check_show_image(const char *name, const uint8_t *bytes, uint32_t len);

#endif
