/* SPDX-License-Identifier: MIT
 *
 * What matters to the hook of how CircuitPython's raspberrypi port sets lwIP up: no pools and no heap of its own.
 */
#define NO_SYS 1
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define MEM_ALIGNMENT 4
#define MEMP_MEM_MALLOC 1
#define MEM_CUSTOM_ALLOCATOR 1
#define MEM_CUSTOM_FREE lwip_heap_free
#define MEM_CUSTOM_MALLOC lwip_heap_malloc
#define MEM_CUSTOM_CALLOC lwip_heap_calloc
#define MEMP_NUM_SYS_TIMEOUT 16
#define LWIP_DHCP 1
#define LWIP_DNS 1
#define LWIP_IGMP 1
#define LWIP_MDNS_RESPONDER 1
#define LWIP_NUM_NETIF_CLIENT_DATA 1
