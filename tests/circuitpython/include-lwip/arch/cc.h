/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

typedef int sys_prot_t;
