/* SPDX-License-Identifier: MIT */
#include "analysis/import/import_port.h"

#include "lib/port.h"

struct hs_import_port hs_import_port;

hs_lock_t hs_port_lock(void) { return 0; /* only one thread records */ }

void hs_port_unlock(hs_lock_t lock) { (void)lock; }

uint32_t hs_port_ticks(void) { return hs_import_port.ticks; }

bool hs_port_write(const void *data, uint32_t len)
{
    struct hs_import_port *port = &hs_import_port;
    port->failed |= port->out && fwrite(data, 1, len, port->out) != len;
    return true;
}

void hs_port_flush(const void *data, uint32_t len)
{
    (void)data;
    (void)len;
}
