/* SPDX-License-Identifier: MIT
 *
 * lwIP as CircuitPython has it on a Pico W: no operating system, IPv4 with DHCP, DNS and mDNS. What is not here is
 * lwIP's own default. The build may choose the number of timeouts, and how memory is managed.
 */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#include <stdint.h>

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define MEM_ALIGNMENT 4
#if UINTPTR_MAX > 0xffffffffu
#undef MEM_ALIGNMENT
#define MEM_ALIGNMENT 8
#endif
#ifndef MEM_SIZE
#define MEM_SIZE 16384
#endif

#define LWIP_DHCP 1
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define LWIP_DNS 1
#define LWIP_IGMP 1
#define LWIP_RAND() network_random()
#define LWIP_SINGLE_NETIF 1

#define LWIP_HTTPD_CGI 0
#define HTTPD_USE_MEM_POOL 0

#define LWIP_MDNS_RESPONDER 1
#define LWIP_NUM_NETIF_CLIENT_DATA 1
#define MDNS_MAX_SERVICES 2
#define MEMP_NUM_UDP_PCB 4

/* The link of this example loses nothing, and its peer does not sum up. */
#define CHECKSUM_CHECK_IP 0
#define CHECKSUM_CHECK_UDP 0
#define CHECKSUM_CHECK_TCP 0

#ifndef LWIP_STATS
#define LWIP_STATS 0
#endif

#if defined MEM_USE_POOLS && MEM_USE_POOLS
#define MEMP_USE_CUSTOM_POOLS 1
#endif

#endif
