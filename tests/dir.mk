# SPDX-License-Identifier: MIT
# `make soak` runs the same suites with HS_SOAK=1 in their environment: those that can try more then do.
# Found by name: a new test needs no entry in a list.
#   tests/{unit,property,cut}/test_*.c   one cmocka program each; SPECIAL_LDFLAGS_test_x for its own flags
#   tests/cut/watch.c                    sees every access of lib/ to memory; tests/cut is linked with both
#   tests/corrupt/test_*.c               likewise, with lib/ and lib/host/ under sanitizers
#   tests/support/*.c                    linked into each of them
#   tests/fuzz/fuzz_*.c                  libFuzzer targets; corpus in tests/fuzz/corpus/fuzz_x/
#   tests/*/preload_*.c                  put in front of the C library by LD_PRELOAD, as build/tests/*/preload_x.so
#   tests/*/run                          executable, prints "ok ..." and "not ok ..." lines (TAP)
# The watch replaces the thread sanitizer's run-time library, so it is left out with that sanitizer.
TEST_SRC    := $(sort $(wildcard $(addsuffix /test_*.c,tests/unit tests/property $(if $(findstring thread,$(SAN)),,tests/cut))))
WATCH_SRC   := tests/cut/watch.c
WATCHED     := -Wl,--whole-archive $(B)/libwatched.a -Wl,--no-whole-archive
$(foreach t,$(filter tests/cut/%,$(TEST_SRC)),$(eval SPECIAL_LDFLAGS_$(basename $(notdir $(t))) := $(WATCHED)))
SPECIAL_LDFLAGS_test_pending := $(subst libwatched,libpending,$(WATCHED))
CHECKED_SRC := $(sort $(wildcard tests/corrupt/test_*.c))
SUPPORT_SRC := $(sort $(wildcard tests/support/*.c))
PRELOAD_SRC := $(sort $(wildcard tests/*/preload_*.c))
FUZZ_SRC    := $(sort $(wildcard tests/fuzz/fuzz_*.c))
SUITES      := $(filter-out tests/bench/run,$(sort $(wildcard tests/*/run)))
# Allocations that fail when the test says so.
SPECIAL_LDFLAGS_test_array := -Wl,--wrap=realloc
SPECIAL_LDFLAGS_test_map   := -Wl,--wrap=calloc
SPECIAL_LDFLAGS_test_sort  := -Wl,--wrap=malloc
