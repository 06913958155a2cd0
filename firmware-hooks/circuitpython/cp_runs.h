/* SPDX-License-Identifier: MIT
 *
 * CircuitPython's supervisor restarts the interpreter within one boot: after supervisor.reload(), after a file was written, and
 * at Ctrl-D. Each restart is recorded as a mark with its reason, which begins with HS_MARK_SUPERVISOR. The fact "stacks=" has
 * the bytes of the interpreter's pystack and stack ("pystack 2048, stack 25600").
 */
#ifndef HS_CP_RUNS_H
#define HS_CP_RUNS_H

#include <stdbool.h>

/* Call when the interpreter has a new heap. `boot`: the first one in this boot. Not ISR safe. */
void hs_cp_run_begins(bool boot);

/* Records the fact "stacks=". Call it with each record of the regions: a ring overwrites older records. Takes at most
 * HS_CP_FACTS_SIZE bytes. Not ISR safe. */
void hs_cp_record_facts(void);
#define HS_CP_FACTS_SIZE 64u

#endif
