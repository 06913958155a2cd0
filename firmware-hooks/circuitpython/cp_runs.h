/* SPDX-License-Identifier: MIT
 *
 * CircuitPython's supervisor restarts the interpreter within one boot: after supervisor.reload(), after a file was written, and
 * at Ctrl-D. Each restart is recorded as a mark with its reason. A further mark has the bytes of the interpreter's pystack and
 * stack. All these marks begin with HS_MARK_SUPERVISOR.
 */
#ifndef HS_CP_RUNS_H
#define HS_CP_RUNS_H

#include <stdbool.h>

/* Call when the interpreter has a new heap. `boot`: the first one in this boot. Not ISR safe. */
void hs_cp_run_begins(bool boot);

#endif
