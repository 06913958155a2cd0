/* SPDX-License-Identifier: MIT
 *
 * The wraps and the events that they record.
 */
#include "firmware-hooks/lwip/lwip_hooks.h"

#include "firmware-hooks/lwip/lwip_heap.h"
#include "firmware-hooks/lwip/lwip_pools.h"
#include "firmware-hooks/lwip/lwip_sites.h"
#include "firmware-hooks/ports/events.h"
#include "lwip/pbuf.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))
#define FRAME ((const uintptr_t *)__builtin_frame_address(0))

/* lwIP's debug options define macros with these names, which pass more arguments to other functions. */
#undef memp_malloc
#undef memp_malloc_pool
#undef sys_timeout

/* A build with a wrap of its own renames it (for its file: -D__wrap_memp_malloc=its_memp_malloc) and names it here
 * (-DHS_LWIP_NEXT_memp_malloc=its_memp_malloc). The hook's wrap then calls it, and records also what it refuses. */
#ifndef HS_LWIP_NEXT_memp_malloc
#define HS_LWIP_NEXT_memp_malloc __real_memp_malloc
#endif
#ifndef HS_LWIP_NEXT_memp_free
#define HS_LWIP_NEXT_memp_free __real_memp_free
#endif
#ifndef HS_LWIP_NEXT_mem_malloc
#define HS_LWIP_NEXT_mem_malloc __real_mem_malloc
#endif
#ifndef HS_LWIP_NEXT_mem_free
#define HS_LWIP_NEXT_mem_free __real_mem_free
#endif

/* Called when records and heap agree. If other heaps share the trace, their hook writes the keyframes: lwIP may run in an
 * interrupt. */
static bool recording(void)
{
    if (!HS_WITH_LWIP && hs_state == HS_STATE_KEYFRAME_DUE)
        hs_keyframe();
    return hs_state != HS_STATE_OFF;
}

/* --- timeouts: the site is read from the element after lwIP has filled it in -------------------------------- */

/* 0: another hook records all that lwIP allocates, and gets the site from hs_heaps_key. */
#define RECORDS (!MEMP_MEM_MALLOC || HS_LWIP_HAS_HEAP)

#if RECORDS && LWIP_TIMERS && !LWIP_TIMERS_CUSTOM
static struct {
    const struct sys_timeo *element; /* allocated but not recorded; NULL: none */
    struct hs_key key;
    struct hs_block block;
} filling;
static uintptr_t wanted; /* handler of the timeout that is being requested; 0: not known */

static void settle(void)
{
    const struct sys_timeo *timeout = filling.element;
    filling.element = NULL;
    if (!timeout || hs_state == HS_STATE_OFF)
        return;
    filling.key.caller = hs_lwip_handler(timeout->h, timeout->arg);
    hs_event_alloc(filling.key, filling.block);
}

static bool fills(const struct hs_lwip_asking *a, const void *element, struct hs_block block)
{
    if (a->pool != MEMP_SYS_TIMEOUT)
        return false;
    filling.element = element;
    filling.key = hs_lwip_key_of(a);
    filling.block = block;
    return true;
}

static struct hs_key key_of_failure(const struct hs_lwip_asking *a)
{
    struct hs_key key = hs_lwip_key_of(a);
    if (a->pool == MEMP_SYS_TIMEOUT && wanted)
        key.caller = wanted;
    return key;
}
#define WANT(handler, arg, real) \
    do { \
        uintptr_t outer = wanted; \
        wanted = hs_lwip_handler(handler, arg); \
        real; \
        wanted = outer; \
        settle(); \
    } while (0)
#define IS_TIMEOUT(pool) ((pool) == MEMP_SYS_TIMEOUT)
#else
static void settle(void) {}
#define fills(a, element, block) ((void)(a), (void)(element), (void)(block), false)
#define key_of_failure(a) hs_lwip_key_of(a)
#define WANT(handler, arg, real) real
#define IS_TIMEOUT(pool) false
#endif

/* --- events: allocated, refused, freed --------------------------------------------------------------------- */

#if RECORDS
static void took(const void *element, struct hs_block block)
{
    const struct hs_lwip_asking *a = hs_lwip_request();
    if (!fills(a, element, block))
        hs_event_alloc(hs_lwip_key_of(a), block);
}

static void refused(uint8_t region, uint32_t size, uint8_t cause)
{
    hs_fail(key_of_failure(hs_lwip_request()), size, hs_heap_fail_cause(&hs_lwip_heap, region, cause));
}
#endif

