# SPDX-License-Identifier: MIT
# The program for WebAssembly: its system layer and the npm package.
WEB_PACKAGED := $(wildcard web/*.mjs) $(addprefix web/,heapstrata.d.ts package.json.in README.npm.md)
