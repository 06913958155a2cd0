/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_HOOK_H
#define EXAMPLE_HOOK_H

#include "lib/heap.h"

/* The heap of first_fit.h, for the table of a firmware's heaps. Nothing of it may be called by interrupts or other threads. */
extern const struct hs_heap example_heap;

#endif
