/* SPDX-License-Identifier: MIT
 *
 * The recorder's port when it records on behalf of others: its clock stands where it is put, and its stream goes to a file.
 */
#ifndef HS_IMPORT_IMPORT_PORT_H
#define HS_IMPORT_IMPORT_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct hs_import_port {
    uint32_t ticks;
    FILE *out;   /* NULL: what is written goes nowhere */
    bool failed; /* something could not be written */
};
extern struct hs_import_port hs_import_port;

#endif
