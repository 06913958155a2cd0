/* SPDX-License-Identifier: MIT
 *
 * The cost of each global name of each module, from a snapshot of references. The present cost is exact; the cost of
 * alternatives is an estimate, and marked as such.
 */
#ifndef HS_REFS_GLOBALS_H
#define HS_REFS_GLOBALS_H

#include "analysis/refs/retained.h"

#define HS_NO_ESTIMATE UINT64_MAX

struct hs_global_cost {
    const struct hs_global *global;
    const struct hs_module *module;
    uint64_t slot;   /* bytes of its entry in the table: key and value */
    uint64_t name;   /* bytes of its interned name: characters with terminator, and a pool entry, estimated as an address, a
                       * length, two bytes of hash and two bytes in the module's table of names; 0 when the name is in the
                       * firmware */
    uint64_t code;   /* bytes of the module body's code that defines it, line numbers included; 0 after the body has run,
                       * because its code is then garbage, or when it is in ROM */
    bool code_known; /* false: the body is running, and its code cannot be read */
    uint64_t value;  /* bytes of the value's own block; 0 when it has none */
    uint64_t alone;  /* bytes that would be freed with the name: the value and everything that only it keeps alive; 0 when
                       * something else refers to the value */
    bool shared;     /* something else refers to the value */
    uint64_t total;  /* slot + name + code + alone */
    /* Estimates of the same total; HS_NO_ESTIMATE when the trace does not allow one. */
    uint64_t as_const, as_underscore_const, as_literal, as_frozen;
};

struct hs_global_costs {
    struct hs_global_cost *cost; /* by module, most expensive first */
    size_t n;
};

/* Measures. Pointers in the result refer to the graph. Free with hs_global_costs_free. Returns HS_OK or HS_ERR_MEMORY. */
int hs_global_costs_measure(struct hs_global_costs *costs, const struct hs_retained *retained, const struct hs_frame_facts *facts);
void hs_global_costs_free(struct hs_global_costs *costs);

/* Of a module's table: the bytes of its block, and how many of its entries have a name. */
uint64_t hs_module_table_bytes(const struct hs_retained *retained, const struct hs_module *module);

/* The frame that runs a module's body; NULL when it has finished. */
const struct hs_call_frame *hs_module_body(const struct hs_retained *retained, const struct hs_module *module);

#endif
