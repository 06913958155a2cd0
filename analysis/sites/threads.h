/* SPDX-License-Identifier: MIT
 *
 * Sites per thread: replaces the site of each event by a number for the pair of site and thread. Sums by this number
 * are sums by site and thread.
 */
#ifndef HS_SITES_THREADS_H
#define HS_SITES_THREADS_H

#include "lib/host/reader.h"

struct hs_threads;

/* NULL when out of memory. */
struct hs_threads *hs_threads_new(void);
void hs_threads_free(struct hs_threads *threads);

/* The same events with such numbers as sites; valid until the next call. NULL when out of memory. */
const struct hs_event *hs_threads_split(struct hs_threads *threads, const struct hs_event *events, long n);

/* The site and the thread of a number. Site 0 and HS_SITE_UNKNOWN are not split by thread: they map to themselves. */
uint32_t hs_threads_site(const struct hs_threads *threads, uint32_t number);
uint32_t hs_threads_thread(const struct hs_threads *threads, uint32_t number);

#endif
