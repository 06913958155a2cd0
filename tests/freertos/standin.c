/* SPDX-License-Identifier: MIT
 *
 * A stand-in for the kernel: a heap with the layout of heap_4 (HS_FREERTOS_HEAP 4) or heap_5 (5).
 */
#include "FreeRTOS.h"
#include "task.h"

#include <string.h>

#include "tests/freertos/work.h"

#ifdef UNTRACED /* as a kernel that was compiled without trace_macros.h */
#undef traceMALLOC
#undef traceFREE
#define traceMALLOC(block, size) (void)(size)
#define traceFREE(block, size) (void)(size)
#endif

struct block {
    struct block *link;
    size_t bytes; /* header included; the highest bit: in use */
};
#define USED ((size_t)1 << 31)

#if HS_FREERTOS_HEAP == 5
#define PIECES 2
#else
static uint8_t ucHeap[configTOTAL_HEAP_SIZE];
#define PIECES 1
#endif
static struct block *first[PIECES], *last[PIECES];
static int begun;

static struct block *after(struct block *b) { return (struct block *)(void *)((uint8_t *)b + (b->bytes & ~USED)); }

/* One free block, and an end mark of 0 bytes. */
static void give(int piece, uint8_t *memory, size_t size)
{
    uintptr_t start = ((uintptr_t)memory + 7) & ~(uintptr_t)7,
              end = ((uintptr_t)memory + size - sizeof(struct block)) & ~(uintptr_t)7;
    first[piece] = (struct block *)start;
    last[piece] = (struct block *)end;
    first[piece]->bytes = end - start;
    last[piece]->bytes = 0;
    begun = 1;
}

void vPortDefineHeapRegions(const HeapRegion_t *const given)
{
    for (int i = 0; i < PIECES; i++)
        give(i, given[i].pucStartAddress, given[i].xSizeInBytes);
}

static struct block *fitting(size_t bytes)
{
    for (int piece = 0; piece < PIECES; piece++)
        for (struct block *b = first[piece]; b != last[piece]; b = after(b)) {
            while (!(b->bytes & USED) && after(b) != last[piece] && !(after(b)->bytes & USED))
                b->bytes += after(b)->bytes;
            if (!(b->bytes & USED) && b->bytes >= bytes)
                return b;
        }
    return NULL;
}

void *pvPortMalloc(size_t xWantedSize)
{
    struct block *b = NULL;
    size_t bytes = 0;
#if HS_FREERTOS_HEAP == 4
    if (!begun)
        give(0, ucHeap, sizeof ucHeap);
#endif
    if (xWantedSize)
        xWantedSize = (xWantedSize + sizeof *b + 7) & ~(size_t)7;
    if (xWantedSize)
        b = fitting(xWantedSize);
    if (b) {
        bytes = b->bytes;
        if (bytes - xWantedSize > 2 * sizeof *b) {
            b->bytes = xWantedSize;
            after(b)->bytes = bytes - xWantedSize;
            bytes = xWantedSize;
        }
        b->bytes |= USED;
    }
    traceMALLOC(b ? b + 1 : NULL, bytes);
    return b ? b + 1 : NULL;
}

void *pvPortCalloc(size_t n, size_t size)
{
    void *block = pvPortMalloc(n * size);
    return block ? memset(block, 0, n * size) : NULL;
}

void vPortFree(void *block)
{
    if (!block)
        return;
    struct block *b = (struct block *)block - 1;
    b->bytes &= ~USED;
    traceFREE(block, b->bytes);
}

void walk_kernel(void)
{
    for (int piece = 0; piece < PIECES; piece++)
        for (struct block *b = first[piece]; b != last[piece]; b = after(b))
            if (b->bytes & USED)
                show("block", (uintptr_t)b, b->bytes & ~USED);
}