/* Only a request for a timeout may settle the element before: during other tasks' requests it may not be filled in yet. */
static bool begin(uintptr_t caller, const uintptr_t *frame, unsigned pool)
{
    if (IS_TIMEOUT(pool))
        settle();
    return hs_lwip_ask(caller, frame, pool);
}

#if MEMP_MEM_MALLOC
/* The wrap of mem_malloc, which lwIP calls inside this request, has recorded the block. */
static void end(bool outermost, unsigned pool, const void *element)
{
    (void)pool, (void)element;
    hs_lwip_answered(outermost);
}
static void give_back(uintptr_t caller, unsigned pool, const void *element)
{
    (void)caller, (void)pool, (void)element;
    if (IS_TIMEOUT(pool))
        settle();
}
#else
static void end(bool outermost, unsigned pool, const void *element)
{
    if (element)
        took(element, (struct hs_block){hs_lwip_pool_pos(pool, element), hs_lwip_pool_size(pool)});
    else
        refused(hs_lwip_pool_index(pool), hs_lwip_pool_size(pool), hs_lwip_pool_has_room(pool) ? 3 : 0);
    hs_lwip_answered(outermost);
}
static void give_back(uintptr_t caller, unsigned pool, const void *element)
{
    if (IS_TIMEOUT(pool))
        settle();
    hs_event_free(caller, hs_lwip_pool_pos(pool, element));
}
#endif

/* --- wraps: pools ------------------------------------------------------------------------------------------ */

/* The body of each wrap: calls `real` and records its result, if `pool` is known. */
#define TAKE(pool, real) \
    do { \
        if (!recording() || !hs_lwip_pool_known(pool)) \
            return real; \
        bool outermost = begin(RETURN_ADDRESS, FRAME, pool); \
        void *element = real; \
        end(outermost, pool, element); \
        return element; \
    } while (0)

#if MEMP_OVERFLOW_CHECK
void *__real_memp_malloc_fn(memp_t type, const char *file, const int line);
void *__wrap_memp_malloc_fn(memp_t type, const char *file, const int line);
void *__wrap_memp_malloc_fn(memp_t type, const char *file, const int line)
{
    TAKE(type, __real_memp_malloc_fn(type, file, line));
}
void *__real_memp_malloc_pool_fn(const struct memp_desc *desc, const char *file, const int line);
void *__wrap_memp_malloc_pool_fn(const struct memp_desc *desc, const char *file, const int line);
void *__wrap_memp_malloc_pool_fn(const struct memp_desc *desc, const char *file, const int line)
{
    unsigned pool = hs_lwip_pool_of(desc);
    TAKE(pool, __real_memp_malloc_pool_fn(desc, file, line));
}
#else
void *HS_LWIP_NEXT_memp_malloc(memp_t type);
void *__wrap_memp_malloc(memp_t type);
void *__wrap_memp_malloc(memp_t type) { TAKE(type, HS_LWIP_NEXT_memp_malloc(type)); }

void *__real_memp_malloc_pool(const struct memp_desc *desc);
void *__wrap_memp_malloc_pool(const struct memp_desc *desc);
void *__wrap_memp_malloc_pool(const struct memp_desc *desc)
{
    unsigned pool = hs_lwip_pool_of(desc);
    TAKE(pool, __real_memp_malloc_pool(desc));
}
#endif

void HS_LWIP_NEXT_memp_free(memp_t type, void *element);
void __wrap_memp_free(memp_t type, void *element);
void __wrap_memp_free(memp_t type, void *element)
{
    bool outermost = hs_lwip_ask(RETURN_ADDRESS, FRAME, type);
    if (element && recording() && hs_lwip_pool_known(type))
        give_back(hs_lwip_request()->caller, type, element);
    HS_LWIP_NEXT_memp_free(type, element);
    hs_lwip_answered(outermost);
}

void __real_memp_free_pool(const struct memp_desc *desc, void *element);
void __wrap_memp_free_pool(const struct memp_desc *desc, void *element);
void __wrap_memp_free_pool(const struct memp_desc *desc, void *element)
{
    unsigned pool = hs_lwip_pool_of(desc);
    if (element && recording() && hs_lwip_pool_known(pool))
        give_back(RETURN_ADDRESS, pool, element);
    __real_memp_free_pool(desc, element);
}

/* Initialises a private pool. */
void __real_memp_init_pool(const struct memp_desc *desc);
void __wrap_memp_init_pool(const struct memp_desc *desc);
void __wrap_memp_init_pool(const struct memp_desc *desc)
{
    __real_memp_init_pool(desc);
    unsigned pool = hs_lwip_pool_of(desc);
    if (hs_state != HS_STATE_OFF && hs_lwip_pool_known(pool))
        hs_lwip_pool_region_record(pool, false);
}

