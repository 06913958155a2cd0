/* SPDX-License-Identifier: MIT
 *
 * Starts the recorder in MicroPython. The linker redirects every call of the functions in wraps.txt to the hooks (ld --wrap),
 * so MicroPython itself is not changed.
 */
#include "firmware-hooks/micropython/mp_inline.h"
#include "firmware-hooks/micropython/mp_refs.h"
#include "firmware-hooks/micropython/mp_room.h"
#include "firmware-hooks/micropython/mp_stream.h"
#include "firmware-hooks/ports/room.h"
#include "firmware-hooks/startup/startup.h"
#include "py/builtin.h"
#include "py/compile.h"
#include "py/objfun.h"
#include "py/persistentcode.h"

/* --- start ------------------------------------------------------------------------------------------------ */

static const uintptr_t functions[] = {
#define HS_FINGERPRINT(name) (uintptr_t) name,
#include "firmware-hooks/micropython/fingerprint.def"
};

/* Options of this build that readers of the trace need. */
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

/* Some of CircuitPython's ports (stm, analog, litex, silabs) have no sys.platform. */
#ifdef MICROPY_PY_SYS_PLATFORM
#define HS_MP_PORT MICROPY_PY_SYS_PLATFORM
#else
#define HS_MP_PORT MICROPY_HW_MCU_NAME
#endif

static const char facts[] = "system=" HS_MP_SYSTEM "\0port=" HS_MP_PORT "\0bytecode=" MP_STRINGIFY(MPY_VERSION)
    HS_MP_STACKLESS HS_MP_WIDE_OBJECTS HS_MP_WITHOUT;

/* The facts above and those known only at the start. "frame=": words of a call frame before its stack. */
static struct hs_text all_facts(void)
{
    static char all[sizeof facts + 16 + HS_MP_ROOM_FACTS];
    struct hs_text text = {all, sizeof facts};
    memcpy(all, facts, sizeof facts);
    hs_mp_room_fact(&text, "frame=", offsetof(mp_code_state_t, state) / sizeof(void *));
    hs_mp_room_facts(&text);
    return text;
}

static bool initialised;

bool hs_mp_linked(void) { return initialised; }

/* Link-time optimisation may bypass the wraps: then nothing is recorded, and the user must be informed. */
static bool bypassed;

int hs_mp_selftest(void) { return bypassed ? -1 : 0; }

#if MICROPY_MALLOC_USES_ALLOCATED_SIZE
#define FREE(block) m_free(block, 1)
#else
#define FREE(block) m_free(block)
#endif

/* Allocates and frees a block through another file of MicroPython. */
enum hs_trial hs_mp_try(unsigned number)
{
    if (number)
        return HS_TRIAL_NONE;
    FREE(m_malloc(1));
    return HS_TRIAL_MADE;
}

/* Sets a collection after every so many allocated bytes, like gc.threshold(). Then the trace shows within that number of bytes
 * when each block became garbage. */
static void collect_often(void)
{
#if MICROPY_GC_ALLOC_THRESHOLD
    const char *bytes = hs_port_setting("HEAPSTRATA_COLLECT_EVERY");
    uint32_t n = 0;
    for (; bytes && *bytes >= '0' && *bytes <= '9' && n < UINT32_MAX / 20; bytes++)
        n = 10 * n + (uint32_t)(*bytes - '0');
    if (n)
        MP_STATE_MEM(gc_alloc_threshold) = n / GRANULE;
#endif
}

/* The memory of the ring, and the memory allocated from the heap. If the ring is inside a heap, nothing is recorded. */
static struct hs_span reserved, taken;
static bool ring_in_heap;

bool hs_mp_ring_in_heap(void) { return ring_in_heap; }

/* Shortens a heap of the collector to exclude the ring. If that is not possible, recording ends: the ring is not written
 * again. */
static void keep_apart(struct hs_span *heap)
{
    if (ring_in_heap || (hs_room_make(heap, reserved) && hs_room_make(heap, taken)))
        return;
    hs_stop();
    ring_in_heap = true;
}

static void gc_init_apart(void *start, void *end);

/* Runs once, in the first gc_init, because then there is a heap to trace. */
static void init(void *start, void *end)
{
    struct hs_span heap = {(uintptr_t)start, (uintptr_t)end};
    struct hs_config config;
    bool record = hs_startup_config(&config);
    taken = hs_mp_room_take(&config, &heap);
    HS_MP_LOCK_INIT();
    hs_mp_level_built(config.level);
    config.placement = HS_MP_OTHERS ? HS_PLACE_EXPLICIT : HS_PLACE_MICROPYTHON;
    config.keyframe = hs_mp_snapshot;
    config.summary = hs_mp_summary;
    config.closed = HS_MP_STREAM_WAKE;
#if HS_STACKS
    hs_mp_stacks = config.flags & HS_RING_CONTEXT;
#endif
    reserved = (struct hs_span){(uintptr_t)config.memory, (uintptr_t)config.memory + config.memory_size};
    gc_init_apart((void *)heap.start, (void *)heap.end);
    ring_in_heap |= hs_heaps_overlap(&reserved);
    if (ring_in_heap || hs_startup_init(&config, &(struct hs_firmware){.facts = all_facts(),
                                                                       .functions = functions,
                                                                       .n_functions = sizeof functions / sizeof *functions}))
        return;
    const char *refs = hs_port_setting("HEAPSTRATA_REFS");
    hs_mp_refs_when(refs ? refs : "fail");
    collect_often();
    hs_mp_heap.write_regions(false); /* at a level without keyframes nothing else records them */
    hs_start();
    bypassed = !hs_heaps_test();
    HS_MP_RUN_BEGINS(true);
    if (!record)
        hs_stop();
}

void __real_gc_init(void *start, void *end);
void __wrap_gc_init(void *start, void *end);
HS_MP_SAME_TYPE(gc_init);
static void gc_init_apart(void *start, void *end)
{
    struct hs_span heap = {(uintptr_t)start, (uintptr_t)end};
    hs_mp_room_fit(&heap);
    keep_apart(&heap);
    __real_gc_init((void *)heap.start, (void *)heap.end);
    hs_mp_torn_down = false;
}

void __wrap_gc_init(void *start, void *end);
void __wrap_gc_init(void *start, void *end)
{
    if (!initialised) {
        initialised = true;
        init(start, end);
        return;
    }
    gc_init_apart(start, end);
    hs_mp_stream_forget();
    hs_mp_refs_forget();
    hs_mp_forget_code(NULL);
    if (hs_state != HS_STATE_OFF) { /* a soft reset: the old areas and their blocks no longer exist */
        hs_mp_forget_areas();
        hs_mp_update_areas();
        if (hs_at_level())
            hs_level_swept(hs_mp_block_is_gone);
        HS_MP_RUN_BEGINS(false);
    }
}

#if MICROPY_GC_SPLIT_HEAP
void __real_gc_add(void *start, void *end);
void __wrap_gc_add(void *start, void *end);
HS_MP_SAME_TYPE(gc_add);
void __wrap_gc_add(void *start, void *end)
{
    struct hs_span heap = {(uintptr_t)start, (uintptr_t)end};
    keep_apart(&heap);
    __real_gc_add((void *)heap.start, (void *)heap.end);
    if (hs_state != HS_STATE_OFF)
        hs_mp_update_areas();
}
#endif
