/* SPDX-License-Identifier: MIT
 *
 * What the SDK's malloc.c takes from pico.h.
 */
#ifndef STANDIN_PICO_H
#define STANDIN_PICO_H

#define WRAPPER_FUNC(name) WRAPPER_FUNC_(name)
#define WRAPPER_FUNC_(name) __wrap_##name
#define REAL_FUNC(name) __real_##name
#ifndef __unused
#define __unused __attribute__((unused))
#endif
typedef unsigned int uint;
_Noreturn void panic(const char *text, ...);

#endif
