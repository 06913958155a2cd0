# SPDX-License-Identifier: MIT
# Container, reader and the public C API; with lib/ it makes libheapstrata.
HOST_SRC += $(sort $(wildcard lib/host/*.c))
HOST_HDR += $(sort $(wildcard lib/host/*.h))
CFLAGS_lib/host := -O3
