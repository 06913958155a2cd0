/* SPDX-License-Identifier: MIT */
#ifndef STUB_PORT_H
#define STUB_PORT_H

#include <stdint.h>

uint32_t *port_heap_get_bottom(void);
uint32_t *port_heap_get_top(void);

#endif
