/* SPDX-License-Identifier: MIT
 *
 * malloc and its kin as the C library exports them by another name, of which one call, or each from one on, fails. HS_FAIL_AT=N: the Nth call (from 1); HS_FAIL_REST=1: and
 * all that follow. HS_FAIL_COUNT=FILE: how many calls there were is written there at the end. Calls before main are not counted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static unsigned long calls, fail_at;
static bool fail_rest, counting;

static bool fails(void)
{
    if (!counting)
        return false;
    unsigned long number = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    bool fail = fail_at && (number == fail_at || (fail_rest && number > fail_at));
    if (fail)
        errno = ENOMEM;
    return fail;
}

/* The C library's own, found when first asked for. */
static void *next(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (!function)
        abort();
    return function;
}

/* What the program calls, which has a malloc of its own in front of these. */
void *__libc_malloc(size_t n)
{
    static void *(*real)(size_t);
    real = real ? real : (void *(*)(size_t))next("__libc_malloc");
    return fails() ? NULL : real(n);
}

void *__libc_calloc(size_t n, size_t size)
{
    static void *(*real)(size_t, size_t);
    real = real ? real : (void *(*)(size_t, size_t))next("__libc_calloc");
    return fails() ? NULL : real(n, size);
}

void *__libc_realloc(void *old, size_t n)
{
    static void *(*real)(void *, size_t);
    real = real ? real : (void *(*)(void *, size_t))next("__libc_realloc");
    return fails() ? NULL : real(old, n);
}

void *__libc_memalign(size_t alignment, size_t n)
{
    static void *(*real)(size_t, size_t);
    real = real ? real : (void *(*)(size_t, size_t))next("__libc_memalign");
    return fails() ? NULL : real(alignment, n);
}

static void tell(void)
{
    const char *path = getenv("HS_FAIL_COUNT");
    char text[32];
    counting = false;
    FILE *out = path ? fopen(path, "w") : NULL;
    snprintf(text, sizeof text, "%lu\n", calls);
    if (out) {
        fputs(text, out);
        fclose(out);
    }
}

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("HS_FAIL_AT"), *rest = getenv("HS_FAIL_REST");
    fail_at = at ? strtoul(at, NULL, 10) : 0;
    fail_rest = rest && *rest == '1';
    unsetenv("LD_PRELOAD"); /* programs that this one starts are not tried */
    atexit(tell);
    counting = true;
}
