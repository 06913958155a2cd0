/* SPDX-License-Identifier: MIT
 *
 * The recorder's start, which is the same for all hooks: the memory of its tables, the image that the port has, the heaps of
 * the table hs_heaps (lib/heap.h).
 *
 * A firmware with nothing more to set calls hs_startup. Others call its two steps, and change the configuration in between:
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

/* Sites, contexts and strings that can be told apart, a power of two; each takes 28 bytes of RAM on a 32-bit machine, and 8 of
 * hash. In MicroPython the table comes out of the heap where the build does not define it (mp_room.h). */
#if !defined HS_SITES && !(defined HS_MICROPYTHON && HS_MICROPYTHON)
#define HS_SITES 256
#endif

/* Blocks that can be followed to their end at level "sampled", a power of two; each takes 4 bytes of RAM. */
#ifndef HS_FOLLOWED
#define HS_FOLLOWED 128
#endif

/* What a firmware says of itself. */
struct hs_firmware {
    struct hs_text facts; /* "key=value" and a NUL each, as in struct hs_config; stay as they are. The port may add its own */
    /* Functions whose places tell one build from another: those of the fingerprint.def of a folder of hooks, where the host
     * finds their names. None of them may be wrapped. NULL: `heapstrata --elf` cannot tell another build's file. */
    const uintptr_t *functions;
    size_t n_functions;
};

/* Fills in `config`: tables (without HS_SITES the caller has to), level, the heaps' functions, and what the port says of the image. Returns whether to record from
 * boot. Once, first of all. */
bool hs_startup_config(struct hs_config *config);

/* Finds the heaps, gives them their numbers, and prepares the image. Recording is off afterwards. Returns 0, or the error of
 * hs_heaps_begin or hs_init: then nothing can be recorded. HS_ERR_ARG also where the image is in a heap. */
int hs_startup_init(struct hs_config *config, const struct hs_firmware *firmware);

/* Both, and starts recording where the port says so. Returns 0 or an error, as above. */
int hs_startup(const struct hs_firmware *firmware);

#endif
