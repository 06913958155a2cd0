# SPDX-License-Identifier: MIT
# Traces in other programs' formats. A library that is not installed only takes its own formats away.
ANALYSIS_SRC += $(sort $(wildcard analysis/export/*.c))
CFLAGS_analysis/export := -O3
OPTIONAL_SRC := $(addprefix analysis/export/,bt.c sqlite.c proto.c)
PROTO_SRC := $(sort $(wildcard analysis/export/proto/*.proto))
# What the babeltrace2 plugin is made of.
PLUGIN_SRC := $(addprefix analysis/export/,bt.c story.c changes.c places.c) $(addprefix analysis/present/,recordview.c json.c) \
              $(sort $(wildcard analysis/model/*.c analysis/symbols/*.c))
