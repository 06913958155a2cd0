# SPDX-License-Identifier: MIT
# Getting a trace out of a running firmware: a process, or a board on a serial line.
ANALYSIS_SRC += $(sort $(wildcard analysis/record/*.c))
