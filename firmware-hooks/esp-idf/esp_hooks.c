/* SPDX-License-Identifier: MIT
 *
 * heap_caps under observation.
 *
 * Order. The trace's lock, a spin lock that its owner may take again, is held across the real call and its record: no
 * other core's record comes in between, so a block is recorded as freed before the one that takes its place. heap_caps
 * itself works within such a lock (of the heap), in the same order.
 *
 * Two ways in:
 *   CONFIG_HEAPSTRATA_WRAPS   the linker's --wrap on the functions named heap_caps_*_base, through which every request goes,
 *                             and heap_caps_free
 *   CONFIG_HEAPSTRATA_HOOKS   where ESP-IDF's own tracing wraps these: esp_heap_trace_alloc_hook and
 *                             esp_heap_trace_free_hook. These run behind the heap's
 *                             lock, and a block that moves in its own heap is told as allocated only. So heap_caps_free and
 *                             the resizing functions are wrapped as well: what the hooks say in between is part of that.
 *
 * Who asked: functions that others call (malloc, heap_caps_malloc, ...) are wrapped too and keep their return address. With it
 * they keep the capabilities of their first try: malloc() asks for internal memory first, and for any when there is none, so
 * a block's site says what was wanted, and its region what it became.
 */
#include "esp_heap_caps.h"
#include "esp_memory_utils.h"
#include "firmware-hooks/esp-idf/esp_hooks.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lib/level.h"
#include "lib/port.h"

/* Kconfig's choice, or beside MicroPython that of port_esp_idf.c. */
#if CONFIG_HEAPSTRATA_RING_IN_PSRAM || HS_RING_IN == 3
#define IN_PSRAM 1
#include "esp_private/cache_utils.h"
#else
#define IN_PSRAM 0
#endif

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))
#define INLINE         static inline __attribute__((always_inline))

volatile uint32_t hs_esp_seen;

/* --- who asked ------------------------------------------------------------------------------------------ */

struct asked {
    uintptr_t caller; /* 0: nobody */
    uint32_t caps;    /* of the first try, meaningful while `tried` */
    bool tried;
};
static __thread struct asked asked_by_task;

/* Before the scheduler runs there is no task's memory, and an interrupt has none of its own. */
INLINE struct asked *asked(void) {
    return xTaskGetSchedulerState() == taskSCHEDULER_NOT_STARTED || xPortInIsrContext() ? NULL : &asked_by_task;
}

/* The outermost function counts. True: it is this one, and has to call `answered`. */
INLINE bool ask(uintptr_t caller) {
    struct asked *a = hs_state == HS_STATE_OFF ? NULL : asked();
    if (!a || a->caller)
        return false;
    *a = (struct asked){.caller = caller};
    return true;
}

INLINE void answered(bool outermost) {
    if (outermost)
        asked_by_task.caller = 0;
}

/* The key of a request for `caps`, which `own` made or passed on. */
static HS_ESP_FAST struct hs_key key_of(uintptr_t own, uint32_t caps) {
    struct asked *a = asked();
    if (a && a->caller && !a->tried) {
        a->caps = caps;
        a->tried = true;
    }
    bool known = a && a->caller;
    return (struct hs_key){
        .code = (uintptr_t)(known ? a->caps : caps) << 1 | 1, /* odd: no address */
        .caller = known ? a->caller : own,
    };
}

void hs_esp_describe(uintptr_t code, struct hs_place *place) {
    *place = (struct hs_place){.offset = (uint32_t)(code >> 1)};
}

/* A keyframe is due. Beside MicroPython it is MicroPython's hooks that make it, at their next allocation: in the midst of one of
 * ours the collector may be in the midst of its own. */
#if HS_WITH_HEAP_CAPS
static HS_ESP_FAST void make_keyframe(void) {
    if (hs_state == HS_STATE_ON)
        hs_state = HS_STATE_KEYFRAME_DUE;
}
static inline void keyframe_if_due(void) {}
#else
static HS_ESP_FAST void make_keyframe(void) { hs_esp_keyframe(); }
static HS_ESP_FAST void keyframe_if_due(void) {
    if (hs_state == HS_STATE_KEYFRAME_DUE)
        hs_keyframe();
}
#endif

