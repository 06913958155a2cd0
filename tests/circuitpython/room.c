/* SPDX-License-Identifier: MIT
 *
 * Memory out of an outer heap at three boots. Each boot the heap is made anew as TLSF does, which writes into free memory,
 * and other things are allocated first; then the program fills all that is left. Prints "kept" when what lay in the memory
 * at the first boot is there at the third, and what there is none of.
 */
#include <stdio.h>

#include "firmware-hooks/circuitpython/cp_room.h"
#include "tests/heaps/outer.c"

#define BYTES 12544u

static void boot(void)
{
    size_t *header = memory + CONTROL / WORD;
    memset(memory, 0x5a, CONTROL);
    *header = 0;
    first();
    header[1] = header[2] = (size_t)memory;            /* the free list's pointers */
    memory[sizeof memory / WORD - 2] = (size_t)header; /* where the block of size 0 keeps who is in front of it */
    memory[sizeof memory / WORD - 1] = 0;
}

static void fill_the_rest(void)
{
    for (size_t size = sizeof memory; size; size /= 2)
        for (void *block; (block = port_malloc(size, false));)
            memset(block, 0xee, tlsf_block_size(block));
}

static struct hs_span take_at_boot(size_t earlier)
{
    boot();
    port_malloc(earlier, false);
    port_malloc(8192, false);
    return hs_cp_room_take(BYTES);
}

static bool is_kept(struct hs_span room)
{
    for (const char *at = (const char *)room.start; at < (const char *)room.end; at++)
        if (*at != (char)((uintptr_t)at * 7))
            return false;
    return true;
}

int main(void)
{
    struct hs_span one = take_at_boot(2048), other;
    printf("of %u bytes %u at the end\n", (unsigned)hs_cp_room_size(), (unsigned)((uintptr_t)port_heap_get_top() - one.end));
    printf("free before it: %s\n", hs_cp_room_free_before() == gc_get_max_new_split() ? "all" : "not all");
    for (char *at = (char *)one.start; at < (char *)one.end; at++)
        *at = (char)((uintptr_t)at * 7);
    fill_the_rest();
    printf("then: %u\n", (unsigned)hs_cp_room_free_before());
    take_at_boot(64);
    fill_the_rest();
    other = take_at_boot(30000);
    printf("%s place\n", other.start == one.start && other.end == one.end ? "same" : "other");
    printf("%s\n", is_kept(one) ? "kept" : "lost");
    boot();
    port_malloc(sizeof memory - 2 * BYTES, false);
    other = hs_cp_room_take(BYTES);
    printf("%s room in a heap that is nearly full\n", other.start ? "some" : "no");
    return 0;
}
