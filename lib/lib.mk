# SPDX-License-Identifier: MIT
# The recorder and the decoder: what a firmware build needs from HeapStrata, and nothing of the host.
# Usable unchanged from any make-based firmware build: set HS_ROOT to the repository root, include
# this file, compile HS_LIB_SRC (paths relative to HS_ROOT) with -I$(HS_ROOT), and link one file of
# firmware-hooks/ports/ with it.
HS_ROOT ?= .
HS_LIB_SRC := $(patsubst $(HS_ROOT)/%,%,$(sort $(wildcard $(HS_ROOT)/lib/*.c)))
HS_LIB_HDR := $(patsubst $(HS_ROOT)/%,%,$(sort $(wildcard $(HS_ROOT)/lib/*.h $(HS_ROOT)/lib/*.def)))
