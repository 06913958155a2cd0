/* SPDX-License-Identifier: MIT
 *
 * Records the events of heap_caps.
 *
 * Order. The trace's lock (a recursive spin lock; with one core, a mask of interrupts) is held during the real call and its
 * record. No other core's record comes in between, so a block is recorded as freed before a new block at the same place.
 * heap_caps takes such a lock itself (the heap's), always after the trace's. Where a real call may wait for a task, a mutex
 * does that (esp_tracking.h).
 *
 * There are two methods:
 *   CONFIG_HEAPSTRATA_WRAPS   the linker's --wrap on the functions named heap_caps_*_base, which every request calls, and on
 *                             heap_caps_free
 *   CONFIG_HEAPSTRATA_HOOKS   for builds in which ESP-IDF's own heap tracing wraps all of these: its hook for allocations,
 *                             which runs after the heap's lock was released, and wraps of multi_heap_free and of the functions
 *                             that resize, since its hooks show neither the old place of a resized block nor a coming free.
 *
 * Callers: functions that call others to allocate (malloc, operator new, xTaskCreate, ...) are wrapped too. The outermost one
 * stores its return address (esp_asked.h), and the capabilities of the first try: malloc() requests internal memory first,
 * and any memory if there is no room. So a block's site has the requested capabilities, and its region the memory it got.
 *
 * The flash cache. Memory is also allocated while it is off. Code and constants that are needed then are in internal RAM
 * (linker.lf.in); other events are counted as missed: see can_record() and can_walk().
 */
#include <string.h>

#include "esp_heap_caps.h"
#include "esp_memory_utils.h"
#include "esp_private/cache_utils.h"
#include "firmware-hooks/esp-idf/esp_asked.h"
#include "firmware-hooks/esp-idf/esp_hooks.h"
#include "firmware-hooks/esp-idf/esp_tracking.h"
#include "firmware-hooks/ports/turn.h"
#include "freertos/FreeRTOS.h"
#include "lib/level.h"
#include "lib/port.h"

/* Nothing is recorded while the cache is off if the ring is in PSRAM (chosen in Kconfig, or with MicroPython by
 * port_esp_idf.c), or if lib/ is in flash, as it is with MicroPython. */
#if CONFIG_HEAPSTRATA_RING_IN_PSRAM || HS_RING_IN == 3 || HS_WITH_HEAP_CAPS
#define NEEDS_CACHE 1
#else
#define NEEDS_CACHE 0
#endif

#define INLINE static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)

/* --- callers -------------------------------------------------------------------------------------------- */

/* One per task. In ESP-IDF a task's thread-local memory is at the upper end of its stack. */
static __thread struct hs_esp_asked asked_in_task;

/* Outside of tasks: one for each core's start-up code, and one for its interrupts. */
static struct hs_esp_asked asked_outside[portNUM_PROCESSORS][2] = {
    [0 ... portNUM_PROCESSORS - 1] = {{.turn = HS_TURN_OUTSIDE}, {.turn = HS_TURN_OUTSIDE}}};

#ifndef HS_ESP_STACK_REACH
#define HS_ESP_STACK_REACH 0x10000u /* bytes; more than the stack of any task */
#endif

/* Before a core's first task runs, the thread pointer is not valid, even if the scheduler is "running": it still allocates its
 * tick interrupt then. So the thread pointer is used only if it points to a higher address of the current stack. */
static HS_ESP_FAST __attribute__((noinline)) struct hs_esp_asked *outside(bool interrupt)
{
    return &asked_outside[xPortGetCoreID()][interrupt];
}

static HS_ESP_FAST __attribute__((noinline)) struct hs_esp_asked *asked(void)
{
    if (xPortInIsrContext())
        return outside(true);
    uint8_t here; /* on the stack, without a frame pointer */
    uintptr_t above = (uintptr_t)&asked_in_task - (uintptr_t)&here;
    return LIKELY(above < HS_ESP_STACK_REACH) ? &asked_in_task : outside(false);
}

