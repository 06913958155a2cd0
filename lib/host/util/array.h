/* SPDX-License-Identifier: MIT
 *
 * Growing arrays. The user has a pointer to the items, the number of items (`n`), and the number of items that memory is
 * allocated for (`room`); both are unsigned integers of any type. Both start at 0, and the pointer at NULL.
 * The user owns the array and frees it with free().
 *
 *     struct hs_mark *mark = hs_array_add(m->mark, m->n_marks, m->marks_room);
 *     if (!mark)
 *         return HS_ERR_MEMORY;
 *
 * The room doubles, so that adding n items copies at most 2 n of them. All macros report an error in the same way, when
 * they are out of memory or the type of `room` is too small: they return false or NULL and change nothing.
 *
 * `items`, `n` and `room` must be variables or members: they are evaluated more than once. Arrays of the same length can
 * use copies of one `room`: the new room depends only on the old room and `need`.
 */
#ifndef HS_UTIL_ARRAY_H
#define HS_UTIL_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/* Makes room for `need` items. False: out of memory. */
#define hs_array_reserve(items, room, need) HS_ARRAY_GROW(items, room, need, -1)

/* The same, and sets each byte of the new room to `byte`: 0, or 0xff for numbers that mean "none". Use only one of the two
 * for an array, otherwise some of its new items are not filled. */
#define hs_array_fill(items, room, need, byte) HS_ARRAY_GROW(items, room, need, byte)

/* Makes room for one more than `n` items. False: out of memory. */
#define hs_array_more(items, n, room) hs_array_reserve(items, room, (size_t)(n) + 1)

/* Adds one item at the end and increments `n`. Returns the item's address for the caller to fill; NULL: out of memory. */
#define hs_array_add(items, n, room) (hs_array_more(items, n, room) ? &(items)[(n)++] : NULL)

/* ---- implementation ---- */

struct hs_array_growth {
    size_t room; /* items that memory is allocated for */
    size_t need; /* items needed, more than `room` */
    size_t most; /* largest value of the type of `room` */
    size_t size; /* bytes of an item */
    int fill;    /* byte to fill new items with, -1: none */
};

/* `items` is the address of the pointer. Returns the new room, at least `need`, or the old room when out of memory. */
size_t hs_array_grow(void *items, struct hs_array_growth by);

#define HS_ARRAY_GROW(items, room, need, byte) \
    ((size_t)(need) <= (room) || \
     ((room) = (__typeof__(room))hs_array_grow(&(items), (struct hs_array_growth){(room), (need), (size_t)(__typeof__(room))-1, \
                                                                                  sizeof *(items), (byte)})) >= (size_t)(need))

#endif
