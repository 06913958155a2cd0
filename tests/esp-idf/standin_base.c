/* SPDX-License-Identifier: MIT
 *
 * The stand-in's heaps and what goes through each allocation. A block is a word with its size (bit 0: free) and that
 * many bytes, as TLSF's; a rest too small for a block goes with it.
 *
 * STANDIN_OLD: these functions are static, as before ESP-IDF 5.3, and hooks are called where ESP-IDF calls them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "esp_memory_utils.h"
#include "tests/esp-idf/standin.h"

#ifdef STANDIN_OLD
#define BASE static
#define CALL_HOOK(hook, ...) do { if (hook) hook(__VA_ARGS__); } while (0)
#else
#define BASE
#define CALL_HOOK(hook, ...) (void)0
void *heap_caps_malloc_base(size_t size, uint32_t caps);
void *heap_caps_calloc_base(size_t n, size_t size, uint32_t caps);
void *heap_caps_aligned_alloc_base(size_t alignment, size_t size, uint32_t caps);
void *heap_caps_realloc_base(void *old, size_t size, uint32_t caps);
#endif

#define HEAPS     8u
#define WORD      4u
#define LEAST     12u  /* bytes of a block without its word */
#define CONTROL   256u /* in front of a heap's first block */
#define FREE_FLAG 1u

static struct heap {
    uint8_t *start, *end;
    uint8_t *alias; /* the same memory under another address; NULL: it has none */
    uint32_t caps;
    pthread_mutex_t lock;
} heaps[HEAPS];
static unsigned n_heaps;

void (*standin_pause)(void);
static void let_others(void) {
    if (standin_pause)
        standin_pause();
}

/* --- one heap ------------------------------------------------------------------------------------------- */

static uint32_t *word_of(const uint8_t *block) { return (uint32_t *)(uintptr_t)(block - WORD); }
static uint32_t size_at(const uint8_t *block) { return *word_of(block) & ~3u; }
static bool is_free(const uint8_t *block) { return *word_of(block) & FREE_FLAG; }
static uint8_t *first_of(const struct heap *h) { return h->start + CONTROL + WORD; }
static uint8_t *next_of(uint8_t *block) { return block + size_at(block) + WORD; }
static bool is_end(const struct heap *h, const uint8_t *block) { return block >= h->end; }

static struct heap *add_heap(uint8_t *start, size_t size, uint32_t caps) {
    struct heap *h = &heaps[n_heaps++];
    *h = (struct heap){.start = start, .end = start + size, .caps = caps};
    pthread_mutex_init(&h->lock, NULL);
    *word_of(first_of(h)) = (uint32_t)(size - CONTROL - WORD) | FREE_FLAG;
    return h;
}

static uint32_t rounded(size_t size) { return size < LEAST ? LEAST : ((uint32_t)size + 3) & ~3u; }

/* Gives the block `size` bytes and what lies behind them to a free one, where that is enough for it. */
static void split(const struct heap *h, uint8_t *block, uint32_t size) {
    uint32_t whole = size_at(block), flag = *word_of(block) & FREE_FLAG;
    if (whole - size < LEAST + WORD)
        return;
    *word_of(block) = size | flag;
    uint8_t *rest = next_of(block);
    *word_of(rest) = (whole - size - WORD) | FREE_FLAG;
    uint8_t *behind = next_of(rest);
    if (!is_end(h, behind) && is_free(behind))
        *word_of(rest) += size_at(behind) + WORD;
}