/* --- whose turn ----------------------------------------------------------------------------------------- */

#define TASKS 32u
static struct {
    TaskHandle_t task[TASKS]; /* by number, from 1 */
    uint32_t n, now;
    uint32_t missed; /* events that could not be recorded since the last one that was */
} turn;

/* 0 is an interrupt, or one task too many. */
static HS_ESP_FAST uint32_t number_of(TaskHandle_t task) {
    for (uint32_t i = 0; i < turn.n; i++)
        if (turn.task[i] == task)
            return i + 1;
    if (turn.n == TASKS)
        return 0;
    turn.task[turn.n++] = task;
    return turn.n;
}

/* Beside MicroPython the threads' numbers are its hooks'. */
static HS_ESP_FAST void tell_turn(void) {
    if (HS_WITH_HEAP_CAPS)
        return;
    bool task = xTaskGetSchedulerState() != taskSCHEDULER_NOT_STARTED && !xPortInIsrContext();
    uint32_t now = task ? number_of(xTaskGetCurrentTaskHandle()) : 0;
    if (now != turn.now)
        hs_record(&(struct hs_record){.kind = HS_THREAD, .thread = now});
    turn.now = now;
}

/* The ring may be out of reach: external memory is, while the flash is written. */
static HS_ESP_FAST bool reachable(void) {
#if IN_PSRAM
    return spi_flash_cache_enabled();
#else
    return true;
#endif
}

/* While heap and trace should agree: a keyframe that is due, or one behind what was missed. */
static HS_ESP_FAST void catch_up(void) {
    keyframe_if_due();
    if (!turn.missed)
        return;
    hs_record(&(struct hs_record){.kind = HS_LOST, .count = turn.missed});
    turn.missed = 0;
    make_keyframe();
}

/* Enters the section in which heap and trace change together. False, and no section, when nothing is recorded. */
INLINE bool begin(hs_lock_t *lock) {
    if (hs_state == HS_STATE_OFF)
        return false;
    *lock = hs_port_lock();
    if ((hs_state == HS_STATE_KEYFRAME_DUE || turn.missed) && reachable() && !xPortInIsrContext())
        catch_up();
    return true;
}

/* Whether to record what happened in the section. */
INLINE bool records(void) {
    if (hs_state == HS_STATE_OFF)
        return false;
    if (reachable())
        return true;
    turn.missed++;
    return false;
}

/* --- blocks ---------------------------------------------------------------------------------------------- */

/* Executable memory is handed out by its other address, in front of which lies the one that the heap knows. */
INLINE uintptr_t plain(const void *block) {
    return esp_ptr_in_diram_iram(block) ? (uintptr_t)((const uint32_t *)block)[-1] : (uintptr_t)block;
}

/* What the block really takes is in TLSF's word: a little more than was asked for, where the rest would be too small for a
 * block. Then that is told as asked for, so that the host has the same layout. */
INLINE uint32_t size_of(uintptr_t block, size_t asked_for) {
    const uint32_t *word = (const uint32_t *)(block - HS_ESP_FRONT);
    uint32_t taken = (*word & ~3u) + HS_ESP_WORD, size = (uint32_t)asked_for;
    uint32_t seems = (size + HS_ESP_HEADER + 3) & ~3u;
    seems = seems > HS_ESP_LEAST ? seems : HS_ESP_LEAST;
    return seems == taken ? size : taken - HS_ESP_HEADER;
}

/* Granule of a block that is there now. A heap that is new to us is told with all that is in it, this block included: then
 * HS_POS_IMPLIED, for there is nothing more to tell. */
static HS_ESP_FAST uint32_t pos_of(uintptr_t block) {
    uint32_t pos = hs_esp_pos(block);
    if (pos == HS_POS_IMPLIED && !xPortInIsrContext() && hs_esp_find_regions() && records())
        make_keyframe();
    return pos;
}

