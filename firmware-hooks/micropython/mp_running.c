/* SPDX-License-Identifier: MIT
 *
 * The running code: the wrap of mp_execute_bytecode stores the running code state, whose instruction pointer is the Python
 * side of a site. A jump (an interrupt, an exception) and a thread switch change it too.
 *
 * Order: with threads and no GIL the collector's own recursive mutex is held across the real call and its record, so that
 * the trace has the order in which the heap changed.
 */
#include "firmware-hooks/micropython/mp_inline.h"

#ifdef HS_PORT_INTERRUPTS
#include <signal.h>
#endif

const mp_code_state_t hs_mp_nowhere;

#ifdef HS_PORT_CORES
struct hs_mp_running hs_mp_running_on[HS_PORT_CORES] = {[0 ... HS_PORT_CORES - 1] = {.code = &hs_mp_nowhere}};

void hs_mp_stop_cores(void)
{
    hs_port_cores_stopped();
    for (unsigned core = 0; core < HS_PORT_CORES; core++)
        if (core != HS_PORT_CORE()) {
            hs_mp_running_on[core].code = &hs_mp_nowhere;
            hs_mp_running_on[core].caller = 0;
        }
}

/* enter_order comes before hs_cores_stop, because the thread that holds the order's lock may be waiting for the trace. */
#if MICROPY_PY_THREAD
void __real_mp_thread_deinit(void);
void __wrap_mp_thread_deinit(void);
HS_MP_SAME_TYPE(mp_thread_deinit);
void __wrap_mp_thread_deinit(void)
{
    bool ordered = enter_order();
    hs_cores_stop();
    __real_mp_thread_deinit();
    hs_port_cores_stopped();
    hs_cores_stopped();
    leave_order(ordered);
}
#endif
#else
HS_THREAD_LOCAL struct hs_mp_running hs_mp_running = {.code = &hs_mp_nowhere};
#endif

/* --- interrupts ---------------------------------------------------------------------------------------- */

#ifdef HS_PORT_INTERRUPTS
void hs_mp_interrupt_now(void)
{
    int signal = running.interrupt;
    running.interrupt = 0;
    raise(signal);
}

void hs_mp_hold(void) { hold(); }
void hs_mp_let_go(void) { let_go(); }

bool hs_mp_defers(int signal)
{
    if (running.held)
        running.interrupt = signal;
    return running.held;
}
#endif

/* --- bytecode ------------------------------------------------------------------------------------------- */

__attribute__((visibility("hidden"))) mp_vm_return_kind_t __real_mp_execute_bytecode(mp_code_state_t *code_state,
                                                                                     mp_obj_t inject_exc);

INLINE void enter(struct hs_mp_running *here, const mp_code_state_t *code)
{
    here->code = code;
#ifdef HS_PORT_INTERRUPTS
    here->entering = true;
#endif
}

#if HS_STACKS
bool hs_mp_stacks;
/* Deeper calls are charged to the context at this depth, so that a recursion does not fill the dictionary. */
#define CONTEXT_DEPTH 64

struct level {
    struct level *outer;
    uint32_t context, depth;
};

static void at_level(struct level *level)
{
    running.level = level;
    running.context = level ? level->context : 0;
    running.depth = level ? level->depth : 0;
}

static void enter_level(struct level *level)
{
    *level = (struct level){running.level, running.context, running.depth + 1};
    hold();
    if (running.code != &hs_mp_nowhere && running.depth < CONTEXT_DEPTH && hs_state != HS_STATE_OFF)
        level->context = hs_context(running.context, (uintptr_t)running.code->ip);
    at_level(level);
    let_go();
}

static NOINLINE mp_vm_return_kind_t execute_in_context(mp_code_state_t *code_state, mp_obj_t inject_exc)
{
    const mp_code_state_t *outer = running.code;
    struct level level;
    enter_level(&level);
    enter(&running, code_state);
    mp_vm_return_kind_t kind = __real_mp_execute_bytecode(code_state, inject_exc);
    running.code = outer;
    at_level(level.outer);
    return kind;
}
static NOINLINE bool has_contexts(void) { return hs_mp_stacks; }
#else
#define execute_in_context __real_mp_execute_bytecode
#define has_contexts() false
#endif

