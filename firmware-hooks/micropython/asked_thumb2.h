/* SPDX-License-Identifier: MIT
 *
 * WRAP of mp_alloc.c for ARM Thumb-2, in assembly because a compiler would save lr to read it: 9 instructions while
 * recording and 4 while not, instead of 12 and 7. For functions with at most three arguments, because r3 must be free.
 * All are in one section; they share two address constants at its end.
 */
#ifndef HS_ASKED_THUMB2_H
#define HS_ASKED_THUMB2_H

#define WRAP3(type, name, parameters, arguments) \
    type __real_##name parameters; \
    type __wrap_##name parameters; \
    HS_MP_SAME_TYPE(name); \
    __asm__(".syntax unified\n" \
            ".pushsection .text.hs_asked,\"ax\",%progbits\n" \
            ".thumb\n" \
            ".thumb_func\n" \
            ".global __wrap_" #name "\n" \
            ".type __wrap_" #name ", %function\n" \
            "__wrap_" #name ":\n" \
            "ldr r3, =hs_state\n" \
            "ldrb r3, [r3]\n" \
            "cbz r3, 1f\n" \
            "ldr r3, =hs_mp_running\n" \
            "ldr ip, [r3, #4]\n" \
            "cmp ip, #1\n" \
            "it ls\n" \
            "strls lr, [r3, #4]\n" \
            "1: b.w __real_" #name "\n" \
            ".size __wrap_" #name ", . - __wrap_" #name "\n" \
            ".popsection\n")

#endif
