/* SPDX-License-Identifier: MIT
 *
 * Starts the recorder, in the same way for all hooks: it sets the memory of the tables, the port's image and the heaps of the
 * table hs_heaps (lib/heap.h). Call from one thread, not from an interrupt.
 *
 * A firmware with the default configuration calls hs_startup. Others call its two steps and change the configuration between:
 *
 *     struct hs_config config;
 *     bool record = hs_startup_config(&config);
 *     config.closed = wake_the_drain;
 *     if (hs_startup_init(&config, &firmware) == HS_OK && record)
 *         hs_start();
 */
#ifndef HS_STARTUP_H
#define HS_STARTUP_H

#include "lib/heap.h"

/* Entries for sites, contexts and strings, a power of two; each uses 40 bytes of RAM on a 32-bit machine (32, and 8 for the
 * hash). In MicroPython the table is allocated from the heap if the build does not define HS_SITES (mp_room.h). */
#if !defined HS_SITES && !(defined HS_MICROPYTHON && HS_MICROPYTHON)
#define HS_SITES 256
#endif

/* Sampled blocks whose free can be recorded at level "sampled", a power of two; each uses 4 bytes of RAM. */
#ifndef HS_FOLLOWED
#define HS_FOLLOWED 128
#endif

/* Describes a firmware. */
struct hs_firmware {
    struct hs_text facts; /* each "key=value" and a NUL, as in struct hs_config; must stay valid. The port may add its own */
    /* Functions whose distances from hs_anchor identify the build: those in fingerprint.def of a folder of hooks, where the
     * host reads their names. None of them may be wrapped. NULL: `heapstrata --elf` cannot detect the file of another build. */
    const uintptr_t *functions;
    size_t n_functions;
};

/* Fills in `config`: the tables (without HS_SITES the caller sets the table of sites), the level, the heaps' functions and the
 * port's image. Returns whether to record from boot. Call once, before all other functions. */
bool hs_startup_config(struct hs_config *config);

/* Finds and numbers the heaps, and prepares the image. Recording is off afterwards. Returns 0, or the error of hs_heaps_begin
 * or hs_init: then nothing can be recorded. Returns HS_ERR_ARG also if the image is in a heap. */
int hs_startup_init(struct hs_config *config, const struct hs_firmware *firmware);

/* Does both steps, and starts recording if the port requests it. Returns 0 or an error, as above. */
int hs_startup(const struct hs_firmware *firmware);

#endif
