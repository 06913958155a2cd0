/* SPDX-License-Identifier: MIT
 *
 * A heap makes room for the ring: every way in which the two may lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware-hooks/ports/room.h"

static const struct hs_span ring = {0x20004000, 0x20008000};

struct way {
    const char *what;
    struct hs_span heap, then;
    bool fits;
};

static const struct way ways[] = {
    {"the heap ends where the ring begins", {0x20000000, 0x20004000}, {0x20000000, 0x20004000}, true},
    {"the heap begins where the ring ends", {0x20008000, 0x20020000}, {0x20008000, 0x20020000}, true},
    {"the heap is far away", {0x10000000, 0x10010000}, {0x10000000, 0x10010000}, true},
    {"the ring begins the heap", {0x20004000, 0x20020000}, {0x20008000, 0x20020000}, true},
    {"a few bytes of the heap lie before the ring", {0x20003ff8, 0x20020000}, {0x20008000, 0x20020000}, true},
    {"as many as are given up", {0x20003f00, 0x20020000}, {0x20008000, 0x20020000}, true},
    {"the heap begins within the ring", {0x20006000, 0x20020000}, {0x20008000, 0x20020000}, true},
    {"the ring ends the heap", {0x20000000, 0x20008000}, {0x20000000, 0x20004000}, true},
    {"the heap ends within the ring", {0x20000000, 0x20004010}, {0x20000000, 0x20004000}, true},
    {"a few bytes of the heap lie behind the ring", {0x20000000, 0x20008100}, {0x20000000, 0x20004000}, true},
    {"the ring is inside the heap", {0x20000000, 0x20020000}, {0x20000000, 0x20020000}, false},
    {"one byte too many to be given up", {0x20003eff, 0x20020000}, {0x20003eff, 0x20020000}, false},
    {"the ring is all of the heap", {0x20004000, 0x20008000}, {0x20004000, 0x20008000}, false},
    {"the heap is inside the ring", {0x20005000, 0x20006000}, {0x20005000, 0x20006000}, false},
    {"hardly anything is left on both sides", {0x20003ff0, 0x20008010}, {0x20003ff0, 0x20008010}, false},
};

static void every_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct hs_span heap = ways[i].heap;
        bool fits = hs_room_make(&heap, ring);
        if (fits != ways[i].fits || heap.start != ways[i].then.start || heap.end != ways[i].then.end)
            fail_msg("%s: %d, %#lx to %#lx", ways[i].what, fits, (unsigned long)heap.start, (unsigned long)heap.end);
    }
}

/* Whatever comes of small spans, of every place and length: no byte is the heap's and the ring's, none is new to the heap,
 * and one that was refused is as it was. */
static void never_both(void **state)
{
    (void)state;
    for (uintptr_t start = 0; start < 24; start++)
        for (uintptr_t end = start; end < 24; end++)
            for (unsigned scale = 1; scale <= 64; scale *= 8) {
                const struct hs_span small = {8 * scale, 16 * scale}, was = {start * scale, end * scale};
                struct hs_span heap = was;
                if (hs_room_make(&heap, small)) {
                    assert_false(hs_room_overlap(&heap, small));
                    assert_true(heap.start >= was.start && heap.end <= was.end && heap.start <= heap.end);
                    assert_true(was.end - was.start - (heap.end - heap.start) <= 8 * scale + HS_ROOM_GIVEN_UP);
                } else {
                    assert_memory_equal(&heap, &was, sizeof heap);
                }
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_way), cmocka_unit_test(never_both)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
