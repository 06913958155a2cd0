/* SPDX-License-Identifier: MIT
 *
 * Limits for reading a CTF trace. On some damaged traces libbabeltrace2 reads the same place for ever, or asks for more and more
 * memory. What a sound trace needs is in proportion to its size, and the limits are many times that. They count this process's
 * CPU time and memory, so neither a slow disk nor a busy machine can reach them.
 */
#ifndef HS_BABELTRACE2_LIMITS_H
#define HS_BABELTRACE2_LIMITS_H

#include <stdint.h>

/* For the calling process, which reads a trace of `bytes`: memory from now on, and CPU time until the next hs_bt_progress. Beyond
 * that time SIGPROF ends it; beyond that memory the library's allocations fail, and it ends too. */
void hs_bt_limit(uint64_t bytes);

/* Messages came: the CPU time counts from now. */
void hs_bt_progress(void);

/* The trace is read. */
void hs_bt_limit_end(void);

/* Messages that a trace of `bytes` can have at most. */
uint64_t hs_bt_most_messages(uint64_t bytes);

#endif