static HS_ESP_FAST void tell_alloc(uintptr_t own, const void *block, size_t size, uint32_t caps) {
    uintptr_t at = plain(block);
    uint32_t pos = pos_of(at);
    hs_esp_seen++;
    if (pos == HS_POS_IMPLIED || !records())
        return;
    tell_turn();
    struct hs_block told = {.pos = pos, .size = size_of(at, size)};
    struct hs_key key = key_of(own, caps);
    if (hs_state != HS_STATE_LEVEL)
        hs_alloc(key, told);
    else if (!hs_level_skips(told.size))
        hs_level_alloc(key, told);
}

static HS_ESP_FAST void tell_free(uintptr_t own, uint32_t pos) {
    if (pos == HS_POS_IMPLIED || !records())
        return;
    tell_turn();
    if (hs_state == HS_STATE_LEVEL)
        hs_level_gone(pos, HS_FREE);
    else
        hs_free(own, pos);
}

/* `old` is the granule that the block had. */
static HS_ESP_FAST void tell_realloc(uintptr_t own, uint32_t old, const void *block, size_t size, uint32_t caps) {
    uintptr_t at = plain(block);
    uint32_t pos = pos_of(at);
    hs_esp_seen++;
    if (pos == HS_POS_IMPLIED || !records())
        return;
    if (old == HS_POS_IMPLIED) {
        tell_alloc(own, block, size, caps);
        return;
    }
    tell_turn();
    struct hs_block told = {.pos = pos, .size = size_of(at, size)};
    struct hs_key key = key_of(own, caps);
    if (hs_state != HS_STATE_LEVEL) {
        hs_realloc(key, told, old);
        return;
    }
    hs_level_gone(old, HS_REALLOC);
    if (!hs_level_skips(told.size))
        hs_level_realloc(key, told);
}

/* --- failures -------------------------------------------------------------------------------------------- */

/* ESP-IDF tells of a request that failed for good, when all that it could fall back to was tried. */
static esp_alloc_failed_hook_t users_hook;

static HS_ESP_FAST void on_failed(size_t size, uint32_t caps, const char *function) {
    hs_lock_t lock;
    if (begin(&lock)) {
        if (size && records()) {
            unsigned region = hs_esp_region_with(caps);
            tell_turn();
            hs_fail(key_of(RETURN_ADDRESS, caps), (uint32_t)size, region ? HS_FAIL_REGION(region - 1) : 3);
        }
        hs_port_unlock(lock);
    }
    if (users_hook)
        users_hook(size, caps, function);
}

esp_err_t __real_heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback);
esp_err_t __wrap_heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback);
/* There is one such hook only, and it is ours: the user's is called by it. */
esp_err_t __wrap_heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback) {
    if (!callback)
        return ESP_FAIL;
    users_hook = callback;
    return ESP_OK;
}

void hs_esp_watch_failures(void) { __real_heap_caps_register_failed_alloc_callback(on_failed); }

/* --- the wraps ------------------------------------------------------------------------------------------- */

/* Declares the real function and its wrap, whose body follows. */
#define WRAP(result, name, parameters)   \
    result __real_##name parameters;     \
    result __wrap_##name parameters;     \
    HS_ESP_FAST result __wrap_##name parameters

#if CONFIG_HEAPSTRATA_WRAPS

/* A try for a new block. Where it fails another one follows: the first is what was wanted. */
static HS_ESP_FAST void tell_try(uintptr_t own, const void *block, size_t size, uint32_t caps) {
    if (block)
        tell_alloc(own, block, size, caps);
    else
        (void)key_of(0, caps);
}

WRAP(void *, heap_caps_malloc_base, (size_t size, uint32_t caps)) {
    hs_lock_t lock;
    if (!begin(&lock))
        return __real_heap_caps_malloc_base(size, caps);
    void *block = __real_heap_caps_malloc_base(size, caps);
    tell_try(RETURN_ADDRESS, block, size, caps);
    hs_port_unlock(lock);
    return block;
}

