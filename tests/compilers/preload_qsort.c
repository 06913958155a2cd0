/* SPDX-License-Identifier: MIT
 *
 * qsort and qsort_r that turn the order of equals around: glibc's keeps it where memory allows, others do not.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct how {
    size_t size;
    int (*compare)(const void *, const void *, void *);
    void *context;
};

static void merge(uint8_t *to, const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b, const struct how *how)
{
    while (n_a || n_b) {
        int take_b = !n_a || (n_b && how->compare(a, b, how->context) >= 0);
        const uint8_t **from = take_b ? &b : &a;
        memcpy(to, *from, how->size);
        *from += how->size;
        to += how->size;
        *(take_b ? &n_b : &n_a) -= 1;
    }
}

static void sort(uint8_t *item, uint8_t *spare, size_t n, const struct how *how)
{
    size_t half = n / 2;
    if (n < 2)
        return;
    sort(item, spare, half, how);
    sort(item + half * how->size, spare, n - half, how);
    merge(spare, item, half, item + half * how->size, n - half, how);
    memcpy(item, spare, n * how->size);
}

void qsort_r(void *base, size_t n, size_t size, int (*compare)(const void *, const void *, void *), void *context)
{
    uint8_t *spare = n > 1 ? malloc(n * size) : NULL;
    if (n > 1 && !spare)
        abort();
    sort(base, spare, n, &(struct how){size, compare, context});
    free(spare);
}

static int plain(const void *a, const void *b, void *context) { return (*(int (**)(const void *, const void *))context)(a, b); }

void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *))
{
    qsort_r(base, n, size, plain, &compare);
}
