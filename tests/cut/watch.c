/* SPDX-License-Identifier: MIT */
#include "tests/cut/watch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct watch to;
    bool on, busy;
    uint8_t *shadow;  /* the memory as it has been reported */
    size_t pending;   /* offset of a store that is under way, */
    uint32_t len;     /* its bytes; 0: none */
    unsigned age;     /* accesses since it was announced */
} w;

/* --- stores ------------------------------------------------------------------------------------------- */

static void report(size_t offset, uint32_t len) {
    memcpy(w.shadow + offset, w.to.memory + offset, len);
    w.to.store(offset, len);
}

/* A copy of a struct is announced as its store, then its load, and made behind both. */
static bool under_way(void) {
    return w.len && !w.age++ && memcmp(w.shadow + w.pending, w.to.memory + w.pending, w.len) == 0;
}

static void settle(void) {
    size_t at = w.pending, end = at + w.len;
    w.len = 0;
    while (at < end) {
        uint32_t len = WATCH_STORE_MAX - (uint32_t)(at % WATCH_STORE_MAX);
        len = len < end - at ? len : (uint32_t)(end - at);
        report(at, len);
        at += len;
    }
}

static void touch(const void *address, size_t len, bool writes) {
    if (!w.on || w.busy)
        return;
    w.busy = true;
    if (writes || !under_way())
        settle();
    if (w.to.access)
        w.to.access();
    size_t offset = (size_t)((uintptr_t)address - (uintptr_t)w.to.memory);
    if (writes && w.to.store && offset < w.to.size) {
        w.pending = offset;
        w.len = (uint32_t)(len < w.to.size - offset ? len : w.to.size - offset);
        w.age = 0;
    }
    w.busy = false;
}

void watch_begin(const struct watch *watch) {
    w.to = *watch;
    if (w.to.store) {
        w.shadow = realloc(w.shadow, w.to.size);
        memcpy(w.shadow, w.to.memory, w.to.size);
    }
    w.len = 0;
    w.on = true;
}

void watch_settle(void) {
    if (w.on && !w.busy)
        settle();
}

size_t watch_end(void) {
    size_t missed = 0;
    watch_settle();
    w.on = false;
    for (size_t i = 0; w.to.store && i < w.to.size; i++)
        missed += w.shadow[i] != w.to.memory[i];
    return missed;
}

/* --- what the compiler calls -------------------------------------------------------------------------- */

#define ACCESS(n)                                                                            \
    void __tsan_read##n(void *p) { touch(p, n, false); }                                     \
    void __tsan_write##n(void *p) { touch(p, n, true); }                                     \
    void __tsan_unaligned_read##n(void *p) { touch(p, n, false); }                           \
    void __tsan_unaligned_write##n(void *p) { touch(p, n, true); }                           \
    void __tsan_volatile_read##n(void *p) { touch(p, n, false); }                            \
    void __tsan_volatile_write##n(void *p) { touch(p, n, true); }                            \
    void __tsan_unaligned_volatile_read##n(void *p) { touch(p, n, false); }                  \
    void __tsan_unaligned_volatile_write##n(void *p) { touch(p, n, true); }
#define DECLARE(n)                                                                           \
    void __tsan_read##n(void *p), __tsan_write##n(void *p), __tsan_unaligned_read##n(void *p), \
        __tsan_unaligned_write##n(void *p), __tsan_volatile_read##n(void *p), __tsan_volatile_write##n(void *p), \
        __tsan_unaligned_volatile_read##n(void *p), __tsan_unaligned_volatile_write##n(void *p);
DECLARE(1) DECLARE(2) DECLARE(4) DECLARE(8) DECLARE(16)
ACCESS(1) ACCESS(2) ACCESS(4) ACCESS(8) ACCESS(16)

void __tsan_init(void), __tsan_func_entry(void *), __tsan_func_exit(void);
void __tsan_read_range(void *, size_t), __tsan_write_range(void *, size_t);
void __tsan_init(void) {}
void __tsan_func_entry(void *caller) { (void)caller; }
void __tsan_func_exit(void) {}
void __tsan_read_range(void *p, size_t len) { touch(p, len, false); }
void __tsan_write_range(void *p, size_t len) { touch(p, len, true); }

/* --- what lib/ calls in the place of the C library's --------------------------------------------------- */

void *watched_memcpy(void *restrict to, const void *restrict from, size_t len);
void *watched_memmove(void *to, const void *from, size_t len);
void *watched_memset(void *to, int value, size_t len);

static void copy(uint8_t *to, const uint8_t *from, size_t len) {
    touch(to, len, true);
    if (len == sizeof(uint32_t))
        *(uint32_t *)(void *)to = *(const uint32_t *)(const void *)from;
    else
        *to = *from;
}

static size_t step(const void *to, const void *from, size_t left) {
    bool words = ((uintptr_t)to | (uintptr_t)from) % 4 == 0;
    return words && left >= 4 ? 4 : 1;
}

void *watched_memcpy(void *restrict to, const void *restrict from, size_t len) {
    for (size_t at = 0, n; at < len; at += n) {
        n = step((char *)to + at, (const char *)from + at, len - at);
        copy((uint8_t *)to + at, (const uint8_t *)from + at, n);
    }
    return to;
}

void *watched_memmove(void *to, const void *from, size_t len) {
    if ((uintptr_t)to - (uintptr_t)from >= len)
        return watched_memcpy(to, from, len);
    for (size_t at = len; at--;)
        copy((uint8_t *)to + at, (const uint8_t *)from + at, 1);
    return to;
}

void *watched_memset(void *to, int value, size_t len) {
    const uint8_t byte[4] __attribute__((aligned(4))) = {(uint8_t)value, (uint8_t)value, (uint8_t)value, (uint8_t)value};
    for (size_t at = 0, n; at < len; at += n) {
        n = step((char *)to + at, byte, len - at);
        copy((uint8_t *)to + at, byte, n);
    }
    return to;
}
