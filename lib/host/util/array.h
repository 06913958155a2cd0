/* SPDX-License-Identifier: MIT
 *
 * Arrays that grow. An array is a pointer of its user, who keeps beside it the number of items (`n`) and the number of
 * items that there is memory for (`room`), in unsigned integers of any type. Both begin as 0 and the pointer as NULL;
 * free() releases the array.
 *
 *     struct hs_mark *mark = hs_array_add(m->mark, m->n_marks, m->marks_room);
 *     if (!mark)
 *         return HS_ERR_MEMORY;
 *
 * The room doubles, so that adding n items copies at most 2 n of them. All of these say in the same way that memory is
 * short, or that the type of `room` cannot count so many: false or NULL, and nothing has changed.
 *
 * `items`, `n` and `room` are variables or members. They are evaluated more than once. Arrays of the same length may
 * share one `room`, with a copy of it for each: the new room depends on nothing but the old one and `need`.
 */
#ifndef HS_UTIL_ARRAY_H
#define HS_UTIL_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/* Makes room for `need` items. False: out of memory. */
#define hs_array_reserve(items, room, need) HS_ARRAY_GROW(items, room, need, -1)

/* The same; each byte of all new room is `byte`: 0, or 0xff for numbers that stand for nothing. An array grows by one of
 * the two only, or its new items are in part not filled. */
#define hs_array_fill(items, room, need, byte) HS_ARRAY_GROW(items, room, need, byte)

/* Makes room for one more than `n` items. False: out of memory. */
#define hs_array_more(items, n, room) hs_array_reserve(items, room, (size_t)(n) + 1)

/* Adds one item at the end, and counts it. Returns its address, NULL: out of memory. The caller fills the item. */
#define hs_array_add(items, n, room) (hs_array_more(items, n, room) ? &(items)[(n)++] : NULL)

/* ---- how it is done ---- */

struct hs_array_growth {
    size_t room; /* items that there is memory for */
    size_t need; /* items wanted, more than `room` */
    size_t most; /* what the type of `room` can count */
    size_t size; /* bytes of an item */
    int fill;    /* byte to fill new items with, -1: none */
};

/* `items` is the address of the pointer. Returns the new room, which is at least `need`; the old one when memory is short. */
size_t hs_array_grow(void *items, struct hs_array_growth by);

#define HS_ARRAY_GROW(items, room, need, byte) \
    ((size_t)(need) <= (room) || \
     ((room) = (__typeof__(room))hs_array_grow( \
          &(items), (struct hs_array_growth){(room), (need), (__typeof__(room))-1, sizeof *(items), (byte)})) >= (size_t)(need))

#endif
