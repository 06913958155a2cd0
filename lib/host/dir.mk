# SPDX-License-Identifier: MIT
# Container, reader and the public C API; with lib/ it makes libheapstrata.
# standard_output.c is for C libraries other than glibc.
HOST_SRC += $(filter-out $(FOREIGN) %/standard_output.c,$(sort $(wildcard lib/host/*.c lib/host/*/*.c)))
HOST_HDR += $(sort $(wildcard lib/host/*.h lib/host/*/*.h))
$(foreach folder,lib/host $(patsubst %/,%,$(wildcard lib/host/*/)),$(eval CFLAGS_$(folder) := -O3))
# What `make install` gives to programs: the headers of the C API, and all that they include.
PUBLIC_HDR := lib/host/reader.h lib/host/writer.h lib/record.h lib/each.h lib/records.def
