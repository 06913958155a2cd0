# SPDX-License-Identifier: MIT
# The heap rebuilt from records.
ANALYSIS_SRC += $(sort $(wildcard analysis/model/*.c))
# Pairs of sums in vector registers would be stored as one and loaded apart: forwarding from store to load fails.
CFLAGS_analysis/model := -O3 -fno-tree-slp-vectorize
