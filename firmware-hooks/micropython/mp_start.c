/* SPDX-License-Identifier: MIT
 *
 * The start: MicroPython's collector under observation. The linker sends every call of the functions in wraps.txt to the
 * hooks first (ld --wrap), so MicroPython itself is not touched.
 */
#include "firmware-hooks/micropython/mp_inline.h"
#include "firmware-hooks/micropython/mp_refs.h"
#include "firmware-hooks/micropython/mp_stream.h"
#include "firmware-hooks/ports/room.h"
#include "py/builtin.h"
#include "py/compile.h"
#include "py/objfun.h"
#include "py/persistentcode.h"

/* --- start ------------------------------------------------------------------------------------------------ */

_Static_assert((HS_SITES & (HS_SITES - 1)) == 0 && HS_SITES <= 32768, "HS_SITES: a power of two");
static struct hs_site_entry sites[HS_SITES];
static uint16_t hash[HS_SITES * 4];
static uint32_t followed[HS_FOLLOWED];

static uint64_t build_id(void) {
    static const uintptr_t functions[] = {
#define HS_FINGERPRINT(name) (uintptr_t)name,
#include "firmware-hooks/micropython/fingerprint.def"
#undef HS_FINGERPRINT
    };
    return hs_fingerprint(functions, sizeof functions / sizeof *functions);
}

/* What lines and references mean in this build. */
#if MICROPY_STACKLESS
#define HS_MP_STACKLESS "\0stackless=1"
#else
#define HS_MP_STACKLESS
#endif
#if MICROPY_OBJ_REPR == MICROPY_OBJ_REPR_D
#define HS_MP_WIDE_OBJECTS "\0object=8"
#else
#define HS_MP_WIDE_OBJECTS
#endif

/* The number of words in a call frame before its stack is put in later. */
static char facts[] = "system=" HS_MP_SYSTEM "\0port=" MICROPY_PY_SYS_PLATFORM "\0bytecode=" MP_STRINGIFY(MPY_VERSION)
                      HS_MP_STACKLESS HS_MP_WIDE_OBJECTS "\0frame=0";

static struct hs_text all_facts(void) {
    facts[sizeof facts - 2] = (char)('0' + offsetof(mp_code_state_t, state) / sizeof(void *));
    return hs_port_facts((struct hs_text){facts, sizeof facts});
}

static bool initialised;

bool hs_mp_linked(void) { return initialised; }

void *__real_m_malloc(size_t n);
#if MICROPY_MALLOC_USES_ALLOCATED_SIZE
void __real_m_free(void *p, size_t n);
#define REAL_FREE(p) __real_m_free(p, 1)
#else
void __real_m_free(void *p);
#define REAL_FREE(p) __real_m_free(p)
#endif

/* One allocation by way of another file of MicroPython: a build whose link-time optimisation bypasses the
 * wraps records nothing, and must say so. */
static bool bypassed;

int hs_mp_selftest(void) { return bypassed ? -1 : 0; }

/* At a level that records nothing of it, the allocation is seen by the distance to the next sample. */
static bool reaches_hooks(void) {
    uint32_t before = hs_stats().offered, left = hs_level_left;
    bool less = hs_state == HS_STATE_LEVEL;
    hs_level_left = 2;
    void *block = __real_m_malloc(1);
    bool passed = hs_level_left == 1;
    hs_level_left = left;
    REAL_FREE(block);
    return less ? passed : hs_stats().offered >= before + 2;
}

static void self_test(void) {
    bypassed = !reaches_hooks();
    if (bypassed)
        hs_selftest_failed();
}

/* A collection every so many bytes allocated, as the program could have it with gc.threshold(): the trace then
 * tells within so many bytes when each block became garbage. */
static void collect_often(void) {
#if MICROPY_GC_ALLOC_THRESHOLD
    const char *bytes = hs_port_setting("HEAPSTRATA_COLLECT_EVERY");
    uint32_t n = 0;
    for (; bytes && *bytes >= '0' && *bytes <= '9' && n < UINT32_MAX / 20; bytes++)
        n = 10 * n + (uint32_t)(*bytes - '0');
    if (n)
        MP_STATE_MEM(gc_alloc_threshold) = n / GRANULE;
#endif
}