HS_ESP_FAST struct hs_esp_asked *hs_esp_ask(uintptr_t caller)
{
    if (hs_state == HS_STATE_OFF)
        return NULL;
    uint8_t here;
    uintptr_t frame = (uintptr_t)&here;
    struct hs_esp_asked *a = asked();
    if (a->caller && frame < a->frame)
        return NULL;
    a->caller = caller;
    a->frame = frame;
    a->tried = false;
    return a;
}

/* --- requested capabilities ------------------------------------------------------------------------------- */

/* A site's `code`. Without MicroPython it is the capabilities, because no code is interpreted. With MicroPython, whose sites
 * have addresses there, it is the odd number of a set of capabilities, too small for an address. Sets are never freed. */
#if HS_WITH_HEAP_CAPS
static uint32_t caps_set[HS_ESP_CAPS_SETS];
static uint32_t n_caps_sets;

static HS_ESP_FAST uintptr_t code_of(uint32_t caps)
{
    uint32_t i = 0;
    while (i < n_caps_sets && caps_set[i] != caps)
        i++;
    if (i == n_caps_sets && n_caps_sets < HS_ESP_CAPS_SETS)
        caps_set[n_caps_sets++] = caps;
    return i << 1 | 1; /* sets that have no room share the number after the last, and have no capabilities */
}

static uint32_t caps_of(uintptr_t code) { return code >> 1 < n_caps_sets ? caps_set[code >> 1] : 0; }
#else
INLINE uintptr_t code_of(uint32_t caps) { return caps; }
INLINE uint32_t caps_of(uintptr_t code) { return (uint32_t)code; }
#endif

/* The key of a request for `caps`; `own` is the direct caller, which may have passed it on. */
INLINE struct hs_key key_of(struct hs_esp_asked *a, uintptr_t own, uint32_t caps)
{
    if (!a->caller)
        return (struct hs_key){.code = code_of(caps), .caller = own};
    if (!a->tried) {
        a->caps = caps;
        a->tried = true;
    }
    return (struct hs_key){.code = code_of(a->caps), .caller = a->caller};
}

HS_ESP_FAST void hs_esp_describe(uintptr_t code, struct hs_place *place) { *place = (struct hs_place){.offset = caps_of(code)}; }

/* Makes a keyframe. With MicroPython its hooks write it at their next allocation, because the collector may be running when
 * heap_caps is called. */
#if HS_WITH_HEAP_CAPS
static HS_ESP_FAST void make_keyframe(void)
{
    if (hs_state == HS_STATE_ON)
        hs_state = HS_STATE_KEYFRAME_DUE;
}
static inline void keyframe_if_due(void) {}
#else
static HS_ESP_FAST void make_keyframe(void) { hs_heaps_keyframe(); }
static HS_ESP_FAST void keyframe_if_due(void)
{
    if (hs_state == HS_STATE_KEYFRAME_DUE)
        hs_keyframe();
}
#endif

/* --- threads, and when to record --------------------------------------------------------------------------- */

static uint32_t missed; /* events that could not be recorded and are not yet counted in a LOST record */
static struct hs_turn turn = HS_TURN_START;

/* At a level other than "full" most events are not recorded, so THREAD records are written only when needed. */
static HS_ESP_FAST __attribute__((noinline)) void change_turn(struct hs_esp_asked *who)
{
    hs_turn_see(&turn, &who->turn);
    if (who == &asked_in_task && !who->named && spi_flash_cache_enabled())
        who->named = hs_esp_name_task(hs_turn_number(who->turn));
    if (hs_state != HS_STATE_LEVEL)
        hs_turn_take(&turn, who->turn);
}

void hs_esp_record_turn(void) { hs_turn_write(&turn); }

/* With MicroPython, its hooks number the threads. */
INLINE void tell_turn(struct hs_esp_asked *who)
{
    if (!HS_WITH_HEAP_CAPS && !LIKELY(who->turn == turn.now))
        change_turn(who);
}

/* Whether a record can be written now. */
INLINE bool can_record(void) { return !NEEDS_CACHE || spi_flash_cache_enabled(); }

/* Whether heaps can be walked: ESP-IDF's functions to walk them are in flash. */
INLINE bool can_walk(void) { return !xPortInIsrContext() && spi_flash_cache_enabled(); }

