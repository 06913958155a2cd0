/* SPDX-License-Identifier: MIT */
#include "lib/host/util/standard_output.h"

FILE *hs_standard_output;

__attribute__((constructor)) static void begin(void) { hs_standard_output = hs_standard_output_of_library(); }
