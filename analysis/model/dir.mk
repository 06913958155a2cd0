# SPDX-License-Identifier: MIT
# Without SLP: a pair of sums would be stored as one vector and loaded as two words, and store forwarding fails.
CFLAGS_analysis/model := -O3 -fno-tree-slp-vectorize
