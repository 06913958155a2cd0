/* SPDX-License-Identifier: MIT
 *
 * A part of the bare firmware in C++, and the operators that the C++ library of a chip has: they call malloc().
 */
#include <stddef.h>

#include "tests/esp-idf/objects.h"

extern "C" void *__wrap_malloc(size_t size);
extern "C" void *__wrap_memalign(size_t alignment, size_t size);
extern "C" void __wrap_free(void *block);
extern "C" void *xEventGroupCreate(void);
extern "C" void *xStreamBufferGenericCreate(size_t size, size_t trigger, int message, void *sent, void *received);
extern "C" void *xRingbufferCreate(size_t size, int type);

namespace std {
struct nothrow_t {};
enum class align_val_t : size_t {};
}

void *operator new(size_t size) { return __wrap_malloc(size); }
void *operator new[](size_t size) { return __wrap_malloc(size); }
void *operator new(size_t size, const std::nothrow_t &) noexcept { return __wrap_malloc(size); }
void *operator new[](size_t size, const std::nothrow_t &) noexcept { return __wrap_malloc(size); }
void *operator new(size_t size, std::align_val_t alignment) { return __wrap_memalign((size_t)alignment, size); }
void *operator new[](size_t size, std::align_val_t alignment) { return __wrap_memalign((size_t)alignment, size); }
void operator delete(void *block) noexcept { __wrap_free(block); }
void operator delete[](void *block) noexcept { __wrap_free(block); }
void operator delete(void *block, size_t) noexcept { __wrap_free(block); }
void operator delete[](void *block, size_t) noexcept { __wrap_free(block); }

/* A function that has a call of its own, and does not end with it. */
#define MAKES(name, what)                              \
    extern "C" __attribute__((noinline)) void *name()  \
    {                                                  \
        void *block = what;                            \
        __asm__ volatile("" : "+r"(block));            \
        return block;                                  \
    }

static const std::nothrow_t nothrow;
struct sensor {
    int reading[9];
};
struct alignas(64) line {
    char byte[64];
};

MAKES(sensor_is_made, new sensor)
MAKES(readings_are_made, new int[20])
MAKES(sensor_is_made_if_there_is_room, new (nothrow) sensor)
MAKES(line_is_made, new line)
MAKES(event_group_is_made, xEventGroupCreate())
MAKES(stream_is_made, xStreamBufferGenericCreate(120, 1, 0, nullptr, nullptr))
MAKES(ring_is_made, xRingbufferCreate(200, 0))

void objects_work(void)
{
    for (int i = 0; i < 3; i++) {
        bare_keep(sensor_is_made(), sizeof(sensor));
        bare_keep(readings_are_made(), 20 * sizeof(int));
        bare_keep(sensor_is_made_if_there_is_room(), sizeof(sensor));
        bare_keep(line_is_made(), sizeof(line));
        void *gone = sensor_is_made();
        bare_keep(gone, sizeof(sensor));
        bare_drop(gone);
        delete static_cast<sensor *>(gone);
    }
    bare_keep(event_group_is_made(), 28);
    bare_keep(stream_is_made(), 120);
    bare_keep(ring_is_made(), 200);
}
