/* SPDX-License-Identifier: MIT */
#include "tests/esp-idf/standin_multi.h"

#include <stdlib.h>
#include <string.h>

#include "multi_heap_internal.h"
#include "tests/esp-idf/system.h"

#define WORD STANDIN_WORD
#define LEAST 12u /* bytes of a block without its word */
#define FREE_FLAG 1u

void (*standin_pause)(void);
static void let_others(void)
{
    if (standin_pause)
        standin_pause();
}

static uint32_t *word_of(const uint8_t *block) { return (uint32_t *)(uintptr_t)(block - WORD); }
static uint32_t size_at(const uint8_t *block) { return *word_of(block) & ~3u; }
static bool is_free(const uint8_t *block) { return *word_of(block) & FREE_FLAG; }
static uint8_t *first_of(const struct multi_heap_info *h) { return h->start + STANDIN_CONTROL + WORD; }
static uint8_t *next_of(uint8_t *block) { return block + size_at(block) + WORD; }
static bool is_end(const struct multi_heap_info *h, const uint8_t *block) { return block >= h->end; }

uint32_t standin_multi_size(const uint8_t *block) { return size_at(block); }

void standin_multi_make(struct multi_heap_info *h, unsigned number)
{
    h->number = number;
    system_lock_init(number);
    *word_of(first_of(h)) = (uint32_t)(h->end - h->start - STANDIN_CONTROL - WORD) | FREE_FLAG;
}

static uint32_t rounded(size_t size) { return size < LEAST ? LEAST : ((uint32_t)size + 3) & ~3u; }

/* Gives the block `size` bytes and what is after them to a free one, where that is enough for it. */
static void split(const struct multi_heap_info *h, uint8_t *block, uint32_t size)
{
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

/* The part of a free block that begins at `aligned`. The gap in front becomes a block. */
static void cut_gap(uint8_t *block, uint8_t *aligned)
{
    uint32_t whole = size_at(block);
    if (aligned == block)
        return;
    *word_of(block) = (uint32_t)(aligned - block - WORD) | FREE_FLAG;
    *word_of(aligned) = (uint32_t)(whole - (aligned - block)) | FREE_FLAG;
}

uint8_t *standin_multi_alloc(struct multi_heap_info *h, size_t size, size_t alignment)
{
    uint32_t wanted = rounded(size);
    uint8_t *found = NULL;
    system_lock(h->number);
    for (uint8_t *block = first_of(h); !is_end(h, block) && !found; block = next_of(block)) {
        uintptr_t at = (uintptr_t)block, aligned = (at + alignment - 1) & ~(alignment - 1);
        while (aligned != at && aligned - at < LEAST + WORD)
            aligned += alignment;
        if (!is_free(block) || size_at(block) < wanted + (aligned - at))
            continue;
        found = (uint8_t *)aligned;
        cut_gap(block, found);
        split(h, found, wanted);
        *word_of(found) &= ~FREE_FLAG;
    }
    system_unlock(h->number);
    let_others();
    return found;
}

/* Joins it with its neighbours. */
static void give_back(struct multi_heap_info *h, uint8_t *block)
{
    system_lock(h->number);
    if (is_free(block))
        abort(); /* freed twice */
    *word_of(block) |= FREE_FLAG;
    uint8_t *behind = next_of(block);
    if (!is_end(h, behind) && is_free(behind))
        *word_of(block) += size_at(behind) + WORD;
    for (uint8_t *before = first_of(h); before < block; before = next_of(before))
        if (is_free(before) && next_of(before) == block)
            *word_of(before) += size_at(block) + WORD;
    system_unlock(h->number);
    let_others();
}

void *multi_heap_malloc(multi_heap_handle_t h, size_t size) { return standin_multi_alloc(h, size, 4); }
void multi_heap_free(multi_heap_handle_t h, void *block) { give_back(h, block); }

/* Where it is when what follows is free and enough. */
static bool grow(struct multi_heap_info *h, uint8_t *block, size_t size)
{
    uint32_t wanted = rounded(size);
    bool fits = size_at(block) >= wanted;
    system_lock(h->number);
    uint8_t *behind = next_of(block);
    if (!fits && !is_end(h, behind) && is_free(behind) && size_at(block) + WORD + size_at(behind) >= wanted) {
        *word_of(block) += size_at(behind) + WORD;
        fits = true;
    }
    if (fits)
        split(h, block, wanted);
    system_unlock(h->number);
    return fits;
}

uint8_t *standin_multi_realloc(struct multi_heap_info *h, uint8_t *block, size_t size)
{
    uint32_t had = size_at(block);
    if (grow(h, block, size))
        return block;
    uint8_t *now = standin_multi_alloc(h, size, 4);
    if (!now)
        return NULL;
    memcpy(now, block, had < size ? had : size);
    give_back(h, block);
    return now;
}

bool standin_multi_walk(struct multi_heap_info *h, bool (*walker)(void *block, size_t size, bool used, void *context),
                        void *context)
{
    bool go_on = true;
    system_lock(h->number);
    for (uint8_t *block = first_of(h); !is_end(h, block) && go_on; block = next_of(block))
        go_on = walker(block, size_at(block), !is_free(block), context);
    system_unlock(h->number);
    return go_on;
}

/* --- as ESP-IDF's own debugging code has it ------------------------------------------------------------------ */

void multi_heap_internal_lock(multi_heap_handle_t h) { system_lock(h->number); }
void multi_heap_internal_unlock(multi_heap_handle_t h) { system_unlock(h->number); }
multi_heap_block_handle_t multi_heap_get_first_block(multi_heap_handle_t h) { return first_of(h) - 2 * WORD; }
bool multi_heap_is_free(const multi_heap_block_handle_t block) { return is_free((uint8_t *)block + 2 * WORD); }

multi_heap_block_handle_t multi_heap_get_next_block(multi_heap_handle_t h, multi_heap_block_handle_t block)
{
    uint8_t *next = next_of((uint8_t *)block + 2 * WORD);
    return is_end(h, next) ? NULL : next - 2 * WORD;
}
