/* SPDX-License-Identifier: MIT
 *
 * The only file that uses elfutils (libelf and libdw). The library's own address lookups are not used: they need
 * .debug_aranges, which clang does not write. They also fail on address ranges that linkers leave at 0 for removed
 * code, where a microcontroller has real code.
 */
#include "analysis/symbols/symbols.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHAIN_MAX = 32 }; /* deeper inlining is cut off on the outer side, before the ELF symbol */

struct function {
    const char *name; /* owned by the Elf */
    uint64_t address, size;
    bool global;
};

struct range { /* of a compilation unit, which may have several */
    uint64_t begin, end;
    Dwarf_Off unit;
};

struct entry { /* cached result */
    int64_t caller;
    struct hs_symbol symbol;
    struct hs_symbol_frame frames[CHAIN_MAX];
    char *files[CHAIN_MAX]; /* the strings that frames[].file point to */
};

struct hs_symbols {
    char *image; /* the whole file, of `size` bytes, followed by GUARD zeros */
    size_t size;
    Elf *elf;
    Dwarf *dwarf; /* NULL: no debug information */
    unsigned machine;
    bool is32;
    uint64_t anchor;
    char *root; /* the source tree's directory with a trailing /; NULL when unknown */
    struct function *functions; /* sorted by address */
    size_t functions_n;
    struct range *ranges;
    size_t ranges_n, ranges_room;
    struct entry **cache; /* open addressing, cache_room is a power of two, at most half full */
    size_t cache_n, cache_room;
};

/* ---- opening -------------------------------------------------------------------------------------- */

struct failure {
    int code; /* HS_OK: none */
    uint64_t offset;
    const char *what;
};

static const struct failure fine = {HS_OK, 0, NULL};
static const struct failure no_memory = {HS_ERR_MEMORY, 0, "out of memory"};

static uint64_t code_address(const struct hs_symbols *symbols, uint64_t value)
{
    return symbols->machine == EM_ARM ? value & ~(uint64_t)1 : value;
}

/* Zeros after the file's bytes, because libdw reads past the end of damaged sections. */
enum { GUARD = 65536 };

static struct failure read_bytes(struct hs_symbols *symbols, int fd)
{
    struct stat status;
    ssize_t got = 1;

    if (fstat(fd, &status) < 0)
        return (struct failure){HS_ERR_IO, 0, strerror(errno)};
    if (!S_ISREG(status.st_mode))
        return (struct failure){HS_ERR_KIND, 0, "not a regular file"};
    symbols->image = calloc(1, (size_t)status.st_size + GUARD);
    if (!symbols->image)
        return no_memory;
    while (got > 0 && symbols->size < (size_t)status.st_size) {
        got = read(fd, symbols->image + symbols->size, (size_t)status.st_size - symbols->size);
        symbols->size += got > 0 ? (size_t)got : 0;
    }
    return got < 0 ? (struct failure){HS_ERR_IO, symbols->size, strerror(errno)} : fine;
}

/* Read, not mapped: a file that is linked again meanwhile may shrink. */
static struct failure read_image(struct hs_symbols *symbols, const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct failure failure;

    if (fd < 0)
        return (struct failure){HS_ERR_IO, 0, strerror(errno)};
    failure = read_bytes(symbols, fd);
    close(fd);
    return failure;
}

static struct failure read_header(struct hs_symbols *symbols)
{
    GElf_Ehdr header;

    elf_version(EV_CURRENT);
    symbols->elf = elf_memory(symbols->image, symbols->size);
    if (!symbols->elf || elf_kind(symbols->elf) != ELF_K_ELF || !gelf_getehdr(symbols->elf, &header))
        return (struct failure){HS_ERR_KIND, 0, "not an ELF file"};
    if (header.e_shoff > symbols->size ||
        (uint64_t)header.e_shnum * header.e_shentsize > symbols->size - header.e_shoff)
        return (struct failure){HS_ERR_END, symbols->size, "the ELF file ends before its section headers"};
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
    const struct function *a = left, *b = right;

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
    symbols->functions[symbols->functions_n++] = (struct function){
        .name = name,
        .address = code_address(symbols, symbol->st_value),
        .size = symbol->st_size,
        .global = GELF_ST_BIND(symbol->st_info) != STB_LOCAL,
    };
}

