/* SPDX-License-Identifier: MIT
 *
 * Inlined functions and source lines, from debug information.
 *
 * The library's own address lookups are not used: they need .debug_aranges, which clang does not write, and they fail
 * on address ranges that linkers leave at 0 for removed code, where a microcontroller has real code.
 */
#include "analysis/symbols/symbols_internal.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"

static void add_range(struct hs_symbols *symbols, struct hs_dwarf_range range)
{
    if (!hs_array_more(symbols->ranges, symbols->n_ranges, symbols->ranges_room))
        return;
    symbols->ranges[symbols->n_ranges++] = range;
}

/* The root is the directory that contains py/gc.c; paths are then shown as in MicroPython's documentation. */
static void note_root(struct hs_symbols *symbols, Dwarf_Die *unit)
{
    static const char mark[] = "/py/gc.c";
    Dwarf_Attribute attribute;
    const char *directory = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    const char *name = dwarf_diename(unit);
    char *path = name ? hs_path_join(directory, name) : NULL;
    size_t length = path ? strlen(path) : 0;

    if (length >= sizeof mark && strcmp(path + length - sizeof mark + 1, mark) == 0 && !symbols->root) {
        path[length - sizeof mark + 2] = '\0';
        symbols->root = path;
        return;
    }
    free(path);
}

void hs_dwarf_read_units(struct hs_symbols *symbols)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    uint8_t type;

    elf_version(EV_CURRENT);
    symbols->elf = elf_memory(symbols->image, symbols->size);
    symbols->dwarf = symbols->elf ? dwarf_begin_elf(symbols->elf, DWARF_C_READ, NULL) : NULL;
    if (!symbols->dwarf)
        return;
    while (dwarf_get_units(symbols->dwarf, unit, &unit, NULL, &type, &die, NULL) == 0) {
        Dwarf_Addr base, begin, end;
        ptrdiff_t at = 0;

        if (type != DW_UT_compile || dwarf_tag(&die) != DW_TAG_compile_unit)
            continue;
        note_root(symbols, &die);
        while ((at = dwarf_ranges(&die, at, &base, &begin, &end)) > 0)
            if (begin < end)
                add_range(symbols, (struct hs_dwarf_range){begin, end, dwarf_dieoffset(&die)});
    }
}

static bool same_function(const char *left, const char *right)
{
    size_t length = hs_block_function_length(left);

    return length == hs_block_function_length(right) && strncmp(left, right, length) == 0;
}

static bool is_scope(int tag)
{
    return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block;
}

/* The child of `parent` that covers `pc`. Removed functions may overlap real ones, so a function with the name from the
 * symbol table is preferred. */
static bool scope_at(Dwarf_Die *parent, uint64_t pc, const char *name, Dwarf_Die *out)
{
    Dwarf_Die child;
    bool found = false;

    if (dwarf_child(parent, &child) != 0)
        return false;
    do {
        const char *called;
        if (!is_scope(dwarf_tag(&child)) || dwarf_haspc(&child, pc) <= 0)
            continue;
        if (!found)
            *out = child;
        found = true;
        called = dwarf_diename(&child);
        if (dwarf_tag(&child) != DW_TAG_subprogram || (called && same_function(called, name))) {
            *out = child;
            return true;
        }
    } while (dwarf_siblingof(&child, &child) == 0);
    return found;
}

/* Functions at pc, outermost first. */
struct chain {
    Dwarf_Die unit;
    Dwarf_Die die[HS_SYMBOL_CHAIN_MAX];
    size_t n;
};

static bool chain_in_unit(struct chain *chain, uint64_t pc, const char *name)
{
    Dwarf_Die scope = chain->unit, inner;
    const char *outermost;

    for (chain->n = 0; chain->n < HS_SYMBOL_CHAIN_MAX && scope_at(&scope, pc, name, &inner); scope = inner)
        if (dwarf_tag(&inner) != DW_TAG_lexical_block)
            chain->die[chain->n++] = inner;
    outermost = chain->n ? dwarf_diename(&chain->die[0]) : NULL;
    return outermost && same_function(outermost, name);
}

/* Searches every unit that claims pc, because removed code may claim it too. */
static bool find_chain(const struct hs_symbols *symbols, uint64_t pc, const char *name, struct chain *chain)
{
    for (size_t i = 0; i < symbols->n_ranges; i++) {
        const struct hs_dwarf_range *range = &symbols->ranges[i];
        if (pc >= range->begin && pc < range->end && dwarf_offdie(symbols->dwarf, range->unit, &chain->unit) &&
            chain_in_unit(chain, pc, name))
            return true;
    }
    return false;
}

static unsigned number_attribute(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;

    return dwarf_formudata(dwarf_attr(die, name, &attribute), &value) == 0 ? (unsigned)value : 0;
}

/* The call position of the innermost frame, from the line table. */
static void place_by_line(const struct hs_symbols *symbols, Dwarf_Die *unit, uint64_t pc, struct hs_symbol_frame *frame,
                          char **path)
{
    Dwarf_Line *line = dwarf_getsrc_die(unit, pc);
    int number;

    if (!line)
        return;
    frame->file = *path = hs_symbols_shown_path(symbols, dwarf_linesrc(line, NULL, NULL));
    if (dwarf_lineno(line, &number) == 0 && number > 0)
        frame->line = (unsigned)number;
}

/* The call position of an outer frame, from the frame inlined there. */
static void place_by_call(const struct hs_symbols *symbols, struct chain *chain, Dwarf_Die *inlined,
                          struct hs_symbol_frame *frame, char **path)
{
    Dwarf_Files *files;
    size_t n_files;
    unsigned file = number_attribute(inlined, DW_AT_call_file);

    frame->line = number_attribute(inlined, DW_AT_call_line);
    if (dwarf_getsrcfiles(&chain->unit, &files, &n_files) == 0 && file < n_files)
        frame->file = *path = hs_symbols_shown_path(symbols, dwarf_filesrc(files, file, NULL, NULL));
}

void hs_dwarf_fill_frames(struct hs_symbols *symbols, uint64_t pc, struct hs_symbol_entry *entry)
{
    struct chain chain = {.n = 0};
    size_t n;

    if (!find_chain(symbols, pc, entry->symbol.function, &chain)) {
        entry->frames[0].function = entry->symbol.function;
        entry->symbol.depth = 1;
        return;
    }
    n = entry->symbol.depth = chain.n;
    place_by_line(symbols, &chain.unit, pc, &entry->frames[0], &entry->files[0]);
    for (size_t i = 0; i < n; i++) {
        const char *name = dwarf_diename(&chain.die[n - 1 - i]);
        entry->frames[i].function = i + 1 < n && name ? name : entry->symbol.function;
        if (i)
            place_by_call(symbols, &chain, &chain.die[n - i], &entry->frames[i], &entry->files[i]);
    }
}

const char *hs_symbols_missing(void) { return NULL; }

void hs_dwarf_close(struct hs_symbols *symbols)
{
    dwarf_end(symbols->dwarf);
    elf_end(symbols->elf);
}
