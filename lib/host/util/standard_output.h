/* SPDX-License-Identifier: MIT
 *
 * Commands print through a stream that cleans what they print (clean_text.h), which takes the place of stdout meanwhile.
 * C libraries other than glibc do not allow to assign to stdout. For those the compiler includes this file before each
 * source.
 */
#ifndef HS_UTIL_STANDARD_OUTPUT_H
#define HS_UTIL_STANDARD_OUTPUT_H

#include <stdio.h>

extern FILE *hs_standard_output; /* the C library's until it is replaced */

static inline FILE *hs_standard_output_of_library(void) { return stdout; }

#undef stdout
#define stdout hs_standard_output
#define printf(...) fprintf(hs_standard_output, __VA_ARGS__)
#define vprintf(format, arguments) vfprintf(hs_standard_output, format, arguments)
#define puts(text) fprintf(hs_standard_output, "%s\n", text)
#undef putchar
#define putchar(c) putc(c, hs_standard_output)

#endif
