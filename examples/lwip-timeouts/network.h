/* SPDX-License-Identifier: MIT
 *
 * A simulated network around one lwIP interface: a browser that fetches a page, and hosts that ask by mDNS.
 * Its clock is simulated too. The same seed makes the same packets at the same times.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdint.h>

#include "lwip/netif.h"

/* Milliseconds since the start; lwIP's sys_now(). Moves on by one, delivers what arrives and runs lwIP's timers. */
void network_tick(void);

/* Makes the interface: 192.168.4.1. */
void network_begin(struct netif *netif, uint32_t seed);

/* A browser asks for "/". Returns at once; one request at a time, a new one gives the old one up. */
void network_browse(void);

/* One of `hosts` hosts sends an mDNS query of some kind. */
void network_query(unsigned hosts);

uint32_t network_random(void);

struct network_counts {
    uint32_t pages, queries, answers; /* whole pages received, queries sent, mDNS packets received */
    uint32_t dropped;                 /* packets for which lwIP had no pbuf */
};
extern struct network_counts network_counts;

#endif
