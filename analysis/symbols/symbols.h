/* SPDX-License-Identifier: MIT
 *
 * Names for native callers, from the firmware's ELF file: x86, ARM (Thumb), Xtensa, RISC-V, or any other machine, with
 * or without debug information.
 *
 * A trace stores a caller as its distance in bytes from the function hs_anchor, which the hook adds to the firmware.
 * The value therefore does not depend on the load address.
 *
 *     struct hs_error error;
 *     struct hs_symbols *symbols = hs_symbols_open("firmware.elf", &error);
 *     struct hs_symbol caller;
 *     hs_symbols_lookup(symbols, record_caller, &caller);
 *     printf("%s %s\n", caller.function, hs_block_kind(caller.kind)->name);
 *     hs_symbols_close(symbols);
 *
 * One thread at a time per handle: lookups fill a cache.
 */
#ifndef HS_SYMBOLS_SYMBOLS_H
#define HS_SYMBOLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/symbols/kinds.h"
#include "lib/host/reader.h"

struct hs_symbols;

enum { HS_SYMBOL_NAME_MAX = 96 };

/* A function between the ELF symbol and the call: an inlined one, except the last. */
struct hs_symbol_frame {
    const char *function;
    const char *file; /* NULL when unknown */
    unsigned line;    /* of the call in it; 0 when unknown */
};

/* A native caller. It may be copied; its pointers stay valid until hs_symbols_close. */
struct hs_symbol {
    char function[HS_SYMBOL_NAME_MAX];    /* the ELF symbol, without compiler suffix, or "anchor+0x1f40" */
    const struct hs_symbol_frame *frames; /* innermost first; the last one is `function`'s */
    size_t depth;                         /* number of frames; 0 when the address has no name */
    size_t kind;                          /* of the block it allocated: hs_block_kind(kind) */
};

/* Opens a firmware's ELF file. Without debug information there are names but no lines. The caller owns the handle and
 * closes it with hs_symbols_close. Returns NULL with *error filled when the file cannot be read (HS_ERR_IO), is not an
 * ELF file (HS_ERR_KIND), is truncated (HS_ERR_END), is inconsistent (HS_ERR_FORMAT), has no function hs_anchor
 * (HS_ERR_KIND: stripped, or built without the hook), or when out of memory (HS_ERR_MEMORY). */
struct hs_symbols *hs_symbols_open(const char *elf_path, struct hs_error *error);

/* The same for any program or shared library: a caller is then a return address as in the file. A stripped file has
 * only the names that the dynamic linker needs. The function hs_anchor is not required. */
struct hs_symbols *hs_symbols_open_object(const char *elf_path, struct hs_error *error);

/* Closes; NULL is allowed. */
void hs_symbols_close(struct hs_symbols *symbols);

/* Looks a caller up and fills *out completely. `caller` is a return address minus the address of hs_anchor, in bytes,
 * with or without the Thumb bit. `symbols` may be NULL: no ELF file. Returns true when a function was found. If not,
 * out->function is the distance in hexadecimal, depth is 0 and the kind is "other". */
bool hs_symbols_lookup(struct hs_symbols *symbols, int64_t caller, struct hs_symbol *out);

/* What a lookup gives that finds nothing. */
void hs_symbol_unknown(int64_t caller, struct hs_symbol *out);

/* The library that a build lacks to read debug information: names then have no lines. NULL: none. */
const char *hs_symbols_missing(void);

/* Whether source lines are available; false for NULL. */
bool hs_symbols_has_lines(const struct hs_symbols *symbols);

/* The name of the member at byte `offset` of a global variable, "vm.dict_main.map.table" of "mp_state_ctx", from its
 * type; array elements are [i]. Needs debug information. Writes at most HS_SYMBOL_NAME_MAX bytes, terminator included.
 * Returns false, with `name` empty, when there is no such member, and for NULL symbols. */
bool hs_symbols_member(struct hs_symbols *symbols, const char *variable, uint64_t offset, char *name);

/* Proof that an ELF file belongs to a trace: FNV-1a 64 over, for each of the `n` functions in order, the
 * little-endian 32-bit value of (address - address of hs_anchor), Thumb bits cleared, 0 for a function
 * that is missing. The firmware computes the same over its own pointers. Name functions that are not
 * wrapped by the linker: there a pointer to f is the address of __wrap_f. Returns 0 for NULL symbols. */
uint64_t hs_symbols_fingerprint(const struct hs_symbols *symbols, const char *const *names, size_t n);

#endif
