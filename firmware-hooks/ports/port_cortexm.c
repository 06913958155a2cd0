/* SPDX-License-Identifier: MIT
 *
 * Port for ARM Cortex-M.
 */
#include "firmware-hooks/ports/bare_metal.h"
