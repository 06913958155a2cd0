# SPDX-License-Identifier: MIT
# A port of CircuitPython as far as the hooks' makefile sees it: py/py.mk, and behind it the port's own flags and its link,
# as the port has them whose name the current folder has. HS is the repository; objects get into BUILD, the program into OUT.
all:
TOP := $(HS)/tests/circuitpython/include
HERE := $(HS)/tests/circuitpython
NAME := $(notdir $(CURDIR))
WARNINGS := -Wall -Wextra -Werror -Wundef -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition -Wnested-externs -Wshadow \
	-Wwrite-strings -Wsign-compare -Wcast-align -Wdouble-promotion -Wfloat-equal -Wtype-limits -Wunreachable-code
CFLAGS += -Os -g -std=gnu11 $(WARNINGS) -ffunction-sections -fdata-sections -I$(TOP) -I$(HS) -I$(HS)/tests/heaps/stub -I$(BUILD) -DCIRCUITPY_SETTINGS_TOML=1 \
	-DHS_IN_INTERRUPT=standin_in_interrupt $(MORE_CFLAGS)

# What py.mk does.
SRC_USERMOD_C :=
SRC_USERMOD_LIB_C :=
CFLAGS_USERMOD :=
LDFLAGS_USERMOD :=
USERMOD_DIR := $(HS)/firmware-hooks/micropython
include $(USERMOD_DIR)/micropython.mk
CFLAGS += $(CFLAGS_USERMOD)
LDFLAGS += $(LDFLAGS_USERMOD)

STANDIN := interpreter.c heap.c malloc.c port.c
HOOKS := $(SRC_USERMOD_C) $(SRC_USERMOD_LIB_C)
OBJ := $(HOOKS:%.c=$(BUILD)/%.o) $(STANDIN:%.c=$(BUILD)/standin/%.o)

# What the ports do behind it.
ifneq ($(filter atmel-samd nordic stm mimxrt10xx litex somewhere,$(NAME)),)
LDFLAGS = $(CFLAGS) -Wl,--gc-sections
LINK = $(CC) -o $@ $(LDFLAGS) $(OBJ)
endif
ifneq ($(filter raspberrypi renode,$(NAME)),)
LINK = $(CC) -o $@ $(CFLAGS) -Wl,--gc-sections $(OBJ)
endif
ifneq ($(filter analog broadcom espressif,$(NAME)),)
LDFLAGS += $(CFLAGS) -Wl,--gc-sections
LINK = $(CC) -o $@ $(LDFLAGS) $(OBJ)
endif
ifneq ($(filter cxd56,$(NAME)),)
LD := $(HERE)/ld
LDFLAGS = --gc-sections -o $@ $(OBJ)
LINK = $(LD) $(LDFLAGS)
endif
ifneq ($(filter silabs,$(NAME)),)
LD_FLAGS = -Wl,--gc-sections
LINK = $(CC) $(LD_FLAGS) -o $@ $(OBJ)
endif

# "somewhere" has a link that no makefile of ours foresees.
PROGRAM := $(OUT)/firmware.$(if $(filter silabs,$(NAME)),out,$(if $(filter somewhere,$(NAME)),axf,elf))
all: $(PROGRAM)
objects: $(filter-out $(BUILD)/standin/%,$(OBJ))
$(PROGRAM): $(OBJ)
	$(LINK) $(MORE_LDFLAGS)

$(BUILD)/genhdr/qstrs.def: $(HOOKS)
	@mkdir -p $(@D)
	grep -oh 'MP_QSTR_[a-z_]*' $^ | sed 's/MP_QSTR_\(.*\)/QSTR(\1)/' | sort -u >$@
$(BUILD)/genhdr/qstrs.h: $(BUILD)/genhdr/qstrs.def
	{ echo 'enum {'; sed 's/QSTR(\(.*\))/MP_QSTR_\1,/' $<; echo '};'; } >$@
$(OBJ): $(BUILD)/genhdr/qstrs.h
$(BUILD)/standin/port.o: CFLAGS += -w
$(BUILD)/standin/interpreter.o: CFLAGS += -Wno-unused-parameter -Wno-missing-noreturn
$(BUILD)/standin/%.o: $(HERE)/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
