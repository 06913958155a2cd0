/* SPDX-License-Identifier: MIT
 *
 * Sites told apart by thread: each event gets, instead of its site, a number that stands for that site in that thread, so
 * that whoever adds up by site adds up by both.
 */
#ifndef HS_SITES_THREADS_H
#define HS_SITES_THREADS_H

#include "lib/host/reader.h"

struct hs_threads;

/* NULL when out of memory. */
struct hs_threads *hs_threads_new(void);
void hs_threads_free(struct hs_threads *threads);

/* The same events with such numbers; valid until the next call. NULL when out of memory. */
const struct hs_event *hs_threads_split(struct hs_threads *threads, const struct hs_event *events, long n);

/* What a number stands for. Those of no place, 0 and the one of blocks that nobody saw come, stand for themselves. */
uint32_t hs_threads_site(const struct hs_threads *threads, uint32_t number);
uint32_t hs_threads_thread(const struct hs_threads *threads, uint32_t number);

#endif
