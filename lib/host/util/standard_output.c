/* SPDX-License-Identifier: MIT */
#include "lib/host/util/standard_output.h"

FILE *hs_standard_output;

#undef stdout
__attribute__((constructor)) static void begin(void) { hs_standard_output = stdout; }