/* Where the ring lies, and whether that is where a heap is; then there is no recording. */
static struct hs_span reserved;
static bool ring_in_heap;

bool hs_mp_ring_in_heap(void) { return ring_in_heap; }

/* A heap of the collector's, without the ring. Where that cannot be had the ring is given up: it is not written to again. */
static void keep_apart(struct hs_span *heap) {
    if (ring_in_heap || hs_room_make(heap, reserved))
        return;
    hs_stop();
    ring_in_heap = true;
}

static void gc_init_apart(void *start, void *end);

/* Runs once, in the first gc_init: the first moment at which there is a heap to trace. */
static void init(void *start, void *end) {
    struct hs_config config = {
        .site = sites,
        .hash = hash,
        .n_sites = HS_SITES,
        .hash_size = HS_SITES * 4,
        .build_id = build_id(),
        .placement = HS_MP_PLACEMENT,
        .shift = SHIFT,
        .describe = hs_mp_describe_site,
        .keyframe = hs_mp_snapshot,
        .keyframe_size = hs_mp_keyframe_size,
        .closed = hs_mp_stream_wake,
        .level = {.level = HS_START_LEVEL, .interval = HS_SAMPLE_INTERVAL},
        .followed = followed,
        .n_followed = HS_FOLLOWED,
        .summary = hs_mp_summary,
    };
    bool record = hs_port_image(&config);
    HS_MP_LOCK_INIT();
    hs_mp_level_built(config.level);
    while (config.n_sites > 64 && config.n_sites > config.memory_size / 8 && !(config.flags & HS_RING_STREAM))
        config.n_sites /= 2; /* what a small ring cannot tell of at once needs no longer numbers */
    config.facts = all_facts();
#if HS_STACKS
    hs_mp_stacks = config.flags & HS_RING_CONTEXT;
#endif
    reserved = (struct hs_span){(uintptr_t)config.memory, (uintptr_t)config.memory + config.memory_size};
    gc_init_apart(start, end);
    ring_in_heap |= hs_mp_others_overlap(reserved);
    if (ring_in_heap || hs_init(&config) != HS_OK)
        return;
    if (hs_port_setting("HEAPSTRATA_REFS"))
        hs_mp_refs_when(hs_port_setting("HEAPSTRATA_REFS"));
    collect_often();
    hs_mp_others_begin();
    hs_mp_update_areas();
    hs_start();
    self_test();
    if (!record)
        hs_stop();
}

void __real_gc_init(void *start, void *end);
void __wrap_gc_init(void *start, void *end);
HS_MP_SAME_TYPE(gc_init);
static void gc_init_apart(void *start, void *end) {
    struct hs_span heap = {(uintptr_t)start, (uintptr_t)end};
    keep_apart(&heap);
    __real_gc_init((void *)heap.start, (void *)heap.end);
    hs_mp_torn_down = false;
}

void __wrap_gc_init(void *start, void *end);
void __wrap_gc_init(void *start, void *end) {
    if (!initialised) {
        initialised = true;
        init(start, end);
        return;
    }
    gc_init_apart(start, end);
    hs_mp_stream_forget();
    hs_forget(NULL);
    if (hs_state != HS_STATE_OFF) { /* a soft reset: the old areas are gone with all in them */
        hs_mp_forget_areas();
        hs_mp_update_areas();
        if (hs_state == HS_STATE_LEVEL)
            hs_level_swept(hs_mp_block_is_gone);
    }
}

#if MICROPY_GC_SPLIT_HEAP
void __real_gc_add(void *start, void *end);
void __wrap_gc_add(void *start, void *end);
HS_MP_SAME_TYPE(gc_add);
void __wrap_gc_add(void *start, void *end) {
    struct hs_span heap = {(uintptr_t)start, (uintptr_t)end};
    keep_apart(&heap);
    __real_gc_add((void *)heap.start, (void *)heap.end);
    if (hs_state != HS_STATE_OFF)
        hs_mp_update_areas();
}
#endif
