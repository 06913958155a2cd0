/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/lwip/lwip_sites.h"

#include "firmware-hooks/lwip/lwip_hooks.h"
#include "firmware-hooks/lwip/lwip_pools.h"
#include "lib/port.h"

#ifndef HS_THREAD_LOCAL
#define HS_THREAD_LOCAL
#endif

static HS_THREAD_LOCAL struct hs_lwip_asking asking = {.pool = HS_LWIP_NO_POOL};

/* --- the calls above ------------------------------------------------------------------------------------- */

#if HS_STACKS && HS_LWIP_FRAMES
/* The program's own code. The walk ends at callers outside it. */
extern const char __executable_start[] __attribute__((weak)), etext[] __attribute__((weak));

static bool is_ours(uintptr_t code) { return code >= (uintptr_t)__executable_start && code < (uintptr_t)etext; }

/* Each frame must be above the one before; a value that is not a frame pointer ends the walk. */
static uint32_t context_of(const uintptr_t *frame)
{
    uintptr_t above[HS_LWIP_FRAMES];
    uint32_t n = 0, context = 0;
    for (const uintptr_t *outer = (const uintptr_t *)frame[0]; n < HS_LWIP_FRAMES; outer = (const uintptr_t *)frame[0]) {
        if (outer <= frame || outer - frame > 1 << 14 || (uintptr_t)outer % sizeof *outer || !is_ours(outer[1]))
            break;
        above[n++] = outer[1];
        frame = outer;
    }
    while (n--)
        context = hs_caller_context(context, above[n]);
    return context;
}
#else
static uint32_t context_of(const uintptr_t *frame) { return (void)frame, 0; }
#endif

/* --- requests -------------------------------------------------------------------------------------------- */

bool hs_lwip_ask(uintptr_t caller, const uintptr_t *frame, unsigned pool)
{
    if (asking.caller) {
        asking.pool = (uint8_t)pool;
        return false;
    }
    asking = (struct hs_lwip_asking){.caller = caller, .context = context_of(frame), .pool = (uint8_t)pool};
    return true;
}

void hs_lwip_answered(bool outermost)
{
    if (outermost)
        asking.caller = 0;
}

const struct hs_lwip_asking *hs_lwip_request(void) { return &asking; }

/* Odd, and at least 3: the recorder uses 1 (HS_NOWHERE). */
#define CODE_OF(pool) (2 * (uintptr_t)(pool) + 3)

struct hs_key hs_lwip_key_of(const struct hs_lwip_asking *a)
{
    return (struct hs_key)
    {
        .code = a->pool == HS_LWIP_NO_POOL ? 0 : CODE_OF(a->pool), .caller = a->caller,
#if HS_STACKS
        .context = a->context,
#endif
    };
}

void hs_lwip_describe(uintptr_t code, struct hs_place *place)
{
    const char *name = hs_lwip_pool_name((unsigned)(code - 3) / 2);
    place->function = (struct hs_text){name, (uint32_t)__builtin_strlen(name)};
}

/* --- timeouts -------------------------------------------------------------------------------------------- */

/* A caller is a return address, which is after a call; so this address is a little after the function's start. */
static uintptr_t as_caller(uintptr_t function) { return hs_code_address(function) + 2; }

uintptr_t hs_lwip_handler(sys_timeout_handler handler, const void *arg)
{
    uintptr_t offset = (uintptr_t)arg - (uintptr_t)lwip_cyclic_timers;
    if (offset < (uintptr_t)lwip_num_cyclic_timers * sizeof(struct lwip_cyclic_timer))
        return as_caller((uintptr_t)((const struct lwip_cyclic_timer *)arg)->handler);
    return as_caller((uintptr_t)handler);
}
