/* SPDX-License-Identifier: MIT
 *
 * All heaps of the stand-in, and what every allocation passes. Hooks are called where ESP-IDF calls them.
 */
#include <stdlib.h>
#include <string.h>

#include "esp_memory_utils.h"
#include "tests/esp-idf/standin_multi.h"
#include "tests/esp-idf/system.h"

#ifdef CONFIG_HEAP_USE_HOOKS
#define CALL_HOOK(hook, ...) \
    do { \
        if (hook) \
            hook(__VA_ARGS__); \
    } while (0)
#else
#define CALL_HOOK(hook, ...) (void)0
#endif
void *heap_caps_malloc_base(size_t size, uint32_t caps);
void *heap_caps_calloc_base(size_t n, size_t size, uint32_t caps);
void *heap_caps_aligned_alloc_base(size_t alignment, size_t size, uint32_t caps);
void *heap_caps_realloc_base(void *old, size_t size, uint32_t caps);

#ifdef CONFIG_HEAP_TASK_TRACKING
#define OWNER 4u /* bytes in front of what programs get */
#else
#define OWNER 0u
#endif

#define HEAPS 12u
#define WORD STANDIN_WORD

static struct multi_heap_info heaps[HEAPS];
static unsigned n_heaps;
static bool aliases; /* a heap has one */
struct registered_heap_ll registered_heaps;
unsigned standin_walks;

/* --- heaps ------------------------------------------------------------------------------------------------- */

static void enable(struct multi_heap_info *h)
{
    standin_multi_make(h, (unsigned)(h - heaps));
    h->registered.heap = h;
}

static struct multi_heap_info *add_heap(uint8_t *start, size_t size, uint32_t caps)
{
    struct multi_heap_info *h = &heaps[n_heaps++];
    heap_t **last = &registered_heaps.first;
    *h = (struct multi_heap_info){
        .start = start,
        .end = start + size,
        .registered = {.caps = {caps & 0x55555555u, caps & 0xaaaaaaaau},
                       .start = (intptr_t)start,
                       .end = (intptr_t)(start + size)},
    };
    while (*last)
        last = &(*last)->next.next;
    *last = &h->registered;
    return h;
}

void standin_make(const struct standin_region *region, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct system_memory memory = system_memory(region[i].size, region[i].alias);
        struct multi_heap_info *h = add_heap(memory.at, region[i].size, region[i].caps);
        h->alias = memory.alias;
        aliases |= memory.alias != NULL;
        if (!region[i].late)
            enable(h);
    }
}

void heap_caps_enable_nonos_stack_heaps(void)
{
    for (unsigned i = 0; i < n_heaps; i++)
        if (!heaps[i].registered.heap)
            enable(&heaps[i]);
}

static bool is_of(const struct multi_heap_info *h, uint32_t caps)
{
    return h->registered.heap && (get_all_caps(&h->registered) & caps) == caps;
}

static struct multi_heap_info *heap_of(const uint8_t *block)
{
    struct multi_heap_info *found = NULL;
    for (unsigned i = 0; i < n_heaps; i++) /* heaps within others come last */
        if (block > heaps[i].start + STANDIN_CONTROL && block < heaps[i].end)
            found = &heaps[i];
    return found;
}

static struct multi_heap_info *heap_of_alias(const void *address)
{
    for (unsigned i = 0; i < n_heaps; i++)
        if (heaps[i].alias && (size_t)((const uint8_t *)address - heaps[i].alias) < (size_t)(heaps[i].end - heaps[i].start))
            return &heaps[i];
    return NULL;
}

bool esp_ptr_in_diram_iram(const void *address) { return aliases && heap_of_alias(address); }

uintptr_t standin_plain(const void *block)
{
    return esp_ptr_in_diram_iram(block) ? ((const uint32_t *)block)[-1] : (uintptr_t)block;
}

unsigned standin_region_of(const void *address)
{
    for (unsigned i = 0; i < n_heaps; i++)
        if ((const uint8_t *)address >= heaps[i].start && (const uint8_t *)address < heaps[i].end)
            return i;
    return n_heaps;
}

esp_err_t heap_caps_add_region_with_caps(const uint32_t caps[], intptr_t start, intptr_t end)
{
    enable(add_heap((uint8_t *)start, (size_t)(end - start), caps[0] | caps[1] | caps[2]));
    return ESP_OK;
}

/* Its call of the function above is within one file: no wrap sees it. */
esp_err_t heap_caps_add_region(intptr_t start, intptr_t end)
{
    static const uint32_t caps[3] = {MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL | MALLOC_CAP_DEFAULT, 0, 0};
    return heap_caps_add_region_with_caps(caps, start, end);
}

