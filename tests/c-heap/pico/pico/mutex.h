/* SPDX-License-Identifier: MIT
 *
 * The SDK's mutexes on one core: an error if they are entered again while held, or left in another order.
 */
#ifndef STANDIN_PICO_MUTEX_H
#define STANDIN_PICO_MUTEX_H

#include "firmware-hooks/console/console.h"

typedef struct {
    int held;
} mutex_t;
typedef mutex_t recursive_mutex_t;
#define auto_init_mutex(name) static mutex_t name
#define auto_init_recursive_mutex(name) static recursive_mutex_t name

static inline void mutex_enter_blocking(mutex_t *mutex)
{
    if (mutex->held++)
        hs_semihosting_exit(7);
}
static inline void mutex_exit(mutex_t *mutex) { mutex->held--; }
static inline void recursive_mutex_enter_blocking(recursive_mutex_t *mutex) { mutex->held++; }
static inline void recursive_mutex_exit(recursive_mutex_t *mutex)
{
    if (--mutex->held < 0)
        hs_semihosting_exit(8);
}

#endif
