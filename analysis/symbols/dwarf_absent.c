/* SPDX-License-Identifier: MIT
 *
 * In place of what reads debug information, in a build without elfutils: functions have names, but no lines.
 */
#include "analysis/symbols/symbols_internal.h"

const char *hs_symbols_missing(void) { return "elfutils (Debian: libdw-dev)"; }

void hs_dwarf_read_units(struct hs_symbols *symbols) { (void)symbols; }

void hs_dwarf_fill_frames(struct hs_symbols *symbols, uint64_t pc, struct hs_symbol_entry *entry)
{
    (void)symbols;
    (void)pc;
    entry->frames[0].function = entry->symbol.function;
    entry->symbol.depth = 1;
}

void hs_dwarf_close(struct hs_symbols *symbols) { (void)symbols; }

bool hs_symbols_member(struct hs_symbols *symbols, const char *variable, uint64_t offset, char *name)
{
    (void)symbols;
    (void)variable;
    (void)offset;
    name[0] = '\0';
    return false;
}
