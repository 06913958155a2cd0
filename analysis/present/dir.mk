# SPDX-License-Identifier: MIT
# Tables, charts, maps; nothing here measures.
ANALYSIS_SRC += $(sort $(wildcard analysis/present/*.c))
# Pictures and the live screen. Without their library only these are missing.
OPTIONAL_SRC += $(addprefix analysis/present/,canvas.c screen.c)
