# SPDX-License-Identifier: MIT
# Tables, charts, maps; nothing here measures.
ANALYSIS_SRC += $(sort $(wildcard analysis/present/*.c))
