/* SPDX-License-Identifier: MIT */
#ifndef STANDIN_PICO_MALLOC_H
#define STANDIN_PICO_MALLOC_H

#define PICO_USE_MALLOC_MUTEX 1
#define PICO_MALLOC_PANIC 1
#define PICO_DEBUG_MALLOC 0

#endif
