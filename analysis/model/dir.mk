# SPDX-License-Identifier: MIT
# The heap rebuilt from records.
ANALYSIS_SRC += $(sort $(wildcard analysis/model/*.c))
CFLAGS_analysis/model := -O3
