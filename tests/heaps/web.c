/* SPDX-License-Identifier: MIT
 *
 * The example's network for a Python program: heaps_web runs it for so many simulated milliseconds.
 */
#include "firmware-hooks/lwip/lwip_hooks.h"
#include "lwip/apps/httpd.h"
#include "lwip/apps/mdns.h"
#include "lwip/init.h"
#include "lwip/memp.h"
#include "network.h"

int heaps_web(unsigned ms, unsigned queries);
unsigned heaps_timeouts(void);

static struct netif netif;

static void begin(void)
{
    lwip_init();
    network_begin(&netif, 1);
    httpd_init();
    mdns_resp_init();
    mdns_resp_add_netif(&netif, "pico");
    mdns_resp_add_service(&netif, "page", "_http", DNSSD_PROTO_TCP, 80, NULL, NULL);
}

/* 0, or -1 when lwIP's allocations bypass the hooks. */
int heaps_web(unsigned ms, unsigned queries)
{
    static int begun, seen;
    if (!begun) {
        begun = 1;
        begin();
        seen = hs_lwip_check();
    }
    while (ms--) {
        if (ms % 1000 == 0)
            network_browse();
        if (network_random() % 1000 < queries)
            network_query(20);
        network_tick();
    }
    return seen;
}

/* Timeouts in use, by lwIP's own list. */
unsigned heaps_timeouts(void)
{
    unsigned n = memp_pools[MEMP_SYS_TIMEOUT]->num;
    for (const struct memp *m = *memp_pools[MEMP_SYS_TIMEOUT]->tab; m; m = m->next)
        n--;
    return n;
}
