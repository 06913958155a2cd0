# SPDX-License-Identifier: MIT
# Traces as a page. `assemble` joins the page's parts, page/, with the libraries of package-lock.json into one generated
# source file.
PAGE_SRC := $(sort $(wildcard analysis/html/page/*))
