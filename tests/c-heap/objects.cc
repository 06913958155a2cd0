/* SPDX-License-Identifier: MIT
 *
 * A variant of work.c with objects of C++. The operators are the program's own, as in many firmwares: they call malloc() and
 * free(), and each other.
 */
#include <stddef.h>
#include <stdlib.h>

#include "tests/c-heap/walk.h"

void *operator new(size_t size) { return malloc(size); }
void *operator new[](size_t size) { return operator new(size); }
void operator delete(void *block) noexcept { free(block); }
void operator delete[](void *block) noexcept { operator delete(block); }
void operator delete(void *block, size_t) noexcept { operator delete(block); }
void operator delete[](void *block, size_t) noexcept { operator delete[](block); }

struct thing {
    int value[9];
};

static thing *volatile one;
static thing *volatile many;

extern "C" __attribute__((noinline)) void make_one() { one = new thing(); }
extern "C" __attribute__((noinline)) void make_many() { many = new thing[5]; }
extern "C" __attribute__((noinline)) void drop_one() { delete one; }

extern "C" void variant_start(void)
{
    make_one();
    drop_one();
    make_one();
    make_many();
}

extern "C" void variant_held(void)
{
    show("held", reinterpret_cast<uintptr_t>(one), 0);
    show("held", reinterpret_cast<uintptr_t>(many), 0);
}
