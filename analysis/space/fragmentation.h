/* SPDX-License-Identifier: MIT
 *
 * Measures of fragmentation, and the sources of their definitions.
 *
 * External fragmentation, 1 - largest free run / total free: the share of the free memory that the largest possible
 * request cannot use. The usual measure for a heap with one arena; Wikipedia, "Fragmentation (computing)", gives it as
 * "External Memory Fragmentation"; users of ESP-IDF and FreeRTOS compute it from heap_caps_get_largest_free_block and
 * heap_caps_get_free_size.
 *
 * Unusable free space index, for a size s: the share of the free memory in runs shorter than s, which a request of s
 * bytes cannot use. M. Gorman and A. Whitcroft, "The What, The Why and the Where To of Anti-Fragmentation", Ottawa
 * Linux Symposium 2006, F_u(j) = (TotalFree - sum over i >= j of 2^i k_i) / TotalFree; as unusable_free_index in
 * Linux's mm/vmstat.c. Here over run lengths instead of powers of two.
 *
 * Internal fragmentation, 1 - requested / taken: the share of the allocated bytes that was not requested. B. Randell,
 * "A Note on Storage Fragmentation and Program Segmentation", CACM 12(7), 1969, which names both kinds.
 */
#ifndef HS_SPACE_FRAGMENTATION_H
#define HS_SPACE_FRAGMENTATION_H

#include "analysis/space/freeruns.h"

struct hs_free_figures {
    uint64_t free, largest; /* bytes */
};
struct hs_used_figures {
    uint64_t requested, taken; /* bytes */
};

/* From 0 (at most one free run) to nearly 1; 0 also when the reported longest run exceeds the free bytes. */
static inline double hs_external_fragmentation(struct hs_free_figures f)
{
    return f.largest < f.free ? 1.0 - (double)(int64_t)f.largest / (double)(int64_t)f.free : 0.0;
}

/* From 0 to nearly 1; 0 for an empty heap, and when more was requested than taken. */
static inline double hs_internal_fragmentation(struct hs_used_figures f)
{
    return f.requested < f.taken ? 1.0 - (double)f.requested / (double)f.taken : 0.0;
}

/* Free granules in runs shorter than `length`. */
uint64_t hs_unusable_granules(const struct hs_freeruns *f, uint32_t length);

/* Free runs by length: class c has the runs of 2^c to 2^(c+1) - 1 granules. */
#define HS_RUN_CLASSES 32
struct hs_run_histogram {
    uint32_t runs[HS_RUN_CLASSES];
    uint32_t granules[HS_RUN_CLASSES];
};

/* Adds the free runs of an index to a histogram. */
void hs_histogram_add(struct hs_run_histogram *h, const struct hs_freeruns *f);

#endif
