/* SPDX-License-Identifier: MIT
 *
 * What newlib needs on QEMU's mps2-an385: a start, and memory for the heap.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "firmware-hooks/console/console.h"

extern char end[], __HeapLimit[], stack_top[];
extern void (*const init_array_start[])(void), (*const init_array_end[])(void);

void *_sbrk(ptrdiff_t more);
void *_sbrk(ptrdiff_t more)
{
    static char *top = end;
    if (more > __HeapLimit - top || more < end - top) {
        errno = ENOMEM;
        return (void *)-1;
    }
    top += more;
    return top - more;
}

int main(void);
void reset(void);
void reset(void)
{
    for (void (*const *constructor)(void) = init_array_start; constructor < init_array_end; constructor++)
        (*constructor)();
    hs_semihosting_exit(main());
}

static void fault(void) { hs_semihosting_exit(3); }
static void no_tick(void) {}
void tick(void) __attribute__((weak, alias("no_tick"))); /* SysTick */

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    [0] = stack_top,           [1] = (const void *)reset, [2] = (const void *)fault, [3] = (const void *)fault,
    [4] = (const void *)fault, [5] = (const void *)fault, [6] = (const void *)fault, [15] = (const void *)tick};
