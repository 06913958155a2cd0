/* SPDX-License-Identifier: MIT
 *
 * What encoder and decoder learn of a packet's events, to predict the next one: major version 3 of the format, FORMAT.md,
 * chapter 3. Both call the same functions in the same order, so they predict the same.
 *
 * Three ideas. Programs repeat whole sequences of events, so the events of the packet so far are kept, and the event behind the
 * last equal ones is predicted. Programs free what they allocated last, so the blocks placed last are in the order of their
 * age, without those that were freed. Allocators give out first what was freed last of the same size, so freed blocks are kept
 * in chains, one for each class of sizes.
 *
 * A prediction may be wrong, and nothing here checks one: links may lead to entries that were overwritten since. They are
 * indexes that are below the arrays' sizes by their type or a mask, and no loop follows them.
 */
#ifndef HS_LEARNED_H
#define HS_LEARNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HS_LEARNED_EVENTS 256u  /* as many as a uint8_t can number */
#define HS_LEARNED_BLOCKS 32u   /* a power of two */
#define HS_LEARNED_CLASSES 128u /* a power of two */
#define HS_LEARNED_FREED 128u   /* a power of two */
#define HS_LEARNED_DOUBT 4u     /* from here on chains of freed blocks predict nothing */

/* An event as far as it is predicted. */
struct hs_learned_event {
    uint16_t site, size; /* size: 0 when it is 65535 or more, and of FREE */
    uint8_t rank;        /* FREE, REALLOC: of the block, HS_LEARNED_BLOCKS: none; ALLOC: 0 */
};

struct hs_learned {
    /* Zeroed at the start of each packet. */
    uint8_t after_one[HS_LEARNED_EVENTS], after_two[HS_LEARNED_EVENTS]; /* by hash of the last event, of the last two: the event
                                                                           that followed them, 0: none */
    uint8_t class_of[256];              /* class of the block that was placed last at a granule with these low bits */
    uint8_t newest[HS_LEARNED_CLASSES]; /* 1 + index of the block of the class that was freed last, 0: none */
    uint32_t placed[HS_LEARNED_BLOCKS]; /* ~granule of the blocks placed last that were not freed, 0: none; a ring */
    uint32_t pos, size;                 /* the last block that was not placed where another one had been freed */
    uint32_t last_freed;                /* granule */
    uint32_t mix;                       /* hash of the last event */
    uint8_t now;                        /* index of the last event */
    uint8_t match;                      /* index of the predicted event, 0: none */
    uint8_t top;                        /* index of the newest in `placed` */
    uint8_t n_freed;
    uint8_t doubt; /* how much speaks against placing blocks where others were freed, 0 to 7 */
    uint16_t gap;  /* bytes between blocks: 0 or half a granule */
    /* Read only where this packet has written. */
    struct hs_learned_event event[HS_LEARNED_EVENTS];
    uint32_t freed[HS_LEARNED_FREED]; /* granule */
    uint8_t older[HS_LEARNED_FREED];  /* as `newest`: the one of that class freed before */
};

static inline void hs_learned_begin(struct hs_learned *m) { memset(m, 0, offsetof(struct hs_learned, event)); }

/* --- the event ------------------------------------------------------------------------------------------ */

/* The predicted event, NULL: none is. */
static inline const struct hs_learned_event *hs_learned_next(const struct hs_learned *m)
{
    return m->match ? &m->event[m->match] : NULL;
}

static inline bool hs_learned_same(struct hs_learned_event a, struct hs_learned_event b)
{
    return a.site == b.site && a.size == b.size && a.rank == b.rank;
}

/* Learns an event. */
static inline void hs_learned_add(struct hs_learned *m, struct hs_learned_event e)
{
    uint32_t mix = ((uint32_t)e.site << 16 ^ e.size ^ (uint32_t)e.rank << 12) * 0x9E3779B1u;
    uint8_t one = (uint8_t)(mix >> 24), two = (uint8_t)((mix ^ m->mix >> 7) * 0x85EBCA6Bu >> 24);
    uint8_t match = m->match && hs_learned_same(m->event[m->match], e) ? (uint8_t)(m->match + 1) : 0;
    match = match ? match : m->after_two[two];
    m->match = match ? match : m->after_one[one];
    m->event[++m->now] = e;
    m->after_one[one] = m->after_two[two] = (uint8_t)(m->now + 1);
    m->mix = mix;
}

/* --- blocks placed last ----------------------------------------------------------------------------------- */

/* Granule of the block of a rank, counted among those that were not freed from the newest, which is 0. HS_POS_IMPLIED: none. */
static inline uint32_t hs_learned_placed(const struct hs_learned *m, uint32_t rank)
{
    return ~m->placed[(m->top - rank) & (HS_LEARNED_BLOCKS - 1)];
}

