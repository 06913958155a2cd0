/* SPDX-License-Identifier: MIT
 *
 * A build's own wraps of memp_malloc and memp_free, as some ports have them to bound the number of connections. The test
 * compiles it with its functions renamed, and puts our hook in front: HS_LWIP_NEXT_memp_malloc.
 */
#include "lwip/memp.h"

#define MOST 3

static unsigned connections;

void *__real_memp_malloc(memp_t type);
void __real_memp_free(memp_t type, void *element);
void *__wrap_memp_malloc(memp_t type);
void __wrap_memp_free(memp_t type, void *element);

void *__wrap_memp_malloc(memp_t type)
{
    void *element = type != MEMP_TCP_PCB || connections < MOST ? __real_memp_malloc(type) : NULL;
    connections += type == MEMP_TCP_PCB && element;
    return element;
}

void __wrap_memp_free(memp_t type, void *element)
{
    connections -= type == MEMP_TCP_PCB && element;
    __real_memp_free(type, element);
}
