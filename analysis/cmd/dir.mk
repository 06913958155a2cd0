# SPDX-License-Identifier: MIT
# One file per command of the CLI; main.c is the only file with a main.
MAIN_SRC := analysis/cmd/main.c
ANALYSIS_SRC += $(filter-out $(MAIN_SRC),$(sort $(wildcard analysis/cmd/*.c)))