static uint8_t *heap_alloc(struct heap *h, size_t size, size_t alignment) {
    uint32_t wanted = rounded(size);
    uint8_t *found = NULL;
    pthread_mutex_lock(&h->lock);
    for (uint8_t *block = first_of(h); !is_end(h, block) && !found; block = next_of(block)) {
        uintptr_t at = (uintptr_t)block, aligned = (at + alignment - 1) & ~(alignment - 1);
        while (aligned != at && aligned - at < LEAST + WORD) /* the gap becomes a block */
            aligned += alignment;
        if (!is_free(block) || size_at(block) < wanted + (aligned - at))
            continue;
        if (aligned != at) {
            uint32_t whole = size_at(block);
            *word_of(block) = (uint32_t)(aligned - at - WORD) | FREE_FLAG;
            *word_of((uint8_t *)aligned) = (uint32_t)(whole - (aligned - at)) | FREE_FLAG;
        }
        found = (uint8_t *)aligned;
        split(h, found, wanted);
        *word_of(found) &= ~FREE_FLAG;
    }
    pthread_mutex_unlock(&h->lock);
    let_others();
    return found;
}

/* Joins it with its neighbours. */
static void heap_free(struct heap *h, uint8_t *block) {
    pthread_mutex_lock(&h->lock);
    if (is_free(block))
        abort(); /* freed twice */
    *word_of(block) |= FREE_FLAG;
    uint8_t *behind = next_of(block);
    if (!is_end(h, behind) && is_free(behind))
        *word_of(block) += size_at(behind) + WORD;
    for (uint8_t *before = first_of(h); before < block; before = next_of(before))
        if (is_free(before) && next_of(before) == block)
            *word_of(before) += size_at(block) + WORD;
    pthread_mutex_unlock(&h->lock);
    let_others();
}

/* Where it is when what follows is free and enough. */
static bool heap_grow(struct heap *h, uint8_t *block, size_t size) {
    uint32_t wanted = rounded(size);
    bool fits = size_at(block) >= wanted;
    pthread_mutex_lock(&h->lock);
    uint8_t *behind = next_of(block);
    if (!fits && !is_end(h, behind) && is_free(behind) && size_at(block) + WORD + size_at(behind) >= wanted) {
        *word_of(block) += size_at(behind) + WORD;
        fits = true;
    }
    if (fits)
        split(h, block, wanted);
    pthread_mutex_unlock(&h->lock);
    return fits;
}

/* --- all of them ------------------------------------------------------------------------------------------ */

