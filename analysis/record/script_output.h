/* SPDX-License-Identifier: MIT
 *
 * What a script on a board prints, printed here.
 */
#ifndef HS_RECORD_SCRIPT_OUTPUT_H
#define HS_RECORD_SCRIPT_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

/* Prints at once, after what was printed to standard output before. */
void hs_script_output(FILE *to, const char *bytes, size_t n);

#endif