static NOINLINE HOT mp_vm_return_kind_t back_in(mp_vm_return_kind_t kind, uintptr_t outer)
{
    running.code = show(outer);
    return kind;
}

/* Here each call of Python code uses one more stack frame: the return address and `outer`, 16 bytes or 8 (32 on i386). It is so
 * small because code that needs other registers is in separate functions: has_contexts, and back_in, a tail call; and `running` is
 * looked up once: with several cores each look-up takes a register. */
INLINE mp_vm_return_kind_t call_on_stack(mp_code_state_t *code_state, mp_obj_t inject_exc)
{
    if (UNLIKELY(has_contexts()))
        return execute_in_context(code_state, inject_exc);
    struct hs_mp_running *here = &running;
    uintptr_t outer = hide(here->code);
    enter(here, code_state);
    return back_in(__real_mp_execute_bytecode(code_state, inject_exc), outer);
}

mp_vm_return_kind_t __wrap_mp_execute_bytecode(mp_code_state_t *code_state, mp_obj_t inject_exc);
HS_MP_SAME_TYPE(mp_execute_bytecode);

#ifdef HS_PORT_RETURNS
#include "firmware-hooks/micropython/returns_x86.h"

/* Saved return addresses of calls in the first thread, innermost last. Deeper calls, and those of other threads, have theirs on
 * the stack (thread-local memory would use a thread's stack too). The stack grows down, so the places of active calls
 * decrease: an entry that is not above the place of a new call was left by an exception. */
#define RETURNS 512
static struct {
    struct {
        const uintptr_t *place; /* address on the stack of the return address */
        uintptr_t address;
        const mp_code_state_t *outer;
    } at[RETURNS];
    uint32_t n;
} returns;

/* Whether this is the first thread; it is if there is no second one yet. */
static bool keeps_returns(void)
{
#if MICROPY_PY_THREAD
    if (!hs_mp_threads)
        running.is_first = true;
    return running.is_first;
#else
    return true;
#endif
}

HIDDEN void hs_mp_return(void);
HIDDEN bool hs_mp_call(const mp_code_state_t *code_state, uintptr_t *place);
HIDDEN uintptr_t hs_mp_returned(const uintptr_t *place);
HIDDEN mp_vm_return_kind_t hs_mp_call_on_stack(mp_code_state_t *code_state, mp_obj_t inject_exc);

HOT bool hs_mp_call(const mp_code_state_t *code_state, uintptr_t *place)
{
    if (!keeps_returns() || has_contexts())
        return false;
    while (returns.n && returns.at[returns.n - 1].place <= place)
        returns.n--;
    if (returns.n == RETURNS)
        return false;
    returns.at[returns.n].place = place;
    returns.at[returns.n].address = *place;
    returns.at[returns.n].outer = running.code;
    BARRIER();
    returns.n++;
    enter(&running, code_state);
    *place = (uintptr_t)hs_mp_return;
    return true;
}

HOT uintptr_t hs_mp_returned(const uintptr_t *place)
{
    while (returns.at[returns.n - 1].place != place)
        returns.n--;
    running.code = returns.at[--returns.n].outer;
    return returns.at[returns.n].address;
}

HOT mp_vm_return_kind_t hs_mp_call_on_stack(mp_code_state_t *code_state, mp_obj_t inject_exc)
{
    return call_on_stack(code_state, inject_exc);
}
#else
HOT mp_vm_return_kind_t __wrap_mp_execute_bytecode(mp_code_state_t *code_state, mp_obj_t inject_exc)
{
    return call_on_stack(code_state, inject_exc);
}
#endif

/* --- jumps ---------------------------------------------------------------------------------------------- */

#ifdef HS_PORT_INTERRUPTS
/* An interrupt may jump when a Python function has been entered but has not yet pushed its nlr buffer, or has popped it. So when
 * the bytecode interpreter pushes a buffer, the running code is stored in the buffer's ret_val, which the jump will overwrite;
 * both its low bits are set. In other buffers they are not set, and the native emitter's value there is not changed. For a
 * jump to such a buffer, the nearest outer buffer of the bytecode interpreter counts. */
static bool keeps_code(const nlr_buf_t *nlr) { return ((uintptr_t)nlr->ret_val & 3) == 3; }

