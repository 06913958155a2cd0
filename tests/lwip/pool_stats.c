/* SPDX-License-Identifier: MIT
 *
 * Linked into a program: prints lwIP's own MEMP_STATS at its end, "stats POOL MAX REFUSED NOW" a line.
 */
#include <stdio.h>

#include "lwip/memp.h"
#include "lwip/stats.h"

static const char *const names[] = {
#define LWIP_MEMPOOL(name, num, size, desc) #name,
#include "lwip/priv/memp_std.h"
};

extern const struct memp_desc memp_MDNS_PKTS;

static void print(const char *name, const struct stats_mem *stats)
{
    printf("stats %s %u %u %u\n", name, (unsigned)stats->max, (unsigned)stats->err, (unsigned)stats->used);
}

__attribute__((destructor)) static void print_all(void)
{
    for (int i = 0; i < MEMP_MAX; i++)
        print(names[i], memp_pools[i]->stats);
    print("MDNS_PKTS", memp_MDNS_PKTS.stats);
}
