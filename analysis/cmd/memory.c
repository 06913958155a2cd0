/* SPDX-License-Identifier: MIT
 *
 * When memory runs out anywhere, the program ends with a message and status 2. To do so, this file replaces malloc and
 * related functions for the whole program, libraries included; they call those of the C library. Several libraries do
 * not survive a failed allocation (libdw and libelf, json-c, cairo and pixman, ncurses, libbabeltrace2), and an
 * incomplete result without a warning would be worse than none. Nothing more is written: partial output is removed,
 * existing files stay.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/cmd/main.h"
#include "analysis/draw/screen.h"
#include "lib/host/util/tempfile.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
extern int hs_cmd_memory_is_not_watched; /* sanitizers have their own malloc */
#else

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);

static void put(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return; /* the exit status reports it as well */
}

/* Must not allocate. */
static _Noreturn __attribute__((cold, noinline)) void give_up(void)
{
    hs_screen_rescue();
    hs_temp_drop();
    put(hs_cmd_running());
    put(": out of memory");
    if (hs_cmd_reading()) {
        put(" while reading ");
        put(hs_cmd_reading());
    }
    put(": end other programs, or raise the limit of this one (ulimit -v)\n");
    _exit(HS_EXIT_BAD);
}

static void *checked(void *memory, size_t n)
{
    if (__builtin_expect(!memory && n, 0))
        give_up();
    return memory;
}

void *malloc(size_t n) { return checked(__libc_malloc(n), n); }
void *calloc(size_t n, size_t size) { return checked(__libc_calloc(n, size), n && size); }
void *realloc(void *old, size_t n) { return checked(__libc_realloc(old, n), n); }
void *aligned_alloc(size_t alignment, size_t n) { return checked(__libc_memalign(alignment, n), n); }

int posix_memalign(void **memory, size_t alignment, size_t n)
{
    if (alignment % sizeof(void *) || !alignment || alignment & (alignment - 1))
        return EINVAL;
    *memory = checked(__libc_memalign(alignment, n), n);
    return 0;
}
#endif
