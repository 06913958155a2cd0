/* SPDX-License-Identifier: MIT
 *
 * The callers of requests: wraps of functions that call others to allocate or free store their return address while they run.
 */
#ifndef HS_ESP_ASKED_H
#define HS_ESP_ASKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "firmware-hooks/esp-idf/esp_hooks.h"
#include "lib/port.h"

/* The state of one task, of a core's start-up code, or of a core's interrupts. */
struct hs_esp_asked {
    uintptr_t caller;  /* return address of the outermost function; 0: none is running */
    uintptr_t frame;   /* its place on the stack: a call above it means that longjmp or an exception has left it */
    uint32_t caps;     /* capabilities of the first try; valid while `tried` */
    bool tried, named; /* named: the task's name is known */
    uint8_t lists;     /* more than 0 while ESP-IDF's task tracking changes its lists (esp_tracking.c) */
    uint32_t turn;     /* turn.h */
};

/* Call when a wrapped function begins; `caller` is its return address. Returns NULL if it is not the outermost one, or if
 * recording is off; otherwise pass the result to hs_esp_answered when it ends. ISR safe. */
struct hs_esp_asked *hs_esp_ask(uintptr_t caller);

static inline __attribute__((always_inline)) void hs_esp_answered(struct hs_esp_asked *mine)
{
    if (mine)
        mine->caller = 0;
}

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))

/* Declares the real function and begins its wrap; a body follows. */
#define WRAP(result, name, parameters) \
    extern result __real_##name parameters; \
    extern result __wrap_##name parameters; \
    HS_ESP_FAST result __wrap_##name parameters

/* The same for a function that not every version of ESP-IDF has. A weak name does not take its file out of an archive: it must be in a
 * file that each program links, or the wrap calls address 0. */
#define WRAP_IF_THERE(result, name, parameters) \
    extern __attribute__((weak)) result __real_##name parameters; \
    extern result __wrap_##name parameters; \
    HS_ESP_FAST result __wrap_##name parameters

/* Bodies of wraps. */
#define ASKS(name, arguments) \
    { \
        struct hs_esp_asked *mine = hs_esp_ask(RETURN_ADDRESS); \
        __typeof__(__real_##name arguments) answer = __real_##name arguments; \
        hs_esp_answered(mine); \
        return answer; \
    }
#define ASKS_NOTHING(name, arguments) \
    { \
        struct hs_esp_asked *mine = hs_esp_ask(RETURN_ADDRESS); \
        __real_##name arguments; \
        hs_esp_answered(mine); \
    }

/* The body for a function that resizes the block `old`. With CONFIG_HEAPSTRATA_HOOKS, hooks that run inside it are part of the
 * resize. */
#if CONFIG_HEAPSTRATA_WRAPS
#define RESIZES(name, old, arguments) ASKS(name, arguments)
#else
bool hs_esp_begin_resize(hs_lock_t *lock, const void *old, uintptr_t caller); /* false: nothing is recorded */
void hs_esp_end_resize(hs_lock_t lock);
#define RESIZES(name, old, arguments) \
    { \
        hs_lock_t lock; \
        if (!hs_esp_begin_resize(&lock, old, RETURN_ADDRESS)) \
            return __real_##name arguments; \
        struct hs_esp_asked *mine = hs_esp_ask(RETURN_ADDRESS); \
        void *block = __real_##name arguments; \
        hs_esp_answered(mine); \
        hs_esp_end_resize(lock); \
        return block; \
    }
#endif

#endif
