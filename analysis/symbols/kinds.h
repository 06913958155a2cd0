/* SPDX-License-Identifier: MIT
 *
 * What a block holds, in a MicroPython user's terms (list, dict table, bytecode, ...), derived from the C function that
 * allocated it. kinds.def is the table of kinds and rules. The rest of the program names a kind only as a string that
 * it looks up here.
 *
 * How a caller is matched. It is a list of frames, innermost first: the inlined function that contains the call, the
 * functions it was inlined into, and last the function of the ELF symbol table. The first frame that matches any rule
 * decides, so code inlined from another file is classified as that code. Within a frame, rules that name a function
 * take precedence over rules that name only a source file; among equals the first in the table wins. Patterns are those
 * of fnmatch(3).
 */
#ifndef HS_SYMBOLS_KINDS_H
#define HS_SYMBOLS_KINDS_H

#include <stddef.h>

/* One frame of a native caller. */
struct hs_block_frame {
    const char *function; /* as in the ELF or DWARF; compiler suffixes (.part.0, .cold) are ignored */
    const char *file;     /* source file, NULL when unknown; only its last components are compared */
};

/* One rule. At least one of function and file is set. */
struct hs_block_rule {
    const char *function; /* pattern; NULL: any */
    const char *file;     /* pattern on the path's last components, "py/objlist.c"; NULL: any */
    const char *within;   /* pattern that an outer frame must match; NULL: none */
};

struct hs_block_kind {
    const char *name;                  /* short, unique, for tables and --json */
    const char *what;                  /* one line for users */
    const struct hs_block_rule *rules; /* terminated by an all-NULL one; NULL for the last kind, "other" */
};

/* Number of kinds. A kind is an index below it, in the order of the table. */
size_t hs_block_kind_count(void);

/* Description of a kind; static, never NULL. An index out of range gives "other". */
const struct hs_block_kind *hs_block_kind(size_t kind);

/* The kind of that name, or the number of kinds when there is none. */
size_t hs_block_kind_find(const char *name);

/* Kind of the block that `n` frames, innermost first, allocated; "other" when no rule matches. */
size_t hs_block_kind_match(const struct hs_block_frame *frames, size_t n);

/* The rule that decided in hs_block_kind_match, or NULL when none did. */
const struct hs_block_rule *hs_block_kind_rule(const struct hs_block_frame *frames, size_t n);

/* Length of a function's name without what compilers append: .part.0 .isra.0 .constprop.0 .cold
 * .lto_priv.0 .llvm.123. */
size_t hs_block_function_length(const char *function);

#endif
