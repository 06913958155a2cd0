# SPDX-License-Identifier: MIT
# Builds the example for an emulated machine, from the repository's root:
#
#   make -f examples/c-firmware/c-firmware.mk LIBC=newlib-nano OUT=FOLDER        FOLDER/firmware.elf
#
# LIBC          newlib-nano or newlib: QEMU's mps2-an385, Cortex-M3;  picolibc: QEMU's virt, RV32
# PROGRAM       other sources than examples/c-firmware/main.c
# NAME, PROGRAM_CFLAGS    of the program, and flags for its sources and the port only
# MORE_HOOKS    more folders of firmware-hooks/: cxx
# MORE_CFLAGS, MORE_LDFLAGS    for all sources, for the link
# LINK_WITH     gcc for C++ without its library
#
# A firmware of your own needs the lines between the two rulers.
LIBC ?= newlib-nano
PROGRAM ?= examples/c-firmware/main.c
NAME ?= firmware
CFLAGS ?= -Os -g
LINK_WITH ?= $(if $(filter %.cc,$(PROGRAM)),g++,gcc)

# ---------------------------------------------------------------------------------------------------
HS_ROOT := .
HS_HOOKS := $(LIBC) console $(MORE_HOOKS)
include $(HS_ROOT)/firmware-hooks/hooks.mk
OWN_SRC = $(PROGRAM) $(BOARD_SRC) firmware-hooks/ports/port_$(PORT).c
HS_SRC = $(HS_LIB_SRC) $(HS_HOOKS_SRC)
FLAGS = $(CPU) $(SPECS) $(CFLAGS) $(MORE_CFLAGS) -ffunction-sections -fdata-sections -I$(HS_ROOT) \
	-DHS_PORT_HEADER='"firmware-hooks/ports/port_$(PORT).h"' $(PORT_FLAGS)
LDFLAGS = $(CPU) $(SPECS) $(CFLAGS) $(MORE_CFLAGS) $(BOARD_LDFLAGS) -Wl,--gc-sections $(HS_HOOKS_LDFLAGS) $(MORE_LDFLAGS)
# ---------------------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wundef -Wno-missing-field-initializers
C_WARN := -Wstrict-prototypes -Wmissing-prototypes
ifeq ($(LIBC),picolibc)
CROSS := riscv64-unknown-elf-
CPU := -march=rv32imac -mabi=ilp32
SPECS := --specs=picolibc.specs
PORT := riscv
# picolibc's linker script keeps this section over a reset.
PORT_FLAGS := -DQEMU_SOC_VIRT -DHS_RING_SECTION='".preserve"'
RAM_SIZE ?= 2M
BOARD_LDFLAGS = -Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=4M,--defsym=__ram=0x80400000,--defsym=__ram_size=$(RAM_SIZE),--defsym=__stack_size=8K
else
CROSS := arm-none-eabi-
CPU := -mcpu=cortex-m3 -mthumb
SPECS := $(if $(filter newlib-nano,$(LIBC)),--specs=nano.specs) --specs=nosys.specs
PORT := cortexm
PORT_FLAGS := -DQEMU_SOC_MPS2
BOARD_SRC := examples/c-firmware/mps2.c
BOARD_LDFLAGS = -nostartfiles -T examples/c-firmware/mps2.ld -Wl,--no-warn-rwx-segments
endif

OBJ = $(patsubst %,$(OUT)/$(NAME)/%.o,$(OWN_SRC)) $(patsubst %,$(OUT)/%.o,$(HS_SRC))
$(OUT)/$(NAME).elf: $(OBJ)
	@$(CROSS)$(LINK_WITH) -o $@ $^ $(LDFLAGS)

$(OUT)/$(NAME)/%.c.o: FLAGS += $(PROGRAM_CFLAGS)
compile_c = @mkdir -p $(@D) && $(CROSS)gcc -std=gnu11 $(WARN) $(C_WARN) $(FLAGS) -MMD -MP -c -o $@ $<
$(OUT)/$(NAME)/%.c.o: %.c
	$(compile_c)
$(OUT)/%.c.o: %.c
	$(compile_c)
$(OUT)/$(NAME)/%.cc.o: %.cc
	@mkdir -p $(@D) && $(CROSS)g++ -std=gnu++17 -fno-rtti $(WARN) $(FLAGS) -MMD -MP -c -o $@ $<
-include $(OBJ:.o=.d)
