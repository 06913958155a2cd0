/* SPDX-License-Identifier: MIT
 *
 * Who asked for a block, if a function that calls the allocator is known to stand for its own caller (operator new, k_malloc). The
 * outer function notes its caller; the allocator's hook takes it if the request is made from the same stack, a few bytes further.
 * Another task, or a request that comes later, does not.
 */
#ifndef FIRMWARE_HOOKS_PORTS_ASKED_H
#define FIRMWARE_HOOKS_PORTS_ASKED_H

#include <stdint.h>

struct hs_asked {
    uintptr_t caller, frame; /* caller 0: unknown */
};

/* Notes `caller`. If a function called by one that noted its own caller notes one too, the outer one stays. `near`: bytes of
 * stack, more than the frames from the outer function to the hook. ISR safe. */
static __attribute__((noinline, unused)) void hs_asked_note(struct hs_asked *asked, uintptr_t caller, uintptr_t near)
{
    uint8_t here;
    uintptr_t frame = (uintptr_t)&here;
    if (asked->caller && asked->frame - frame - 1 < near)
        return;
    asked->frame = frame;
    asked->caller = caller;
}

/* Returns the noted caller, else `own`; the note is used up. ISR safe. */
static __attribute__((noinline, unused)) uintptr_t hs_asked_take(struct hs_asked *asked, uintptr_t own, uintptr_t near)
{
    uint8_t here;
    uintptr_t by = asked->caller, distance = asked->frame + near - (uintptr_t)&here;
    asked->caller = 0;
    return by && distance < 2 * near ? by : own;
}

#endif
