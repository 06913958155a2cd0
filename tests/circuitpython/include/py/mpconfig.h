/* SPDX-License-Identifier: MIT
 *
 * What CircuitPython's boards have switched on. Only this header says so, as in CircuitPython: who asks before it is
 * included asks too early, which -Wundef makes an error.
 */
#ifndef STANDIN_MPCONFIG_H
#define STANDIN_MPCONFIG_H

#define MICROPY_BYTES_PER_GC_BLOCK (4 * sizeof(void *) == 32 ? 32 : 16)
#define MICROPY_EMIT_BYTECODE_USES_QSTR_TABLE (1)
#define MICROPY_ENABLE_COMPILER (1)
#define MICROPY_ENABLE_FINALISER (1)
#define MICROPY_ENABLE_GC (1)
#define MICROPY_ENABLE_PYSTACK (1)
#define MICROPY_ENABLE_SCHEDULER (1)
#define MICROPY_ENABLE_SELECTIVE_COLLECT (1)
#define MICROPY_GC_ALLOC_THRESHOLD (0)
#define MICROPY_GC_SPLIT_HEAP (1)
#define MICROPY_GC_SPLIT_HEAP_AUTO (1)
#define MICROPY_HAS_FILE_READER (1)
#define MICROPY_MALLOC_USES_ALLOCATED_SIZE (0)
#define MICROPY_PERSISTENT_CODE_LOAD (1)
#if defined(STANDIN_NAMELESS) /* as stm, analog, litex and silabs */
#define MICROPY_HW_MCU_NAME "STM32F405RG"
#else
#define MICROPY_PY_SYS_PLATFORM "RP2040"
#endif
#define MICROPY_PY_THREAD (0)
#define MICROPY_PY_THREAD_GIL (0)
#define MICROPY_READER_POSIX (0)
#define MICROPY_READER_VFS (1)
#define MICROPY_OBJ_REPR_A (0)
#define MICROPY_OBJ_REPR_D (3)
#define MICROPY_OBJ_REPR (MICROPY_OBJ_REPR_A)
#define MICROPY_ENABLE_SOURCE_LINE (1)
#define MICROPY_SCHEDULER_STATIC_NODES (0)
#define MICROPY_STACKLESS (0)
#define MICROPY_STACK_CHECK (1)
#define MICROPY_VERSION_STRING "1.27.0"

#endif
