/* SPDX-License-Identifier: MIT
 *
 * The wraps of the malloc family, and what makes each of them. For the one C file of a C library's folder, which defines before
 *
 *   HS_C_HEAP_SHIFT       log2 of the granule, as in `allocator`
 *   REAL(name)            the function that a wrap calls: REAL(malloc)(size)
 */
#ifndef HS_C_HEAP_WRAPS_H
#define HS_C_HEAP_WRAPS_H

#include "firmware-hooks/c-heap/body.h"

/* A link that lacks a wrap must fail. __real_<name> exists only with --wrap=<name>, and an undefined symbol is an error only in a
 * section that is kept ("R", by binutils 2.36 or later). The section is not loaded: it adds nothing to the firmware, and keeps no
 * code that the firmware does not use. */
#define MUST_BE_WRAPPED(name) __asm__(".pushsection .heapstrata.wraps,\"R\",%progbits\n\t.4byte __real_" #name "\n\t.popsection")

/* WRAP(void *, malloc, (size_t size)) declares the real function and begins the definition of its wrap. Link-time optimisation does
 * not see that the linker will use it. */
#define WRAP(type, name, parameters) \
    MUST_BE_WRAPPED(name); \
    type __real_##name parameters; \
    type __wrap_##name parameters __attribute__((used)); \
    type __wrap_##name parameters

#define ALLOCATES(call, size) \
    { \
        if (hs_state == HS_STATE_OFF) \
            return call; \
        bool outermost = begin(RETURN_ADDRESS, size); \
        return allocated(outermost, call, size); \
    }

#define RESIZES(call, old, size) \
    { \
        if (hs_state == HS_STATE_OFF) \
            return call; \
        bool outermost = begin(RETURN_ADDRESS, size); \
        struct was before = was(old); \
        return resized(outermost, call, size, before); \
    }

#define FREES(call, block) \
    { \
        if (!block || hs_state == HS_STATE_OFF) { \
            call; \
            return; \
        } \
        freeing(RETURN_ADDRESS, block); \
        call; \
        end(); \
    }

WRAP(void *, malloc, (size_t size))
ALLOCATES(REAL(malloc)(size), size)
WRAP(void *, calloc, (size_t n, size_t size))
ALLOCATES(REAL(calloc)(n, size), product(n, size))
WRAP(void *, realloc, (void *old, size_t size))
RESIZES(REAL(realloc)(old, size), old, size)
WRAP(void *, memalign, (size_t alignment, size_t size))
ALLOCATES(REAL(memalign)(alignment, size), size)
WRAP(void, free, (void *block))
FREES(REAL(free)(block), block)

#endif
