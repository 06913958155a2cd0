/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/lwip/lwip_pools.h"

#include <string.h>

#include "firmware-hooks/lwip/lwip_hooks.h"
#include "lib/level.h"

/* memp_std.h needs what memp.c includes before it. */
#include "lwip/altcp.h"
#include "lwip/api.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/igmp.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/mld6.h"
#include "lwip/netbuf.h"
#include "lwip/netdb.h"
#include "lwip/pbuf.h"
#include "lwip/priv/api_msg.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip/priv/sockets_priv.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/priv/tcpip_priv.h"
#include "lwip/raw.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ppp/ppp_opts.h"

#define POOLS (MEMP_MAX + HS_LWIP_PRIVATE)

static const char *const names[] = {
#define LWIP_MEMPOOL(name, num, size, desc) #name,
#include "lwip/priv/memp_std.h"
};

/* lwIP's own private pools; weak, because not all parts of lwIP are linked. */
#ifndef HS_LWIP_PRIVATE_POOLS
#define HS_LWIP_PRIVATE_POOLS(pool) \
    pool(MDNS_PKTS) pool(HTTPD_STATE) pool(HTTPD_SSI_STATE) pool(PPP_PCB) pool(PPPOS_PCB) pool(PPPOE_IF) pool(PPPOL2TP_PCB) \
        pool(PPPAPI_MSG)
#endif
#define DECLARE(name) extern const struct memp_desc memp_##name __attribute__((weak));
HS_LWIP_PRIVATE_POOLS(DECLARE)

static const struct {
    const struct memp_desc *desc;
    const char *name;
} private_names[] = {
#define NAME(name) {&memp_##name, #name},
    HS_LWIP_PRIVATE_POOLS(NAME)};

static const struct memp_desc *private[HS_LWIP_PRIVATE];
static unsigned n_private;

static const struct memp_desc *desc_of(unsigned pool) { return pool < MEMP_MAX ? memp_pools[pool] : private[pool - MEMP_MAX]; }

unsigned hs_lwip_pools(void) { return MEMP_MAX + n_private; }
uint8_t hs_lwip_pool_index(unsigned pool) { return (uint8_t)(1 + pool); }
uint32_t hs_lwip_pool_size(unsigned pool) { return desc_of(pool)->size; }
bool hs_lwip_pool_known(unsigned pool) { return pool < hs_lwip_pools(); }

const char *hs_lwip_pool_name(unsigned pool)
{
    if (pool < MEMP_MAX)
        return names[pool];
    for (size_t i = 0; i < sizeof private_names / sizeof *private_names; i++)
        if (private_names[i].desc == private[pool - MEMP_MAX])
            return private_names[i].name;
    return "private";
}

#if MEMP_MEM_MALLOC
static bool add(unsigned pool) { return (void)pool, true; }
void hs_lwip_pools_init(void) { n_private = 0; }
void hs_lwip_pools_number(uint32_t first) { (void)first; }
uint32_t hs_lwip_pool_pos(unsigned pool, const void *element) { return (void)pool, (void)element, HS_POS_IMPLIED; }
bool hs_lwip_pool_has_room(unsigned pool) { return (void)pool, false; }
void hs_lwip_pool_region_record(unsigned pool, bool existing) { (void)pool, (void)existing; }
void hs_lwip_pool_snapshot(unsigned pool, uint8_t part) { (void)pool, (void)part; }
void hs_lwip_pool_summary(unsigned pool, uint8_t cause) { (void)pool, (void)cause; }
uint32_t hs_lwip_pool_elements(void) { return 0; }

#else
#if !MEMP_OVERFLOW_CHECK
#define BEHIND 0
#elif defined(MEM_SANITY_REGION_AFTER_ALIGNED)
#define BEHIND MEM_SANITY_REGION_AFTER_ALIGNED
#else /* lwIP 2.1 */
#define BEHIND MEMP_SANITY_REGION_AFTER_ALIGNED
#endif

static uint32_t first_of[POOLS], next_first;

#if HS_WITH_LWIP
#define FOR_PRIVATE 4096u /* granules */
_Static_assert(((MEM_SIZE
#define LWIP_MEMPOOL(name, num, size, desc) +(num) * (MEMP_SIZE + MEMP_ALIGN_SIZE(size))
#include "lwip/priv/memp_std.h"
                 ) >>
                HS_LWIP_SHIFT) +
                       FOR_PRIVATE <=
                   HS_LWIP_GRANULES,
               "HS_LWIP_GRANULES: room for all pools and the heap");
#endif

static uint32_t stride(unsigned pool) { return (uint32_t)(MEMP_SIZE + desc_of(pool)->size + BEHIND); }
static uint32_t granules(unsigned pool) { return (uint32_t)desc_of(pool)->num * (stride(pool) >> HS_LWIP_SHIFT); }
static uint32_t granules_of_all(void)
{
    uint32_t n = 0;
    for (unsigned pool = 0; pool < MEMP_MAX; pool++)
        n += granules(pool);
    return n;
}
static const uint8_t *base(unsigned pool) { return (const uint8_t *)LWIP_MEM_ALIGN(desc_of(pool)->base); }

/* Numbers the pool's granules. False: not enough numbers are left. */
static bool add(unsigned pool)
{
    uint32_t used = next_first - hs_lwip_numbers.first;
    if (granules(pool) > hs_lwip_numbers.granules - used)
        return false;
    first_of[pool] = next_first;
    next_first += granules(pool);
    return true;
}

/* The private pools will be numbered again. */
void hs_lwip_pools_init(void)
{
    n_private = 0;
    next_first = first_of[0] + granules_of_all();
}

