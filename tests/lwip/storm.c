/* SPDX-License-Identifier: MIT
 *
 * storm REQUESTS SEED: requests of all sorts at random, mostly near the limits of pools and heap. Each 1,000 a mark says
 * what lwIP's own lists of free elements say: "POOL USED, POOL USED, ..." by memp_t.
 */
#include <stdio.h>
#include <stdlib.h>

#include "firmware-hooks/lwip/lwip_hooks.h"
#include "lwip/init.h"
#include "lwip/mem.h"
#include "lwip/memp.h"
#include "lwip/pbuf.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"

#define HELD 48

static uint32_t state, now;

uint32_t network_random(void);
uint32_t network_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}
static uint32_t below(uint32_t n) { return network_random() % n; }

u32_t sys_now(void) { return now; }
uint32_t __wrap_hs_port_ticks(void);
uint32_t __wrap_hs_port_ticks(void) { return now * 1000; }

/* --- kinds of request: each takes something, or gives it back --------------------------------------------- */

static void give_element(void *held, uint32_t kind) { memp_free((memp_t)kind, held); }

/* Elements of this pool are linked by lwIP itself. */
static void *take_other_element(uint32_t *kind)
{
    do
        *kind = below(MEMP_MAX);
    while (*kind == MEMP_SYS_TIMEOUT);
    return memp_malloc((memp_t)*kind);
}

static void *take_bytes(uint32_t *kind)
{
    *kind = below(2);
    return *kind ? mem_calloc((mem_size_t)(1 + below(8)), (mem_size_t)(1 + below(60))) : mem_malloc((mem_size_t)(1 + below(700)));
}
static void give_bytes(void *held, uint32_t kind) { (void)kind, mem_free(held); }

static void *take_pbuf(uint32_t *kind)
{
    static const pbuf_type types[] = {PBUF_RAM, PBUF_POOL, PBUF_REF, PBUF_ROM};
    struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)(1 + below(900)), types[ *kind = below(4)]);
    if (p && !below(3) && *kind < 2)
        pbuf_realloc(p, (u16_t)(1 + below(p->tot_len)));
    return p;
}
static void give_pbuf(void *held, uint32_t kind) { (void)kind, pbuf_free(held); }

static void on_timeout(void *held) { (void)held; }
static void other_timeout(void *held) { (void)held; }

static void *take_pcb(uint32_t *kind) { return (*kind = below(2)) ? (void *)udp_new() : (void *)tcp_new(); }
static void give_pcb(void *held, uint32_t kind)
{
    if (kind)
        udp_remove(held);
    else
        tcp_abort(held);
}

static const struct {
    void *(*take)(uint32_t *kind);
    void (*give)(void *held, uint32_t kind);
} sorts[] = {{take_other_element, give_element}, {take_bytes, give_bytes}, {take_pbuf, give_pbuf}, {take_pcb, give_pcb}};

static struct {
    void *held;
    uint32_t sort, kind;
} slots[HELD];

static void request(void)
{
    uint32_t i = below(HELD);
    if (slots[i].held) {
        sorts[slots[i].sort].give(slots[i].held, slots[i].kind);
        slots[i].held = NULL;
        return;
    }
    slots[i].sort = below(sizeof sorts / sizeof *sorts);
    slots[i].held = sorts[slots[i].sort].take(&slots[i].kind);
}

/* Up to eight at a time: lwIP asserts that there is room. */
static void timeouts(void)
{
    static char arg[8];
    static int armed[8];
    uint32_t i = below(8);
    sys_timeout_handler handler = i & 1 ? on_timeout : other_timeout;
    if (armed[i])
        sys_untimeout(handler, &arg[i]);
    else
        sys_timeout(1000000000, handler, &arg[i]);
    armed[i] = !armed[i];
}

/* --- what lwIP says -------------------------------------------------------------------------------------------- */

#if !MEMP_MEM_MALLOC
static unsigned used(memp_t type)
{
    unsigned n = memp_pools[type]->num;
    for (const struct memp *m = *memp_pools[type]->tab; m; m = m->next)
        n--;
    return n;
}
#else
static unsigned used(memp_t type) { return memp_pools[type]->stats->used; }
#endif

static void tell(void)
{
    char text[64];
    int at = 0;
    for (int type = 0; type < MEMP_MAX; type++)
        at += snprintf(text + at, sizeof text - (size_t)at, "%s%u", type ? "," : "", used((memp_t)type));
    hs_mark((struct hs_text){text, (uint32_t)at});
}

int main(int argc, char **argv)
{
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 100000;
    state = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) * 2654435761u | 1 : 1;
    lwip_init();
    if (hs_lwip_check())
        return 1;
    for (uint32_t i = 1; i <= n; i++) {
        now += below(3);
        if (below(8))
            request();
        else
            timeouts();
        if (below(16) == 0)
            sys_check_timeouts();
        if (i % 1000 == 0)
            tell();
    }
    printf("%u requests\n", n);
    return 0;
}