void standin_make(const struct standin_region *region, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        int fd = memfd_create("region", 0);
        if (ftruncate(fd, (off_t)region[i].size))
            abort();
        uint8_t *memory = mmap(NULL, region[i].size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        uint8_t *alias = region[i].alias ? mmap(NULL, region[i].size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : NULL;
        close(fd);
        add_heap(memory, region[i].size, region[i].caps)->alias = alias;
    }
}

static struct heap *heap_of(const uint8_t *block) {
    struct heap *found = NULL;
    for (unsigned i = 0; i < n_heaps; i++) /* heaps within others come last */
        if (block > heaps[i].start + CONTROL && block < heaps[i].end)
            found = &heaps[i];
    return found;
}

static struct heap *heap_of_alias(const void *address) {
    for (unsigned i = 0; i < n_heaps; i++)
        if (heaps[i].alias && (size_t)((const uint8_t *)address - heaps[i].alias) < (size_t)(heaps[i].end - heaps[i].start))
            return &heaps[i];
    return NULL;
}

bool esp_ptr_in_diram_iram(const void *address) { return heap_of_alias(address); }

uintptr_t standin_plain(const void *block) {
    return esp_ptr_in_diram_iram(block) ? ((const uint32_t *)block)[-1] : (uintptr_t)block;
}

unsigned standin_region_of(const void *address) {
    for (unsigned i = 0; i < n_heaps; i++)
        if ((const uint8_t *)address >= heaps[i].start && (const uint8_t *)address < heaps[i].end)
            return i;
    return n_heaps;
}

esp_err_t heap_caps_add_region_with_caps(const uint32_t caps[], intptr_t start, intptr_t end) {
    add_heap((uint8_t *)start, (size_t)(end - start), caps[0] | caps[1] | caps[2]);
    return ESP_OK;
}

/* --- what goes through every allocation -------------------------------------------------------------------- */

/* The word in front of what is handed out tells the address that the heap knows. */
static void *to_alias(const struct heap *h, uint8_t *block) {
    uint32_t *at = (uint32_t *)(uintptr_t)(h->alias + (block - h->start));
    *at = (uint32_t)(uintptr_t)block;
    return at + 1;
}

static void *alloc(size_t alignment, size_t size, uint32_t caps) {
    bool exec = caps & MALLOC_CAP_EXEC;
    for (unsigned i = 0; i < n_heaps; i++) {
        struct heap *h = &heaps[i];
        if ((h->caps & caps) != caps)
            continue;
        uint8_t *block = heap_alloc(h, exec && h->alias ? size + WORD : size, alignment);
        if (!block)
            continue;
        void *out = exec && h->alias ? to_alias(h, block) : block;
        CALL_HOOK(esp_heap_trace_alloc_hook, out, size, caps);
        return out;
    }
    return NULL;
}

BASE void *heap_caps_malloc_base(size_t size, uint32_t caps) { return alloc(4, size, caps); }
BASE void *heap_caps_aligned_alloc_base(size_t alignment, size_t size, uint32_t caps) { return alloc(alignment, size, caps); }

BASE void *heap_caps_calloc_base(size_t n, size_t size, uint32_t caps) {
    void *block = alloc(4, n * size, caps);
    if (block)
        memset(block, 0, n * size);
    return block;
}

void heap_caps_free(void *block) {
    if (!block)
        return;
    uint8_t *at = (uint8_t *)standin_plain(block);
    heap_free(heap_of(at), at);
    CALL_HOOK(esp_heap_trace_free_hook, at);
}

/* As ESP-IDF: in its heap where it can, which the hook learns as an allocation only; else elsewhere. */
BASE void *heap_caps_realloc_base(void *old, size_t size, uint32_t caps) {
    if (!old)
        return alloc(4, size, caps);
    if (!size) {
        heap_caps_free(old);
        return NULL;
    }
    uint8_t *at = (uint8_t *)standin_plain(old);
    struct heap *h = heap_of(at);
    uint32_t had = size_at(at);
    bool in_heap = (h->caps & caps) == caps && at == old;
    if (in_heap && heap_grow(h, at, size)) {
        CALL_HOOK(esp_heap_trace_alloc_hook, at, size, caps);
        return at;
    }
    if (in_heap) {
        uint8_t *block = heap_alloc(h, size, 4);
        if (block) {
            memcpy(block, at, had < size ? had : size);
            heap_free(h, at);
            CALL_HOOK(esp_heap_trace_alloc_hook, block, size, caps);
            return block;
        }
    }
    void *block = alloc(4, size, caps);
    if (!block)
        return NULL;
    memcpy(block, old, had - (at == old ? 0 : WORD) < size ? had - (at == old ? 0 : WORD) : size);
    heap_caps_free(old);
    return block;
}

/* --- walking ------------------------------------------------------------------------------------------------ */

static void walk(struct heap *h, heap_caps_walker_cb_t walker, void *context) {
    bool go_on = true;
    pthread_mutex_lock(&h->lock);
    for (uint8_t *block = first_of(h); !is_end(h, block) && go_on; block = next_of(block))
        go_on = walker((walker_heap_into_t){(intptr_t)h->start, (intptr_t)h->end},
                       (walker_block_info_t){block, size_at(block), !is_free(block)}, context);
    pthread_mutex_unlock(&h->lock);
}

void heap_caps_walk(uint32_t caps, heap_caps_walker_cb_t walker, void *context) {
    for (unsigned i = 0; i < n_heaps; i++)
        if ((heaps[i].caps & caps) == caps)
            walk(&heaps[i], walker, context);
}

void heap_caps_walk_all(heap_caps_walker_cb_t walker, void *context) { heap_caps_walk(0, walker, context); }

#ifdef STANDIN_OLD
#include "tests/esp-idf/standin_caps.c"
#endif
