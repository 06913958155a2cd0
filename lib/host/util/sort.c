/* SPDX-License-Identifier: MIT */
#include "lib/host/util/sort.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct order {
    size_t size; /* of an element, bytes */
    hs_sort_compare *compare;
    void *context;
};

/* Moves the last element to its place among the sorted ones before it. */
static void insert(uint8_t *item, size_t n, const struct order *order)
{
    for (uint8_t *at = item + (n - 1) * order->size; at > item; at -= order->size) {
        uint8_t *before = at - order->size;
        if (order->compare(before, at, order->context) <= 0)
            return;
        for (size_t i = 0; i < order->size; i++) {
            uint8_t byte = at[i];
            at[i] = before[i];
            before[i] = byte;
        }
    }
}

/* Merges the sorted halves of `item` by way of `spare`, which has room for the first half. */
static void merge(uint8_t *item, uint8_t *spare, size_t n, const struct order *order)
{
    size_t size = order->size, half = n / 2;
    const uint8_t *a = spare, *a_end = spare + half * size, *b = item + half * size, *b_end = item + n * size;
    memcpy(spare, item, half * size);
    while (a < a_end) {
        const uint8_t **from = b < b_end && order->compare(b, a, order->context) < 0 ? &b : &a;
        memcpy(item, *from, size);
        *from += size;
        item += size;
    }
}

static void sort(uint8_t *item, uint8_t *spare, size_t n, const struct order *order)
{
    size_t half = n / 2;
    if (n < 2)
        return;
    sort(item, spare, half, order);
    sort(item + half * order->size, spare, n - half, order);
    merge(item, spare, n, order);
}

void hs_sort(void *base, size_t n, size_t size, hs_sort_compare *compare, void *context)
{
    struct order order = {size, compare, context};
    uint8_t *spare = n > 1 ? malloc(n / 2 * size) : NULL;
    if (spare)
        sort(base, spare, n, &order);
    else
        for (size_t i = 2; i <= n; i++)
            insert(base, i, &order);
    free(spare);
}
