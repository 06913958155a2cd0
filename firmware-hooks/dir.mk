# SPDX-License-Identifier: MIT
# What the instrumented firmwares are made of, besides lib/: a change here makes them again. A new folder needs no edit.
HOOK_FILES := $(sort $(wildcard $(addprefix firmware-hooks/*/*.,c h mk cmake txt def)) firmware-hooks/heaps.def)