/* --- wraps: heap -------------------------------------------------------------------------------------------- */

#if HS_LWIP_HAS_HEAP
static void heap_took(const void *block, uint32_t size)
{
    if (block)
        took(block, hs_lwip_heap_block(block, size));
    else
        refused(0, size, 0);
}
static void heap_gives_back(uintptr_t caller, const void *block)
{
    const struct hs_lwip_asking *a = hs_lwip_request();
    hs_event_free(a->caller ? a->caller : caller, hs_lwip_heap_block(block, 0).pos);
}
#else
static void heap_took(const void *block, uint32_t size) { (void)block, (void)size; }
static void heap_gives_back(uintptr_t caller, const void *block) { (void)caller, (void)block; }
#endif

/* Inside a request for a pool's element, the block belongs to that request. */
#define TAKE_BYTES(size, real) \
    do { \
        if (!recording()) \
            return real; \
        bool outermost = !hs_lwip_request()->caller && hs_lwip_ask(RETURN_ADDRESS, FRAME, HS_LWIP_NO_POOL); \
        void *block = real; \
        heap_took(block, (uint32_t)(size)); \
        hs_lwip_answered(outermost); \
        return block; \
    } while (0)

void *HS_LWIP_NEXT_mem_malloc(mem_size_t size);
void *__wrap_mem_malloc(mem_size_t size);
void *__wrap_mem_malloc(mem_size_t size) { TAKE_BYTES(size, HS_LWIP_NEXT_mem_malloc(size)); }

void *__real_mem_calloc(mem_size_t count, mem_size_t size);
void *__wrap_mem_calloc(mem_size_t count, mem_size_t size);
void *__wrap_mem_calloc(mem_size_t count, mem_size_t size) { TAKE_BYTES((size_t)count * size, __real_mem_calloc(count, size)); }

void HS_LWIP_NEXT_mem_free(void *block);
void __wrap_mem_free(void *block);
void __wrap_mem_free(void *block)
{
    bool outermost = !hs_lwip_request()->caller && hs_lwip_ask(RETURN_ADDRESS, FRAME, HS_LWIP_NO_POOL);
    if (block && recording())
        heap_gives_back(RETURN_ADDRESS, block);
    HS_LWIP_NEXT_mem_free(block);
    hs_lwip_answered(outermost);
}

void *__real_mem_trim(void *block, mem_size_t size);
void *__wrap_mem_trim(void *block, mem_size_t size);

#if HS_LWIP_OWN_HEAP
/* mem_trim never moves a block: it only frees its end. */
void *__wrap_mem_trim(void *block, mem_size_t size)
{
    bool on = block && recording();
    struct hs_block before = on ? hs_lwip_heap_block(block, size) : (struct hs_block){0, 0};
    void *trimmed = __real_mem_trim(block, size);
    if (on && trimmed) {
        struct hs_block now = hs_lwip_heap_block(block, size);
        if (now.size != before.size)
            hs_event_realloc((struct hs_key){.caller = RETURN_ADDRESS}, now, before.pos);
    }
    return trimmed;
}
#else
void *__wrap_mem_trim(void *block, mem_size_t size) { return __real_mem_trim(block, size); }
#endif

/* --- wraps: timeouts ------------------------------------------------------------------------------------------ */

#if LWIP_TIMERS && !LWIP_TIMERS_CUSTOM
#if LWIP_DEBUG_TIMERNAMES
void __real_sys_timeout_debug(u32_t ms, sys_timeout_handler handler, void *arg, const char *name);
void __wrap_sys_timeout_debug(u32_t ms, sys_timeout_handler handler, void *arg, const char *name);
void __wrap_sys_timeout_debug(u32_t ms, sys_timeout_handler handler, void *arg, const char *name)
{
    WANT(handler, arg, __real_sys_timeout_debug(ms, handler, arg, name));
}
#else
void __real_sys_timeout(u32_t ms, sys_timeout_handler handler, void *arg);
void __wrap_sys_timeout(u32_t ms, sys_timeout_handler handler, void *arg);
void __wrap_sys_timeout(u32_t ms, sys_timeout_handler handler, void *arg)
{
    WANT(handler, arg, __real_sys_timeout(ms, handler, arg));
}
#endif

#define WRAP_AND_SETTLE(name) \
    void __real_##name(void); \
    void __wrap_##name(void); \
    void __wrap_##name(void) \
    { \
        __real_##name(); \
        settle(); \
    }
