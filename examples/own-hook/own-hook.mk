# SPDX-License-Identifier: MIT
# Builds the example's program for this computer, from the repository's root:
#
#   make -f examples/own-hook/own-hook.mk OUT=FOLDER        FOLDER/own-hook
#
# MORE_CFLAGS   for the allocator only: -flto loses the wraps, and the self-test says so
HS_ROOT := .
HS_HOOKS := example
include firmware-hooks/hooks.mk
CFLAGS ?= -O1 -g
FLAGS := -std=gnu11 -Wall -Wextra -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wno-missing-field-initializers $(CFLAGS) \
	-I$(HS_ROOT) -DHS_PORT_HEADER='"firmware-hooks/ports/port_posix.h"'
OBJ := $(patsubst %.c,$(OUT)/%.o,examples/own-hook/main.c firmware-hooks/ports/port_posix.c $(HS_HOOKS_SRC) $(HS_LIB_SRC))

$(OUT)/own-hook: $(OBJ)
	@$(CC) $(CFLAGS) $(MORE_CFLAGS) -no-pie -o $@ $^ $(HS_HOOKS_LDFLAGS)

$(OUT)/firmware-hooks/example/%.o $(OUT)/examples/own-hook/main.o: FLAGS += $(MORE_CFLAGS)
$(OUT)/%.o: %.c
	@mkdir -p $(@D) && $(CC) $(FLAGS) -MMD -MP -c -o $@ $<
-include $(OBJ:.o=.d)
