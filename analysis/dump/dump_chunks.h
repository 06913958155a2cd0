/* SPDX-License-Identifier: MIT
 *
 * What dump shows of an input below the level of records.
 */
#ifndef HS_DUMP_DUMP_CHUNKS_H
#define HS_DUMP_DUMP_CHUNKS_H

#include <stdbool.h>

/* Prints the dictionary's definitions, or the packets and the damage between them, one a line. Returns the
 * exit status, after complaining. */
int hs_dump_chunks(const char *path, bool dictionary, bool json);

#endif
