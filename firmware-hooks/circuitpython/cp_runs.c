/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/circuitpython/cp_runs.h"

#include <string.h>

#include "firmware-hooks/circuitpython/cp_room.h"
#include "firmware-hooks/micropython/mp_hooks.h"
#include "py/mpstate.h"
#include "shared-bindings/supervisor/Runtime.h"
#include "supervisor/port.h"
#include "supervisor/shared/safe_mode.h"

/* Reasons for safe mode, in the words of CircuitPython's documentation. */
static const char *const safe_modes[] = {
    [SAFE_MODE_BROWNOUT] = "brownout",
    [SAFE_MODE_FLASH_WRITE_FAIL] = "flash write failed",
    [SAFE_MODE_GC_ALLOC_OUTSIDE_VM] = "heap used outside of the VM",
    [SAFE_MODE_HARD_FAULT] = "hard fault",
    [SAFE_MODE_INTERRUPT_ERROR] = "interrupt error",
    [SAFE_MODE_MANUAL] = "button at start",
    [SAFE_MODE_NLR_JUMP_FAIL] = "NLR jump failed",
    [SAFE_MODE_NO_CIRCUITPY] = "no CIRCUITPY drive",
    [SAFE_MODE_NO_HEAP] = "no room for the heap",
    [SAFE_MODE_PROGRAMMATIC] = "asked for by the program",
    [SAFE_MODE_SAFEMODE_PY_ERROR] = "error in safemode.py",
    [SAFE_MODE_SDK_FATAL_ERROR] = "fatal error of the SDK",
    [SAFE_MODE_STACK_OVERFLOW] = "stack overflow",
    [SAFE_MODE_USER] = "button at start",
    [SAFE_MODE_WATCHDOG] = "watchdog",
};

static const char *const run_reasons[] = {
    [RUN_REASON_STARTUP] = "the supervisor",
    [RUN_REASON_AUTO_RELOAD] = "auto-reload",
    [RUN_REASON_SUPERVISOR_RELOAD] = "supervisor.reload()",
    [RUN_REASON_REPL_RELOAD] = "Ctrl-D or the REPL",
};

#define NAME(names, number) ((number) < sizeof names / sizeof *names && names[number] ? names[number] : "another reason")

/* A label or a fact under construction; at most HS_DATA_MAX bytes are recorded. */
struct label {
    char text[HS_DATA_MAX];
    uint32_t len;
};

static void add(struct label *label, const char *text)
{
    for (; *text && label->len < sizeof label->text; text++)
        label->text[label->len++] = *text;
}

static void add_number(struct label *label, uint32_t number)
{
    char digits[10];
    unsigned n = 0;
    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (n)
        add(label, (char[]){digits[--n], 0});
}

static struct label begun(const char *what)
{
    struct label label = {.len = 0};
    add(&label, HS_MARK_SUPERVISOR);
    add(&label, what);
    return label;
}

static void mark(const char *what, const char *reason)
{
    struct label label = begun(what);
    add(&label, reason);
    hs_mp_mark((struct hs_text){label.text, label.len});
}

static void mark_refused(void)
{
    struct label label = begun("no room for CIRCUITPY_HEAP_START_SIZE = ");
    add_number(&label, hs_cp_room_refused());
    hs_mp_mark((struct hs_text){label.text, label.len});
}

#if MICROPY_ENABLE_PYSTACK
static uint32_t pystack(void) { return (uint32_t)(MP_STATE_THREAD(pystack_end) - MP_STATE_THREAD(pystack_start)); }
#else
static uint32_t pystack(void) { return 0; }
#endif

void hs_cp_record_facts(void)
{
    struct label fact = {.len = 0};
    add(&fact, "stacks=pystack ");
    add_number(&fact, pystack());
    add(&fact, ", stack ");
    add_number(&fact, (uint32_t)((uintptr_t)port_stack_get_top() - (uintptr_t)port_stack_get_limit()));
    hs_record(&(struct hs_record){.kind = HS_FACT, .fact.fact = {fact.text, fact.len}});
}

void hs_cp_run_begins(bool boot)
{
    static uint32_t pystack_before = UINT32_MAX;
    unsigned safe_mode = (unsigned)get_safe_mode(), reason = (unsigned)supervisor_get_run_reason();
    if (!boot)
        mark("started anew by ", NAME(run_reasons, reason));
    else if (safe_mode != SAFE_MODE_NONE)
        mark("safe mode, ", NAME(safe_modes, safe_mode));
    if (hs_cp_room_refused())
        mark_refused();
    if (pystack() != pystack_before)
        hs_cp_record_facts();
    pystack_before = pystack();
}
