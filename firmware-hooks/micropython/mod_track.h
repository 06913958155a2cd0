/* SPDX-License-Identifier: MIT
 *
 * The function track() of the Python module heapstrata. Not ISR safe.
 */
#ifndef HS_MP_MOD_TRACK_H
#define HS_MP_MOD_TRACK_H

#include "py/runtime.h"

/* track("label"): a context manager, and a decorator. track(function): the tracked function. */
extern const mp_obj_fun_builtin_fixed_t hs_mod_track_obj;

#endif
