# SPDX-License-Identifier: MIT
# Picked up by name; nobody edits a list to add a test.
#   tests/{unit,property,cut}/test_*.c   one cmocka program each; SPECIAL_LDFLAGS_test_x for its own flags
#   tests/support/*.c                    linked into each of them
#   tests/fuzz/fuzz_*.c                  libFuzzer targets; corpus in tests/fuzz/corpus/fuzz_x/
#   tests/*/run                          executable, prints "ok ..." and "not ok ..." lines (TAP)
TEST_SRC    := $(sort $(wildcard $(addsuffix /test_*.c,tests/unit tests/property tests/cut)))
SUPPORT_SRC := $(sort $(wildcard tests/support/*.c))
FUZZ_SRC    := $(sort $(wildcard tests/fuzz/fuzz_*.c))
SUITES      := $(filter-out tests/bench/run,$(sort $(wildcard tests/*/run)))