/* --- what every allocation passes -------------------------------------------------------------------------- */

/* The word in front of what is handed out tells the address that the heap knows. */
static void *to_alias(const struct multi_heap_info *h, uint8_t *block)
{
    uint32_t *at = (uint32_t *)(uintptr_t)(h->alias + (block - h->start));
    *at = (uint32_t)(uintptr_t)block;
    return at + 1;
}

static void *alloc(size_t alignment, size_t size, uint32_t caps)
{
    bool exec = caps & MALLOC_CAP_EXEC;
    uint32_t wanted = caps & ~MALLOC_CAP_CACHE_ALIGNED; /* no heap's: ESP-IDF makes an alignment of it */
    for (unsigned i = 0; i < n_heaps; i++) {
        struct multi_heap_info *h = &heaps[i];
        if (!is_of(h, wanted))
            continue;
        uint8_t *block = standin_multi_alloc(h, (exec && h->alias ? size + WORD : size) + OWNER, alignment);
        if (!block)
            continue;
        block += OWNER;
        standin_list(&heaps[0], block);
        void *out = exec && h->alias ? to_alias(h, block) : block;
        CALL_HOOK(esp_heap_trace_alloc_hook, out, size, caps);
        return out;
    }
    return NULL;
}

void *heap_caps_malloc_base(size_t size, uint32_t caps) { return alloc(4, size, caps); }
void *heap_caps_aligned_alloc_base(size_t alignment, size_t size, uint32_t caps) { return alloc(alignment, size, caps); }

void *heap_caps_calloc_base(size_t n, size_t size, uint32_t caps)
{
    void *block = alloc(4, n * size, caps);
    if (block)
        memset(block, 0, n * size);
    return block;
}

void heap_caps_free(void *block)
{
    if (!block)
        return;
    uint8_t *at = (uint8_t *)standin_plain(block);
    standin_unlist(&heaps[0], at);
    multi_heap_free(heap_of(at), at - OWNER);
}

/* As ESP-IDF: in its heap where it can, which the hook learns as an allocation only; else elsewhere. */
void *heap_caps_realloc_base(void *old, size_t size, uint32_t caps)
{
    if (!old)
        return alloc(4, size, caps);
    if (!size) {
        heap_caps_free(old);
        return NULL;
    }
    uint8_t *at = (uint8_t *)standin_plain(old);
    struct multi_heap_info *h = heap_of(at);
    uint32_t had = standin_multi_size(at - OWNER) - OWNER - (at == old ? 0 : WORD);
    uint8_t *block = at == old && is_of(h, caps) ? standin_multi_realloc(h, at - OWNER, size + OWNER) : NULL;
    if (block) {
        block += OWNER;
        standin_relist(at, block);
        CALL_HOOK(esp_heap_trace_alloc_hook, block, size, caps);
        return block;
    }
    block = alloc(4, size, caps);
    if (!block)
        return NULL;
    memcpy(block, old, had < size ? had : size);
    heap_caps_free(old);
    return block;
}

/* --- walking ------------------------------------------------------------------------------------------------ */

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
struct walk {
    heap_caps_walker_cb_t walker;
    void *context;
    walker_heap_into_t heap;
};

static bool on_block(void *block, size_t size, bool used, void *context)
{
    const struct walk *w = context;
    return w->walker(w->heap, (walker_block_info_t){block, size, used}, w->context);
}

/* In flash, as ESP-IDF's. */
void heap_caps_walk(uint32_t caps, heap_caps_walker_cb_t walker, void *context)
{
    system_in_flash();
    standin_walks++;
    for (unsigned i = 0; i < n_heaps; i++)
        if (is_of(&heaps[i], caps & ~MALLOC_CAP_INVALID))
            standin_multi_walk(&heaps[i], on_block,
                               &(struct walk){walker, context, {heaps[i].registered.start, heaps[i].registered.end}});
}

void heap_caps_walk_all(heap_caps_walker_cb_t walker, void *context) { heap_caps_walk(MALLOC_CAP_INVALID, walker, context); }
#endif

static bool into_sum(void *block, size_t size, bool used, void *sum)
{
    (void)block;
    *(size_t *)sum += used ? 0 : size;
    return true;
}

size_t heap_caps_get_free_size(uint32_t caps)
{
    size_t sum = 0;
    for (unsigned i = 0; i < n_heaps; i++)
        if (is_of(&heaps[i], caps))
            standin_multi_walk(&heaps[i], into_sum, &sum);
    return sum;
}
