/* SPDX-License-Identifier: MIT
 *
 * In place of this folder's other files in a build without elfutils: no firmware's ELF file can be read.
 */
#include "analysis/symbols/symbols.h"

#include <stdio.h>
#include <string.h>

static struct hs_symbols *refuse(const char *path, struct hs_error *error)
{
    memset(error, 0, sizeof *error);
    error->code = HS_ERR_KIND;
    snprintf(error->text, sizeof error->text, "%s: this build cannot read ELF files: it has no elfutils", path);
    return NULL;
}

struct hs_symbols *hs_symbols_open(const char *elf_path, struct hs_error *error) { return refuse(elf_path, error); }

struct hs_symbols *hs_symbols_open_object(const char *elf_path, struct hs_error *error) { return refuse(elf_path, error); }

void hs_symbols_close(struct hs_symbols *symbols) { (void)symbols; }

bool hs_symbols_lookup(struct hs_symbols *symbols, int64_t caller, struct hs_symbol *out)
{
    (void)symbols;
    hs_symbol_unknown(caller, out);
    return false;
}

bool hs_symbols_has_lines(const struct hs_symbols *symbols)
{
    (void)symbols;
    return false;
}

bool hs_symbols_member(struct hs_symbols *symbols, const char *variable, uint64_t offset, char *name)
{
    (void)symbols;
    (void)variable;
    (void)offset;
    name[0] = '\0';
    return false;
}

uint64_t hs_symbols_fingerprint(const struct hs_symbols *symbols, const char *const *names, size_t n)
{
    (void)symbols;
    (void)names;
    (void)n;
    return 0;
}
