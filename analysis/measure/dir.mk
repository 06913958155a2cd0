# SPDX-License-Identifier: MIT
# Figures taken from the model; nothing here prints.
ANALYSIS_SRC += $(sort $(wildcard analysis/measure/*.c))
CFLAGS_analysis/measure := -O3
