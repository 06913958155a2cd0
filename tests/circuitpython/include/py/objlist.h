/* SPDX-License-Identifier: MIT */
#include "py/standin.h"
