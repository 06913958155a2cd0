/* SPDX-License-Identifier: MIT
 *
 * Who asks for memory.
 */
#ifndef HS_LWIP_SITES_H
#define HS_LWIP_SITES_H

#include "lib/heapstrata.h"
#include "lwip/timeouts.h"

#define HS_LWIP_NO_POOL 0xffu

/* The request that is under way: mem_malloc may call memp_malloc or the other way round, and the outermost is who asks. */
struct hs_lwip_asking {
    uintptr_t caller; /* 0: none */
    uint32_t context;
    uint8_t pool; /* HS_LWIP_NO_POOL: the heap is asked */
};

/* A request of `caller`, whose callee has the frame `frame`. False when another one is under way, which it belongs to;
 * that one learns the pool. */
bool hs_lwip_ask(uintptr_t caller, const uintptr_t *frame, unsigned pool);

/* Ends it, when hs_lwip_ask was true. */
void hs_lwip_answered(bool outermost);

const struct hs_lwip_asking *hs_lwip_request(void);

/* Key of the request. */
struct hs_key hs_lwip_key_of(const struct hs_lwip_asking *asking);

/* Address by which a handler of a timeout is known, as if it had called. */
uintptr_t hs_lwip_handler(sys_timeout_handler handler, const void *arg);

#endif
