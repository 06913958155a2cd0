/* SPDX-License-Identifier: MIT
 *
 * Port for one core of an ARM Cortex-A without an operating system.
 */
#include "firmware-hooks/ports/bare_metal.h"
