# SPDX-License-Identifier: MIT
# Data structures and text that the whole host side uses, each once: arrays, maps, clean text, temporary files.
HOST_SRC += $(sort $(wildcard lib/host/util/*.c))
HOST_HDR += $(sort $(wildcard lib/host/util/*.h))
CFLAGS_lib/host/util := -O3
