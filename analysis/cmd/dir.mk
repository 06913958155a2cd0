# SPDX-License-Identifier: MIT
# One file per command of the CLI; main.c is the only file with a main, memory.c is for the whole program.
MAIN_SRC := $(addprefix analysis/cmd/,main.c memory.c)
OPTIONAL_SRC += analysis/cmd/known.c
ANALYSIS_SRC += $(filter-out $(MAIN_SRC),$(sort $(wildcard analysis/cmd/*.c)))
