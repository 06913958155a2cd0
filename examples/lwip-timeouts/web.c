/* SPDX-License-Identifier: MIT
 *
 * A small firmware on the host: lwIP with a web server that announces itself by mDNS, as CircuitPython on a Pico W
 * has it. Network and clock are simulated.
 *
 *   web [SECONDS [SEED [QUERIES]]]    seconds of queries, QUERIES a second on average (60, seed 1, 5 queries)
 */
#include <stdio.h>
#include <stdlib.h>

#include "firmware-hooks/lwip/lwip_hooks.h"
#include "lwip/apps/httpd.h"
#include "lwip/apps/mdns.h"
#include "lwip/init.h"
#include "lwip/sys.h"
#include "network.h"

/* The recorder's time is that of the simulation. */
uint32_t __wrap_hs_port_ticks(void);
uint32_t __wrap_hs_port_ticks(void) { return sys_now() * 1000; }

static void say(const char *text)
{
    printf("%7.3f s  %s\n", sys_now() / 1000., text);
    hs_mark((struct hs_text){text, (uint32_t)__builtin_strlen(text)});
}

static void wait_ms(uint32_t ms)
{
    while (ms--)
        network_tick();
}

static void start_mdns(struct netif *netif)
{
    mdns_resp_init();
    mdns_resp_add_netif(netif, "pico");
    mdns_resp_add_service(netif, "page", "_http", DNSSD_PROTO_TCP, 80, NULL, NULL);
}

/* A page every second, and queries at random times. */
static void storm(uint32_t seconds, uint32_t queries)
{
    for (uint32_t ms = 0; ms < seconds * 1000; ms++) {
        if (ms % 1000 == 0)
            network_browse();
        if (network_random() % 1000 < queries)
            network_query(20);
        network_tick();
    }
}

static uint32_t number(char **argv, int at, uint32_t otherwise)
{
    while (at && *argv)
        at--, argv++;
    return *argv ? (uint32_t)strtoul(*argv, NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
    static struct netif netif;
    (void)argc;
    lwip_init();
    if (hs_lwip_check())
        fprintf(stderr, "heapstrata: lwIP's allocations bypass the hooks\n");
    network_begin(&netif, number(argv, 2, 1));
    say("the network is up");
    wait_ms(500);
    httpd_init();
    say("the web server listens");
    wait_ms(500);
    network_browse();
    say("a browser asks for a page");
    wait_ms(100);
    say("mDNS starts");
    start_mdns(&netif);
    say("others ask by mDNS");
    storm(number(argv, 1, 60), number(argv, 3, 5));
    say("the end");
    printf("%u pages served, %u queries, %u packets sent by mDNS and others\n", network_counts.pages, network_counts.queries,
           network_counts.answers);
    return 0;
}
