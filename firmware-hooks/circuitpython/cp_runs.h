/* SPDX-License-Identifier: MIT
 *
 * CircuitPython's supervisor starts the interpreter anew within one boot: after supervisor.reload(), when a file was written, at
 * Ctrl-D. Each start is a mark of its own in the trace, with its reason, and so is what the interpreter has got of pystack
 * and stack. All these marks begin with HS_MARK_SUPERVISOR.
 */
#ifndef HS_CP_RUNS_H
#define HS_CP_RUNS_H

#include <stdbool.h>

/* The interpreter has a new heap. `boot`: for the first time in this boot. Not from an interrupt. */
void hs_cp_run_begins(bool boot);

#endif
