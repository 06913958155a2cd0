/* SPDX-License-Identifier: MIT
 *
 * Sorting with a context for the comparison, as qsort_r does it where a C library has it. Elements that compare equal keep
 * their order.
 */
#ifndef HS_UTIL_SORT_H
#define HS_UTIL_SORT_H

#include <stddef.h>

/* Less than, equal to or greater than 0, as for qsort. */
typedef int hs_sort_compare(const void *left, const void *right, void *context);

/* Sorts `n` elements of `size` bytes each. Never fails: it is slow where memory for half of them cannot be had. */
void hs_sort(void *base, size_t n, size_t size, hs_sort_compare *compare, void *context);

#endif
