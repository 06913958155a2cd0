/* SPDX-License-Identifier: MIT
 *
 * What a block holds, in a MicroPython user's words (list, dict table, bytecode, ...), told from the C
 * function that asked for it. The table itself, kinds and rules alike, is kinds.def; nothing else in the
 * program names a kind except as a string looked up here.
 *
 * How a caller is matched. It comes as frames, innermost first: the inlined function that holds the
 * call, the functions it was inlined into, and last the function the ELF symbol table names. The first
 * frame that any rule fits decides, so code inlined from another file is judged as that code. Within a
 * frame, rules that name a function go before rules that name only a source file; among equals the first
 * in the table wins. Patterns are those of fnmatch(3).
 */
#ifndef HS_SYMBOLS_KINDS_H
#define HS_SYMBOLS_KINDS_H

#include <stddef.h>

/* One frame of a native caller. */
struct hs_block_frame {
    const char *function; /* as in the ELF or the DWARF; compiler suffixes (.part.0, .cold) do not matter */
    const char *file;     /* source file, NULL when not known; its last components are compared */
};

/* One rule. At least one of function and file is set. */
struct hs_block_rule {
    const char *function; /* pattern; NULL: any */
    const char *file;     /* pattern on the path's last components, "py/objlist.c"; NULL: any */
    const char *within;   /* pattern that a frame further out has to fit; NULL: none */
};

struct hs_block_kind {
    const char *name; /* short, unique, for tables and --json */
    const char *what; /* one line for users */
    const struct hs_block_rule *rules; /* ended by an all-NULL one; NULL for the last kind, "other" */
};

/* Number of kinds; an index below it is what the other functions mean by a kind. Order is the table's. */
size_t hs_block_kind_count(void);

/* Description of a kind, valid for ever, never NULL; an index out of range gives "other". */
const struct hs_block_kind *hs_block_kind(size_t kind);

/* The kind of that name, or the number of kinds when there is none. */
size_t hs_block_kind_find(const char *name);

/* The kind of what `n` frames, innermost first, asked for; "other" when no rule fits. */
size_t hs_block_kind_match(const struct hs_block_frame *frames, size_t n);

/* The rule that decided in hs_block_kind_match, or NULL when none did. */
const struct hs_block_rule *hs_block_kind_rule(const struct hs_block_frame *frames, size_t n);

/* Length of a function's name without what compilers append: .part.0 .isra.0 .constprop.0 .cold
 * .lto_priv.0 .llvm.123. */
size_t hs_block_function_length(const char *function);

#endif
