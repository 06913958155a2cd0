/* SPDX-License-Identifier: MIT
 *
 * Who asked: wraps of functions that call others to allocate or to free keep their return address while they run.
 */
#ifndef HS_ESP_ASKED_H
#define HS_ESP_ASKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "firmware-hooks/esp-idf/esp_hooks.h"
#include "lib/port.h"

/* Of one task, or of what is no task. */
struct hs_esp_asked {
    uintptr_t caller;  /* the outermost function's; 0: there is no such call */
    uintptr_t frame;   /* where its stack was: a call further up the stack means that it has been left, by longjmp or a throw */
    uint32_t caps;     /* of the first try, meaningful while `tried` */
    bool tried, named; /* named: the task's name is known */
    uint32_t turn;     /* turn.h */
};

/* The function with this return address begins. NULL: it is not the outermost; else hs_esp_answered is due. */
struct hs_esp_asked *hs_esp_ask(uintptr_t caller);

static inline __attribute__((always_inline)) void hs_esp_answered(struct hs_esp_asked *mine)
{
    if (mine)
        mine->caller = 0;
}

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))

/* Declares the real function and its wrap, whose body follows. */
#define WRAP(result, name, parameters) \
    extern result __real_##name parameters; \
    extern result __wrap_##name parameters; \
    HS_ESP_FAST result __wrap_##name parameters

/* The same of one that not every version of ESP-IDF has. It is in a file that is linked always, or not called at all. */
#define WRAP_IF_THERE(result, name, parameters) \
    extern __attribute__((weak)) result __real_##name parameters; \
    extern result __wrap_##name parameters; \
    HS_ESP_FAST result __wrap_##name parameters

/* Bodies. */
#define ASKS(name, arguments) \
    { \
        if (hs_state == HS_STATE_OFF) \
            return __real_##name arguments; \
        struct hs_esp_asked *mine = hs_esp_ask(RETURN_ADDRESS); \
        __typeof__(__real_##name arguments) answer = __real_##name arguments; \
        hs_esp_answered(mine); \
        return answer; \
    }
#define ASKS_NOTHING(name, arguments) \
    { \
        struct hs_esp_asked *mine = hs_state == HS_STATE_OFF ? NULL : hs_esp_ask(RETURN_ADDRESS); \
        __real_##name arguments; \
        hs_esp_answered(mine); \
    }

/* A function that resizes, with its `old` block. Where hooks are the method, all that they say in between is part of it. */
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
