# SPDX-License-Identifier: MIT
# Any hooks in any firmware built with make. Set HS_ROOT to the repository's root and HS_HOOKS to the folders of the hooks,
# include this file, then
#
#   compile  HS_LIB_SRC HS_HOOKS_SRC, one file of firmware-hooks/ports/ (paths relative to HS_ROOT)
#            with -I$(HS_ROOT) and the flags that the allocator's own sources have
#   link     with HS_HOOKS_LDFLAGS
#
# firmware-hooks/README.md says what a hook's folder has in it.
comma := ,
$(foreach hook,$(HS_HOOKS),$(if $(wildcard $(HS_ROOT)/firmware-hooks/$(hook)/*.c),,$(error HS_HOOKS: there is no hook in firmware-hooks/$(hook))))
include $(HS_ROOT)/lib/lib.mk
HS_HOOKS_SRC := $(patsubst $(HS_ROOT)/%,%,$(sort $(wildcard $(patsubst %,$(HS_ROOT)/firmware-hooks/%/*.c,startup $(HS_HOOKS)))))
HS_HOOKS_LDFLAGS := $(addprefix -Wl$(comma)--wrap=,$(shell sed -e 's/\#.*//' /dev/null $(wildcard $(patsubst %,$(HS_ROOT)/firmware-hooks/%/wraps.txt,$(HS_HOOKS)))))
