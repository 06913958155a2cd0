/* SPDX-License-Identifier: MIT
 *
 * Sites of lwIP's requests.
 */
#ifndef HS_LWIP_SITES_H
#define HS_LWIP_SITES_H

#include "lib/heapstrata.h"
#include "lwip/timeouts.h"

#define HS_LWIP_NO_POOL 0xffu

/* The current request. mem_malloc may call memp_malloc or the other way round; the caller is that of the outermost call. */
struct hs_lwip_asking {
    uintptr_t caller; /* 0: none */
    uint32_t context;
    uint8_t pool; /* HS_LWIP_NO_POOL: a request to the heap */
};

/* Begins a request by `caller`; `frame` is the frame of the function that it called. Returns false if a request is already in
 * progress: this call is part of it, and only sets its pool. */
bool hs_lwip_ask(uintptr_t caller, const uintptr_t *frame, unsigned pool);

/* Ends the request if `outermost`, the result of hs_lwip_ask, is true. */
void hs_lwip_answered(bool outermost);

const struct hs_lwip_asking *hs_lwip_request(void);

/* The key of the request's site. */
struct hs_key hs_lwip_key_of(const struct hs_lwip_asking *asking);

/* The `caller` that stands for a timeout's handler, as if the handler had made the request. */
uintptr_t hs_lwip_handler(sys_timeout_handler handler, const void *arg);

#endif
