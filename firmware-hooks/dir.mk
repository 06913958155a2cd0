# SPDX-License-Identifier: MIT
# What the instrumented firmwares are made of, besides lib/: a change here makes them again.
HOOK_FILES := $(sort $(wildcard firmware-hooks/ports/*.[ch] $(foreach d,micropython circuitpython,$(addprefix firmware-hooks/$(d)/*.,c h mk txt))))
