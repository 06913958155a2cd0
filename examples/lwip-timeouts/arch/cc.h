/* SPDX-License-Identifier: MIT
 *
 * lwIP on a host with a simulated clock.
 */
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LWIP_TIMEVAL_PRIVATE 0
#include <sys/time.h>

/* A microcontroller would print the same on its console, and stop. */
#define LWIP_PLATFORM_ASSERT(text) \
    do { \
        fflush(stdout); \
        fprintf(stderr, "Assertion \"%s\" failed at line %d in %s\n", text, __LINE__, __FILE__); \
        exit(3); \
    } while (0)

uint32_t network_random(void);

#endif