/* Called when heap and trace should agree: writes a keyframe if one is due or events were missed. */
static __attribute__((noinline)) void catch_up(void)
{
    keyframe_if_due();
    if (!missed)
        return;
    hs_record(&(struct hs_record){.kind = HS_LOST, .lost.count = missed});
    missed = 0;
    if (hs_state == HS_STATE_ON)
        make_keyframe();
}

static HS_ESP_FAST __attribute__((noinline)) void catch_up_if_possible(void)
{
    if (can_walk())
        catch_up();
}

INLINE hs_lock_t enter_section(void)
{
    hs_lock_t lock = hs_port_lock();
    if (!LIKELY(hs_state != HS_STATE_KEYFRAME_DUE && !missed))
        catch_up_if_possible();
    return lock;
}

/* Where heap and trace change together. */
struct section {
    hs_lock_t lock;
    bool ordered; /* as hs_esp_order_take returned it */
};

/* Begins a section. Returns false, and begins none, if recording is off. */
INLINE bool begin(struct section *section)
{
    if (hs_state == HS_STATE_OFF)
        return false;
    section->ordered = hs_esp_order_take();
    section->lock = enter_section();
    return true;
}

INLINE void end(struct section *section)
{
    hs_port_unlock(section->lock);
    hs_esp_order_give(section->ordered);
}

/* `real`, a call of ESP-IDF's function, within a section. */
#define REAL(section, real) \
    do { \
        hs_esp_before_real((section).lock); \
        real; \
        (section).lock = hs_esp_after_real((section).lock); \
    } while (0)

/* Whether to record the event; if it cannot be recorded now, it is counted as missed. */
INLINE bool records(void)
{
    if (hs_state == HS_STATE_OFF)
        return false;
    if (can_record())
        return true;
    missed++;
    return false;
}

/* --- blocks ---------------------------------------------------------------------------------------------- */

/* RTC memory has a second address on some chips only. ESP-IDF's esp_rtc_dram_match_rtc_iram is not in 5.1, the first releases
 * of 5.2 and 5.3, and 5.4; their heaps never return that address. */
#if SOC_RTC_FAST_MEM_SUPPORTED && (SOC_RTC_IRAM_LOW != SOC_RTC_DRAM_LOW || SOC_RTC_IRAM_HIGH != SOC_RTC_DRAM_HIGH)
INLINE bool is_alias(const void *block) { return esp_ptr_in_diram_iram(block) || esp_ptr_in_rtc_iram_fast(block); }
#else
INLINE bool is_alias(const void *block) { return esp_ptr_in_diram_iram(block); }
#endif

/* heap_caps returns executable memory by its alias address. The word before it has the address that the heap uses. */
INLINE uintptr_t plain(const void *block)
{
    return is_alias(block) ? (uintptr_t)((const uint32_t *)block)[-1] : (uintptr_t)block;
}

/* The requested size to record. TLSF's word has the allocated bytes; they include the rest of the free run if it was too small
 * for a block. Then all of them are recorded as requested, so that the host computes the same layout. */
INLINE uint32_t size_of(uintptr_t block, size_t asked_for)
{
    const uint32_t *word = (const uint32_t *)(block - HS_ESP_FRONT);
    uint32_t taken = (*word & ~3u) + HS_ESP_WORD, size = (uint32_t)asked_for;
    uint32_t seems = (size + HS_ESP_HEADER + 3) & ~3u;
    seems = seems > HS_ESP_LEAST ? seems : HS_ESP_LEAST;
    return seems == taken ? size : taken - HS_ESP_HEADER;
}

/* Granule of a live block. If the block is in an unknown heap, the heap is recorded with all its blocks, this one included;
 * the result is HS_POS_IMPLIED, because the block needs no other record. If heaps cannot be walked now, it counts as missed.
 * Blocks of a heap that there is no room for are not recorded; no walk looks for their heap again. */
static HS_ESP_FAST uint32_t pos_of(uintptr_t block)
{
    uint32_t pos = hs_esp_pos(block);
    if (pos != HS_POS_IMPLIED || hs_esp_is_left_out(block))
        return pos;
    if (!can_walk())
        missed++;
    else if (hs_esp_find_regions() && records())
        make_keyframe();
    return pos;
}

/* For a level other than "full". The code that samples and sums up is in flash. While the flash cache is off, blocks that
 * would be sampled count as missed; frees of sampled blocks are still recorded. */
