/* SPDX-License-Identifier: MIT
 *
 * Port of the tests on the cores: time from a variable, a lock that notes when it is not paired.
 */
#ifndef TESTS_CORES_PORT_H
#define TESTS_CORES_PORT_H

#include <stdint.h>

extern uint32_t port_ticks;
extern uint32_t port_depth;    /* of locks held: 0 or 1 */
extern uint32_t port_unpaired; /* locks taken twice or given back twice */

/* As on the cores: with 1, the host's images differ in the bytes after the last record, which are not part of it. */
#define HS_BRANCHLESS 0

typedef uint32_t hs_lock_t;
static inline hs_lock_t hs_port_lock(void)
{
    port_unpaired += port_depth++ != 0;
    return 0x10c;
}
static inline void hs_port_unlock(hs_lock_t lock) { port_unpaired += lock != 0x10c || port_depth-- != 1; }
static inline uint32_t hs_port_ticks(void) { return port_ticks; }

#endif
