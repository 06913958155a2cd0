/* SPDX-License-Identifier: MIT
 *
 * For FreeRTOSConfig.h. Two lines at its end, behind any other trace macros:
 *
 *     #define HS_FREERTOS_HEAP 4      the number in the name of your heap_4.c
 *     #include "firmware-hooks/freertos/trace_macros.h"
 *
 * The kernel's heap then tells the hook each block, with the scheduler suspended. With heap_3, which calls malloc(), the C
 * library's hook records, and this file adds the tasks only.
 */
#ifndef HS_FREERTOS_TRACE_MACROS_H
#define HS_FREERTOS_TRACE_MACROS_H

#ifndef HS_FREERTOS_HEAP
#error "HS_FREERTOS_HEAP: define it as the number of your heap_N.c, 1 to 5"
#endif

#if !defined __ASSEMBLER__ && HS_FREERTOS_HEAP != 3
#include <stddef.h>
#include <stdint.h>

#ifdef traceMALLOC
#error "traceMALLOC is defined already: one recorder of the heap at a time"
#endif

/* Called in pvPortMalloc and vPortFree, with the scheduler suspended. `block` NULL: refused. `wanted`: bytes requested with the
 * header, rounded up; heap_1: without a header. `memory`: where the heap is, NULL if the hook knows. */
void hs_freertos_alloc(void *block, size_t wanted, const void *memory, size_t bytes, uintptr_t caller);
void hs_freertos_free(const void *block, uintptr_t caller);

/* heap_5 gets its memory from vPortDefineHeapRegions; the others name theirs ucHeap. */
#if HS_FREERTOS_HEAP == 5
#define HS_FREERTOS_MEMORY NULL, 0
#else
#define HS_FREERTOS_MEMORY ucHeap, sizeof ucHeap
#endif

/* The hook refers to this symbol: a kernel that was compiled without these macros does not link. */
#define HS_FREERTOS_IS_TRACED() __asm__ volatile(".weak hs_freertos_is_traced\n\t.set hs_freertos_is_traced, 1")

#define traceMALLOC(block, size) \
    do { \
        HS_FREERTOS_IS_TRACED(); \
        hs_freertos_alloc((block), xWantedSize, HS_FREERTOS_MEMORY, (uintptr_t)__builtin_return_address(0)); \
    } while (0)
#define traceFREE(block, size) hs_freertos_free((block), (uintptr_t)__builtin_return_address(0))
#endif

/* A task's memory may become another task's. */
#ifndef __ASSEMBLER__
#ifndef traceTASK_DELETE
void hs_freertos_task_gone(const void *task);
#define traceTASK_DELETE(task) hs_freertos_task_gone(task)
#endif
#endif

#endif
