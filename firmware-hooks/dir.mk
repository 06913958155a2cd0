# SPDX-License-Identifier: MIT
# What the instrumented firmwares are made of, besides lib/: a change here makes them again.
HOOK_FILES := $(sort $(foreach d,ports startup micropython circuitpython,$(wildcard $(addprefix firmware-hooks/$(d)/*.,c h mk cmake txt def))) \
	firmware-hooks/heaps.def)
