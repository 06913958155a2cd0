/* SPDX-License-Identifier: MIT */
#include "lib/host/util/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ITEMS 16u

static size_t new_room(const struct hs_array_growth *by)
{
    size_t most = by->most < SIZE_MAX / by->size ? by->most : SIZE_MAX / by->size;
    size_t room = by->room <= most / 2 ? 2 * by->room : most;
    room = room < FIRST_ITEMS && FIRST_ITEMS <= most ? FIRST_ITEMS : room;
    room = room < by->need ? by->need : room;
    return room <= most ? room : 0;
}

/* The pointer is copied as bytes, because its type is unknown here. */
size_t hs_array_grow(void *items, struct hs_array_growth by)
{
    size_t room = new_room(&by);
    char *array;
    memcpy(&array, items, sizeof array);
    array = room ? realloc(array, room * by.size) : NULL;
    if (!array)
        return by.room;
    if (by.fill >= 0)
        memset(array + by.room * by.size, by.fill, (room - by.room) * by.size);
    memcpy(items, &array, sizeof array);
    return room;
}
