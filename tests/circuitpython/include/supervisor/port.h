/* SPDX-License-Identifier: MIT */
#ifndef STANDIN_PORT_H
#define STANDIN_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t *port_stack_get_limit(void);
uint32_t *port_stack_get_top(void);
uint32_t *port_heap_get_bottom(void);
uint32_t *port_heap_get_top(void);

#endif
