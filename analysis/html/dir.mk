# SPDX-License-Identifier: MIT
# Traces as a page. The page itself, page/, is put together by `assemble` with the libraries of package-lock.json
# and becomes one generated source file.
ANALYSIS_SRC += $(sort $(wildcard analysis/html/*.c))
PAGE_SRC := $(sort $(wildcard analysis/html/page/*))
