/* SPDX-License-Identifier: MIT
 *
 * lwIP's pools: those of memp_std.h by their memp_t, then private ones as they are initialised. With MEMP_MEM_MALLOC
 * they have names and no elements of their own.
 */
#ifndef HS_LWIP_POOLS_H
#define HS_LWIP_POOLS_H

#include "lib/heapstrata.h"
#include "lwip/memp.h"

/* Log2 of the granule: what lwIP aligns blocks to. */
#define HS_LWIP_SHIFT (MEM_ALIGNMENT >= 16 ? 4 : MEM_ALIGNMENT >= 8 ? 3 : MEM_ALIGNMENT >= 4 ? 2 : MEM_ALIGNMENT >= 2 ? 1 : 0)

/* lwIP begins anew: all pools of memp_std.h are known, and no private ones. */
void hs_lwip_pools_init(void);

/* The pools' granules are numbered from `first` on. */
void hs_lwip_pools_number(uint32_t first);

/* Whether there is anything to record of the pool. */
bool hs_lwip_pool_known(unsigned pool);

/* A private pool's number; a new one is added. Ones for which there is no room are not known. */
unsigned hs_lwip_pool_of(const struct memp_desc *desc);

const char *hs_lwip_pool_name(unsigned pool);
/* Its place among the regions of hs_lwip_heap. */
uint8_t hs_lwip_pool_index(unsigned pool);

/* Bytes of an element that its user has. */
uint32_t hs_lwip_pool_size(unsigned pool);

/* Granule of an element, by its address as lwIP handed it out. */
uint32_t hs_lwip_pool_pos(unsigned pool, const void *element);

/* Whether an element could be had. */
bool hs_lwip_pool_has_room(unsigned pool);

/* REGION, SNAPSHOT and SUMMARY records. `existing`: its contents will follow. */
void hs_lwip_pool_region_record(unsigned pool, bool existing);
void hs_lwip_pool_snapshot(unsigned pool, uint8_t part);
void hs_lwip_pool_summary(unsigned pool, uint8_t cause);

/* How many pools there are, private ones included; their numbers are below. */
unsigned hs_lwip_pools(void);

/* Elements of all pools. */
uint32_t hs_lwip_pool_elements(void);

#endif