WRAP(void *, heap_caps_calloc_base, (size_t n, size_t size, uint32_t caps)) {
    hs_lock_t lock;
    if (!begin(&lock))
        return __real_heap_caps_calloc_base(n, size, caps);
    void *block = __real_heap_caps_calloc_base(n, size, caps);
    tell_try(RETURN_ADDRESS, block, n * size, caps);
    hs_port_unlock(lock);
    return block;
}

WRAP(void *, heap_caps_aligned_alloc_base, (size_t alignment, size_t size, uint32_t caps)) {
    hs_lock_t lock;
    if (!begin(&lock))
        return __real_heap_caps_aligned_alloc_base(alignment, size, caps);
    void *block = __real_heap_caps_aligned_alloc_base(alignment, size, caps);
    tell_try(RETURN_ADDRESS, block, size, caps);
    hs_port_unlock(lock);
    return block;
}

/* The block's granule is looked up before the call: behind it the address may be another block's. */
WRAP(void *, heap_caps_realloc_base, (void *old, size_t size, uint32_t caps)) {
    hs_lock_t lock;
    if (!begin(&lock))
        return __real_heap_caps_realloc_base(old, size, caps);
    uint32_t pos = old ? hs_esp_pos(plain(old)) : HS_POS_IMPLIED;
    void *block = __real_heap_caps_realloc_base(old, size, caps);
    if (block && old)
        tell_realloc(RETURN_ADDRESS, pos, block, size, caps);
    else if (old && !size)
        tell_free(RETURN_ADDRESS, pos);
    else
        tell_try(RETURN_ADDRESS, block, size, caps);
    hs_port_unlock(lock);
    return block;
}

WRAP(void, heap_caps_free, (void *block)) {
    hs_lock_t lock;
    if (!block || !begin(&lock)) {
        __real_heap_caps_free(block);
        return;
    }
    uint32_t pos = hs_esp_pos(plain(block));
    __real_heap_caps_free(block);
    tell_free(RETURN_ADDRESS, pos);
    hs_port_unlock(lock);
}

#else /* CONFIG_HEAPSTRATA_HOOKS */

/* A call in the section that the hooks' words are part of. Its owner has the lock, so there is one at a time. */
static struct {
    uint32_t depth;    /* calls of ours that are under way */
    uint32_t old;      /* granule of the block being resized, HS_POS_IMPLIED: none */
    uintptr_t caller;
} call = {.old = HS_POS_IMPLIED};

HS_ESP_FAST void esp_heap_trace_alloc_hook(void *block, size_t size, uint32_t caps) {
    hs_lock_t lock;
    if (!block || !begin(&lock))
        return;
    uint32_t old = call.depth ? call.old : HS_POS_IMPLIED;
    call.old = HS_POS_IMPLIED;
    if (old != HS_POS_IMPLIED)
        tell_realloc(call.caller, old, block, size, caps);
    else
        tell_alloc(call.depth ? call.caller : RETURN_ADDRESS, block, size, caps);
    hs_port_unlock(lock);
}

/* Within a call of ours it is known. Otherwise it comes behind the block's end: better late than never. */
HS_ESP_FAST void esp_heap_trace_free_hook(void *block) {
    hs_lock_t lock;
    if (!block || !begin(&lock))
        return;
    if (!call.depth)
        tell_free(RETURN_ADDRESS, hs_esp_pos(plain(block)));
    hs_port_unlock(lock);
}

WRAP(void, heap_caps_free, (void *block)) {
    hs_lock_t lock;
    if (!block || !begin(&lock)) {
        __real_heap_caps_free(block);
        return;
    }
    uint32_t pos = hs_esp_pos(plain(block));
    call.depth++;
    __real_heap_caps_free(block);
    call.depth--;
    tell_free(RETURN_ADDRESS, pos);
    hs_port_unlock(lock);
}

