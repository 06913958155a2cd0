/* SPDX-License-Identifier: MIT
 *
 * The functions of an ELF file, by address and by name; reading the file.
 */
#include "analysis/symbols/symbols_internal.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
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

/* Zeros after the file's bytes, because libdw reads past the end of damaged sections; also: an empty file has a first byte. */
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

/* ---- fields of the file ---- */

/* A number of `bytes` bytes, in the file's byte order; 0 outside of the file. */
static uint64_t number_at(const struct hs_symbols *symbols, uint64_t at, unsigned bytes)
{
    const unsigned char *data = (const unsigned char *)symbols->image;
    uint64_t value = 0;

    if (at > symbols->size || symbols->size - at < bytes)
        return 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)data[at + i] << 8 * (symbols->big_endian ? bytes - 1 - i : i);
    return value;
}

/* Of a structure at a place in the file: a member of Elf32_KIND or Elf64_KIND. */
#define MEMBER(symbols, at, kind, member) \
    ((symbols)->is32 ? number_at(symbols, (at) + offsetof(Elf32_##kind, member), (unsigned)sizeof((Elf32_##kind *)0)->member) \
                     : number_at(symbols, (at) + offsetof(Elf64_##kind, member), (unsigned)sizeof((Elf64_##kind *)0)->member))

/* Whether the file has `size` bytes at a place. */
static bool inside(const struct hs_symbols *symbols, uint64_t at, uint64_t size)
{
    return at <= symbols->size && size <= symbols->size - at;
}

static bool is_elf(const struct hs_symbols *symbols)
{
    const unsigned char *b = (const unsigned char *)symbols->image;
    size_t header = b[EI_CLASS] == ELFCLASS32 ? sizeof(Elf32_Ehdr) : sizeof(Elf64_Ehdr);

    return symbols->size >= header && !memcmp(b, ELFMAG, SELFMAG) && b[EI_VERSION] == EV_CURRENT &&
           (b[EI_CLASS] == ELFCLASS32 || b[EI_CLASS] == ELFCLASS64) && (b[EI_DATA] == ELFDATA2LSB || b[EI_DATA] == ELFDATA2MSB);
}

struct hs_elf_failure hs_elf_read_header(struct hs_symbols *symbols)
{
    if (!is_elf(symbols))
        return (struct hs_elf_failure){HS_ERR_KIND, 0, "not an ELF file"};
    symbols->is32 = symbols->image[EI_CLASS] == ELFCLASS32;
    symbols->big_endian = symbols->image[EI_DATA] == ELFDATA2MSB;
    symbols->machine = (unsigned)MEMBER(symbols, 0, Ehdr, e_machine);
    if (!inside(symbols, MEMBER(symbols, 0, Ehdr, e_shoff),
                MEMBER(symbols, 0, Ehdr, e_shnum) * MEMBER(symbols, 0, Ehdr, e_shentsize)))
        return (struct hs_elf_failure){HS_ERR_END, symbols->size, "the ELF file ends before its section headers"};
    return fine;
}

/* ---- sections ---- */

struct section {
    uint64_t type, at, size, entry, link;
};

static uint64_t count_sections(const struct hs_symbols *symbols)
{
    uint64_t n = MEMBER(symbols, 0, Ehdr, e_shnum), first = MEMBER(symbols, 0, Ehdr, e_shoff);
    return n || !first ? n : MEMBER(symbols, first, Shdr, sh_size); /* more than 65,279: the first header has the number */
}

/* All zero outside of the file. */
static struct section section_at(const struct hs_symbols *symbols, uint64_t i)
{
    uint64_t at = MEMBER(symbols, 0, Ehdr, e_shoff) + i * MEMBER(symbols, 0, Ehdr, e_shentsize);
    return (struct section){.type = MEMBER(symbols, at, Shdr, sh_type),
                            .at = MEMBER(symbols, at, Shdr, sh_offset),
                            .size = MEMBER(symbols, at, Shdr, sh_size),
                            .entry = MEMBER(symbols, at, Shdr, sh_entsize),
                            .link = MEMBER(symbols, at, Shdr, sh_link)};
}

/* The full symbol table, or else the one for the dynamic linker. Its type is 0 when there is neither. */
static struct section find_symbol_table(const struct hs_symbols *symbols)
{
    struct section dynamic = {0};
    uint64_t n = count_sections(symbols);

    for (uint64_t i = 1; i < n && i < symbols->size; i++) {
        struct section s = section_at(symbols, i);
        if (s.type == SHT_SYMTAB)
            return s;
        if (s.type == SHT_DYNSYM)
            dynamic = s;
    }
    return dynamic;
}

/* A string of a string table; NULL when it is not all in there. */
static const char *string_at(const struct hs_symbols *symbols, const struct section *strings, uint64_t at)
{
    if (strings->type != SHT_STRTAB || !inside(symbols, strings->at, strings->size) || at >= strings->size)
        return NULL;
    const char *text = symbols->image + strings->at + at;
    return memchr(text, '\0', (size_t)(strings->size - at)) ? text : NULL;
}

/* ---- functions ---- */

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

static void add_function(struct hs_symbols *symbols, uint64_t at, const struct section *strings)
{
    unsigned info = (unsigned)MEMBER(symbols, at, Sym, st_info);
    const char *name = string_at(symbols, strings, MEMBER(symbols, at, Sym, st_name));

    if (ELF32_ST_TYPE(info) != STT_FUNC || MEMBER(symbols, at, Sym, st_shndx) == SHN_UNDEF || !name || !*name)
        return;
    symbols->functions[symbols->n_functions++] = (struct hs_elf_function){
        .name = name,
        .address = hs_elf_code_address(symbols, MEMBER(symbols, at, Sym, st_value)),
        .size = MEMBER(symbols, at, Sym, st_size),
        .global = ELF32_ST_BIND(info) != STB_LOCAL,
    };
}

struct hs_elf_failure hs_elf_read_functions(struct hs_symbols *symbols)
{
    struct section table = find_symbol_table(symbols), strings = section_at(symbols, table.link);
    size_t least = symbols->is32 ? sizeof(Elf32_Sym) : sizeof(Elf64_Sym);

    if (!table.type)
        return (struct hs_elf_failure){HS_ERR_KIND, 0, "no symbol table: a stripped program?"};
    if (table.entry < least || !inside(symbols, table.at, table.size))
        return (struct hs_elf_failure){HS_ERR_FORMAT, table.at, "the symbol table cannot be read"};
    symbols->functions = calloc((size_t)(table.size / table.entry) + 1, sizeof *symbols->functions);
    if (!symbols->functions)
        return no_memory;
    for (uint64_t at = 0; table.size - at >= table.entry; at += table.entry)
        add_function(symbols, table.at + at, &strings);
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
