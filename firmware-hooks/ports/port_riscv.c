/* SPDX-License-Identifier: MIT
 *
 * Port for one RISC-V core in machine mode.
 */
#include "firmware-hooks/ports/bare_metal.h"