/* Begins and ends a call that resizes `old`. */
INLINE uint32_t begin_resize(const void *old, uintptr_t caller) {
    uint32_t pos = old ? hs_esp_pos(plain(old)) : HS_POS_IMPLIED;
    call.depth++;
    call.old = pos;
    call.caller = caller;
    return pos;
}

INLINE void end_resize(uint32_t pos, const void *old, size_t size) {
    call.depth--;
    call.old = HS_POS_IMPLIED;
    if (old && !size)
        tell_free(call.caller, pos);
}

WRAP(void *, heap_caps_realloc, (void *old, size_t size, uint32_t caps)) {
    hs_lock_t lock;
    bool outermost = ask(RETURN_ADDRESS);
    if (!begin(&lock)) {
        answered(outermost);
        return __real_heap_caps_realloc(old, size, caps);
    }
    uint32_t pos = begin_resize(old, RETURN_ADDRESS);
    void *block = __real_heap_caps_realloc(old, size, caps);
    end_resize(pos, old, size);
    hs_port_unlock(lock);
    answered(outermost);
    return block;
}

WRAP(void *, heap_caps_realloc_default, (void *old, size_t size)) {
    hs_lock_t lock;
    bool outermost = ask(RETURN_ADDRESS);
    if (!begin(&lock)) {
        answered(outermost);
        return __real_heap_caps_realloc_default(old, size);
    }
    uint32_t pos = begin_resize(old, RETURN_ADDRESS);
    void *block = __real_heap_caps_realloc_default(old, size);
    end_resize(pos, old, size);
    hs_port_unlock(lock);
    answered(outermost);
    return block;
}
#endif

/* --- heaps that come later -------------------------------------------------------------------------------- */

/* One within a block of another heap would not be noticed by its blocks' addresses. */
esp_err_t __real_heap_caps_add_region_with_caps(const uint32_t caps[], intptr_t start, intptr_t end);
esp_err_t __wrap_heap_caps_add_region_with_caps(const uint32_t caps[], intptr_t start, intptr_t end);
esp_err_t __wrap_heap_caps_add_region_with_caps(const uint32_t caps[], intptr_t start, intptr_t end) {
    hs_lock_t lock;
    if (!begin(&lock))
        return __real_heap_caps_add_region_with_caps(caps, start, end);
    esp_err_t err = __real_heap_caps_add_region_with_caps(caps, start, end);
    if (!err && hs_esp_find_regions() && records())
        make_keyframe();
    hs_port_unlock(lock);
    return err;
}

/* --- who asked: what others call ------------------------------------------------------------------------- */

#define ASKED(name, arguments)                          \
    {                                                   \
        bool outermost = ask(RETURN_ADDRESS);           \
        void *block = __real_##name arguments;          \
        answered(outermost);                            \
        return block;                                   \
    }

WRAP(void *, malloc, (size_t size)) ASKED(malloc, (size))
WRAP(void *, calloc, (size_t n, size_t size)) ASKED(calloc, (n, size))
WRAP(void *, realloc, (void *old, size_t size)) ASKED(realloc, (old, size))
WRAP(void *, heap_caps_malloc, (size_t size, uint32_t caps)) ASKED(heap_caps_malloc, (size, caps))
WRAP(void *, heap_caps_malloc_default, (size_t size)) ASKED(heap_caps_malloc_default, (size))
WRAP(void *, heap_caps_calloc, (size_t n, size_t size, uint32_t caps)) ASKED(heap_caps_calloc, (n, size, caps))
WRAP(void *, heap_caps_aligned_alloc, (size_t alignment, size_t size, uint32_t caps)) ASKED(heap_caps_aligned_alloc, (alignment, size, caps))
#if CONFIG_HEAPSTRATA_WRAPS
WRAP(void *, heap_caps_realloc, (void *old, size_t size, uint32_t caps)) ASKED(heap_caps_realloc, (old, size, caps))
WRAP(void *, heap_caps_realloc_default, (void *old, size_t size)) ASKED(heap_caps_realloc_default, (old, size))
#endif
