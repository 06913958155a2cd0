# SPDX-License-Identifier: MIT
# What other tools recorded of a program's heap, made a trace of ours.
ANALYSIS_SRC += $(sort $(wildcard analysis/import/*.c))
CFLAGS_analysis/import := -O3
