/* SPDX-License-Identifier: MIT
 *
 * The policies, one file each; sim.c lists them.
 */
#ifndef HS_WHATIF_POLICIES_H
#define HS_WHATIF_POLICIES_H

#include "analysis/whatif/sim.h"

extern const struct hs_policy hs_policy_first_fit, hs_policy_best_fit, hs_policy_next_fit;
extern const struct hs_policy hs_policy_tlsf, hs_policy_buddy, hs_policy_compacting;

#endif
