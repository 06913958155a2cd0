/* SPDX-License-Identifier: MIT
 *
 * The recorder's port for imports: the importer sets its clock, and it writes the stream to a file.
 */
#ifndef HS_IMPORT_IMPORT_PORT_H
#define HS_IMPORT_IMPORT_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct hs_import_port {
    uint32_t ticks;
    FILE *out;   /* NULL: the stream is discarded */
    bool failed; /* a write has failed */
};
extern struct hs_import_port hs_import_port;

#endif
