/* SPDX-License-Identifier: MIT
 *
 * Names for native callers: lookup, its cache, and the public interface.
 */
#include "analysis/symbols/symbols_internal.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/host/util/array.h"

/* The address of the call itself: within the instruction before the return address. */
static uint64_t call_address(const struct hs_symbols *symbols, int64_t caller)
{
    uint64_t pc = hs_elf_code_address(symbols, symbols->anchor + (uint64_t)caller);

    if (symbols->is32)
        pc &= UINT32_MAX;
    if (symbols->machine == EM_XTENSA) /* the window increment is in the top two bits of a return address */
        pc = (pc & 0x3fffffff) | (symbols->anchor & 0xc0000000);
    return pc - 1;
}

static void copy_name(char out[HS_SYMBOL_NAME_MAX], const char *name)
{
    snprintf(out, HS_SYMBOL_NAME_MAX, "%.*s", (int)hs_block_function_length(name), name);
}

static void find_kind(struct hs_symbol *symbol)
{
    struct hs_block_frame frames[HS_SYMBOL_CHAIN_MAX];

    for (size_t i = 0; i < symbol->depth; i++)
        frames[i] = (struct hs_block_frame){symbol->frames[i].function, symbol->frames[i].file};
    symbol->kind = hs_block_kind_match(frames, symbol->depth);
}

/* A new cache entry; NULL when out of memory. */
static struct hs_symbol_entry *resolve(struct hs_symbols *symbols, int64_t caller)
{
    struct hs_symbol_entry *entry = calloc(1, sizeof *entry);
    uint64_t pc = call_address(symbols, caller);
    const struct hs_elf_function *function = hs_elf_function_at(symbols, pc);

    if (!entry)
        return NULL;
    entry->caller = caller;
    if (!function) {
        hs_symbol_unknown(caller, &entry->symbol);
        return entry;
    }
    copy_name(entry->symbol.function, function->name);
    entry->symbol.frames = entry->frames;
    hs_dwarf_fill_frames(symbols, pc, entry);
    find_kind(&entry->symbol);
    return entry;
}

static void free_entry(struct hs_symbol_entry *entry)
{
    for (size_t i = 0; entry && i < HS_SYMBOL_CHAIN_MAX; i++)
        free(entry->files[i]);
    free(entry);
}

static struct hs_symbol_entry *cached(struct hs_symbols *symbols, int64_t caller)
{
    struct hs_map_search search = hs_map_search(&symbols->cached, (uint64_t)caller);
    while (hs_map_next(&symbols->cached, &search))
        if (symbols->cache[search.number]->caller == caller)
            return symbols->cache[search.number];
    if (!hs_array_more(symbols->cache, symbols->n_cache, symbols->cache_room))
        return NULL;
    struct hs_symbol_entry *entry = resolve(symbols, caller);
    if (entry && !hs_map_add(&symbols->cached, (uint64_t)caller, symbols->n_cache)) {
        free_entry(entry);
        return NULL;
    }
    if (entry)
        symbols->cache[symbols->n_cache++] = entry;
    return entry;
}

/* ---- interface ---- */

static struct hs_elf_failure read_all(struct hs_symbols *symbols, const char *path, bool anchored)
{
    struct hs_elf_failure failure = hs_elf_read_image(symbols, path);

    if (failure.code == HS_OK)
        failure = hs_elf_read_header(symbols);
    if (failure.code == HS_OK)
        failure = hs_elf_read_functions(symbols);
    if (failure.code == HS_OK && anchored)
        failure = hs_elf_find_anchor(symbols);
    if (failure.code == HS_OK)
        hs_dwarf_read_units(symbols); /* lines are optional: names work without them */
    return failure;
}

static struct hs_symbols *open_file(const char *elf_path, bool anchored, struct hs_error *error)
{
    struct hs_symbols *symbols = calloc(1, sizeof *symbols);
    struct hs_elf_failure failure = symbols ? read_all(symbols, elf_path, anchored)
                                            : (struct hs_elf_failure){HS_ERR_MEMORY, 0, "out of memory"};

    *error = (struct hs_error){.code = failure.code, .offset = failure.offset};
    if (failure.code == HS_OK)
        return symbols;
    snprintf(error->text, sizeof error->text, "%s: %s", elf_path, failure.what);
    hs_symbols_close(symbols);
    return NULL;
}

struct hs_symbols *hs_symbols_open(const char *elf_path, struct hs_error *error) { return open_file(elf_path, true, error); }

struct hs_symbols *hs_symbols_open_object(const char *elf_path, struct hs_error *error)
{
    return open_file(elf_path, false, error);
}

void hs_symbols_close(struct hs_symbols *symbols)
{
    if (!symbols)
        return;
    for (uint32_t i = 0; i < symbols->n_cache; i++)
        free_entry(symbols->cache[i]);
    free(symbols->cache);
    hs_map_free(&symbols->cached);
    free(symbols->ranges);
    free(symbols->functions);
    free(symbols->root);
    hs_dwarf_close(symbols);
    free(symbols->image);
    free(symbols);
}

bool hs_symbols_lookup(struct hs_symbols *symbols, int64_t caller, struct hs_symbol *out)
{
    struct hs_symbol_entry *entry = symbols ? cached(symbols, caller) : NULL;

    if (entry)
        *out = entry->symbol;
    else
        hs_symbol_unknown(caller, out);
    return out->depth > 0;
}

bool hs_symbols_has_lines(const struct hs_symbols *symbols) { return symbols && symbols->n_ranges > 0; }

uint64_t hs_symbols_fingerprint(const struct hs_symbols *symbols, const char *const *names, size_t n)
{
    uint64_t hash = 0xcbf29ce484222325u;

    if (!symbols)
        return 0;
    for (size_t i = 0; i < n; i++) {
        const struct hs_elf_function *function = hs_elf_function_named(symbols, names[i]);
        uint32_t distance = function ? (uint32_t)(function->address - symbols->anchor) : 0;
        for (int byte = 0; byte < 4; byte++)
            hash = (hash ^ (distance >> 8 * byte & 0xff)) * 0x100000001b3u;
    }
    return hash;
}