static struct failure read_functions(struct hs_symbols *symbols)
{
    GElf_Shdr header;
    GElf_Sym symbol;
    Elf_Scn *section = symbol_section(symbols->elf, &header);
    Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
    size_t n;

    if (!section)
        return (struct failure){HS_ERR_KIND, 0, "no symbol table: a stripped program?"};
    if (!data || !header.sh_entsize)
        return (struct failure){HS_ERR_FORMAT, header.sh_offset, "the symbol table cannot be read"};
    n = data->d_size / header.sh_entsize;
    symbols->functions = calloc(n + 1, sizeof *symbols->functions);
    if (!symbols->functions)
        return no_memory;
    for (size_t i = 0; i < n && gelf_getsym(data, (int)i, &symbol); i++)
        add_function(symbols, &symbol, elf_strptr(symbols->elf, header.sh_link, symbol.st_name));
    qsort(symbols->functions, symbols->functions_n, sizeof *symbols->functions, function_order);
    return fine;
}

static const struct function *function_named(const struct hs_symbols *symbols, const char *name)
{
    const struct function *found = NULL;

    for (size_t i = 0; i < symbols->functions_n; i++)
        if (strcmp(symbols->functions[i].name, name) == 0 && (!found || symbols->functions[i].global))
            found = &symbols->functions[i];
    return found;
}

static struct failure find_anchor(struct hs_symbols *symbols)
{
    const struct function *anchor = function_named(symbols, "hs_anchor");

    if (!anchor)
        return (struct failure){HS_ERR_KIND, 0,
                                "no function hs_anchor: stripped, or built without HeapStrata's hook"};
    symbols->anchor = anchor->address;
    return fine;
}

/* ---- source paths --------------------------------------------------------------------------------- */

/* Removes "." and "dir/.." from a path, in place. */
static void simplify_path(char *path)
{
    char *parts[256];
    size_t n = 0;
    char *out = path + (*path == '/');
    char *rest = out;

    for (char *part; n < sizeof parts / sizeof *parts && (part = strsep(&rest, "/"));) {
        if (*part == '\0' || strcmp(part, ".") == 0)
            continue;
        if (strcmp(part, "..") == 0 && n && strcmp(parts[n - 1], "..") != 0)
            n--;
        else
            parts[n++] = part;
    }
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(parts[i]);
        memmove(out, parts[i], length);
        out += length;
        *out++ = i + 1 < n ? '/' : '\0';
    }
    if (!n)
        *out = '\0';
}

/* New string: `name` relative to `directory` (may be NULL), simplified. NULL when out of memory. */
static char *join_path(const char *directory, const char *name)
{
    char *path = NULL;

    if (*name == '/' || !directory)
        path = strdup(name);
    else if (asprintf(&path, "%s/%s", directory, name) < 0)
        return NULL;
    if (path)
        simplify_path(path);
    return path;
}

/* The root is the directory that contains py/gc.c; paths are then shown as in MicroPython's documentation. */
static void note_root(struct hs_symbols *symbols, Dwarf_Die *unit)
{
    static const char mark[] = "/py/gc.c";
    Dwarf_Attribute attribute;
    const char *directory = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    const char *name = dwarf_diename(unit);
    char *path = name ? join_path(directory, name) : NULL;
    size_t length = path ? strlen(path) : 0;

    if (length >= sizeof mark && strcmp(path + length - sizeof mark + 1, mark) == 0 && !symbols->root) {
        path[length - sizeof mark + 2] = '\0';
        symbols->root = path;
        return;
    }
    free(path);
}

/* New string as shown to the user, or NULL. */
static char *shown_path(const struct hs_symbols *symbols, const char *path)
{
    char *copy = path ? strdup(path) : NULL;
    char *start = copy;
    size_t root = symbols->root ? strlen(symbols->root) : 0;

    if (!copy)
        return NULL;
    simplify_path(copy);
    if (root && strncmp(copy, symbols->root, root) == 0)
        start += root;
    while (strncmp(start, "../", 3) == 0)
        start += 3;
    memmove(copy, start, strlen(start) + 1);
    return copy;
}

/* ---- debug information ---------------------------------------------------------------------------- */

static void add_range(struct hs_symbols *symbols, struct range range)
{
    if (symbols->ranges_n == symbols->ranges_room) {
        size_t room = symbols->ranges_room ? 2 * symbols->ranges_room : 1024;
        struct range *grown = realloc(symbols->ranges, room * sizeof *grown);
        if (!grown)
            return;
        symbols->ranges = grown;
        symbols->ranges_room = room;
    }
    symbols->ranges[symbols->ranges_n++] = range;
}

