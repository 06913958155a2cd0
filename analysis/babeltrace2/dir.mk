# SPDX-License-Identifier: MIT
# CTF, both ways, and the babeltrace2 plugin. Without libbabeltrace2 only these are missing.
PLUGIN_SRC := $(sort $(wildcard analysis/babeltrace2/*.c))
