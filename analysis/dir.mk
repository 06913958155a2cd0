# SPDX-License-Identifier: MIT
# All rooms: a new one needs no edit. A room has a dir.mk of its own only for what is special about it.
# main.c is the only file with a main; memory.c is for the whole program.
MAIN_SRC := $(addprefix analysis/cmd/,main.c memory.c)
# NAME_absent.c is for builds without what the other files of its folder need.
ANALYSIS_SRC += $(filter-out $(MAIN_SRC) $(FOREIGN) %_absent.c,$(sort $(wildcard analysis/*/*.c)))

# Rooms whose code runs once an event or once a block.
FAST_ROOMS := sites space time refs blame compare whatif export import babeltrace2
$(foreach room,$(FAST_ROOMS),$(eval CFLAGS_analysis/$(room) := -O3))

# Sources that need a library which may be missing.
OPTIONAL_SRC += $(wildcard analysis/babeltrace2/bt_*.c) $(addprefix analysis/,draw/canvas.c draw/screen.c cmd/known.c export/sqlite.c export/proto.c)

# What `make install` installs beside the program.
MAN_PAGES    := $(sort $(wildcard analysis/man/*.1))
TRACECOMPASS := $(sort $(wildcard analysis/tracecompass/*.xml))