static void read_units(struct hs_symbols *symbols)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    uint8_t type;

    symbols->dwarf = dwarf_begin_elf(symbols->elf, DWARF_C_READ, NULL);
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
                add_range(symbols, (struct range){begin, end, dwarf_dieoffset(&die)});
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
    Dwarf_Die die[CHAIN_MAX];
    size_t n;
};

static bool chain_in_unit(struct chain *chain, uint64_t pc, const char *name)
{
    Dwarf_Die scope = chain->unit, inner;
    const char *outermost;

    for (chain->n = 0; chain->n < CHAIN_MAX && scope_at(&scope, pc, name, &inner); scope = inner)
        if (dwarf_tag(&inner) != DW_TAG_lexical_block)
            chain->die[chain->n++] = inner;
    outermost = chain->n ? dwarf_diename(&chain->die[0]) : NULL;
    return outermost && same_function(outermost, name);
}

/* Searches every unit that claims pc, because removed code may claim it too. */
static bool find_chain(const struct hs_symbols *symbols, uint64_t pc, const char *name, struct chain *chain)
{
    for (size_t i = 0; i < symbols->ranges_n; i++) {
        const struct range *range = &symbols->ranges[i];
        if (pc >= range->begin && pc < range->end &&
            dwarf_offdie(symbols->dwarf, range->unit, &chain->unit) && chain_in_unit(chain, pc, name))
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
static void place_by_line(const struct hs_symbols *symbols, Dwarf_Die *unit, uint64_t pc,
                          struct hs_symbol_frame *frame, char **path)
{
    Dwarf_Line *line = dwarf_getsrc_die(unit, pc);
    int number;

    if (!line)
        return;
    frame->file = *path = shown_path(symbols, dwarf_linesrc(line, NULL, NULL));
    if (dwarf_lineno(line, &number) == 0 && number > 0)
        frame->line = (unsigned)number;
}

/* The call position of an outer frame, from the frame inlined there. */
static void place_by_call(const struct hs_symbols *symbols, struct chain *chain, Dwarf_Die *inlined,
                          struct hs_symbol_frame *frame, char **path)
{
    Dwarf_Files *files;
    size_t files_n;
    unsigned file = number_attribute(inlined, DW_AT_call_file);

    frame->line = number_attribute(inlined, DW_AT_call_line);
    if (dwarf_getsrcfiles(&chain->unit, &files, &files_n) == 0 && file < files_n)
        frame->file = *path = shown_path(symbols, dwarf_filesrc(files, file, NULL, NULL));
}

/* ---- lookup --------------------------------------------------------------------------------------- */

/* The address of the call itself: within the instruction before the return address. */
static uint64_t call_address(const struct hs_symbols *symbols, int64_t caller)
{
    uint64_t pc = code_address(symbols, symbols->anchor + (uint64_t)caller);

    if (symbols->is32)
        pc &= UINT32_MAX;
    if (symbols->machine == EM_XTENSA) /* the window increment is in the top two bits of a return address */
        pc = (pc & 0x3fffffff) | (symbols->anchor & 0xc0000000);
    return pc - 1;
}

static const struct function *function_at(const struct hs_symbols *symbols, uint64_t pc)
{
    size_t low = 0, high = symbols->functions_n;
    const struct function *found;

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
    if (pc - found->address < found->size || (!found->size && low < symbols->functions_n))
        return found;
    return NULL;
}

static void copy_name(char out[HS_SYMBOL_NAME_MAX], const char *name)
{
    snprintf(out, HS_SYMBOL_NAME_MAX, "%.*s", (int)hs_block_function_length(name), name);
}

static void name_unknown(int64_t caller, struct hs_symbol *out)
{
    *out = (struct hs_symbol){.kind = hs_block_kind_match(NULL, 0)};
    snprintf(out->function, sizeof out->function, "anchor%c0x%" PRIx64, caller < 0 ? '-' : '+',
             caller < 0 ? -(uint64_t)caller : (uint64_t)caller);
}

static void fill_frames(struct hs_symbols *symbols, uint64_t pc, struct entry *entry)
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

static void find_kind(struct hs_symbol *symbol)
{
    struct hs_block_frame frames[CHAIN_MAX];

    for (size_t i = 0; i < symbol->depth; i++)
        frames[i] = (struct hs_block_frame){symbol->frames[i].function, symbol->frames[i].file};
    symbol->kind = hs_block_kind_match(frames, symbol->depth);
}

/* A new cache entry; NULL when out of memory. */
static struct entry *resolve(struct hs_symbols *symbols, int64_t caller)
{
    struct entry *entry = calloc(1, sizeof *entry);
    uint64_t pc = call_address(symbols, caller);
    const struct function *function = function_at(symbols, pc);

    if (!entry)
        return NULL;
    entry->caller = caller;
    if (!function) {
        name_unknown(caller, &entry->symbol);
        return entry;
    }
    copy_name(entry->symbol.function, function->name);
    entry->symbol.frames = entry->frames;
    fill_frames(symbols, pc, entry);
    find_kind(&entry->symbol);
    return entry;
}

static struct entry **cache_slot(struct entry **cache, size_t room, int64_t caller)
{
    size_t at = (size_t)(((uint64_t)caller * 0x9e3779b97f4a7c15u) >> 32) & (room - 1);

    while (cache[at] && cache[at]->caller != caller)
        at = (at + 1) & (room - 1);
    return &cache[at];
}

static bool cache_grows(struct hs_symbols *symbols)
{
    size_t room = symbols->cache_room ? 2 * symbols->cache_room : 256;
    struct entry **cache;

    if (2 * (symbols->cache_n + 1) <= symbols->cache_room)
        return true;
    cache = calloc(room, sizeof *cache);
    if (!cache)
        return false;
    for (size_t i = 0; i < symbols->cache_room; i++)
        if (symbols->cache[i])
            *cache_slot(cache, room, symbols->cache[i]->caller) = symbols->cache[i];
    free(symbols->cache);
    symbols->cache = cache;
    symbols->cache_room = room;
    return true;
}

static struct entry *cached(struct hs_symbols *symbols, int64_t caller)
{
    struct entry **slot;

    if (!cache_grows(symbols))
        return NULL;
    slot = cache_slot(symbols->cache, symbols->cache_room, caller);
    if (!*slot && (*slot = resolve(symbols, caller)))
        symbols->cache_n++;
    return *slot;
}

/* ---- interface ------------------------------------------------------------------------------------ */

static struct failure read_all(struct hs_symbols *symbols, const char *path, bool anchored)
{
    struct failure failure = read_image(symbols, path);

    if (failure.code == HS_OK)
        failure = read_header(symbols);
    if (failure.code == HS_OK)
        failure = read_functions(symbols);
    if (failure.code == HS_OK && anchored)
        failure = find_anchor(symbols);
    if (failure.code == HS_OK)
        read_units(symbols); /* lines are optional: names work without them */
    return failure;
}

static struct hs_symbols *open_file(const char *elf_path, bool anchored, struct hs_error *error)
{
    struct hs_symbols *symbols = calloc(1, sizeof *symbols);
    struct failure failure = symbols ? read_all(symbols, elf_path, anchored) : no_memory;

    *error = (struct hs_error){.code = failure.code, .offset = failure.offset};
    if (failure.code == HS_OK)
        return symbols;
    snprintf(error->text, sizeof error->text, "%s: %s", elf_path, failure.what);
    hs_symbols_close(symbols);
    return NULL;
}

struct hs_symbols *hs_symbols_open(const char *elf_path, struct hs_error *error)
{
    return open_file(elf_path, true, error);
}

struct hs_symbols *hs_symbols_open_object(const char *elf_path, struct hs_error *error)
{
    return open_file(elf_path, false, error);
}

static void free_entry(struct entry *entry)
{
    for (size_t i = 0; entry && i < CHAIN_MAX; i++)
        free(entry->files[i]);
    free(entry);
}

void hs_symbols_close(struct hs_symbols *symbols)
{
    if (!symbols)
        return;
    for (size_t i = 0; i < symbols->cache_room; i++)
        free_entry(symbols->cache[i]);
    free(symbols->cache);
    free(symbols->ranges);
    free(symbols->functions);
    free(symbols->root);
    dwarf_end(symbols->dwarf);
    elf_end(symbols->elf);
    free(symbols->image);
    free(symbols);
}

bool hs_symbols_lookup(struct hs_symbols *symbols, int64_t caller, struct hs_symbol *out)
{
    struct entry *entry = symbols ? cached(symbols, caller) : NULL;

    if (entry)
        *out = entry->symbol;
    else
        name_unknown(caller, out);
    return out->depth > 0;
}

/* ---- members of a variable ----------------------------------------------------------------------------- */

/* The type of a variable, member or element, without typedefs and qualifiers. */
static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;

    if (!dwarf_attr_integrate(die, DW_AT_type, &attribute) || !dwarf_formref_die(&attribute, type))
        return false;
    return dwarf_peel_type(type, type) == 0;
}

static bool variable_in_unit(Dwarf_Die *unit, const char *name, Dwarf_Die *type)
{
    Dwarf_Die child;

    if (dwarf_child(unit, &child) != 0)
        return false;
    do {
        const char *called = dwarf_tag(&child) == DW_TAG_variable ? dwarf_diename(&child) : NULL;
        if (called && strcmp(called, name) == 0 && type_of(&child, type))
            return true;
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

static bool variable_type(const struct hs_symbols *symbols, const char *name, Dwarf_Die *type)
{
    Dwarf_Off offset = 0, next;
    size_t header;

    for (; dwarf_nextcu(symbols->dwarf, offset, &next, &header, NULL, NULL, NULL) == 0; offset = next) {
        Dwarf_Die unit;
        if (dwarf_offdie(symbols->dwarf, offset + header, &unit) && variable_in_unit(&unit, name, type))
            return true;
    }
    return false;
}

static uint64_t member_offset(Dwarf_Die *member)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;

    return dwarf_formudata(dwarf_attr(member, DW_AT_data_member_location, &attribute), &value) == 0 ? value : 0;
}

/* The member of a struct that covers `*offset`, which becomes the offset within that member. */
static bool member_at(Dwarf_Die *type, uint64_t *offset, Dwarf_Die *member)
{
    Dwarf_Die child, inner;
    Dwarf_Word size;

    if (dwarf_child(type, &child) != 0)
        return false;
    do {
        uint64_t begin = member_offset(&child);
        if (dwarf_tag(&child) != DW_TAG_member || begin > *offset || !type_of(&child, &inner) ||
            dwarf_aggregate_size(&inner, &size) != 0 || *offset - begin >= size)
            continue;
        *offset -= begin;
        *member = child;
        return true;
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

/* Appends one step to `name` and descends into it; false at the bottom. */
static bool step_into(Dwarf_Die *type, uint64_t *offset, char *name)
{
    size_t length = strlen(name);
    Dwarf_Die member;
    Dwarf_Word size;

    if (dwarf_tag(type) == DW_TAG_array_type) {
        if (!type_of(type, type) || dwarf_aggregate_size(type, &size) != 0 || size == 0)
            return false;
        snprintf(name + length, HS_SYMBOL_NAME_MAX - length, "[%llu]", (unsigned long long)(*offset / size));
        *offset %= size;
        return true;
    }
    if (dwarf_tag(type) != DW_TAG_structure_type || !member_at(type, offset, &member))
        return false;
    const char *called = dwarf_diename(&member);
    snprintf(name + length, HS_SYMBOL_NAME_MAX - length, "%s%s", length && called ? "." : "", called ? called : "");
    return type_of(&member, type);
}

bool hs_symbols_member(struct hs_symbols *symbols, const char *variable, uint64_t offset, char *name)
{
    Dwarf_Die type;

    name[0] = '\0';
    if (!symbols || !symbols->dwarf || !variable_type(symbols, variable, &type))
        return false;
    for (int depth = 0; depth < CHAIN_MAX && step_into(&type, &offset, name); depth++)
        ;
    return name[0] != '\0';
}

bool hs_symbols_has_lines(const struct hs_symbols *symbols)
{
    return symbols && symbols->ranges_n > 0;
}

uint64_t hs_symbols_fingerprint(const struct hs_symbols *symbols, const char *const *names, size_t n)
{
    uint64_t hash = 0xcbf29ce484222325u;

    if (!symbols)
        return 0;
    for (size_t i = 0; i < n; i++) {
        const struct function *function = function_named(symbols, names[i]);
        uint32_t distance = function ? (uint32_t)(function->address - symbols->anchor) : 0;
        for (int byte = 0; byte < 4; byte++)
            hash = (hash ^ (distance >> 8 * byte & 0xff)) * 0x100000001b3u;
    }
    return hash;
}
