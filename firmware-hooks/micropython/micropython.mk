# SPDX-License-Identifier: MIT
# HeapStrata as a MicroPython user C module, for the ports built with make:
#
#   make -C ports/stm32 BOARD=PYBV11 USER_C_MODULES=<heapstrata>/firmware-hooks
#
# HEAPSTRATA_PORT       firmware-hooks/ports/port_<this>.c; found from the port's folder name
# HEAPSTRATA_RING_ADDR  address of the retained ring, for a port whose linker script has no place for it
# HEAPSTRATA_RING_SIZE  its size in bytes. Without these two the ring is taken from the heap if start-up code does not clear
#                       the heap, as large as firmware-hooks/ports/sizes.h says; otherwise it is an array of 16 KB.
#                       CircuitPython: without it here, settings.toml on the board may have it
# HEAPSTRATA_CFLAGS     more flags, for instance -DHS_... of lib/hs_config.h
# HEAPSTRATA_COPT       optimisation of our own files
# HEAPSTRATA_LWIP=1     record lwIP's pools and heap too (firmware-hooks/lwip), in ports that have lwIP
# HEAPSTRATA_OUTER      CircuitPython: record its outer heap too; by default 1 if that heap is the supervisor's
# HEAPSTRATA_HEAPS      folders of firmware-hooks/ with hooks of other heaps, to record these too (firmware-hooks/README.md)
# HEAPSTRATA_WITHOUT    parts to leave out for less ROM, of: levels phases references streaming track speed (docs/cost.md). The trace
#                       names them, and heapstrata doctor
# HEAPSTRATA_MORE=FILE  a makefile to include, with more sources
# HEAPSTRATA_LTTNG=1    unix: emit all records as LTTng-UST tracepoints too (liblttng-ust-dev)
#
# Sources are named relative to our root and found by vpath, as MicroPython finds its own: so every
# object is inside BUILD, whether USER_C_MODULES is absolute or relative, and no folder of them has the name
# of the program, $(BUILD)/micropython.
HEAPSTRATA_ROOT := $(abspath $(USERMOD_DIR)/../..)

# What was set on make's command line or in the environment must be one of these; others there only mean something to
# a program that runs (port_posix.c) or to our own Makefile.
HEAPSTRATA_SWITCHES := HEAPSTRATA_LWIP HEAPSTRATA_OUTER HEAPSTRATA_HEAP_CAPS HEAPSTRATA_LTTNG HEAPSTRATA_CIRCUITPYTHON
HEAPSTRATA_NAMES := $(HEAPSTRATA_SWITCHES) $(addprefix HEAPSTRATA_,PORT RING_ADDR RING_SIZE CFLAGS COPT MORE HEAPS WITHOUT)
HEAPSTRATA_AT_RUN := $(addprefix HEAPSTRATA_,OUT RING PACKET TIME_SCALE STACKS REFS COLLECT_EVERY LEVEL FLAGS)
HEAPSTRATA_GIVEN := $(foreach v,$(filter HEAPSTRATA_%,$(.VARIABLES)),$(if $(filter command environment,$(origin $(v))),$(v)))
HEAPSTRATA_UNKNOWN := $(filter-out $(HEAPSTRATA_NAMES) \
	$(foreach v,$(HEAPSTRATA_AT_RUN),$(if $(filter environment,$(origin $(v))),$(v))),$(HEAPSTRATA_GIVEN))
ifneq ($(HEAPSTRATA_UNKNOWN),)
$(error HeapStrata: there is no setting $(HEAPSTRATA_UNKNOWN): there are $(HEAPSTRATA_NAMES); give -DHS_... of lib/hs_config.h in HEAPSTRATA_CFLAGS)
endif
$(foreach v,$(HEAPSTRATA_SWITCHES),$(if $(filter-out 0 1,$($(v))),$(error HeapStrata: $(v)=$($(v)): 1 or 0)))

HEAPSTRATA_PART_levels := LEVELS
HEAPSTRATA_PART_phases := PHASES
HEAPSTRATA_PART_references := REFERENCES
HEAPSTRATA_PART_streaming := STREAMING
HEAPSTRATA_PART_track := TRACK
HEAPSTRATA_PART_speed := SPEED
$(foreach p,$(HEAPSTRATA_WITHOUT),$(if $(HEAPSTRATA_PART_$(p)),,$(error HeapStrata: HEAPSTRATA_WITHOUT=$(p): there is no such part; there are levels phases references streaming track speed)))

