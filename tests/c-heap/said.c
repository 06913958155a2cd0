/* SPDX-License-Identifier: MIT */
#include "tests/c-heap/said.h"

#include <stdio.h>

#include "firmware-hooks/console/console.h"
#include "lib/heapstrata.h"

static uint32_t state;

void set_seed(uint32_t seed) { state = seed; }

uint32_t below(uint32_t n)
{
    state = state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(state >> 8) * n >> 24);
}

void show(const char *word, uintptr_t a, uintptr_t b)
{
    char line[64], *to = line;
    while (*word)
        *to++ = *word++;
    uintptr_t values[] = {a, b};
    for (unsigned i = 0; i < 2; i++) {
        *to++ = ' ';
        for (int digit = 7; digit >= 0; digit--)
            *to++ = "0123456789abcdef"[values[i] >> 4 * digit & 15];
    }
    *to++ = '\n';
    *to = 0;
    hs_semihosting_print(line);
}

void mark(uint32_t number, void (*walk)(void), void *const *held, uint32_t n)
{
    char label[24];
    int len = snprintf(label, sizeof label, "walk %u", (unsigned)number);
    show("mark", number, 0);
    walk();
    for (uint32_t i = 0; i < n; i++)
        if (held[i])
            show("held", (uintptr_t)held[i], 0);
    hs_mark((struct hs_text){label, (uint32_t)len});
}
