/* SPDX-License-Identifier: MIT
 *
 * lwIP's pools. Pools of memp_std.h are numbered by their memp_t, then private pools in the order in which they are first
 * used. With MEMP_MEM_MALLOC pools have names but no elements of their own.
 */
#ifndef HS_LWIP_POOLS_H
#define HS_LWIP_POOLS_H

#include "lib/heapstrata.h"
#include "lwip/memp.h"

/* Log2 of the granule in bytes: the alignment of lwIP's blocks. */
#define HS_LWIP_SHIFT (MEM_ALIGNMENT >= 16 ? 4 : MEM_ALIGNMENT >= 8 ? 3 : MEM_ALIGNMENT >= 4 ? 2 : MEM_ALIGNMENT >= 2 ? 1 : 0)

/* Call when lwIP is initialised: the pools of memp_std.h are known, and no private ones. */
void hs_lwip_pools_init(void);

/* Numbers the pools' granules from `first` on. */
void hs_lwip_pools_number(uint32_t first);

/* Whether the pool is recorded. */
bool hs_lwip_pool_known(unsigned pool);

/* The number of a private pool; a new pool is added. If there is no room for it, the number is not a known pool. */
unsigned hs_lwip_pool_of(const struct memp_desc *desc);

const char *hs_lwip_pool_name(unsigned pool);
/* The pool's index among the regions of hs_lwip_heap. */
uint8_t hs_lwip_pool_index(unsigned pool);

/* Bytes of an element that a program can use. */
uint32_t hs_lwip_pool_size(unsigned pool);

/* Trace-wide granule number of an element; `element` is the address that lwIP returned. */
uint32_t hs_lwip_pool_pos(unsigned pool, const void *element);

/* Whether the pool has a free element. */
bool hs_lwip_pool_has_room(unsigned pool);

/* Write REGION, SNAPSHOT and SUMMARY records. `existing`: the pool may have blocks, which a snapshot will show. */
void hs_lwip_pool_region_record(unsigned pool, bool existing);
void hs_lwip_pool_snapshot(unsigned pool, uint8_t part);
void hs_lwip_pool_summary(unsigned pool, uint8_t cause);

/* The number of known pools, private ones included; all pool numbers are less. */
unsigned hs_lwip_pools(void);

/* The number of elements in all pools. */
uint32_t hs_lwip_pool_elements(void);

#endif