static HS_ESP_FAST __attribute__((noinline)) void put_at_level(struct hs_key key, struct hs_block told, uint8_t op)
{
    if (hs_level_skips(told.size))
        return;
    if (!spi_flash_cache_enabled()) {
        missed++;
        return;
    }
    uint32_t mine = asked()->turn;
    hs_level_thread = (uint16_t)hs_turn_number(mine);
    if (hs_level_state().choice.level == HS_LEVEL_SAMPLED && mine != turn.now)
        hs_turn_take(&turn, mine);
    if (op == HS_ALLOC)
        hs_level_alloc(key, told);
    else
        hs_level_realloc(key, told);
}

static HS_ESP_FAST void put_alloc(struct hs_key key, struct hs_block told)
{
    if (hs_state != HS_STATE_LEVEL)
        hs_alloc(key, told);
    else
        put_at_level(key, told, HS_ALLOC);
}

static HS_ESP_FAST void put_realloc(struct hs_key key, struct hs_block told, uint32_t old)
{
    if (hs_state != HS_STATE_LEVEL) {
        hs_realloc(key, told, old);
        return;
    }
    hs_level_gone(old, HS_REALLOC);
    put_at_level(key, told, HS_REALLOC);
}

/* Sets `told` to the place and size of an allocated or resized block of `size` requested bytes, and records a change of the
 * thread. Returns the caller's state; NULL if there is nothing to record. */
INLINE struct hs_esp_asked *asker_of(const void *block, size_t size, struct hs_block *told)
{
    uintptr_t at = plain(block);
    told->pos = pos_of(at);
    if (told->pos == HS_POS_IMPLIED || !records())
        return NULL;
    told->size = size_of(at, size);
    struct hs_esp_asked *who = asked();
    tell_turn(who);
    return who;
}

static HS_ESP_FAST void tell_alloc(uintptr_t own, const void *block, size_t size, uint32_t caps)
{
    struct hs_block told;
    struct hs_esp_asked *who = asker_of(block, size, &told);
    if (who)
        put_alloc(key_of(who, own, caps), told);
}

static HS_ESP_FAST void tell_free(uintptr_t own, uint32_t pos)
{
    if (pos == HS_POS_IMPLIED || !records())
        return;
    struct hs_esp_asked *who = asked();
    tell_turn(who);
    if (hs_state == HS_STATE_LEVEL)
        hs_level_gone(pos, HS_FREE);
    else
        hs_free(who->caller ? who->caller : own, pos);
}

/* `old`: the block's granule before; HS_POS_IMPLIED if it is not known. */
static HS_ESP_FAST void tell_realloc(uintptr_t own, uint32_t old, const void *block, size_t size, uint32_t caps)
{
    struct hs_block told;
    struct hs_esp_asked *who = asker_of(block, size, &told);
    if (!who)
        return;
    struct hs_key key = key_of(who, own, caps);
    if (old == HS_POS_IMPLIED)
        put_alloc(key, told);
    else
        put_realloc(key, told, old);
}

#if HS_ESP_TRACKED
HS_ESP_FAST struct hs_esp_asked *hs_esp_me(void) { return asked(); }

/* multi_heap does not know of the word for the block's task: its blocks begin that word before others, and are smaller by it. */
HS_ESP_FAST void hs_esp_listed(uintptr_t own, const void *block, size_t size)
{
    struct hs_block told;
    hs_lock_t lock = hs_port_lock();
    if (hs_state != HS_STATE_OFF && asker_of((const uint8_t *)block + HS_ESP_OWNER, size - HS_ESP_OWNER, &told))
        put_alloc((struct hs_key){.code = code_of(0), .caller = own}, told);
    hs_port_unlock(lock);
}

HS_ESP_FAST void hs_esp_unlisted(uintptr_t own, const void *block)
{
    hs_lock_t lock = hs_port_lock();
    tell_free(own, hs_esp_pos((uintptr_t)block + HS_ESP_OWNER));
    hs_port_unlock(lock);
}
#endif

/* --- failures -------------------------------------------------------------------------------------------- */

/* ESP-IDF calls the failure hook after all fallbacks of a request have failed. */
static esp_alloc_failed_hook_t users_hook;

