/* SPDX-License-Identifier: MIT
 *
 * Shared by the files of this folder. dwarf_frames.c and variable_members.c read debug information with elfutils;
 * dwarf_absent.c takes their place in a build without it.
 */
#ifndef HS_SYMBOLS_SYMBOLS_INTERNAL_H
#define HS_SYMBOLS_SYMBOLS_INTERNAL_H

#include "analysis/symbols/symbols.h"
#include "lib/host/util/map.h"

enum { HS_SYMBOL_CHAIN_MAX = 32 }; /* deeper inlining is cut off on the outer side, before the ELF symbol */

struct hs_elf_function {
    const char *name; /* in the image */
    uint64_t address, size;
    bool global;
};

struct hs_dwarf_range { /* of a compilation unit, which may have several */
    uint64_t begin, end;
    uint64_t unit; /* offset of its entry */
};

struct hs_symbol_entry { /* cached result */
    int64_t caller;
    struct hs_symbol symbol;
    struct hs_symbol_frame frames[HS_SYMBOL_CHAIN_MAX];
    char *files[HS_SYMBOL_CHAIN_MAX]; /* the strings that frames[].file point to */
};

struct hs_symbols {
    char *image; /* the whole file, of `size` bytes, followed by GUARD zeros */
    size_t size;
    struct Elf *elf;     /* elfutils'; NULL: not opened */
    struct Dwarf *dwarf; /* NULL: no debug information */
    unsigned machine;
    bool is32, big_endian;
    uint64_t anchor;
    char *root;                        /* the source tree's directory with a trailing /; NULL when unknown */
    struct hs_elf_function *functions; /* sorted by address */
    size_t n_functions;
    struct hs_dwarf_range *ranges;
    size_t n_ranges, ranges_room;
    struct hs_symbol_entry **cache; /* results, in the order of first lookup */
    uint32_t n_cache, cache_room;
    struct hs_map cached; /* index of `cache` by caller */
};

/* Why a file cannot be read. */
struct hs_elf_failure {
    int code; /* HS_OK: none */
    uint64_t offset;
    const char *what;
};

/* ---- elf_functions.c ---- */

/* A function's address without the Thumb bit. */
uint64_t hs_elf_code_address(const struct hs_symbols *symbols, uint64_t value);

/* The steps of opening a file, to be called in this order. `path` is not kept. */
struct hs_elf_failure hs_elf_read_image(struct hs_symbols *symbols, const char *path);
struct hs_elf_failure hs_elf_read_header(struct hs_symbols *symbols);
struct hs_elf_failure hs_elf_read_functions(struct hs_symbols *symbols);
struct hs_elf_failure hs_elf_find_anchor(struct hs_symbols *symbols);

/* NULL when there is none. */
const struct hs_elf_function *hs_elf_function_named(const struct hs_symbols *symbols, const char *name);
const struct hs_elf_function *hs_elf_function_at(const struct hs_symbols *symbols, uint64_t pc);

/* ---- source_paths.c ---- */

/* `name` relative to `directory` (may be NULL), simplified. The caller frees it; NULL when out of memory. */
char *hs_path_join(const char *directory, const char *name);

/* `path` relative to the source tree, for output. The caller frees it; NULL for NULL or when out of memory. */
char *hs_symbols_shown_path(const struct hs_symbols *symbols, const char *path);

/* ---- dwarf_frames.c ---- */

/* Records the address ranges of each compilation unit; none without debug information. */
void hs_dwarf_read_units(struct hs_symbols *symbols);

/* Fills an entry's frames, innermost first: the functions inlined at `pc`, or the ELF function alone. */
void hs_dwarf_fill_frames(struct hs_symbols *symbols, uint64_t pc, struct hs_symbol_entry *entry);

void hs_dwarf_close(struct hs_symbols *symbols);

#endif
