/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "analysis/symbols/symbols.h"

void hs_symbol_unknown(int64_t caller, struct hs_symbol *out)
{
    *out = (struct hs_symbol){.kind = hs_block_kind_match(NULL, 0)};
    snprintf(out->function, sizeof out->function, "anchor%c0x%" PRIx64, caller < 0 ? '-' : '+',
             caller < 0 ? -(uint64_t)caller : (uint64_t)caller);
}