void hs_lwip_pools_number(uint32_t first)
{
    next_first = first;
    for (unsigned pool = 0; pool < hs_lwip_pools(); pool++) {
        first_of[pool] = next_first;
        next_first += granules(pool);
    }
}

uint32_t hs_lwip_pool_pos(unsigned pool, const void *element)
{
    return first_of[pool] + (uint32_t)(((const uint8_t *)element - MEMP_SIZE - base(pool)) >> HS_LWIP_SHIFT);
}

bool hs_lwip_pool_has_room(unsigned pool) { return *desc_of(pool)->tab != NULL; }

uint32_t hs_lwip_pool_elements(void)
{
    uint32_t n = 0;
    for (unsigned pool = 0; pool < hs_lwip_pools(); pool++)
        n += desc_of(pool)->num;
    return n;
}

void hs_lwip_pool_region_record(unsigned pool, bool existing)
{
    char name[HS_DATA_MAX] = "lwip/";
    size_t length = strlen(hs_lwip_pool_name(pool));
    if (!desc_of(pool)->num)
        return;
    memcpy(name + 5, hs_lwip_pool_name(pool), length);
    hs_heap_region(&hs_lwip_heap,
                   &(struct hs_heap_region){
                       .index = hs_lwip_pool_index(pool),
                       .memory = HS_MEMORY_POOL,
                       .pos = first_of[pool],
                       .granules = granules(pool),
                       .base = (uintptr_t)base(pool),
                       .least = stride(pool),
                       .header = (uint32_t)MEMP_SIZE,
                       .name = {name, (uint32_t)(5 + length)},
                   },
                   existing);
}

/* --- which elements are free ------------------------------------------------------------------------------- */

#define AT_ONCE 128u /* elements per walk of the free list */

/* Sets a bit for each of AT_ONCE elements, from `from` on, that is in the pool's free list. */
static void find_free(unsigned pool, uint32_t from, uint32_t *bits)
{
    const struct memp_desc *desc = desc_of(pool);
    uint32_t left = desc->num; /* an overwritten list may be endless */
    memset(bits, 0, AT_ONCE / 8);
    for (const struct memp *m = *desc->tab; m && left--; m = m->next) {
        uint32_t offset = (uint32_t)((const uint8_t *)m - base(pool)), index = from, at = from * stride(pool);
        for (; at < offset && index < from + AT_ONCE; at += stride(pool))
            index++;
        if (at == offset && index - from < AT_ONCE)
            bits[(index - from) / 32] |= 1u << (index - from) % 32;
    }
}

/* Calls `told` for each element. */
static void each_element(unsigned pool, void (*told)(void *context, uint32_t pos, bool is_free), void *context)
{
    uint32_t bits[AT_ONCE / 32], pos = first_of[pool], n = desc_of(pool)->num;
    for (uint32_t i = 0; i < n; i++, pos += stride(pool) >> HS_LWIP_SHIFT) {
        if (i % AT_ONCE == 0)
            find_free(pool, i, bits);
        told(context, pos, bits[i % AT_ONCE / 32] >> i % 32 & 1);
    }
}

/* Adjacent free elements are one free run. */
struct walk {
    union {
        struct hs_runs_writer runs;
        struct hs_summary_writer summary;
    };
    uint32_t step, run;
};

static void end_run_of_snapshot(struct walk *w, uint32_t pos)
{
    if (w->run)
        hs_snapshot_free(&w->runs, pos - w->run, w->run);
    w->run = 0;
}

static void into_snapshot(void *context, uint32_t pos, bool is_free)
{
    struct walk *w = context;
    if (is_free) {
        w->run += w->step;
        return;
    }
    end_run_of_snapshot(w, pos);
    hs_snapshot_block(&w->runs, pos, w->step);
}

void hs_lwip_pool_snapshot(unsigned pool, uint8_t part)
{
    struct walk w = {.step = stride(pool) >> HS_LWIP_SHIFT};
    uint32_t end = first_of[pool] + granules(pool);
    hs_snapshot_begin(&w.runs, first_of[pool], part);
    each_element(pool, into_snapshot, &w);
    end_run_of_snapshot(&w, end);
    hs_snapshot_end(&w.runs, end);
}

static void end_run_of_summary(struct walk *w)
{
    if (w->run)
        hs_summary_run(&w->summary, w->run);
    w->run = 0;
}

static void into_summary(void *context, uint32_t pos, bool is_free)
{
    struct walk *w = context;
    (void)pos;
    if (is_free) {
        w->run += w->step;
        return;
    }
    end_run_of_summary(w);
    w->summary.used += w->step;
    w->summary.blocks++;
}

void hs_lwip_pool_summary(unsigned pool, uint8_t cause)
{
    struct walk w = {.step = stride(pool) >> HS_LWIP_SHIFT};
    hs_summary_begin(&w.summary,
                     &(struct hs_summary_writer){.region = hs_heap_region_number(&hs_lwip_heap, hs_lwip_pool_index(pool)),
                                                 .cause = cause,
                                                 .shift = HS_LWIP_SHIFT});
    each_element(pool, into_summary, &w);
    end_run_of_summary(&w);
    hs_summary_end(&w.summary);
}
#endif

unsigned hs_lwip_pool_of(const struct memp_desc *desc)
{
    for (unsigned i = 0; i < n_private; i++)
        if (private[i] == desc)
            return MEMP_MAX + i;
    if (n_private == HS_LWIP_PRIVATE)
        return POOLS;
    private[n_private] = desc;
    if (!add(MEMP_MAX + n_private))
        return POOLS;
    return MEMP_MAX + n_private++;
}
