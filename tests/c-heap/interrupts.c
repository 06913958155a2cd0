/* SPDX-License-Identifier: MIT
 *
 * A variant of work.c on the Cortex-M3: the SysTick interrupt allocates and frees too. newlib's lock masks interrupts.
 */
#include <reent.h>
#include <stdlib.h>

#include "tests/c-heap/walk.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define CTRL REGISTER(0xE000E010u)
#define LOAD REGISTER(0xE000E014u)
#define VAL REGISTER(0xE000E018u)
#define TICK 3001u /* cycles */

static uint32_t depth, before;

void __malloc_lock(struct _reent *r);
void __malloc_lock(struct _reent *r)
{
    uint32_t primask;
    (void)r;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask) : : "memory");
    if (!depth++)
        before = primask;
}

void __malloc_unlock(struct _reent *r);
void __malloc_unlock(struct _reent *r)
{
    (void)r;
    if (!--depth)
        __asm__ volatile("msr primask, %0" : : "r"(before) : "memory");
}

#define HELD 16
static void *held[HELD];
static uint32_t ticks;

void tick(void);
void tick(void)
{
    void **slot = &held[ticks * 7 % HELD];
    ticks++;
    if (*slot && ticks % 3) {
        void *now = realloc(*slot, 20 + ticks % 60);
        *slot = now ? now : *slot;
    } else if (*slot) {
        free(*slot);
        *slot = NULL;
    } else {
        *slot = malloc(8 + ticks % 90);
    }
}

void variant_start(void)
{
    LOAD = TICK;
    VAL = 0;
    CTRL = 7;
}

void variant_stop(void)
{
    CTRL = 0;
    show("ticks", ticks, 0);
}

void variant_pause(void) { __malloc_lock(_REENT); }
void variant_resume(void) { __malloc_unlock(_REENT); }

void variant_held(void)
{
    for (uint32_t i = 0; i < HELD; i++)
        if (held[i])
            show("held", (uintptr_t)held[i], 0);
}
