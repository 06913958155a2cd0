# SPDX-License-Identifier: MIT
# CTF, both ways, and the babeltrace2 plugin. Without libbabeltrace2 only these are missing.
ANALYSIS_SRC += $(sort $(wildcard analysis/babeltrace2/*.c))
CFLAGS_analysis/babeltrace2 := -O3
OPTIONAL_SRC += analysis/babeltrace2/bt.c
PLUGIN_SRC := $(sort $(wildcard analysis/babeltrace2/*.c analysis/util/*.c analysis/import/*.c analysis/model/*.c analysis/symbols/*.c \
                                analysis/measure/*.c)) \
              $(addprefix analysis/export/,story.c changes.c holdings.c places.c words.c) \
              $(addprefix analysis/present/,recordview.c json.c utf8.c report.c head.c levels.c table.c terminal.c)
