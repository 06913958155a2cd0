# SPDX-License-Identifier: MIT
# Figures taken from the model; nothing here prints.
ANALYSIS_SRC += $(sort $(wildcard analysis/whatif/*.c))
CFLAGS_analysis/whatif := -O3
