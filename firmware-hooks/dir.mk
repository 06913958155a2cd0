# SPDX-License-Identifier: MIT
# What the instrumented firmwares are made of, besides lib/: a change here makes them again.
HOOK_FILES := $(sort $(wildcard firmware-hooks/ports/*.[ch] $(addprefix firmware-hooks/micropython/*.,c h mk txt)))
