/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_HOOK_H
#define EXAMPLE_HOOK_H

#include "lib/heap.h"

/* The heap of first_fit.h, for the firmware's table of heaps. Not ISR safe; for one thread only. */
extern const struct hs_heap example_heap;

#endif
