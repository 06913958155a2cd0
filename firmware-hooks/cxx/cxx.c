/* SPDX-License-Identifier: MIT
 *
 * C++: operator new and delete call malloc() and free(), which another folder records. Here they say who called them. Link this
 * folder only into C++ programs: the linker takes the real operators from the C++ library.
 *
 * 32-bit machines, where size_t is `unsigned int` ("j" in the names).
 */
#include <stddef.h>
#include <stdint.h>

#include "firmware-hooks/c-heap/c_heap.h"

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))

/* As in c-heap/wraps.h: a link that lacks these wraps fails. */
__asm__(".pushsection .heapstrata.wraps,\"R\",%progbits\n\t.4byte __real__Znwj\n\t.4byte __real__ZdlPv\n\t.popsection");

#define FOR_CALLER(type, name, parameters, arguments) \
    type __real_##name parameters; \
    type __wrap_##name parameters __attribute__((used)); \
    type __wrap_##name parameters \
    { \
        hs_c_heap_asked_by(RETURN_ADDRESS); \
        return __real_##name arguments; \
    }

struct nothrow;

/* new, new[]: throwing, not throwing, with an alignment */
FOR_CALLER(void *, _Znwj, (size_t size), (size))
FOR_CALLER(void *, _Znaj, (size_t size), (size))
FOR_CALLER(void *, _ZnwjRKSt9nothrow_t, (size_t size, const struct nothrow *tag), (size, tag))
FOR_CALLER(void *, _ZnajRKSt9nothrow_t, (size_t size, const struct nothrow *tag), (size, tag))
FOR_CALLER(void *, _ZnwjSt11align_val_t, (size_t size, size_t alignment), (size, alignment))
FOR_CALLER(void *, _ZnajSt11align_val_t, (size_t size, size_t alignment), (size, alignment))

#define IF_NOT_NULL(name, parameters, block, arguments) \
    void __real_##name parameters; \
    void __wrap_##name parameters __attribute__((used)); \
    void __wrap_##name parameters \
    { \
        if (block) \
            hs_c_heap_asked_by(RETURN_ADDRESS); \
        __real_##name arguments; \
    }

/* delete, delete[]: plain, with a size, with an alignment */
IF_NOT_NULL(_ZdlPv, (void *block), block, (block))
IF_NOT_NULL(_ZdaPv, (void *block), block, (block))
IF_NOT_NULL(_ZdlPvj, (void *block, size_t size), block, (block, size))
IF_NOT_NULL(_ZdaPvj, (void *block, size_t size), block, (block, size))
IF_NOT_NULL(_ZdlPvSt11align_val_t, (void *block, size_t alignment), block, (block, alignment))
IF_NOT_NULL(_ZdaPvSt11align_val_t, (void *block, size_t alignment), block, (block, alignment))
