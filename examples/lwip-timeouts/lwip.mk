# SPDX-License-Identifier: MIT
# Builds the example's program: lwIP from its sources, the hook, the recorder.
#
#   make -f examples/lwip-timeouts/lwip.mk SRC=LWIP OUT=FOLDER TIMEOUTS=7 ...      FOLDER/web-7
#
# TIMEOUTS    MEMP_NUM_SYS_TIMEOUT, the pool of timeouts
# LWIP_FLAGS  more flags for all that sees lwipopts.h: -DMEMP_MEM_MALLOC=1, -flto ...
# LINK_FLAGS  more flags for the linker
# MAIN        the program, in the order of its sources: this one if not said otherwise
# A folder is for one LWIP_FLAGS.
HS_ROOT := .
HERE := examples/lwip-timeouts
MAIN ?= $(HERE)/web.c $(HERE)/network.c
TIMEOUTS ?= 7
CFLAGS ?= -O1 -g
include firmware-hooks/lwip/lwip.mk

LWIP := $(addprefix core/,init def dns inet_chksum ip mem memp netif pbuf raw stats sys tcp tcp_in tcp_out timeouts udp) \
	$(addprefix core/ipv4/,dhcp etharp icmp igmp ip4_frag ip4 ip4_addr) \
	netif/ethernet apps/http/fs apps/http/httpd $(addprefix apps/mdns/,mdns mdns_out mdns_domain)
OWN := $(basename $(MAIN) firmware-hooks/ports/port_posix.c $(HS_LWIP_SRC) $(HS_LIB_SRC))
PROGRAM := $(basename $(notdir $(firstword $(MAIN))))

# What depends on the number of timeouts has a folder of its own.
SIZED := core/init core/memp
O := $(OUT)/$(TIMEOUTS)
OBJ := $(patsubst %,$(OUT)/%.o,$(filter-out $(SIZED),$(LWIP))) $(patsubst %,$(O)/%.o,$(SIZED) $(OWN))

FLAGS := -std=gnu11 -fno-omit-frame-pointer -fno-optimize-sibling-calls $(CFLAGS) $(LWIP_FLAGS) \
	-DMEMP_NUM_SYS_TIMEOUT=$(TIMEOUTS) -I$(HERE) -I$(SRC)/src/include -I. \
	-DHS_PORT_HEADER='"firmware-hooks/ports/port_posix.h"' -DHS_STACKS=1
WARN := -Wall -Wextra -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wno-missing-field-initializers
$(O)/tests/lwip/own_wrap.o: FLAGS += $(OWN_WRAP)
$(OUT)/core/timeouts.o $(OUT)/core/mem.o $(O)/core/memp.o: FLAGS += $(KEEP)

$(OUT)/$(PROGRAM)-$(TIMEOUTS): $(OBJ)
	@$(CC) $(CFLAGS) $(LWIP_FLAGS) -no-pie $(LINK_FLAGS) -o $@ $^ $(HS_LWIP_LDFLAGS) -Wl,--wrap=hs_port_ticks

DEPENDS = $(HERE)/lwip.mk $(HERE)/lwipopts.h $(HERE)/lwippools.h
$(O)/%.o: $(SRC)/src/%.c $(DEPENDS)
	@mkdir -p $(@D) && $(CC) $(FLAGS) -c -o $@ $<
$(OUT)/%.o: $(SRC)/src/%.c $(DEPENDS)
	@mkdir -p $(@D) && $(CC) $(FLAGS) -c -o $@ $<
$(O)/%.o: %.c $(DEPENDS)
	@mkdir -p $(@D) && $(CC) $(FLAGS) $(WARN) -MMD -MP -c -o $@ $<
-include $(patsubst %,$(O)/%.d,$(OWN))