unsigned int __real_nlr_push_tail(nlr_buf_t *nlr);
unsigned int __wrap_nlr_push_tail(nlr_buf_t *nlr);
HS_MP_SAME_TYPE(nlr_push_tail);
HOT unsigned int __wrap_nlr_push_tail(nlr_buf_t *nlr)
{
    if (running.entering || nlr == running.vm_landed) {
        nlr->ret_val = (void *)hide(running.code);
        running.entering = false;
        running.vm_landed = NULL;
    } else if (keeps_code(nlr)) {
        nlr->ret_val = NULL; /* an old value on the stack: C code has no value there yet, the native emitter an object */
    }
    running.landed = NULL;
    return __real_nlr_push_tail(nlr);
}

static void take_code(const nlr_buf_t *nlr)
{
    running.vm_landed = keeps_code(nlr) ? nlr : NULL;
    running.entering = false;
    while (nlr && !keeps_code(nlr))
        nlr = nlr->prev;
    running.code = nlr ? show((uintptr_t)nlr->ret_val) : &hs_mp_nowhere;
}

/* May be called twice for one buffer: a second interrupt may come before the first jump has ended. */
static void land(const nlr_buf_t *nlr)
{
    if (nlr != running.landed)
        take_code(nlr);
    running.landed = nlr;
    running.caller = NOBODY;
#if HS_STACKS
    struct level *level = running.level;
    while (level && (uintptr_t)level < (uintptr_t)nlr) /* calls inside the one that catches */
        level = level->outer;
    at_level(level);
#endif
}
#else
#define land(nlr) (void)(nlr)
#endif

__attribute__((noreturn)) void __real_nlr_jump(void *value);
__attribute__((noreturn)) void __wrap_nlr_jump(void *value);
HS_MP_SAME_TYPE(nlr_jump);
__attribute__((noreturn)) void __wrap_nlr_jump(void *value)
{
    const nlr_buf_t *nlr = MP_STATE_THREAD(nlr_top);
    if (nlr) {
        hold();
        land(nlr);
        hs_mp_phases_land(nlr);
        let_go();
    }
    __real_nlr_jump(value);
}

bool hs_mp_who_asks(uintptr_t caller, struct hs_key *key)
{
    *key = key_of(caller);
    return true;
}

/* --- order and threads -------------------------------------------------------------------------------- */

#ifdef HS_MP_MUTEX
HS_MP_MUTEX
#endif

#if MICROPY_PY_THREAD
volatile bool hs_mp_threads;
static uint32_t n_threads, thread_recorded = 1; /* 0: the last THREAD record may be lost */

hs_mp_thread_id_t __real_mp_thread_create(void *(*entry)(void *), void *arg, size_t *stack_size);
hs_mp_thread_id_t __wrap_mp_thread_create(void *(*entry)(void *), void *arg, size_t *stack_size);
HS_MP_SAME_TYPE(mp_thread_create);
hs_mp_thread_id_t __wrap_mp_thread_create(void *(*entry)(void *), void *arg, size_t *stack_size)
{
    if (!hs_mp_threads) /* the only thread until now: its records without a THREAD record belong to number 0 */
        running.thread = n_threads = 1;
    hs_mp_threads = true;
    hs_port_threads();
    return __real_mp_thread_create(entry, arg, stack_size);
}

void hs_mp_switch_thread(void)
{
    if (!running.thread)
        running.thread = ++n_threads;
    if (running.thread != thread_recorded) {
        thread_recorded = running.thread;
        hs_record(&(struct hs_record){.kind = HS_THREAD, .thread.thread = running.thread - 1});
    }
}

uint32_t hs_mp_thread(void)
{
    if (hs_mp_threads && !running.thread)
        running.thread = ++n_threads;
    return hs_mp_threads ? running.thread - 1 : 0;
}
void hs_mp_name_thread_anew(void)
{
    if (hs_mp_threads)
        thread_recorded = 0;
}
#else
uint32_t hs_mp_thread(void) { return 0; }
#endif

bool hs_mp_enter_order(void)
{
    bool ordered = enter_order();
    this_thread();
    return ordered;
}
void hs_mp_leave_order(bool ordered) { leave_order(ordered); }
