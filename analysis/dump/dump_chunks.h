/* SPDX-License-Identifier: MIT
 *
 * The output of dump below the level of records.
 */
#ifndef HS_DUMP_DUMP_CHUNKS_H
#define HS_DUMP_DUMP_CHUNKS_H

#include <stdbool.h>

/* Prints the dictionary's definitions, or the packets and the damage between them, one per line. Prints errors;
 * returns the exit status. */
int hs_dump_chunks(const char *path, bool dictionary, bool json);

#endif
