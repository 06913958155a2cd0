/* SPDX-License-Identifier: MIT
 *
 * What the hook asks of TLSF, in TLSF's own terms.
 */
#ifndef STUB_TLSF_H
#define STUB_TLSF_H

#include <stdbool.h>
#include <stddef.h>

typedef void *tlsf_t;
typedef void *pool_t;
typedef bool (*tlsf_walker)(void *block, size_t size, int used, void *user);

pool_t tlsf_get_pool(tlsf_t tlsf);
size_t tlsf_block_size(void *block);
void *tlsf_malloc_addr(tlsf_t tlsf, size_t size, void *address);
void tlsf_walk_pool(pool_t pool, tlsf_walker walker, void *user);

#endif
