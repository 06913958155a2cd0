/* SPDX-License-Identifier: MIT
 *
 * Sees every access to memory that lib/ makes, in order, while it makes it. lib/ is compiled for this with
 * -fsanitize=thread, which puts a call in front of each access, and linked with watch.c in the place of the
 * compiler's run-time library; its memcpy, memset and memmove go through here too, in the steps of a small core:
 * words where both sides are aligned, else bytes.
 *
 * A store is reported once it has been made: at the next access, or when watching ends.
 */
#ifndef TESTS_CUT_WATCH_H
#define TESTS_CUT_WATCH_H

#include <stddef.h>
#include <stdint.h>

#define WATCH_STORE_MAX 4u /* bytes of a reported store: wider ones are several, lowest address first */

struct watch {
    uint8_t *memory; /* stores into these bytes are reported */
    size_t size;
    void (*store)(size_t offset, uint32_t len);
    void (*access)(void); /* before every access of lib/ to any memory; NULL: not wanted */
};

/* From here to watch_end. What the two functions above cause themselves is not watched. */
void watch_begin(const struct watch *watch);

/* Reports the last store, if that has not been done; for what lib/ calls out to. */
void watch_settle(void);

/* Reports the last store; returns how many bytes of the memory changed without having been reported, which is
 * 0 unless this file has a fault. */
size_t watch_end(void);

#endif