HEAPSTRATA_MP_PORT := $(notdir $(CURDIR))
HEAPSTRATA_PORT_unix := posix
HEAPSTRATA_PORT_raspberrypi := rp2
HEAPSTRATA_PORT_espressif := esp_idf
$(foreach p,alif analog atmel-samd cxd56 mimxrt mimxrt10xx nordic nrf qemu renesas-ra samd silabs stm stm32,$(eval HEAPSTRATA_PORT_$(p) := cortexm))
ifeq ($(HEAPSTRATA_MP_PORT),qemu)
HEAPSTRATA_PORT_qemu := $(if $(filter riscv%,$(QEMU_ARCH)),riscv,$(if $(filter SABRELITE,$(BOARD)),cortexa,cortexm))
endif
HEAPSTRATA_PORT ?= $(HEAPSTRATA_PORT_$(HEAPSTRATA_MP_PORT))
HEAPSTRATA_COPT ?= $(if $(filter posix,$(HEAPSTRATA_PORT)),-O2,-Os)

# The emulated board: SSRAM 2 and 3, which its linker script leaves alone and a system reset keeps.
ifeq ($(HEAPSTRATA_MP_PORT)/$(BOARD),qemu/MPS2_AN385)
HEAPSTRATA_RING_ADDR ?= 0x20000000
HEAPSTRATA_RING_SIZE ?= 0x400000
CFLAGS_USERMOD += $(if $(findstring -DHS_SITES,$(HEAPSTRATA_CFLAGS)),,-DHS_SITES=512)
endif

ifeq ($(wildcard $(HEAPSTRATA_ROOT)/firmware-hooks/ports/port_$(HEAPSTRATA_PORT).c),)
$(error HeapStrata: no port file for "$(HEAPSTRATA_MP_PORT)": set HEAPSTRATA_PORT to one of \
	$(patsubst port_%,%,$(basename $(notdir $(wildcard $(HEAPSTRATA_ROOT)/firmware-hooks/ports/port_*.c)))))
endif

# CircuitPython has a supervisor where MicroPython has none.
HEAPSTRATA_CIRCUITPYTHON ?= $(if $(wildcard $(TOP)/supervisor/port.h),1)
HEAPSTRATA_OUTER ?= $(if $(HEAPSTRATA_CIRCUITPYTHON),$(if $(filter unix espressif,$(HEAPSTRATA_MP_PORT)),,1))
HEAPSTRATA_OTHERS := $(strip $(filter 1,$(HEAPSTRATA_LWIP) $(HEAPSTRATA_OUTER) $(HEAPSTRATA_HEAP_CAPS)) $(HEAPSTRATA_HEAPS))
$(foreach h,$(HEAPSTRATA_HEAPS),$(if $(wildcard $(HEAPSTRATA_ROOT)/firmware-hooks/$(h)/wraps.txt),,$(error HeapStrata: HEAPSTRATA_HEAPS=$(h): no such folder in firmware-hooks)))
HEAPSTRATA_SUPERVISOR := $(if $(HEAPSTRATA_CIRCUITPYTHON),$(if $(filter unix,$(HEAPSTRATA_MP_PORT)),,1))
HEAPSTRATA_CP_ROOM := $(if $(filter espressif,$(HEAPSTRATA_MP_PORT)),,$(HEAPSTRATA_SUPERVISOR))

