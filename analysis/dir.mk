# SPDX-License-Identifier: MIT
# What the analysis side installs beside the program.
MAN_PAGES   := $(sort $(wildcard analysis/man/*.1))
TRACECOMPASS := $(sort $(wildcard analysis/tracecompass/*.xml))
