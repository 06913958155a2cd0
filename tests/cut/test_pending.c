/* SPDX-License-Identifier: MIT
 *
 * test_interrupt.c where interrupts are masked for the shortest of work only, and what they record meanwhile is put into a queue:
 * lib/ and this are compiled with HS_PENDING (Makefile).
 */
#include "tests/cut/test_interrupt.c"
