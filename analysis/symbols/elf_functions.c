/* SPDX-License-Identifier: MIT
 *
 * The functions of an ELF file, by address and by name; reading the file.
 */
#include "analysis/symbols/symbols_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct hs_elf_failure fine = {HS_OK, 0, NULL};
static const struct hs_elf_failure no_memory = {HS_ERR_MEMORY, 0, "out of memory"};

uint64_t hs_elf_code_address(const struct hs_symbols *symbols, uint64_t value)
{
    return symbols->machine == EM_ARM ? value & ~(uint64_t)1 : value;
}

/* Zeros after the file's bytes, because libdw reads past the end of damaged sections. */
enum { GUARD = 65536 };

static struct hs_elf_failure read_bytes(struct hs_symbols *symbols, int fd)
{
    struct stat status;
    ssize_t got = 1;

    if (fstat(fd, &status) < 0)
        return (struct hs_elf_failure){HS_ERR_IO, 0, strerror(errno)};
    if (!S_ISREG(status.st_mode))
        return (struct hs_elf_failure){HS_ERR_KIND, 0, "not a regular file"};
    symbols->image = calloc(1, (size_t)status.st_size + GUARD);
    if (!symbols->image)
        return no_memory;
    while (got > 0 && symbols->size < (size_t)status.st_size) {
        got = read(fd, symbols->image + symbols->size, (size_t)status.st_size - symbols->size);
        symbols->size += got > 0 ? (size_t)got : 0;
    }
    return got < 0 ? (struct hs_elf_failure){HS_ERR_IO, symbols->size, strerror(errno)} : fine;
}

/* Read, not mapped: a file that is linked again meanwhile may shrink. */
struct hs_elf_failure hs_elf_read_image(struct hs_symbols *symbols, const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct hs_elf_failure failure;

    if (fd < 0)
        return (struct hs_elf_failure){HS_ERR_IO, 0, strerror(errno)};
    failure = read_bytes(symbols, fd);
    close(fd);
    return failure;
}

struct hs_elf_failure hs_elf_read_header(struct hs_symbols *symbols)
{
    GElf_Ehdr header;

    elf_version(EV_CURRENT);
    symbols->elf = elf_memory(symbols->image, symbols->size);
    if (!symbols->elf || elf_kind(symbols->elf) != ELF_K_ELF || !gelf_getehdr(symbols->elf, &header))
        return (struct hs_elf_failure){HS_ERR_KIND, 0, "not an ELF file"};
    if (header.e_shoff > symbols->size || (uint64_t)header.e_shnum * header.e_shentsize > symbols->size - header.e_shoff)
        return (struct hs_elf_failure){HS_ERR_END, symbols->size, "the ELF file ends before its section headers"};
    symbols->machine = header.e_machine;
    symbols->is32 = gelf_getclass(symbols->elf) == ELFCLASS32;
    return fine;
}

/* The full symbol table, or else the one for the dynamic linker. */
static Elf_Scn *symbol_section(Elf *elf, GElf_Shdr *header)
{
    Elf_Scn *dynamic = NULL, *section = NULL;

    while ((section = elf_nextscn(elf, section))) {
        if (!gelf_getshdr(section, header))
            continue;
        if (header->sh_type == SHT_SYMTAB)
            return section;
        if (header->sh_type == SHT_DYNSYM)
            dynamic = section;
    }
    return dynamic && gelf_getshdr(dynamic, header) ? dynamic : NULL;
}

/* By address; among equal addresses the better name comes last, because a search ends there. */
static int function_order(const void *left, const void *right)
{
    const struct hs_elf_function *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (!a->size != !b->size)
        return a->size ? 1 : -1;
    if (a->global != b->global)
        return a->global ? 1 : -1;
    return strcmp(b->name, a->name);
}

static void add_function(struct hs_symbols *symbols, const GElf_Sym *symbol, const char *name)
{
    if (GELF_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF || !name || !*name)
        return;
    symbols->functions[symbols->n_functions++] = (struct hs_elf_function){
        .name = name,
        .address = hs_elf_code_address(symbols, symbol->st_value),
        .size = symbol->st_size,
        .global = GELF_ST_BIND(symbol->st_info) != STB_LOCAL,
    };
}

struct hs_elf_failure hs_elf_read_functions(struct hs_symbols *symbols)
{
    GElf_Shdr header;
    GElf_Sym symbol;
    Elf_Scn *section = symbol_section(symbols->elf, &header);
    Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
    size_t n;

    if (!section)
        return (struct hs_elf_failure){HS_ERR_KIND, 0, "no symbol table: a stripped program?"};
    if (!data || !header.sh_entsize)
        return (struct hs_elf_failure){HS_ERR_FORMAT, header.sh_offset, "the symbol table cannot be read"};
    n = data->d_size / header.sh_entsize;
    symbols->functions = calloc(n + 1, sizeof *symbols->functions);
    if (!symbols->functions)
        return no_memory;
    for (size_t i = 0; i < n && gelf_getsym(data, (int)i, &symbol); i++)
        add_function(symbols, &symbol, elf_strptr(symbols->elf, header.sh_link, symbol.st_name));
    qsort(symbols->functions, symbols->n_functions, sizeof *symbols->functions, function_order);
    return fine;
}

const struct hs_elf_function *hs_elf_function_named(const struct hs_symbols *symbols, const char *name)
{
    const struct hs_elf_function *found = NULL;

    for (size_t i = 0; i < symbols->n_functions; i++)
        if (strcmp(symbols->functions[i].name, name) == 0 && (!found || symbols->functions[i].global))
            found = &symbols->functions[i];
    return found;
}

struct hs_elf_failure hs_elf_find_anchor(struct hs_symbols *symbols)
{
    const struct hs_elf_function *anchor = hs_elf_function_named(symbols, "hs_anchor");

    if (!anchor)
        return (struct hs_elf_failure){HS_ERR_KIND, 0, "no function hs_anchor: stripped, or built without HeapStrata's hook"};
    symbols->anchor = anchor->address;
    return fine;
}

const struct hs_elf_function *hs_elf_function_at(const struct hs_symbols *symbols, uint64_t pc)
{
    size_t low = 0, high = symbols->n_functions;
    const struct hs_elf_function *found;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->functions[middle].address <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    found = &symbols->functions[low - 1];
    /* Assembly without a size extends to the next function; after the last function it has no limit, so it does not count. */
    if (pc - found->address < found->size || (!found->size && low < symbols->n_functions))
        return found;
    return NULL;
}
