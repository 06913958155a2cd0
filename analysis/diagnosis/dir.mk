# SPDX-License-Identifier: MIT
ANALYSIS_SRC += $(sort $(wildcard analysis/diagnosis/*.c))
