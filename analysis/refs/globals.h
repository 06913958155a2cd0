/* SPDX-License-Identifier: MIT
 *
 * What each global name of each module costs, from a snapshot of references. What a snapshot shows is exact; what
 * it would be otherwise is estimated and said to be.
 */
#ifndef HS_REFS_GLOBALS_H
#define HS_REFS_GLOBALS_H

#include "analysis/refs/retained.h"

#define HS_NO_ESTIMATE UINT64_MAX

struct hs_global_cost {
    const struct hs_global *global;
    const struct hs_module *module;
    uint64_t slot;    /* bytes of its place in the table: key and value */
    uint64_t name;    /* bytes of its interned name: characters and their end, and an entry of the pool, which is
                         estimated as an address, a length and two bytes of hash, and two bytes in the module's table of
                         names; 0 when the firmware has the name */
    uint64_t code;    /* bytes of the module's body that make it, its line numbers included; 0 when the body has run, for
                         its code goes with it, or is in ROM */
    bool code_known;  /* false: the body is running, and its code cannot be read */
    uint64_t value;   /* bytes of the value's own block, 0 when it has none */
    uint64_t alone;   /* bytes that would go with the name: the value and all that it alone keeps; 0 when something
                         else holds the value as well */
    bool shared;      /* something else does */
    uint64_t total;   /* slot + name + code + alone */
    /* Estimates of the same total; HS_NO_ESTIMATE where the trace does not let one tell. */
    uint64_t as_const, as_underscore_const, as_literal, as_frozen;
};

struct hs_global_costs {
    struct hs_global_cost *cost; /* by module, dearest first */
    size_t n;
};

/* Measures; what it points at belongs to the graph. Free with hs_global_costs_free. Returns HS_OK or HS_ERR_MEMORY. */
int hs_global_costs_measure(struct hs_global_costs *costs, const struct hs_retained *retained, const struct hs_frame_facts *facts);
void hs_global_costs_free(struct hs_global_costs *costs);

/* Of a module's table: bytes of its block, and how many of its places have a name. */
uint64_t hs_module_table_bytes(const struct hs_retained *retained, const struct hs_module *module);

/* The frame that runs a module's body; NULL when it has run. */
const struct hs_call_frame *hs_module_body(const struct hs_retained *retained, const struct hs_module *module);

#endif
