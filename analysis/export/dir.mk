# SPDX-License-Identifier: MIT
# Traces in other programs' formats. A library that is not installed only takes its own formats away.
ANALYSIS_SRC += $(sort $(wildcard analysis/export/*.c))
CFLAGS_analysis/export := -O3
OPTIONAL_SRC += $(addprefix analysis/export/,sqlite.c proto.c)
PROTO_SRC := $(sort $(wildcard analysis/export/proto/*.proto))
