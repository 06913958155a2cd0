# SPDX-License-Identifier: MIT
# Container, reader and the public C API; with lib/ it makes libheapstrata.
HOST_SRC += $(sort $(wildcard lib/host/*.c))
HOST_HDR += $(sort $(wildcard lib/host/*.h))
CFLAGS_lib/host := -O3
# What `make install` gives to programs: the headers of the C API, and all that they include.
PUBLIC_HDR := lib/host/reader.h lib/host/writer.h lib/record.h lib/records.def
