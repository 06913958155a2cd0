# SPDX-License-Identifier: MIT
# What every part of the analysis side needs and the C library has not.
ANALYSIS_SRC += $(sort $(wildcard analysis/util/*.c))
