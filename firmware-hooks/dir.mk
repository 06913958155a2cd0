# SPDX-License-Identifier: MIT
# What the instrumented firmwares are made of, besides lib/: a change here makes them again.
HOOK_FILES := $(sort $(wildcard $(addprefix firmware-hooks/ports/*.,c h txt) $(foreach d,micropython circuitpython,$(addprefix firmware-hooks/$(d)/*.,c h mk txt))))
