# SPDX-License-Identifier: MIT
# Into MicroPython's unix port by HEAPSTRATA_MORE: an outer heap, lwIP (HEAPS_LWIP: its source), the module `heaps`.
HEAPS_ROOT := $(HEAPSTRATA_ROOT)
HEAPS_LWIP_SRC := $(addprefix src/,$(addsuffix .c,$(addprefix core/,init def dns inet_chksum ip mem memp netif pbuf raw stats sys tcp \
	tcp_in tcp_out timeouts udp) $(addprefix core/ipv4/,dhcp etharp icmp igmp ip4_frag ip4 ip4_addr) \
	netif/ethernet apps/http/fs apps/http/httpd $(addprefix apps/mdns/,mdns mdns_out mdns_domain)))
HEAPS_SRC := tests/heaps/outer.c tests/heaps/web.c examples/lwip-timeouts/network.c
SRC_USERMOD_C += tests/heaps/module.c
SRC_USERMOD_LIB_C += $(HEAPS_SRC) $(HEAPS_LWIP_SRC)
$(foreach f,tests/heaps/module.c $(HEAPS_SRC),$(eval vpath $(f) $(HEAPS_ROOT)))
$(foreach f,$(HEAPS_LWIP_SRC),$(eval vpath $(f) $(HEAPS_LWIP)))
CFLAGS_USERMOD += -I$(HEAPS_ROOT)/tests/heaps/stub -I$(HEAPS_ROOT)/examples/lwip-timeouts -I$(HEAPS_LWIP)/src/include \
	-DMEMP_NUM_SYS_TIMEOUT=16
$(patsubst %.c,$(BUILD)/%.o,$(HEAPS_SRC) $(HEAPS_LWIP_SRC)): CFLAGS += -std=gnu11 -w
