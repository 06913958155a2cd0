# SPDX-License-Identifier: MIT
# One file per check.
ANALYSIS_SRC += $(sort $(wildcard analysis/doctor/*.c))