HS_ROOT := $(HEAPSTRATA_ROOT)
include $(HEAPSTRATA_ROOT)/lib/lib.mk
HEAPSTRATA_HOOKS := micropython $(if $(filter 1,$(HEAPSTRATA_OUTER)),circuitpython) $(if $(filter 1,$(HEAPSTRATA_LWIP)),lwip) $(HEAPSTRATA_HEAPS)
HEAPSTRATA_HOOK_SRC := $(patsubst $(HEAPSTRATA_ROOT)/%,%,$(sort $(wildcard $(patsubst %,$(HEAPSTRATA_ROOT)/firmware-hooks/%/*.c,startup $(HEAPSTRATA_HOOKS)))))
# What asks the supervisor is there where one is, whether its heap is recorded or not.
HEAPSTRATA_HOOK_SRC := $(filter-out firmware-hooks/circuitpython/cp_%,$(HEAPSTRATA_HOOK_SRC)) $(addprefix firmware-hooks/circuitpython/,\
	$(if $(HEAPSTRATA_CP_ROOM),cp_room.c cp_settings.c) $(if $(HEAPSTRATA_SUPERVISOR),cp_runs.c \
	$(if $(filter 1,$(HEAPSTRATA_OUTER)),cp_objects.c)))
# ESP-IDF's heap around it: without what starts the component by itself. The wraps are the build's (esp-idf/wraps.txt).
HEAPSTRATA_HOOK_SRC += $(if $(filter 1,$(HEAPSTRATA_HEAP_CAPS)),$(addprefix firmware-hooks/esp-idf/,esp_hooks.c esp_asked.c esp_asked_os.c esp_regions.c esp_walk.c esp_tasks.c esp_tracking.c))
HEAPSTRATA_PORT_SRC := firmware-hooks/ports/port_$(HEAPSTRATA_PORT).c
HEAPSTRATA_LTTNG_SRC := $(if $(filter 1,$(HEAPSTRATA_LTTNG)),firmware-hooks/lttng-ust/provider.c)

SRC_USERMOD_C += $(HEAPSTRATA_HOOK_SRC)
SRC_USERMOD_LIB_C += $(HS_LIB_SRC) $(HEAPSTRATA_PORT_SRC) $(HEAPSTRATA_LTTNG_SRC)
$(foreach f,$(HEAPSTRATA_HOOK_SRC) $(HS_LIB_SRC) $(HEAPSTRATA_PORT_SRC) $(HEAPSTRATA_LTTNG_SRC),$(eval vpath $(f) $(HEAPSTRATA_ROOT)))

ifneq ($(wildcard $(HEAPSTRATA_ROOT)/firmware-hooks/ports/port_$(HEAPSTRATA_PORT).h),)
CFLAGS_USERMOD += -DHS_PORT_HEADER='"firmware-hooks/ports/port_$(HEAPSTRATA_PORT).h"'
endif
CFLAGS_USERMOD += -I$(HEAPSTRATA_ROOT) -DHS_MICROPYTHON=1 -DHS_EXPLICIT=$(if $(HEAPSTRATA_OTHERS),1,0) $(if $(filter posix,$(HEAPSTRATA_PORT)),-DHS_STACKS=1) $(HEAPSTRATA_CFLAGS)
CFLAGS_USERMOD += $(foreach p,$(HEAPSTRATA_WITHOUT),-DHS_WITH_$(HEAPSTRATA_PART_$(p))=0)
CFLAGS_USERMOD += $(if $(HEAPSTRATA_CIRCUITPYTHON),-DHS_CIRCUITPYTHON=1) $(if $(filter 1,$(HEAPSTRATA_LWIP)),-DHS_WITH_LWIP=1) \
	$(if $(filter 1,$(HEAPSTRATA_OUTER)),-DHS_WITH_OUTER=1) $(if $(filter 1,$(HEAPSTRATA_HEAP_CAPS)),-DHS_WITH_HEAP_CAPS=1)
# Ports whose linker script puts the heap after .bss: start-up code does not clear it.
HEAPSTRATA_KEEPS_HEAP := $(or $(HEAPSTRATA_CP_ROOM),$(filter mimxrt nrf renesas-ra samd stm32,$(HEAPSTRATA_MP_PORT)))
CFLAGS_USERMOD += $(if $(HEAPSTRATA_CP_ROOM),-DHS_CP_ROOM=1) $(if $(HEAPSTRATA_SUPERVISOR),-DHS_CP_RUNS=1) $(if $(HEAPSTRATA_KEEPS_HEAP),-DHS_RING_FROM_HEAP=1)
ifneq ($(if $(filter posix,$(HEAPSTRATA_PORT)),$(filter command,$(origin HEAPSTRATA_RING_ADDR) $(origin HEAPSTRATA_RING_SIZE))),)
$(error HeapStrata: a process has its ring in a file: HEAPSTRATA_RING=FILE:SIZE in the environment of the program)
endif
CFLAGS_USERMOD += $(if $(HEAPSTRATA_RING_ADDR),-DHS_RING_ADDR=$(HEAPSTRATA_RING_ADDR)) \
	$(if $(HEAPSTRATA_RING_SIZE),-DHS_RING_SIZE=$(HEAPSTRATA_RING_SIZE))

# What a firmware does not use is dropped. Sections for data only where the port is known to clear all of them: the start-up code
# of others clears .bss and not .bss.hs_trace, so the recorder would find its state of before a reset.
HEAPSTRATA_SECTIONS := -ffunction-sections $(if $(filter nrf,$(HEAPSTRATA_MP_PORT)),-fdata-sections)
HEAPSTRATA_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(HEAPSTRATA_HOOK_SRC) $(HS_LIB_SRC) $(HEAPSTRATA_PORT_SRC) $(HEAPSTRATA_LTTNG_SRC))
$(HEAPSTRATA_OBJ): CFLAGS += -std=gnu11 $(HEAPSTRATA_COPT) $(HEAPSTRATA_SECTIONS)

# Other settings than last time: our files are compiled again. In a folder that was built without the module MicroPython would
# look for names of strings in files only that are newer than its list of them, so that list is made anew.
HEAPSTRATA_STATE := $(BUILD)/heapstrata.settings
$(shell mkdir -p $(BUILD); test -e $(HEAPSTRATA_STATE) || rm -f $(BUILD)/genhdr/qstr.i.last)
$(file >$(HEAPSTRATA_STATE).new,$(foreach v,$(HEAPSTRATA_NAMES),$(v)=$($(v))) BOARD=$(BOARD))
$(shell cmp -s $(HEAPSTRATA_STATE).new $(HEAPSTRATA_STATE) || cp $(HEAPSTRATA_STATE).new $(HEAPSTRATA_STATE))
$(HEAPSTRATA_OBJ): $(HEAPSTRATA_STATE) $(HEAPSTRATA_ROOT)/firmware-hooks/micropython/micropython.mk

# With link-time optimisation a wrap is silently lost when caller and function are merged: keep the
# files that define the wrapped functions out of it.
$(addprefix $(BUILD)/,py/gc.o py/malloc.o py/nlr.o py/nlrthumb.o py/nlrx64.o py/nlrx86.o py/nlrxtensa.o py/nlrsetjmp.o py/obj.o py/vm.o mpthreadport.o supervisor/shared/port.o) $(HEAPSTRATA_OBJ) \
$(foreach f,memp mem timeouts,$(BUILD)/lib/lwip/src/core/$(f).o $(BUILD)/sdk/lib/lwip/src/core/$(f).o): CFLAGS += -fno-lto $(HEAPSTRATA_SECTIONS)

# Where the port's makefile calls ld itself, that takes the option without the compiler's -Wl.
HEAPSTRATA_COMMA := ,
HEAPSTRATA_BY_LD := $(or $(filter cxd56,$(HEAPSTRATA_MP_PORT)),$(filter-out 0,$(shell grep -qsE '^LD *[:?]?= *\$$\(CC\)' Makefile || \
	grep -csE '\$$\(Q\)\$$\(LD\).* -o' Makefile)))
HEAPSTRATA_LD := $(if $(HEAPSTRATA_BY_LD),,-Wl$(HEAPSTRATA_COMMA))
HEAPSTRATA_WRAPS := $(shell sed -e 's/\#.*//' $(patsubst %,$(HEAPSTRATA_ROOT)/firmware-hooks/%/wraps.txt,\
	$(sort $(HEAPSTRATA_HOOKS) $(if $(HEAPSTRATA_CIRCUITPYTHON)$(filter 1,$(HEAPSTRATA_OUTER)),circuitpython))) \
	$(if $(filter 1,$(HEAPSTRATA_OUTER)),$(HEAPSTRATA_ROOT)/firmware-hooks/circuitpython/wraps_outer.txt) \
	$(wildcard $(HEAPSTRATA_ROOT)/firmware-hooks/ports/wraps_$(HEAPSTRATA_PORT).txt))
# The module names a symbol that only these options define, so that a link without them fails.
HEAPSTRATA_LINK := $(addprefix $(HEAPSTRATA_LD)--wrap=,$(HEAPSTRATA_WRAPS)) $(HEAPSTRATA_LD)--defsym=hs_wraps_are_missing_at_the_link=0
LDFLAGS_USERMOD += $(HEAPSTRATA_LINK)
# nrf leaves it to link-time optimisation to drop what is not used, which does not know our files: the decoder would stay.
LDFLAGS_USERMOD += $(if $(filter nrf,$(HEAPSTRATA_MP_PORT)),$(HEAPSTRATA_LD)--gc-sections)

# CircuitPython's ports assign LDFLAGS later, or link without. The command that links has CFLAGS, or where ld is called
# LDFLAGS, or where the vendor's tool writes the makefile LD_FLAGS.
ifneq ($(HEAPSTRATA_CIRCUITPYTHON),)
HEAPSTRATA_LINK_BY := $(if $(filter cxd56,$(HEAPSTRATA_MP_PORT)),LDFLAGS,$(if $(filter silabs,$(HEAPSTRATA_MP_PORT)),LD_FLAGS,CFLAGS))
%/firmware.elf %/firmware.out: private $(HEAPSTRATA_LINK_BY) += $(HEAPSTRATA_LINK)
endif

ifneq ($(HEAPSTRATA_LTTNG_SRC),)
HEAPSTRATA_LTTNG_WRAPS := $(shell sed -e 's/\#.*//' $(HEAPSTRATA_ROOT)/firmware-hooks/lttng-ust/wraps.txt)
LDFLAGS_USERMOD += $(addprefix $(HEAPSTRATA_LD)--wrap=,$(HEAPSTRATA_LTTNG_WRAPS)) -llttng-ust -ldl
endif

ifneq ($(HEAPSTRATA_MORE),)
include $(HEAPSTRATA_MORE)
endif
