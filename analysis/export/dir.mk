# SPDX-License-Identifier: MIT
# Traces in other programs' formats. A missing library takes only its own formats away.
PROTO_SRC := $(sort $(wildcard analysis/export/proto/*.proto))