static __attribute__((noinline)) void tell_failure(size_t size, uint32_t caps, uintptr_t own)
{
    unsigned region = hs_esp_region_with(caps);
    struct hs_esp_asked *who = asked();
    tell_turn(who);
    hs_fail(key_of(who, own, caps), (uint32_t)size, region ? hs_heap_fail_cause(&hs_esp_heap, region - 1, 0) : 3);
}

/* A failure while the flash cache is off counts as missed. */
static HS_ESP_FAST void on_failed(size_t size, uint32_t caps, const char *function)
{
    struct section section;
    if (begin(&section)) {
        if (size && records()) {
            if (spi_flash_cache_enabled())
                tell_failure(size, caps, RETURN_ADDRESS);
            else
                missed++;
        }
        end(&section);
    }
    if (users_hook)
        users_hook(size, caps, function);
}

esp_err_t __real_heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback);
esp_err_t __wrap_heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback);
/* ESP-IDF has only one such hook, and it is on_failed; on_failed calls the user's. */
esp_err_t __wrap_heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback)
{
    if (!callback)
        return ESP_FAIL;
    users_hook = callback;
    return ESP_OK;
}

void hs_esp_watch_failures(void) { __real_heap_caps_register_failed_alloc_callback(on_failed); }

/* --- the wraps ------------------------------------------------------------------------------------------- */

#if CONFIG_HEAPSTRATA_WRAPS

/* Records a try to allocate. If it fails, another one may follow: the capabilities of the first are those requested. */
static HS_ESP_FAST void tell_try(uintptr_t own, const void *block, size_t size, uint32_t caps)
{
    if (block)
        tell_alloc(own, block, size, caps);
    else
        (void)key_of(asked(), 0, caps);
}

WRAP(void *, heap_caps_malloc_base, (size_t size, uint32_t caps))
{
    struct section section;
    if (!begin(&section))
        return __real_heap_caps_malloc_base(size, caps);
    void *block;
    REAL(section, block = __real_heap_caps_malloc_base(size, caps));
    tell_try(RETURN_ADDRESS, block, size, caps);
    end(&section);
    return block;
}

/* The block is zeroed without the lock, because it may be large. */
WRAP(void *, heap_caps_calloc_base, (size_t n, size_t size, uint32_t caps))
{
    struct section section;
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || !begin(&section))
        return __real_heap_caps_calloc_base(n, size, caps);
    void *block;
    REAL(section, block = __real_heap_caps_malloc_base(bytes, caps));
    tell_try(RETURN_ADDRESS, block, bytes, caps);
    end(&section);
    return block ? memset(block, 0, bytes) : NULL;
}

WRAP(void *, heap_caps_aligned_alloc_base, (size_t alignment, size_t size, uint32_t caps))
{
    struct section section;
    if (!begin(&section))
        return __real_heap_caps_aligned_alloc_base(alignment, size, caps);
    void *block;
    REAL(section, block = __real_heap_caps_aligned_alloc_base(alignment, size, caps));
    tell_try(RETURN_ADDRESS, block, size, caps);
    end(&section);
    return block;
}

/* The block's granule is looked up before the call: after it, another block may have the address. */
WRAP(void *, heap_caps_realloc_base, (void *old, size_t size, uint32_t caps))
{
    struct section section;
    if (!begin(&section))
        return __real_heap_caps_realloc_base(old, size, caps);
    uint32_t pos = old ? hs_esp_pos(plain(old)) : HS_POS_IMPLIED;
    void *block;
    REAL(section, block = __real_heap_caps_realloc_base(old, size, caps));
    if (block && old)
        tell_realloc(RETURN_ADDRESS, pos, block, size, caps);
    else if (old && !size)
        tell_free(RETURN_ADDRESS, pos);
    else
        tell_try(RETURN_ADDRESS, block, size, caps);
    end(&section);
    return block;
}

WRAP(void, heap_caps_free, (void *block))
{
    struct section section;
    if (!block || !begin(&section)) {
        __real_heap_caps_free(block);
        return;
    }
    uint32_t pos = hs_esp_pos(plain(block));
    REAL(section, __real_heap_caps_free(block));
    tell_free(RETURN_ADDRESS, pos);
    end(&section);
}

