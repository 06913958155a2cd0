# SPDX-License-Identifier: MIT
# Native callers: names and source lines from the firmware's ELF, and the kinds of blocks.
ANALYSIS_SRC += $(sort $(wildcard analysis/symbols/*.c))