static inline uint32_t hs_learned_rank(const struct hs_learned *m, uint32_t pos, uint32_t likely)
{
    uint32_t sought = ~pos, rank = 0;
    if (!sought)
        return HS_LEARNED_BLOCKS;
    if (likely < HS_LEARNED_BLOCKS && hs_learned_placed(m, likely) == pos)
        return likely;
    for (uint32_t i = m->top + 1u; i-- > 0; rank++)
        if (m->placed[i] == sought)
            return rank;
    for (uint32_t i = HS_LEARNED_BLOCKS; --i > m->top; rank++)
        if (m->placed[i] == sought)
            return rank;
    return HS_LEARNED_BLOCKS;
}

/* Takes the block of a rank out. */
static inline void hs_learned_remove(struct hs_learned *m, uint32_t rank)
{
    if (rank >= HS_LEARNED_BLOCKS)
        return;
    for (; rank; rank--)
        m->placed[(m->top - rank) & (HS_LEARNED_BLOCKS - 1)] = m->placed[(m->top - rank + 1) & (HS_LEARNED_BLOCKS - 1)];
    m->placed[m->top] = 0;
    m->top = (m->top - 1) & (HS_LEARNED_BLOCKS - 1);
}

/* --- places -------------------------------------------------------------------------------------------- */

static inline uint32_t hs_learned_chain(uint32_t size) { return size * 0x9E3779B1u >> 25; }

/* The granule behind the last block that was placed anew, with so many bytes between blocks. */
static inline uint32_t hs_learned_behind(const struct hs_learned *m, uint32_t gap, uint32_t shift)
{
    return m->pos + ((m->size + gap + (1u << shift) - 1) >> shift);
}

/* Where a new block is expected. */
static inline uint32_t hs_learned_place(const struct hs_learned *m, uint32_t size, uint32_t shift)
{
    uint32_t newest = m->newest[hs_learned_chain(size)];
    return newest && m->doubt < HS_LEARNED_DOUBT ? m->freed[newest - 1] : hs_learned_behind(m, m->gap, shift);
}

/* Learns from a block that was not placed where one had been freed. */
static inline void hs_learned_anew(struct hs_learned *m, uint32_t pos, uint32_t size, uint32_t shift)
{
    uint32_t other = m->gap ^ (1u << shift >> 1);
    if (hs_learned_behind(m, m->gap, shift) != pos && hs_learned_behind(m, other, shift) == pos)
        m->gap = (uint16_t)other;
    m->pos = pos;
    m->size = size;
}

/* Takes the newest freed block of the class out. Returns whether it is at `pos`. */
static inline bool hs_learned_reused(struct hs_learned *m, uint32_t pos, uint32_t chain, uint32_t shift)
{
    uint32_t newest = m->newest[chain];
    if (!newest)
        return false;
    bool reused = m->freed[newest - 1] == pos;
    m->newest[chain] = m->older[newest - 1];
    if (reused)
        m->doubt -= m->doubt > 0;
    else if (hs_learned_behind(m, m->gap, shift) == pos)
        m->doubt += m->doubt < 7;
    return reused;
}

/* Learns that a block was placed. */
static inline void hs_learned_put(struct hs_learned *m, uint32_t pos, uint32_t size, uint32_t shift)
{
    uint32_t chain = hs_learned_chain(size);
    if (!hs_learned_reused(m, pos, chain, shift))
        hs_learned_anew(m, pos, size, shift);
    m->class_of[pos & 0xff] = (uint8_t)chain;
    m->top = (m->top + 1) & (HS_LEARNED_BLOCKS - 1);
    m->placed[m->top] = ~pos;
}

/* Learns that a block was freed. */
static inline void hs_learned_free(struct hs_learned *m, uint32_t pos)
{
    uint32_t chain = m->class_of[pos & 0xff] & (HS_LEARNED_CLASSES - 1), slot = m->n_freed++ & (HS_LEARNED_FREED - 1);
    m->freed[slot] = pos;
    m->older[slot] = m->newest[chain];
    m->newest[chain] = (uint8_t)(slot + 1);
    m->last_freed = pos;
}

/* Learns that a block was resized in its place. */
static inline void hs_learned_resize(struct hs_learned *m, uint32_t pos, uint32_t size)
{
    m->class_of[pos & 0xff] = (uint8_t)hs_learned_chain(size);
    m->last_freed = pos;
    m->top = (m->top + 1) & (HS_LEARNED_BLOCKS - 1);
    m->placed[m->top] = ~pos;
}

#endif
