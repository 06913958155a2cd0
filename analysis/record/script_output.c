/* SPDX-License-Identifier: MIT */
#include "analysis/record/script_output.h"

void hs_script_output(FILE *to, const char *bytes, size_t n)
{
    fflush(stdout);
    fwrite(bytes, 1, n, to);
    fflush(to);
}