#else /* CONFIG_HEAPSTRATA_HOOKS */

/* The current call that resizes a block; hooks that run inside it are part of it. Its task holds the lock, so there is one. */
static struct {
    uint32_t depth;    /* nesting depth of such calls */
    uint32_t old;      /* granule of the block, until its resize is recorded; HS_POS_IMPLIED: none */
    uint32_t replaced; /* that granule after its resize was recorded; HS_POS_IMPLIED: none */
    uintptr_t caller;
} resize = {.old = HS_POS_IMPLIED, .replaced = HS_POS_IMPLIED};

HS_ESP_FAST void esp_heap_trace_alloc_hook(void *block, size_t size, uint32_t caps)
{
    struct section section;
    if (!block || !begin(&section))
        return;
    uint32_t old = resize.old;
    uintptr_t caller = resize.depth ? resize.caller : RETURN_ADDRESS;
    resize.old = HS_POS_IMPLIED;
    resize.replaced = old;
    if (old != HS_POS_IMPLIED)
        tell_realloc(caller, old, block, size, caps);
    else
        tell_alloc(caller, block, size, caps);
    end(&section);
}

/* Every free calls this function. The free of a resized block's old place is not recorded: the resize is. */
WRAP(void, multi_heap_free, (multi_heap_handle_t heap, void *block))
{
    struct section section;
    if (!block || !begin(&section)) {
        __real_multi_heap_free(heap, block);
        return;
    }
    uint32_t pos = hs_esp_pos((uintptr_t)block + HS_ESP_OWNER);
    __real_multi_heap_free(heap, block);
    if (pos == HS_POS_IMPLIED || pos != resize.replaced)
        tell_free(RETURN_ADDRESS, pos);
    resize.replaced = HS_POS_IMPLIED;
    end(&section);
}

HS_ESP_FAST bool hs_esp_begin_resize(hs_lock_t *lock, const void *old, uintptr_t caller)
{
    struct section section;
    if (!begin(&section))
        return false;
    *lock = section.lock;
    resize.depth++;
    resize.old = old ? hs_esp_pos(plain(old)) : HS_POS_IMPLIED;
    resize.replaced = HS_POS_IMPLIED;
    resize.caller = caller;
    return true;
}

HS_ESP_FAST void hs_esp_end_resize(hs_lock_t lock)
{
    resize.depth--;
    resize.old = resize.replaced = HS_POS_IMPLIED;
    hs_port_unlock(lock);
}
#endif

/* --- heaps that are registered later ---------------------------------------------------------------------- */

/* Looks for new heaps at once: pos_of() would not detect a heap inside a block of another heap, nor one without blocks. */
static void look_for_heaps(void)
{
    struct section section;
    if (!begin(&section))
        return;
    if (can_walk() && hs_esp_find_regions() && records())
        make_keyframe();
    end(&section);
}

esp_err_t __real_heap_caps_add_region(intptr_t start, intptr_t end);
esp_err_t __wrap_heap_caps_add_region(intptr_t start, intptr_t end);
esp_err_t __wrap_heap_caps_add_region(intptr_t start, intptr_t end)
{
    esp_err_t err = __real_heap_caps_add_region(start, end);
    look_for_heaps();
    return err;
}

esp_err_t __real_heap_caps_add_region_with_caps(const uint32_t caps[], intptr_t start, intptr_t end);
esp_err_t __wrap_heap_caps_add_region_with_caps(const uint32_t caps[], intptr_t start, intptr_t end);
esp_err_t __wrap_heap_caps_add_region_with_caps(const uint32_t caps[], intptr_t start, intptr_t end)
{
    esp_err_t err = __real_heap_caps_add_region_with_caps(caps, start, end);
    look_for_heaps();
    return err;
}

/* Adds the memory of the start-up code's stacks to the heaps, at the end of start-up. */
void __real_heap_caps_enable_nonos_stack_heaps(void);
void __wrap_heap_caps_enable_nonos_stack_heaps(void);
void __wrap_heap_caps_enable_nonos_stack_heaps(void)
{
    __real_heap_caps_enable_nonos_stack_heaps();
    look_for_heaps();
}
