# SPDX-License-Identifier: MIT
# The lwIP hook in any firmware built with make: set HS_ROOT to the repository's root, include this file, then
#
#   compile  HS_LIB_SRC HS_LWIP_SRC, one file of firmware-hooks/ports/ (paths relative to HS_ROOT)
#            with -I$(HS_ROOT) and lwIP's own flags: lwipopts.h must be the firmware's
#   link     with HS_LWIP_LDFLAGS
#   call     hs_lwip_check() after lwip_init()
#
# With link-time optimisation compile HS_LWIP_NO_LTO with -fno-lto: a wrap is lost where caller and function are merged.
HS_HOOKS += lwip
include $(HS_ROOT)/firmware-hooks/hooks.mk
HS_LWIP_SRC = $(HS_HOOKS_SRC)
HS_LWIP_LDFLAGS = $(HS_HOOKS_LDFLAGS)
HS_LWIP_NO_LTO := core/memp.c core/mem.c core/timeouts.c
