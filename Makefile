# SPDX-License-Identifier: MIT
# The one Makefile. Each folder's dir.mk only sets variables and picks its sources up by wildcard, so
# adding a file needs no edit here. `make help` lists the targets.
#
#   V=1                        show the commands
#   SAN=address,undefined      sanitizers, in a build folder of their own
#   ASSERTIONS=0               without assertions (lib/assertion.h), for packages; in build/release
#   WITHOUT='NAME ...'         leaves parts out, in a build folder of their own; their commands say so:
#                              ELFUTILS BABELTRACE2 RECORD CAIRO NCURSES SQLITE3 PROTOBUF
#   PROGRAM=wasm               what `make suite` and `make test` try in place of the native program: wasm, static, posix,
#                              windows
#   BUILD=DIR                  build somewhere else than build/
#   BOARD=NAME                 what `make firmware` is for, as MicroPython names it: RPI_PICO
#   MICROPYTHON_SRC=DIR        a checkout of MicroPython instead of Debian's source package
#   LWIP_SRC=DIR               the same of lwIP

# The one place of the version; scripts/set-version changes it, and what has to repeat it.
VERSION := $(strip $(file <VERSION))
SOVERSION := 0

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
# What was given on our command line (CFLAGS, SAN, ...) is not meant for MicroPython's makefiles.
MAKEOVERRIDES :=

comma := ,
empty :=
space := $(empty) $(empty)
BUILD ?= build
ASSERTIONS ?= 1
PARTS := ELFUTILS BABELTRACE2 RECORD CAIRO NCURSES SQLITE3 PROTOBUF
$(if $(filter-out $(PARTS),$(WITHOUT)),$(error WITHOUT takes names of $(PARTS), not $(filter-out $(PARTS),$(WITHOUT))))
B := $(BUILD)$(if $(filter 0,$(ASSERTIONS)),/release)$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))$(if $(WITHOUT),/without-$(subst $(space),-,$(sort $(WITHOUT))))
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-7s %s\n' $(1) '$(2)')

# ---- sources -------------------------------------------------------------------------------------