WRAP_AND_SETTLE(sys_timeouts_init)
WRAP_AND_SETTLE(sys_check_timeouts)
#if LWIP_TCP
WRAP_AND_SETTLE(tcp_timer_needed)
#endif
#endif

/* --- start ------------------------------------------------------------------------------------------------------ */

static bool ready;

static void write_regions(bool existing)
{
    if (!ready)
        return;
    hs_lwip_heap_region_record(existing);
    for (unsigned pool = 0; pool < hs_lwip_pools(); pool++)
        hs_lwip_pool_region_record(pool, existing);
}

/* If lwIP is initialised again, its pools are empty again. The recorder may have started before lwIP. */
static void make_ready(void)
{
    bool again = ready;
    hs_lwip_pools_init();
    ready = true;
    if (hs_state != HS_STATE_OFF)
        write_regions(false);
    else if (!again)
        hs_lwip_begin();
}

void __real_memp_init(void);
void __wrap_memp_init(void);
void __wrap_memp_init(void)
{
    __real_memp_init();
    make_ready();
}

/* --- the description of the heap (lib/heap.h) -------------------------------------------------------------------- */

struct hs_heap_numbers hs_lwip_numbers;

static uint32_t find(uint32_t first)
{
    hs_lwip_pools_number(first + hs_lwip_heap_granules());
    return HS_WITH_LWIP ? HS_LWIP_GRANULES : HS_HEAP_OPEN;
}

static bool has_layout(void) { return ready && (!MEMP_MEM_MALLOC || HS_LWIP_OWN_HEAP); }

/* The bits of `part`: FIRST for the first region, LAST for the last. */
static void write_snapshot(uint8_t part)
{
    unsigned last = hs_lwip_pools() - 1;
    if (HS_LWIP_OWN_HEAP)
        hs_lwip_heap_snapshot((uint8_t)((part & 1) | (MEMP_MEM_MALLOC ? part & 2 : 0)));
    for (unsigned pool = 0; !MEMP_MEM_MALLOC && pool <= last; pool++)
        hs_lwip_pool_snapshot(pool, (uint8_t)((!HS_LWIP_OWN_HEAP && !pool ? part & 1 : 0) | (pool == last ? part & 2 : 0)));
}

static void write_summary(uint8_t cause)
{
    if (!ready)
        return;
    hs_lwip_heap_summary(cause);
    for (unsigned pool = 0; pool < hs_lwip_pools(); pool++)
        hs_lwip_pool_summary(pool, cause);
}

static uint32_t keyframe_size(void)
{
    return ready ? 64 + 100 * (1 + hs_lwip_pools()) + hs_lwip_pool_elements() + 3 * hs_lwip_heap_blocks() : 0;
}

static bool who_asks(uintptr_t caller, struct hs_key *key)
{
    const struct hs_lwip_asking *a = hs_lwip_request();
    (void)caller;
    if (a->caller)
        *key = hs_lwip_key_of(a);
    return a->caller != 0;
}

/* Allocates and frees a pbuf: pbuf.c calls memp.c (trial 0) and mem.c (trial 1). */
static enum hs_trial try(unsigned number)
{
    if (number > 1 || !ready)
        return HS_TRIAL_NONE;
    struct pbuf *p = pbuf_alloc(PBUF_RAW, 1, number ? PBUF_RAM : PBUF_REF);
    if (!p)
        return HS_TRIAL_NO_ROOM;
    pbuf_free(p);
    return HS_TRIAL_MADE;
}

const struct hs_heap hs_lwip_heap = {
    .name = "lwip",
    .numbers = &hs_lwip_numbers,
    .regions = 1 + MEMP_MAX + HS_LWIP_PRIVATE,
    .shift = HS_LWIP_SHIFT,
    .find = find,
    .write_regions = write_regions,
    .has_layout = has_layout,
    .write_snapshot = write_snapshot,
    .keyframe_size = keyframe_size,
    .write_summary = write_summary,
    .owns_code = hs_lwip_is_code,
    .describe = hs_lwip_describe,
    .who_asks = who_asks,
    .try = try,
};

/* --- self-test ---------------------------------------------------------------------------------------------------- */

int hs_lwip_check(void)
{
    static bool failed;
    if (!ready)
        make_ready(); /* memp_init has bypassed its wrap too */
    if (!failed && hs_state != HS_STATE_OFF)
        failed = !hs_heap_test(&hs_lwip_heap);
    return failed ? -1 : 0;
}