HOST_SRC :=
HOST_HDR :=
ANALYSIS_SRC :=
OPTIONAL_SRC :=
# A source for other systems than Linux says so by its name (lib/host/util/system.h).
FOREIGN := %_wasi.c %_windows.c %_posix.c %_bare.c %_portable.c
HS_ROOT := .
include lib/lib.mk
# What the host records (heapstrata import) is of version 3 of the format.
CFLAGS_lib := -DHS_LEARN=1
include $(sort $(wildcard */dir.mk */*/dir.mk */*/*/dir.mk))

# Parts that may be left out: HS_WITHOUT_NAME is defined for what uses a library, and the sources of INSTEAD_NAME take the place of
# those of PART_NAME.
PART_RECORD := analysis/record/%
INSTEAD_RECORD := $(addprefix analysis/record/,cmd-record_absent.c cmd-top_absent.c)
# What of it needs processes, sockets or terminals. The rest runs a script on a board.
PART_PROCESSES := $(filter-out $(addprefix analysis/record/,board.c cmd-record_look.c level_choice.c repl.c script_output.c \
	serial_unix.c stock.c stock_helper.c),$(wildcard analysis/record/*.c))
INSTEAD_PROCESSES := analysis/record/cmd-top_absent.c
PART_ELFUTILS := $(addprefix analysis/symbols/,dwarf_frames.c variable_members.c)
INSTEAD_ELFUTILS := analysis/symbols/dwarf_absent.c
# $(call less,SOURCES,NAMES): the sources of a build without these parts.
less = $(filter-out $(foreach n,$(2),$(PART_$(n))),$(1)) $(foreach n,$(2),$(INSTEAD_$(n)))
EVERY_SRC := $(ANALYSIS_SRC)
ANALYSIS_SRC := $(call less,$(EVERY_SRC),$(WITHOUT))

LIB_OBJ      := $(HS_LIB_SRC:%.c=$(B)/obj/%.o) $(HOST_SRC:%.c=$(B)/obj/%.o)
HOST_PIC     := $(HOST_SRC:%.c=$(B)/pic/%.o)
ANALYSIS_OBJ := $(ANALYSIS_SRC:%.c=$(B)/obj/%.o)
PROTO_OBJ    := $(PROTO_SRC:%.proto=$(B)/obj/%.pb-c.o)
PAGE_OBJ     := $(B)/obj/analysis/html/template.o
PROTO_GEN    := $(PROTO_SRC:%.proto=$(B)/gen/%.pb-c.c)
MAIN_OBJ     := $(MAIN_SRC:%.c=$(B)/obj/%.o)
TEST_BIN     := $(TEST_SRC:%.c=$(B)/%)
SUPPORT_OBJ  := $(SUPPORT_SRC:%.c=$(B)/obj/%.o)
REPLAY_BIN   := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/tests/fuzz/replay_%)
FUZZ_BIN     := $(FUZZ_SRC:tests/%.c=$(B)/tests/%)
CHECKED_BIN  := $(CHECKED_SRC:%.c=$(B)/%)
PRELOAD_BIN  := $(PRELOAD_SRC:%.c=$(B)/%.so)
VARIANT_BIN  := $(addprefix $(B)/variants/heapstrata-,clang O0 least)
MUTATE_BIN   := $(B)/tests/fuzz/mutate
MAKE_FILES   := Makefile lib/lib.mk $(wildcard */dir.mk */*/dir.mk */*/*/dir.mk)

# ---- flags ---------------------------------------------------------------------------------------

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin AR),default)
AR := gcc-ar
endif
CLANG ?= $(firstword $(foreach c,clang-14 clang,$(if $(shell command -v $(c)),$(c))))
# Debian's own: that is the one python3-serial and python3-bt2 are installed for.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)

CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wvla -Wundef -Wpointer-arith -Wstrict-prototypes \
            -Wmissing-prototypes -Wold-style-definition -Wwrite-strings -Wformat=2 \
            -Wno-missing-field-initializers -Werror=implicit-function-declaration \
            -Werror=incompatible-pointer-types
CPPFLAGS += -I. -I$(B)/gen -D_GNU_SOURCE= -DHS_VERSION='"$(VERSION)"' -DHS_ASSERTIONS=$(ASSERTIONS)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# $(call flags,SOURCE): everyone's flags, then those its folder sets as CFLAGS_<folder>.
# What becomes part of the plugin too is compiled once, for both.
PIC_BOTH := -fPIC -fno-semantic-interposition
flags = -std=c11 $(WARN) $(CPPFLAGS) $(if $(filter $(1),$(ANALYSIS_SRC)),$(PIC_BOTH)) $(if $(filter $(1),$(OPTIONAL_SRC)),$(shell sed -n 2p $(B)/libraries)) $(CFLAGS) $(CFLAGS_$(patsubst %/,%,$(dir $(1)))) $(SANFLAGS)

LIBS_lib := -lzstd
# Libraries, as pkg-config knows them, with Debian's package; asked when they are used, for `make` may have to install them
# first. Without one that is needed nothing is built; of the others it is said what is left out.
NEEDED := libzstd:libzstd-dev json-c:libjson-c-dev zlib:zlib1g-dev $(if $(filter ELFUTILS,$(WITHOUT)),,libdw:libdw-dev libelf:libelf-dev)
OPTIONAL := babeltrace2:BABELTRACE2:libbabeltrace2-dev sqlite3:SQLITE3:libsqlite3-dev libprotobuf-c:PROTOBUF:libprotobuf-c-dev \
            cairo:CAIRO:libcairo2-dev ncursesw:NCURSES:libncurses-dev
LIBS_optional = $(shell sed -n 1p $(B)/libraries)
LIBS_cli = $(if $(filter ELFUTILS,$(WITHOUT)),,-ldw -lelf) -ljson-c -lz -lm $(LIBS_optional)

# ---- products ------------------------------------------------------------------------------------

.PHONY: all
all: $(B)/heapstrata $(B)/libheapstrata.a $(B)/libheapstrata.so plugin completion man ## the program, the libraries, the babeltrace2 plugin (default)

$(B)/heapstrata: $(MAIN_OBJ) $(B)/libanalysis.a $(B)/libheapstrata.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_cli) $(LIBS_lib)

.PHONY: completion
completion: $(addprefix $(B)/completion/,bash zsh fish)

# What shells complete by, as the program itself prints it.
COMPLETION := $(addprefix $(B)/completion/,bash zsh fish)
$(COMPLETION): $(B)/completion/%: $(B)/heapstrata
	$(Q)mkdir -p $(@D) && $(B)/heapstrata --completion $* >$@

# The manual pages with the version in them.
MAN := $(MAN_PAGES:analysis/man/%=$(B)/man/%)
.PHONY: man
man: $(MAN)
$(MAN): $(B)/man/%: analysis/man/% VERSION
	$(Q)mkdir -p $(@D) && sed 's|@VERSION@|$(VERSION)|' $< >$@

$(B)/libheapstrata.a: $(LIB_OBJ)
$(B)/libanalysis.a: $(ANALYSIS_OBJ) $(PROTO_OBJ) $(PAGE_OBJ)
$(B)/%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

SONAME := libheapstrata.so.$(SOVERSION)
SOFILE := libheapstrata.so.$(VERSION)
# Of lib/ the shared library takes what reading needs; recording would need a port, which a host
# program does not have. -z defs makes a mistake here fail here.
$(B)/$(SOFILE): $(HOST_PIC) $(B)/lib-pic.a lib/host/heapstrata.map
	$(call say,LINK,$@)
	$(Q)$(CC) -shared $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -Wl,-soname,$(SONAME) $(if $(SAN),,-Wl$(comma)-z$(comma)defs) \
		-Wl,--version-script,lib/host/heapstrata.map -o $@ $(HOST_PIC) $(B)/lib-pic.a $(LIBS_lib)
$(B)/lib-pic.a: $(HS_LIB_SRC:%.c=$(B)/pic/%.o)
$(B)/libheapstrata.so: $(B)/$(SOFILE)
	$(Q)ln -sf $(SOFILE) $(B)/$(SONAME) && ln -sf $(SOFILE) $@

# Without libbabeltrace2 there is no plugin, and all else is built.
PLUGIN := $(B)/babeltrace2/babeltrace-plugin-heapstrata.so
.PHONY: plugin
plugin: $(PLUGIN)
$(PLUGIN): $(PLUGIN_SRC:%.c=$(B)/obj/%.o) $(B)/libanalysis.a $(HOST_PIC) $(B)/lib-pic.a analysis/babeltrace2/plugin.map
	$(call say,LINK,$@)
	$(Q)if $(if $(filter BABELTRACE2,$(WITHOUT)),false,pkg-config --exists babeltrace2); then mkdir -p $(@D) && $(CC) -shared $(CFLAGS) $(SANFLAGS) $(LDFLAGS) \
		$(if $(SAN),,-Wl$(comma)-z$(comma)defs) -Wl,--as-needed -Wl,--version-script,analysis/babeltrace2/plugin.map -o $@ \
		$(filter %.o %.a,$^) $(LIBS_cli) $(LIBS_lib); \
		else rm -f $@; $(if $(filter BABELTRACE2,$(WITHOUT)),:,echo '  no babeltrace2 plugin: libbabeltrace2-dev is not installed'); fi

# What to link with, and what to leave out. A library that came or went: what may use it is compiled again.
$(B)/libraries: force | $(B)/deps.build
	$(Q)mkdir -p $(@D); scripts/libraries '$(NEEDED)' '$(OPTIONAL)' $@ $(WITHOUT)
$(patsubst %.c,$(B)/obj/%.o,$(OPTIONAL_SRC)) $(patsubst %.c,$(B)/pic/%.o,$(OPTIONAL_SRC)): $(B)/libraries

# Code for messages, by protobuf's compiler for C. Where that is missing nothing is made, and the exporters of
# these formats say so.
$(PROTO_GEN): $(B)/gen/%.pb-c.c: %.proto $(B)/libraries
	$(Q)mkdir -p $(@D); rm -f $(@:.c=.h); if command -v protoc-c >/dev/null && pkg-config --exists libprotobuf-c; \
		then protoc-c --c_out=$(B)/gen $<; else echo '/* protoc-c or libprotobuf-c is missing */' >$@; fi
$(PROTO_OBJ): $(B)/obj/%.o: $(B)/gen/%.c
	$(Q)mkdir -p $(@D) && $(CC) -std=c11 $(CPPFLAGS) $(PIC_BOTH) $(CFLAGS) $(SANFLAGS) -c -o $@ $<
$(B)/obj/analysis/export/proto.o $(B)/fuzz-obj/analysis/export/proto.o: $(PROTO_GEN)

# Packages of the npm registry, by the lock file in FOLDER, into build/npm/FOLDER. Without npm or a network there
# are none, and who needs them says so; they are asked for again as long as they are missing.
NPM := $(BUILD)/npm
.PRECIOUS: $(NPM)/%/state
$(NPM)/%/state: force | $(B)/deps.build
	$(Q)mkdir -p $(@D); cmp -s $*/package-lock.json $@ || flock $(@D)/lock scripts/get-npm $* $(@D) $@

# The lists of functions by which hooks tell one build from another: those of every folder of firmware-hooks/.
FINGERPRINTS := $(B)/gen/firmware-hooks/fingerprints.inc
FINGERPRINT_OBJ := $(patsubst %.c,%.o,$(filter %/elf_option.c,$(ANALYSIS_SRC)))
$(FINGERPRINTS): force
	$(Q)mkdir -p $(@D); printf '#include "%s"\nNULL,\n' $(sort $(wildcard firmware-hooks/*/fingerprint.def)) >$@.new; \
		cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(foreach d,obj pic fuzz-obj variants/O0,$(FINGERPRINT_OBJ:%=$(B)/$(d)/%)): $(FINGERPRINTS)

# What heapstrata.py and the helper of `record` have in common, as strings for C: without comments, with shorter names.
STOCK_PARTS := $(addprefix $(B)/gen/analysis/record/,imports.inc track.inc)
STOCK_OBJ := analysis/record/stock_helper.o
stock_part = mkdir -p $(@D); sed -n '/$(1)/,/$(2)/p' $< | sed -e '/^ *\#/d' -e '/^$$/d' -e '/sample/d' -e 's/  \#.*//' -e 's/    / /g' \
	-e 's/["\]/\\&/g' -e 's/.*/"&\\n"/' -e 's/_on/on/g' $(3) >$@.new && mv $@.new $@
$(filter %/imports.inc,$(STOCK_PARTS)): firmware-hooks/stock/heapstrata.py $(MAKE_FILES)
	$(Q)$(call stock_part,^def _load,^def _later,-e '/def _later/d' -e 's/_load/_hs_/' -e 's/sys.modules/modules/' -e 's/_say/send/' \
		-e "s/builtins\./real('builtins')./" -e 's/_real/real/g')
$(filter %/track.inc,$(STOCK_PARTS)): firmware-hooks/stock/heapstrata.py $(MAKE_FILES)
	$(Q)$(call stock_part,# The helper of .heapstrata record. has the lines,# End of what the helper has,-e 's/_end/key/g' \
		-e 's/_Track/module/g' -e 's/traceback/e/g' -e 's/tracked/step/g' -e 's/named/key/g' -e 's/what/key/g' -e 's/kind/key/g' \
		-e 's/function/b/g' -e 's/args/e/g' -e 's/value/r/g')
$(foreach d,obj pic fuzz-obj variants/O0,$(STOCK_OBJ:%=$(B)/$(d)/%)): $(STOCK_PARTS)

# The page that `heapstrata html` fills, as a source.
$(B)/gen/analysis/html/template.c: $(NPM)/analysis/html/state analysis/html/assemble analysis/html/libraries $(PAGE_SRC)
	$(call say,PAGE,$@)
	$(Q)mkdir -p $(@D) && analysis/html/assemble $(NPM)/analysis/html/node_modules >$@
$(PAGE_OBJ): $(B)/obj/%.o: $(B)/gen/%.c
	$(Q)mkdir -p $(@D) && $(CC) -std=c11 $(CPPFLAGS) $(PIC_BOTH) -O0 -c -o $@ $<

$(B)/obj/%.o: %.c $(MAKE_FILES) | $(B)/deps.build $(B)/libraries
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(call flags,$<) -MMD -MP -c -o $@ $<
$(B)/pic/%.o: %.c $(MAKE_FILES) | $(B)/deps.build $(B)/libraries
	$(call say,CC,$< [pic])
	$(Q)mkdir -p $(@D) && $(CC) $(call flags,$<) -fPIC -MMD -MP -c -o $@ $<

# ---- packages ------------------------------------------------------------------------------------
# Only these goals install Debian packages. All others say what is missing, and go on.

INSTALLING := $(filter deps demo test soak coverage dist,$(MAKECMDGOALS))

.PHONY: deps
deps: $(addprefix $(B)/deps.,build firmware wasm static posix windows dist test) ## install the Debian packages that are missing

# One group after the other: apt has one lock. Without a stamp the question is asked again next time.
$(B)/deps.%: scripts/packages.txt scripts/deps
	$(Q)mkdir -p $(B) && $(if $(INSTALLING),flock $(B)/deps.lock scripts/deps $*,scripts/deps --check $*) && touch $@ \
		$(if $(INSTALLING),,|| :)

# ---- MicroPython ---------------------------------------------------------------------------------
# Hooked firmwares in build/micropython/{unix64,unix32,qemu-arm}, the same without hooks in plain/:
# the plain ones are what tests and benchmarks compare with. Debug information stays in all of them.

M := $(BUILD)/micropython
MP_SRC := $(abspath $(or $(MICROPYTHON_SRC),$(M)/src))
MP_PROGS := unix64/micropython unix32/micropython qemu-arm/firmware.elf
MP_HOOKED := $(addprefix $(M)/,$(MP_PROGS))
MP_PLAIN := $(addprefix $(M)/plain/,$(MP_PROGS))
MPY_CROSS := $(M)/mpy-cross/mpy-cross
HEAPSTRATA_FLAGS = $(foreach v,HEAPSTRATA_RING_ADDR HEAPSTRATA_RING_SIZE HEAPSTRATA_HEAPS HEAPSTRATA_WITHOUT HEAPSTRATA_CFLAGS HEAPSTRATA_COPT,$(if $($(v)),$(v)='$($(v))'))

MP_LTTNG := $(M)/unix64-lttng/micropython

.PHONY: micropython micropython-plain micropython-lttng
micropython: $(MP_HOOKED) ## the three instrumented MicroPython firmwares
micropython-plain: $(MP_PLAIN) $(MPY_CROSS) ## the same without hooks, and mpy-cross
micropython-lttng: $(MP_LTTNG) ## the 64-bit unix firmware that reports its events to LTTng as well

# Debian's repacked source lacks some submodules, hence what is switched off. Frozen are the Python modules that it has;
# freezing wants to see a folder of MicroPython's library, of which nothing is taken.
MP_OFF  := FROZEN_MANIFEST=$(abspath firmware-hooks/micropython/frozen.py) MICROPY_MPYCROSS=$(abspath $(MPY_CROSS)) \
           MICROPY_MPYCROSS_DEPENDENCY= MPY_LIB_DIR=$(CURDIR) MICROPY_PY_BTREE=0 MICROPY_PY_SSL=0 MICROPY_SSL_AXTLS=0 \
           MICROPY_SSL_MBEDTLS=0 MICROPY_PY_FFI=0
MP_unix64   := ports/unix STRIP= $(MP_OFF)
MP_unix32   := ports/unix STRIP= $(MP_OFF) MICROPY_FORCE_32BIT=1
MP_qemu-arm := ports/qemu BOARD=MPS2_AN385 CFLAGS_EXTRA=-g $(MP_OFF)
MP_mpy-cross := mpy-cross STRIP=
# The ceiling keeps MicroPython's version header from describing the commit of the repository around it;
# the fixed date makes two builds of one source equal.
MP_ENV  := GIT_CEILING_DIRECTORIES='$(patsubst %/,%,$(dir $(MP_SRC)))' PYTHONDONTWRITEBYTECODE=1 \
           SOURCE_DATE_EPOCH=1744675200
# $(call mp_make,CONFIG,BUILD FOLDER,MORE): two people may build at once, so one at a time per folder.
# The program is removed first, so that it is linked again even when a source was only removed. BUILD is relative to the
# port's folder: a compiler cache with a base folder (CCACHE_BASEDIR) writes relative names into the dependency files, and make
# compares names as text, so with an absolute BUILD no object would depend on its headers.
mp_make = $(Q)mkdir -p $(2) && rm -f $@ && $(MP_ENV) flock $(2)/lock $(MAKE) --no-print-directory \
	$(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) -C $(MP_SRC)/$(MP_$(1)) \
	BUILD="$$(realpath -m --relative-to=$(MP_SRC)/$(firstword $(MP_$(1))) $(2))" $(if $(V),V=1) $(3) >$(2)/make.log 2>&1 \
	|| { tail -n 40 $(2)/make.log; exit 1; }

$(MP_HOOKED): $(M)/%: $(HS_LIB_SRC) $(HS_LIB_HDR) $(HOOK_FILES) $(M)/config $(MPY_CROSS)
	$(call say,MAKE,$@)
	$(call mp_make,$(firstword $(subst /, ,$*)),$(@D),USER_C_MODULES=$(abspath firmware-hooks) \
		$(filter-out $(if $(filter unix%,$*),HEAPSTRATA_RING_%),$(HEAPSTRATA_FLAGS)))
$(MP_LTTNG): $(HS_LIB_SRC) $(HS_LIB_HDR) $(HOOK_FILES) $(wildcard firmware-hooks/lttng-ust/*) $(M)/config $(MPY_CROSS) | $(B)/deps.test
	$(call say,MAKE,$@)
	$(call mp_make,unix64,$(@D),USER_C_MODULES=$(abspath firmware-hooks) HEAPSTRATA_LTTNG=1 $(filter-out HEAPSTRATA_RING_%,$(HEAPSTRATA_FLAGS)))
$(MP_PLAIN): $(M)/plain/%: $(M)/config $(MPY_CROSS)
	$(call say,MAKE,$@)
	$(call mp_make,$(firstword $(subst /, ,$*)),$(@D),USER_C_MODULES=)
$(MPY_CROSS): $(M)/config
	$(call say,MAKE,$@)
	$(call mp_make,mpy-cross,$(@D),USER_C_MODULES=)

# Another source tree or other flags: start over.
MP_CONFIG = relative $(MP_SRC) $(MP_unix64) $(MP_unix32) $(MP_qemu-arm) $(HEAPSTRATA_FLAGS)
.PHONY: force
$(M)/config: force | $(if $(MICROPYTHON_SRC),,$(M)/src/py/mpconfig.h) $(B)/deps.firmware
	$(Q)mkdir -p $(M); echo "$(MP_CONFIG)" | cmp -s - $@ || { \
		rm -rf $(addprefix $(M)/,unix64 unix64-lttng unix32 qemu-arm plain mpy-cross); echo "$(MP_CONFIG)" >$@; }

$(M)/src/py/mpconfig.h: | $(B)/deps.firmware
	$(call say,FETCH,micropython 1.25.0)
	$(Q)mkdir -p $(M) && flock $(M)/fetch.lock sh -c 'test -f $@ || scripts/get-source micropython $(M)/src'

# ---- Raspberry Pi Pico ---------------------------------------------------------------------------------
# MicroPython's rp2 port from Debian's packages: with hooks in build/micropython/rp2/BOARD, without in plain/rp2/BOARD.
# A checkout in MICROPYTHON_SRC needs its submodules (make -C ports/rp2 BOARD=... submodules).

RP2 := $(M)/rp2
RP2_PLAIN := $(M)/plain/rp2
RP2_BOARDS := $(notdir $(patsubst %/,%,$(dir $(wildcard $(MP_SRC)/ports/rp2/boards/*/mpconfigboard.cmake))))
BOARD ?= RPI_PICO
MP_rp2 := ports/rp2

.PHONY: micropython-rp2 firmware
micropython-rp2: $(RP2)/RPI_PICO/firmware.elf ## the firmware of a Raspberry Pi Pico
firmware: $(BUILD)/firmware/$(BOARD).uf2 ## BOARD=RPI_PICO (RPI_PICO2, ...): a .uf2 to drop on the board
	@echo '  $<: hold BOOTSEL while you plug the board in, then copy this file onto the drive that appears'

$(BUILD)/firmware/%.uf2: $(RP2)/%/firmware.elf scripts/uf2
	$(call say,UF2,$@)
	$(Q)scripts/uf2 --chip "$$(scripts/rp2-chip $(MP_SRC) $*)" $(<:.elf=.bin) $@

# What is a submodule in MicroPython's own repository.
# $(call rp2_part,FOLDER,A FILE OF IT,DEBIAN'S PACKAGE)
define rp2_part
RP2_PARTS += $(M)/src/lib/$(1)/$(2)
$(M)/src/lib/$(1)/$(2): | $(M)/src/py/mpconfig.h
	$$(call say,FETCH,$(3))
	$$(Q)flock $(M)/fetch.lock sh -c 'test -f $$@ || scripts/get-source $(3) $(M)/src/lib/$(1)'
endef
RP2_PARTS :=
ifeq ($(MICROPYTHON_SRC),)
$(eval $(call rp2_part,pico-sdk,pico_sdk_init.cmake,pico-sdk))
$(eval $(call rp2_part,tinyusb,src/tusb.h,tinyusb-source))
$(eval $(call rp2_part,mbedtls,include/mbedtls/version.h,mbedtls))
endif

# Debian's source has no micropython-lib: the folder named is only looked at for a README, and the frozen modules are
# those that do not need it. libstdc++ is not used, so an empty one spares its package. The port's Makefile adds to
# CMAKE_ARGS what it finds in its environment, and nothing to what is on its command line.
RP2_CMAKE := -DPICO_NO_PICOTOOL=1 -DCMAKE_EXE_LINKER_FLAGS=-L$(abspath $(RP2)/empty) \
	$(if $(MICROPYTHON_SRC),,-DMICROPY_LIB_DIR=$(CURDIR))
RP2_ENV := CXXFLAGS=-DPICO_CXX_DISABLE_ALLOCATION_OVERRIDES=1 CMAKE_ARGS='$(RP2_CMAKE)' MICROPY_MPYCROSS=$(abspath $(MPY_CROSS))
RP2_MANIFEST := $(if $(MICROPYTHON_SRC),,FROZEN_MANIFEST=$(abspath scripts/rp2-manifest.py))
rp2_make = $(call mp_make,rp2,$(@D),BOARD=$* $(RP2_MANIFEST) $(1))
RP2_NEEDS := $(RP2)/config $(RP2)/empty/libstdc++.a $(RP2_PARTS) $(MPY_CROSS)
RP2_ELFS := $(addsuffix /firmware.elf,$(addprefix $(RP2)/,$(RP2_BOARDS) $(BOARD) RPI_PICO RPI_PICO2))
RP2_PLAIN_ELFS := $(RP2_ELFS:$(RP2)/%=$(RP2_PLAIN)/%)

$(sort $(RP2_ELFS) $(RP2_PLAIN_ELFS)): private MP_ENV += $(RP2_ENV)
$(sort $(RP2_ELFS)): $(RP2)/%/firmware.elf: $(HS_LIB_SRC) $(HS_LIB_HDR) $(HOOK_FILES) $(RP2_NEEDS)
	$(Q)scripts/rp2-chip $(MP_SRC) $* >/dev/null
	$(call say,MAKE,$@)
	$(call rp2_make,USER_C_MODULES=$(abspath firmware-hooks/micropython/micropython.cmake) $(HEAPSTRATA_FLAGS))
$(sort $(RP2_PLAIN_ELFS)): $(RP2_PLAIN)/%/firmware.elf: $(RP2_NEEDS)
	$(call say,MAKE,$@)
	$(call rp2_make,)

$(RP2)/empty/libstdc++.a: | $(B)/deps.firmware
	$(Q)mkdir -p $(@D) && arm-none-eabi-ar rcs $@

# cmake keeps the settings that it was first given.
RP2_CONFIG = $(MP_SRC) $(RP2_ENV) $(RP2_MANIFEST) $(HEAPSTRATA_FLAGS)
$(RP2)/config: force | $(if $(MICROPYTHON_SRC),,$(M)/src/py/mpconfig.h) $(B)/deps.firmware
	$(Q)mkdir -p $(RP2); echo "$(RP2_CONFIG)" | cmp -s - $@ || { \
		rm -rf $(filter-out $(RP2)/config,$(wildcard $(RP2)/*)) $(RP2_PLAIN); echo "$(RP2_CONFIG)" >$@; }

# ---- lwIP ------------------------------------------------------------------------------------------
# Real lwIP for examples/lwip-timeouts and its tests, which build it as they need it.

LWIP_DIR := $(BUILD)/lwip
LWIP_SOURCE := $(abspath $(or $(LWIP_SRC),$(LWIP_DIR)/src))
LWIP_THERE := $(if $(LWIP_SRC),,$(LWIP_DIR)/src/src/core/memp.c)
$(LWIP_DIR)/src/src/core/memp.c: | $(B)/deps.firmware
	$(call say,FETCH,lwip 2.2.1)
	$(Q)mkdir -p $(LWIP_DIR) && flock $(LWIP_DIR)/fetch.lock sh -c 'test -f $@ || scripts/get-source lwip $(LWIP_DIR)/src'

# ---- other systems -------------------------------------------------------------------------------
# The program for WebAssembly, which every system with Node or a browser runs, by clang and wasi-libc; and for any Linux, as one file
# without shared libraries, by musl. Their libraries are compiled from Debian's sources. A system NAME has build/NAME/ and says
#   NAME_CC, NAME_FLAGS, NAME_LINK    its compiler and what to give it
#   NAME_SOURCES                      patterns of sources' names: those for it alone, and for others like it
#   NAME_WITHOUT                      parts that it lacks
#   NAME_OURS                         what to give it for our sources alone
#   NAME_CMAKE                        what json-c's cmake needs to know
#   NAME_NEEDS                        the group of Debian packages (scripts/packages.txt)

SOURCE := $(BUILD)/source
WASM := $(B)/wasm
WASM_CC ?= $(firstword $(foreach c,clang-14 clang,$(if $(shell command -v $(c)),$(c))))
wasm_CC := $(WASM_CC)
wasm_FLAGS := --target=wasm32-wasi -D_WASI_EMULATED_GETPID
wasm_LINK := --target=wasm32-wasi -O2 -Wl,--strip-debug -Wl,-z,stack-size=8388608
wasm_LIBS := -lwasi-emulated-getpid
wasm_SOURCES := %_wasi.c %_portable.c
wasm_OURS := -include lib/host/util/standard_output.h
wasm_WITHOUT := $(filter-out RECORD,$(PARTS)) PROCESSES
wasm_CMAKE := -DCMAKE_SYSTEM_NAME=WASI -DCMAKE_C_COMPILER_TARGET=wasm32-wasi
wasm_NEEDS := wasm

STATIC := $(B)/static
MUSL_CC ?= musl-gcc
static_CC := $(MUSL_CC)
static_FLAGS := -static -fno-pie
static_LINK := -static -no-pie -s
static_SOURCES := %_linux.c %_unix.c
static_OURS := -include lib/host/util/standard_output.h
static_WITHOUT := $(filter-out RECORD,$(PARTS))
static_NEEDS := static

WINDOWS := $(B)/windows
WINDOWS_CC ?= x86_64-w64-mingw32-gcc
windows_CC := $(WINDOWS_CC)
windows_FLAGS := -D_WIN32_WINNT=0x0601 -D__USE_MINGW_ANSI_STDIO=1 -D_FILE_OFFSET_BITS=64 -DWIN32_LEAN_AND_MEAN
windows_LINK := -static -municode -s -Wl,--stack,8388608
windows_LIBS := -lwinpthread
windows_SOURCES := %_windows.c %_bare.c %_portable.c
windows_OURS := -include lib/host/windows/posix_windows.h -Ilib/host/windows
windows_WITHOUT := $(filter-out RECORD,$(PARTS)) PROCESSES
windows_CMAKE := -DCMAKE_SYSTEM_NAME=Windows
windows_NEEDS := windows

# For any system with POSIX 2008: against that alone, so that what compiles here has no need of Linux.
POSIX := $(B)/posix
POSIX_CC ?= $(CLANG)
posix_CC := $(POSIX_CC)
posix_FLAGS := -pthread
posix_LINK := -pthread -O2
posix_LIBS := -lm
posix_SOURCES := %_posix.c %_unix.c %_bare.c %_portable.c
posix_OURS := -U_GNU_SOURCE -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 -Ilib/host/posix -include lib/host/bare/bare.h
posix_WITHOUT := $(filter-out RECORD,$(PARTS)) PROCESSES
posix_NEEDS := posix

JSON_SRC := $(addprefix json-c/,$(addsuffix .c,arraylist debug json_c_version json_object json_object_iterator json_pointer \
	json_tokener json_util json_visit libjson linkhash printbuf random_seed strerror_override))
ZLIB_SRC := $(addprefix zlib/,$(addsuffix .c,adler32 compress crc32 deflate inflate inffast inftrees trees uncompr zutil))
ZSTD_SRC := $(addprefix libzstd/lib/,$(addsuffix .c,$(addprefix common/,debug entropy_common error_private fse_decompress pool \
	threading xxhash zstd_common) $(addprefix compress/,fse_compress hist huf_compress zstd_compress zstd_compress_literals \
	zstd_compress_sequences zstd_compress_superblock zstd_double_fast zstd_fast zstd_lazy zstd_ldm zstd_opt zstdmt_compress) \
	$(addprefix decompress/,huf_decompress zstd_ddict zstd_decompress zstd_decompress_block)))
THIRD_SRC := $(JSON_SRC) $(ZLIB_SRC) $(ZSTD_SRC)
# What json-c's cmake looks for on Unix only.
JSON_HAVE := SNPRINTF VASPRINTF STRDUP STRCASECMP STRNCASECMP

$(SOURCE)/%/fetched: scripts/sources.txt | $(B)/deps.wasm
	$(call say,FETCH,$*)
	$(Q)mkdir -p $(SOURCE) && flock $(SOURCE)/lock sh -c 'test -f $@ || scripts/get-source $* $(SOURCE)/$*' && touch $@
FETCHED := $(addprefix $(SOURCE)/,json-c/fetched libzstd/fetched zlib/fetched)

# $(call other_system,NAME,PROGRAM)
define other_system
$(1)_SRC := $$(HS_LIB_SRC) $$(MAIN_SRC) lib/host/util/standard_output.c \
	$$(call less,$$(filter-out $$(filter-out $$($(1)_SOURCES),%_linux.c %_unix.c),$$(HOST_SRC) $$(EVERY_SRC)),$$($(1)_WITHOUT)) \
	$$(filter-out %_linux.c %_unix.c,$$(filter $$($(1)_SOURCES),$$(wildcard lib/host/*/*.c analysis/*/*.c)))
$(1)_OBJ := $$($(1)_SRC:%.c=$(B)/$(1)/obj/%.o) $(B)/$(1)/obj/analysis/html/template.o
$(1)_THIRD := $$(THIRD_SRC:%.c=$(B)/$(1)/third/%.o)
$(1)_COMPILE = $$($(1)_CC) $$($(1)_FLAGS) -std=c11 -O2 -DNDEBUG -I$(B)/$(1)/include -isystem $(SOURCE)/libzstd/lib -isystem $(SOURCE)/zlib
$(1)_READY := $(B)/$(1)/include/json-c/json.h $(FETCHED) | $(B)/deps.$$($(1)_NEEDS)
$(B)/$(1)/include/json-c/json.h: $(SOURCE)/json-c/fetched | $(B)/deps.$$($(1)_NEEDS)
	$$(call say,CONFIG,json-c [$(1)])
	$$(Q)scripts/configure-json-c $(SOURCE)/json-c $$(@D) -DCMAKE_C_COMPILER=$$($(1)_CC) $$($(1)_CMAKE)
$(B)/$(1)/obj/%.o: %.c $(MAKE_FILES) $$($(1)_READY)
	$$(call say,CC,$$< [$(1)])
	$$(Q)mkdir -p $$(@D) && $$($(1)_COMPILE) $$(CPPFLAGS) $$(WARN) -Wno-format-nonliteral $$(CFLAGS_$$(patsubst %/,%,$$(dir $$<))) \
		$$($(1)_OURS) $$($(1)_WITHOUT:%=-DHS_WITHOUT_%) -MMD -MP -c -o $$@ $$<
$(B)/$(1)/obj/analysis/html/template.o: $(B)/gen/analysis/html/template.c $$($(1)_READY)
	$$(Q)mkdir -p $$(@D) && $$($(1)_COMPILE) -O0 -I. -c -o $$@ $$<
$$(FINGERPRINT_OBJ:%=$(B)/$(1)/obj/%): $(FINGERPRINTS)
$$(STOCK_OBJ:%=$(B)/$(1)/obj/%): $(STOCK_PARTS)
$$($(1)_THIRD): $(B)/$(1)/third/%.o: $$($(1)_READY)
	$$(Q)mkdir -p $$(@D) && $$($(1)_COMPILE) -w -D_GNU_SOURCE -DZSTD_DISABLE_ASM $$(JSON_HAVE:%=-DHAVE_%=1) \
		-I$(B)/$(1)/include/json-c -c -o $$@ $(SOURCE)/$$*.c
$(B)/$(1)/$(2): $$($(1)_OBJ) $$($(1)_THIRD)
	$$(call say,LINK,$$@)
	$$(Q)$$($(1)_CC) $$($(1)_LINK) -o $$@ $$^ $$($(1)_LIBS)
endef
$(eval $(call other_system,wasm,heapstrata.wasm))
$(eval $(call other_system,static,heapstrata))
$(eval $(call other_system,windows,heapstrata.exe))
$(eval $(call other_system,posix,heapstrata))
# The only header of another system that their sources need: the layout of ELF files.
$(windows_OBJ): | $(WINDOWS)/include/elf.h
$(posix_OBJ): | $(POSIX)/include/elf.h
$(WINDOWS)/include/elf.h $(POSIX)/include/elf.h: $(B)/%/include/elf.h: | $(B)/%/include/json-c/json.h
	$(Q)sed -e '/<features.h>/d' -e '/^__[A-Z]*_DECLS/d' -e /auxv.h/d /usr/include/elf.h >$@

.PHONY: wasm static windows posix
wasm: $(WASM)/heapstrata.wasm ## the program for WebAssembly: build/wasm/heapstrata.wasm
windows: $(WINDOWS)/heapstrata.exe ## the program for Windows: build/windows/heapstrata.exe
static: $(STATIC)/heapstrata ## the program for any Linux, one file: build/static/heapstrata
posix: $(POSIX)/heapstrata ## the program by POSIX alone, as macOS and others need it: build/posix/heapstrata

# The npm package: build/wasm/heapstrata-VERSION.tgz.
WASM_PACKAGE := $(WASM)/package
WASM_ARCHIVE := $(WASM)/heapstrata-$(VERSION).tgz
.PHONY: npm
npm: $(WASM_ARCHIVE) ## the npm package with it: npx heapstrata, on every system with Node
$(WASM_ARCHIVE): $(WASM)/heapstrata.wasm $(WEB_PACKAGED) scripts/licenses LICENSE VERSION
	$(call say,NPM,$@)
	$(Q)rm -rf $(WASM_PACKAGE) $(WASM)/heapstrata-*.tgz && mkdir -p $(WASM_PACKAGE)
	$(Q)cp web/*.mjs web/heapstrata.d.ts $(WASM)/heapstrata.wasm $(WASM_PACKAGE)/ && chmod 755 $(WASM_PACKAGE)/cli.mjs
	$(Q)cp web/README.npm.md $(WASM_PACKAGE)/README.md && scripts/licenses wasm $(SOURCE) >$(WASM_PACKAGE)/LICENSES.txt
	$(Q)sed 's|@VERSION@|$(VERSION)|' web/package.json.in >$(WASM_PACKAGE)/package.json
	$(Q)cd $(WASM) && npm pack --silent --offline ./package >/dev/null

# The page that explains files in a browser: one file, which works from disk.
WEB_PAGE := $(WASM)/heapstrata.html
.PHONY: web
web: $(WEB_PAGE) $(WASM)/site/sw.js ## a page with the whole program in it: build/wasm/heapstrata.html; for web servers: build/wasm/site
$(WEB_PAGE): $(WASM)/heapstrata.wasm $(wildcard web/*.mjs web/page/*)
	$(call say,PAGE,$@)
	$(Q)web/page/assemble $(WASM)/heapstrata.wasm >$@.new && mv $@.new $@
# The same page with what makes it an app that browsers install and open without a network.
$(WASM)/site/sw.js: $(WEB_PAGE) $(wildcard web/app/*) VERSION
	$(Q)rm -rf $(@D) && mkdir -p $(@D) && cp $(WEB_PAGE) $(@D)/index.html && cp web/app/manifest.webmanifest web/app/icon.svg $(@D)/
	$(Q)sed -e 's|@VERSION@|$(VERSION)|' -e "s|@HASH@|$$(cat $(WEB_PAGE) web/app/* | sha256sum | cut -c 1-16)|" web/app/sw.js >$@

# ---- tests ---------------------------------------------------------------------------------------

# What test programs and the scripts behind demo and bench find in their environment.
export HS_ROOT_DIR := $(CURDIR)
export HS_BUILD := $(abspath $(B))
# The program that suites try may be one for another system; HS_NATIVE is always the native one, which also records for the others.
PROGRAM ?= native
PROGRAM_native := $(B)/heapstrata
PROGRAM_wasm := $(WASM)/package/cli.mjs
PROGRAM_static := $(STATIC)/heapstrata
PROGRAM_posix := $(POSIX)/heapstrata
PROGRAM_windows := tests/tools/windows-heapstrata
PROGRAM_NEEDS := $(subst wasm,npm,$(filter-out native,$(PROGRAM)))
$(if $(PROGRAM_$(PROGRAM)),,$(error PROGRAM is one of native, wasm, static, posix and windows, not $(PROGRAM)))
export HS_PROGRAM := $(PROGRAM)
export HS_CLI := $(abspath $(PROGRAM_$(PROGRAM)))
export HS_NATIVE := $(abspath $(B)/heapstrata)
# The parts that each of them lacks.
export HS_LACKS_native := $(WITHOUT)
export HS_LACKS_wasm := RECORD $(wasm_WITHOUT)
export HS_LACKS_static := $(static_WITHOUT)
export HS_LACKS_posix := $(posix_WITHOUT)
export HS_LACKS_windows := $(windows_WITHOUT)
export HS_MP := $(abspath $(M))
export HS_MP_SRC := $(MP_SRC)
export HS_LWIP_SRC := $(LWIP_SOURCE)
export HS_MPY_CROSS := $(abspath $(MPY_CROSS))
export HS_PYTHON := $(PYTHON)
export PYTHONDONTWRITEBYTECODE := 1

TEST_JOBS ?= 2
# After so many minutes `make test` begins no suite any more: a machine that is much slower than usual leaves some out, and names them.
TEST_MINUTES ?= 50
PROGRAMS := $(TEST_BIN) $(CHECKED_BIN) $(REPLAY_BIN)

.PHONY: test suite check soak
test: deps all micropython micropython-plain micropython-lttng micropython-rp2 $(RP2_PLAIN)/RPI_PICO/firmware.elf $(LWIP_THERE) $(PROGRAMS) $(PRELOAD_BIN) $(VARIANT_BIN) $(MUTATE_BIN) npm web windows $(PROGRAM_NEEDS) $(NPM)/tests/html/state $(NPM)/tests/rp2/state ## everything; T=WORD runs the suites with WORD in their name
	$(Q)scripts/runs-32-bit
	$(Q)$(PYTHON) tests/tools/runner.py $(if $(V),-v) -j $(TEST_JOBS) --minutes $(TEST_MINUTES) $(addprefix -t ,$(T)) \
		--scratch $(B)/tests/scratch $(PROGRAMS) $(SUITES)

suite: all $(MUTATE_BIN) $(PROGRAM_NEEDS) ## T=WORD runs the suites with WORD in their name, on the firmwares that are there: quick, while you work
	$(Q)$(PYTHON) tests/tools/runner.py $(if $(V),-v) -j $(TEST_JOBS) $(addprefix -t ,$(or $(T),$(error suite: name suites, as T="format cli"))) \
		--scratch $(B)/tests/scratch $(SUITES)

# Suites that can try more than `make test` has time for look at HS_SOAK.
soak: export HS_SOAK := 1
soak: export TEST_TIMEOUT := 36000
soak: TEST_MINUTES := 0
soak: $(BUILD)/firmware/RPI_PICO2.uf2
soak: test ## `make test` with all seeds, all allocations and long fuzzing: hours; T=WORD as there

check: deps $(PROGRAMS) check-format check-tidy ## clang-format, clang-tidy, and the programs in C: unit, property, cut-anywhere, fuzz corpus
	$(Q)$(PYTHON) tests/tools/runner.py $(if $(V),-v) -j $(TEST_JOBS) $(addprefix -t ,$(T)) \
		--scratch $(B)/tests/scratch $(PROGRAMS)

$(TEST_BIN): $(B)/tests/%: $(B)/obj/tests/%.o $(SUPPORT_OBJ) $(B)/libanalysis.a $(B)/libheapstrata.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) $(SPECIAL_LDFLAGS_$(@F)) -o $@ $^ \
		-lcmocka $(LIBS_cli) $(LIBS_lib)
$(TEST_SRC:%.c=$(B)/obj/%.o) $(SUPPORT_OBJ): | $(B)/deps.test

# lib/ as tests/cut takes it: with a call to tests/cut/watch.c before every access to memory, but for what only reads.
WATCHED_FLAGS := -fsanitize=thread -fno-builtin -U_FORTIFY_SOURCE $(foreach f,memcpy memmove memset,-D$(f)=watched_$(f))
$(B)/watched/%.o: %.c $(MAKE_FILES) | $(B)/deps.build
	$(call say,CC,$< [watched])
	$(Q)mkdir -p $(@D) && $(CC) $(filter-out $(SANFLAGS),$(call flags,$<)) $(WATCHED_FLAGS) -MMD -MP -c -o $@ $<
$(B)/libwatched.a: $(patsubst %.c,$(B)/watched/%.o,$(filter-out %decode.c,$(HS_LIB_SRC))) $(WATCH_SRC:%.c=$(B)/obj/%.o)
$(filter-out %/test_pending,$(filter $(B)/tests/cut/%,$(TEST_BIN))): $(B)/libwatched.a
# The same with a queue for interrupts (lib/section.h).
PENDING_FLAGS := -DHS_PENDING=1024
$(B)/pending/%.o: %.c $(MAKE_FILES) | $(B)/deps.build
	$(call say,CC,$< [watched, HS_PENDING])
	$(Q)mkdir -p $(@D) && $(CC) $(filter-out $(SANFLAGS),$(call flags,$<)) $(WATCHED_FLAGS) $(PENDING_FLAGS) -MMD -MP -c -o $@ $<
$(B)/libpending.a: $(patsubst %.c,$(B)/pending/%.o,$(filter-out %decode.c,$(HS_LIB_SRC))) $(WATCH_SRC:%.c=$(B)/obj/%.o)
$(B)/tests/cut/test_pending: $(B)/libpending.a
$(B)/obj/tests/cut/test_pending.o: CPPFLAGS += $(PENDING_FLAGS)

# lib/ and lib/host/ as tests/corrupt takes them: with sanitizers, whatever SAN says.
CHECKED_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
$(B)/checked/%.o: %.c $(MAKE_FILES) | $(B)/deps.test
	$(call say,CC,$< [checked])
	$(Q)mkdir -p $(@D) && $(CC) $(filter-out $(SANFLAGS),$(call flags,$<)) $(CHECKED_FLAGS) -MMD -MP -c -o $@ $<
$(B)/libchecked.a: $(patsubst %.c,$(B)/checked/%.o,$(HS_LIB_SRC) $(HOST_SRC))
$(CHECKED_BIN): $(B)/tests/%: $(B)/checked/tests/%.o $(B)/libchecked.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(CHECKED_FLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_lib)

# The program once more, by another compiler with sanitizers and without optimization: what one compiler hides the
# other one shows. tests/compilers compares what they say.
$(B)/variants/heapstrata-clang: $(B)/fuzz-obj/analysis/cmd/main.o $(B)/fuzz-obj/all.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_FLAGS) -o $@ $^ $(LIBS_cli) $(LIBS_lib)
$(B)/variants/O0/%.o: %.c $(MAKE_FILES) | $(B)/deps.build
	$(call say,CC,$< [-O0])
	$(Q)mkdir -p $(@D) && $(CC) $(call flags,$<) -O0 -MMD -MP -c -o $@ $<
$(B)/variants/heapstrata-O0: $(patsubst %.c,$(B)/variants/O0/%.o,$(MAIN_SRC) $(HS_LIB_SRC) $(HOST_SRC) $(ANALYSIS_SRC)) \
		$(PROTO_OBJ) $(PAGE_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -O0 $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_cli) $(LIBS_lib)
$(B)/variants/O0/analysis/export/proto.o: $(PROTO_GEN)
# ... and without all that may be left out. Only what differs by that is compiled again.
LEAST_SRC := $(call less,$(EVERY_SRC),$(PARTS))
LEAST_OWN := $(filter $(OPTIONAL_SRC) %_absent.c,$(LEAST_SRC))
$(B)/variants/least/%.o: %.c $(MAKE_FILES) | $(B)/deps.build
	$(call say,CC,$< [least])
	$(Q)mkdir -p $(@D) && $(CC) $(filter-out -DHS_WITHOUT_%,$(call flags,$<)) $(PARTS:%=-DHS_WITHOUT_%) -MMD -MP -c -o $@ $<
$(B)/variants/heapstrata-least: $(MAIN_OBJ) $(LEAST_OWN:%.c=$(B)/variants/least/%.o) $(patsubst %.c,$(B)/obj/%.o,$(filter-out \
		$(LEAST_OWN),$(LEAST_SRC))) $(PAGE_OBJ) $(B)/libheapstrata.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ -ljson-c -lz -lm $(LIBS_lib)

# What tests put in front of the C library by LD_PRELOAD.
$(PRELOAD_BIN): $(B)/%.so: %.c $(MAKE_FILES)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=c11 $(WARN) $(CPPFLAGS) -O2 -g -fPIC -shared -o $@ $< -ldl

# ---- style -----------------------------------------------------------------------------------------

CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
# Left out: macros that stand for whole functions, and the table of chips, whose columns are laid out by hand.
FORMATTED = $(filter-out %/tracepoints.h %/chips.c %/esp_asked.c %/esp_asked_more.c %/esp_asked_os.c tests/unit/test_heap.c tests/cut/watch.c,$(shell find lib firmware-hooks analysis examples tests -name '*.[ch]'))
TIDIED := $(HS_LIB_SRC) $(HOST_SRC) $(ANALYSIS_SRC) $(MAIN_SRC)

.PHONY: format check-format check-tidy
format: ## the C sources in the style of .clang-format
	$(Q)$(CLANG_FORMAT) -i $(FORMATTED)
check-format: ## what `make format` would change
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(FORMATTED)
check-tidy: $(TIDIED:%.c=$(B)/tidy/%.ok) ## clang-tidy over the product's sources, each once until it changes
# A source is looked at again when its object is made again, so when a header of it has changed.
$(B)/tidy/%.ok: $(B)/obj/%.o .clang-tidy
	$(call say,TIDY,$*.c)
	$(Q)mkdir -p $(@D) && $(CLANG_TIDY) --quiet $*.c -- $(filter-out -W%,$(call flags,$*.c)) 2>$(@:.ok=.log) && touch $@

# ---- coverage --------------------------------------------------------------------------------------

COVERAGE := $(BUILD)/coverage
COVERAGE_SUITES ?= cli diagnosis doctor dumps export files html import levels meminfo pictures whatif
# Not the programs that link other objects of the sources: these have no part in the figure, and the cut programs would log the
# stores of gcc's own counters. More seeds of the sampler run the same lines again.
COVERAGE_PROGRAMS := $(filter-out $(B)/tests/cut/%,$(TEST_BIN)) $(REPLAY_BIN)
COVERAGE_LESS := HS_LEVEL_SEEDS=60
.PHONY: coverage coverage-run
coverage: deps all micropython $(NPM)/tests/html/state ## which lines the tests run: the figure, and build/coverage/html
	$(Q)rm -rf $(COVERAGE)/html && mkdir -p $(COVERAGE) && find $(COVERAGE) -name '*.gcda' -delete
	$(Q)ln -sfn $(abspath $(BUILD)/npm) $(COVERAGE)/npm
	$(Q)$(MAKE) --no-print-directory BUILD=$(COVERAGE) CFLAGS='-O0 -g --coverage -fprofile-update=atomic' LDFLAGS=--coverage \
		MICROPYTHON_SRC='$(MICROPYTHON_SRC)' HS_MP=$(abspath $(M)) coverage-run
	$(Q)scripts/coverage $(COVERAGE)
coverage-run: all $(COVERAGE_PROGRAMS)
	-$(Q)$(COVERAGE_LESS) $(PYTHON) tests/tools/runner.py -j $(TEST_JOBS) --scratch $(B)/tests/scratch $(COVERAGE_PROGRAMS) \
		$(filter $(COVERAGE_SUITES:%=tests/%/run),$(SUITES))

.PHONY: check-layers
check-layers: ## who includes whom; what the firmware objects need; one file per third-party library
	$(Q)tests/layers/run

# ---- fuzzing -------------------------------------------------------------------------------------

FUZZ_SECONDS ?= 60
FUZZ_FLAGS := -std=c11 -g -O1 $(CPPFLAGS) -fno-omit-frame-pointer -fsanitize=address,undefined \
              -fno-sanitize-recover=all
FUZZ_OBJ := $(patsubst %.c,$(B)/fuzz-obj/%.o,$(HS_LIB_SRC) $(HOST_SRC) $(ANALYSIS_SRC))

.PHONY: fuzz
fuzz: deps $(FUZZ_BIN) ## libFuzzer, FUZZ_SECONDS= for each target; findings land in build/tests/fuzz
	$(Q)for f in $(notdir $(FUZZ_BIN)); do \
		mkdir -p $(B)/tests/fuzz/found/$$f tests/fuzz/corpus/$$f; \
		echo "fuzz: $$f, $(FUZZ_SECONDS) s"; \
		$(B)/tests/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
			-artifact_prefix=$(B)/tests/fuzz/$$f- $(B)/tests/fuzz/found/$$f tests/fuzz/corpus/$$f \
			>$(B)/tests/fuzz/$$f.log 2>&1 || { tail -n 40 $(B)/tests/fuzz/$$f.log; exit 1; }; \
		grep -E 'number_of_executed_units|Done' $(B)/tests/fuzz/$$f.log; done

$(B)/fuzz-obj/%.o: %.c $(MAKE_FILES) | $(B)/deps.build $(B)/deps.test
	$(call say,CLANG,$<)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
$(B)/fuzz-obj/all.a: $(FUZZ_OBJ) $(PROTO_OBJ) $(PAGE_OBJ)
$(FUZZ_BIN): $(B)/tests/%: $(B)/fuzz-obj/tests/%.o $(B)/fuzz-obj/all.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS_cli) $(LIBS_lib)

# The same targets under a plain main that replays the corpus: no clang needed, part of `make test`.
$(REPLAY_BIN): $(B)/tests/fuzz/replay_%: $(B)/obj/tests/fuzz/%.o $(B)/obj/tests/fuzz/replay.o \
		$(B)/libanalysis.a $(B)/libheapstrata.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_cli) $(LIBS_lib)

# Makes traces whose sums are right and whose contents are not, for tests/fuzz/run.
$(MUTATE_BIN): $(B)/obj/tests/fuzz/mutate.o $(B)/libheapstrata.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_lib)

# ---- demo, bench, examples -----------------------------------------------------------------------

.PHONY: demo bench
demo: $(B)/deps.firmware all micropython ## a real program that fragments its heap, and what HeapStrata says about it
	$(Q)examples/demo/run

bench: deps all micropython micropython-plain micropython-rp2 $(RP2_PLAIN)/RPI_PICO/firmware.elf $(LWIP_THERE) $(NPM)/tests/html/state $(NPM)/tests/rp2/state ## bytes, instructions, speed, with others' figures beside
	$(Q)tests/bench/run

# examples/const-vs-global/run is `make example-const`: the folder's first word.
EXAMPLES := $(filter-out demo,$(foreach d,$(patsubst examples/%/run,%,$(wildcard examples/*/run)),$(firstword $(subst -, ,$(d)))))
.PHONY: $(addprefix example-,$(EXAMPLES))
$(addprefix example-,$(EXAMPLES)): example-%: $(B)/deps.firmware all
	$(Q)$(wildcard examples/$*/run examples/$*-*/run)
$(addprefix example-,$(filter-out lwip,$(EXAMPLES))): micropython
example-lwip: $(LWIP_THERE)

# ---- install -------------------------------------------------------------------------------------

D = $(DESTDIR)$(PREFIX)
L = $(DESTDIR)$(LIBDIR)
.PHONY: install uninstall deb dist
install: all ## PREFIX=/usr/local DESTDIR= LIBDIR=PREFIX/lib
	install -d $(D)/bin $(L)/pkgconfig $(D)/include/heapstrata
	install -m 755 $(B)/heapstrata $(D)/bin/
	install -m 644 $(B)/libheapstrata.a $(L)/
	install -m 644 $(B)/$(SOFILE) $(L)/
	ln -sf $(SOFILE) $(L)/$(SONAME)
	ln -sf $(SOFILE) $(L)/libheapstrata.so
	for h in $(PUBLIC_HDR); do sed -e 's|#include "lib/host/|#include "|' -e 's|#include "lib/|#include "|' $$h \
		>$(D)/include/heapstrata/$${h##*/} || exit 1; done
	printf '/* SPDX-License-Identifier: MIT */\n#include "reader.h"\n#include "writer.h"\n' >$(D)/include/heapstrata/heapstrata.h
	sed -e 's|@VERSION@|$(VERSION)|' -e "s|@PREFIX@|$$(realpath -ms --relative-to=$(LIBDIR)/pkgconfig $(PREFIX))|" \
		lib/host/heapstrata.pc.in >$(L)/pkgconfig/heapstrata.pc
	test ! -f $(PLUGIN) || install -D -m 644 -t $(L)/babeltrace2/plugins $(PLUGIN)
	$(if $(TRACECOMPASS),install -D -m 644 -t $(D)/share/heapstrata/tracecompass $(TRACECOMPASS))
	$(if $(MAN),install -d $(D)/share/man/man1 && install -m 644 $(MAN) $(D)/share/man/man1/)
	install -D -m 644 $(B)/completion/bash $(D)/share/bash-completion/completions/heapstrata
	install -D -m 644 $(B)/completion/zsh $(D)/share/zsh/$(ZSH_FOLDER)/_heapstrata
	install -D -m 644 $(B)/completion/fish $(D)/share/fish/vendor_completions.d/heapstrata.fish
ZSH_FOLDER ?= site-functions

# What `make install` with the same variables puts there, and no other file.
uninstall: all ## removes what `make install` with the same variables put there
	$(Q)rm -rf $(B)/uninstall && $(MAKE) --no-print-directory install DESTDIR=$(abspath $(B)/uninstall) PREFIX=$(PREFIX) \
		LIBDIR=$(LIBDIR) ZSH_FOLDER=$(ZSH_FOLDER) >/dev/null
	(cd $(B)/uninstall && find . ! -type d) | sed 's|^\./|$(DESTDIR)/|' | xargs -d '\n' rm -f
	-rmdir $(D)/include/heapstrata $(D)/share/heapstrata/tracecompass $(D)/share/heapstrata 2>/dev/null || :
	$(Q)rm -rf $(B)/uninstall

deb: ## Debian packages in build/deb; needs debhelper and what debian/control names
	$(Q)scripts/deb $(BUILD)/deb

dist: $(B)/deps.dist static windows npm web ## what a release has, with checksums, in build/dist: docs/releasing.md
	$(Q)scripts/dist $(B) $(SOURCE) $(B)/dist

# ---- housekeeping --------------------------------------------------------------------------------

.PHONY: clean distclean help
clean: ## what was compiled; the sources of MicroPython and lwIP stay
	rm -rf $(filter-out $(BUILD)/micropython $(LWIP_DIR),$(wildcard $(BUILD)/*)) \
		$(filter-out $(LWIP_DIR)/src,$(wildcard $(LWIP_DIR)/*)) \
		$(addprefix $(M)/,unix64 unix64-lttng unix32 qemu-arm plain rp2 mpy-cross config)

distclean: ## the whole build folder
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1@\2/p' Makefile | awk -F@ '{ printf "  make %-18s %s\n", $$1, $$2 }'
	@sed -n 's/^#   \([A-Z]\)/  \1/p' Makefile

-include $(shell find $(B)/obj $(B)/pic $(WASM)/obj $(STATIC)/obj $(WINDOWS)/obj $(POSIX)/obj $(B)/watched $(B)/checked $(B)/fuzz-obj $(B)/variants -name '*.d' 2>/dev/null)
