/* SPDX-License-Identifier: MIT
 *
 * Core files: ELF from debuggers and kernels, and the core dump that ESP-IDF's crash handler writes to flash or
 * prints as base64: its own header, an ELF core, and a check.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/input/checksum.h"
#include "lib/host/memory/capture.h"
#include "lib/host/memory/memory_image.h"

/* --- ELF ---------------------------------------------------------------------------------------------- */

static bool elf_begins(const uint8_t *b, size_t len)
{
    return len >= sizeof(Elf32_Ehdr) && !memcmp(b, ELFMAG, SELFMAG) && b[EI_DATA] == ELFDATA2LSB &&
           (b[EI_CLASS] == ELFCLASS32 || (b[EI_CLASS] == ELFCLASS64 && len >= sizeof(Elf64_Ehdr)));
}

static uint16_t elf_type(const uint8_t *b) { return (uint16_t)(b[EI_NIDENT] | b[EI_NIDENT + 1] << 8); }

/* The program header table. */
struct table {
    uint64_t offset;
    uint32_t n, size;
    bool wide;
};

static struct table table_of(const uint8_t *b)
{
    Elf32_Ehdr narrow;
    Elf64_Ehdr wide;
    memcpy(&narrow, b, sizeof narrow);
    if (b[EI_CLASS] == ELFCLASS32)
        return (struct table){narrow.e_phoff, narrow.e_phnum, narrow.e_phentsize, false};
    memcpy(&wide, b, sizeof wide);
    return (struct table){wide.e_phoff, wide.e_phnum, wide.e_phentsize, true};
}

static Elf64_Phdr segment_of(const uint8_t *b, bool wide)
{
    Elf32_Phdr p;
    Elf64_Phdr segment;
    if (wide) {
        memcpy(&segment, b, sizeof segment);
        return segment;
    }
    memcpy(&p, b, sizeof p);
    return (Elf64_Phdr){
        .p_type = p.p_type, .p_offset = p.p_offset, .p_vaddr = p.p_vaddr, .p_paddr = p.p_paddr, .p_filesz = p.p_filesz};
}

/* Adds the segments of the ELF file that begins at `start`. QEMU's dump-guest-memory writes only physical addresses. */
static int read_elf(struct hs_memory_image *m, size_t start)
{
    const uint8_t *b = m->bytes + start;
    size_t len = m->len - start;
    struct table t = table_of(b);
    size_t need = t.wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    uint64_t cut = 0;
    if (t.size < need || t.offset > len || t.n > (len - t.offset) / t.size)
        return HS_ERR_FORMAT;
    for (uint32_t i = 0; i < t.n; i++) {
        Elf64_Phdr p = segment_of(b + t.offset + (uint64_t)i * t.size, t.wide);
        if (p.p_type != PT_LOAD || !p.p_filesz)
            continue;
        uint64_t there = p.p_offset < len ? len - p.p_offset : 0;
        there = there < p.p_filesz ? there : p.p_filesz;
        cut += p.p_filesz - there;
        uint64_t address = p.p_vaddr ? p.p_vaddr : p.p_paddr;
        if (there && hs_memory_image_add(m, (struct hs_segment){address, start + p.p_offset, there}))
            return HS_ERR_MEMORY;
    }
    if (cut)
        hs_memory_image_warn(m, "the core file is cut: %llu bytes of its memory are not there", (unsigned long long)cut);
    return HS_OK;
}

/* --- ESP-IDF ------------------------------------------------------------------------------------------ */

/* Words of the header: total length with the check, version, tasks, size of a task's block, segments, and
 * from versions x.2 on the chip's revision. The version's second byte is 1 for an ELF core. */
#define ESP_WORDS 6
enum esp_check { ESP_CRC32 = 4, ESP_SHA256 = 32 };

struct esp {
    uint32_t len, version;
    size_t header;
    enum esp_check check;
};

static bool esp_begins(const uint8_t *b, size_t len, struct esp *e)
{
    uint32_t word[ESP_WORDS];
    if (len < sizeof word + sizeof(Elf32_Ehdr))
        return false;
    memcpy(word, b, sizeof word);
    uint32_t version = word[1] & 0xffff;
    *e = (struct esp){
        .len = word[0], .version = version, .header = version < 0x0102 ? 20 : 24, .check = version & 1 ? ESP_SHA256 : ESP_CRC32};
    return version >= 0x0100 && version <= 0x0103 && elf_begins(b + e->header, len - e->header) &&
           elf_type(b + e->header) == ET_CORE;
}

/* Verifies the check after a core dump, but not SHA-256: ESP-IDF's own tool does that, and the image has its own checks. */
static void check_esp(struct hs_memory_image *m, const struct esp *e)
{
    uint32_t crc;
    if (e->len > m->len) {
        hs_memory_image_warn(m, "the core dump is cut: %zu of its %u bytes are there", m->len, e->len);
    } else if (e->check == ESP_CRC32 && e->len > e->header + sizeof crc) {
        memcpy(&crc, m->bytes + e->len - sizeof crc, sizeof crc);
        if (hs_checksum(0, m->bytes, e->len - sizeof crc) != crc)
            hs_memory_image_warn(m, "the core dump's own check does not match: some of it is damaged");
    }
}

static int read_esp(struct hs_memory_image *m, const struct esp *e)
{
    check_esp(m, e);
    return read_elf(m, e->header);
}

bool hs_core_begins(const uint8_t *b, size_t len)
{
    struct esp e;
    return elf_begins(b, len) || esp_begins(b, len, &e);
}

int hs_memory_image_of_core(struct hs_memory_image *m)
{
    struct esp e;
    if (elf_begins(m->bytes, m->len)) {
        m->form = elf_type(m->bytes) == ET_CORE ? "an ELF core file" : "an ELF program, not a core file,";
        return read_elf(m, 0);
    }
    if (!esp_begins(m->bytes, m->len, &e))
        return HS_ERR_KIND;
    m->form = "an ESP-IDF core dump";
    return read_esp(m, &e);
}

/* --- ESP-IDF's core dump as text ------------------------------------------------------------------------ */

static bool has(const struct hs_line_reader *l, const char *text) { return memmem(l->line, l->len, text, strlen(text)) != NULL; }

/* Cuts the line to its last word: a logger may have put a time stamp in front. */
static void last_word(struct hs_line_reader *l)
{
    const char *blank = memrchr(l->line, ' ', l->len);
    if (blank) {
        l->len -= (size_t)(blank + 1 - l->line);
        l->line = blank + 1;
    }
}

/* Decodes the lines up to the end of the dump to the start of the memory. Each line is decoded on its own; a
 * damaged one becomes zeroes of the same length. */
static size_t decode_lines(struct hs_memory_image *m, struct hs_line_reader *l)
{
    size_t out = 0;
    unsigned damaged = 0, first = 0;
    while (hs_next_line(l) && !has(l, "CORE DUMP END")) {
        last_word(l);
        if (!l->len)
            continue;
        size_t room = l->len / 4 * 3;
        long n = hs_base64_decode(m->bytes + out, room, l->line, l->len);
        if (n < 0 && !damaged++)
            first = l->number;
        if (n < 0)
            memset(m->bytes + out, 0, room);
        out += n < 0 ? room : (size_t)n;
    }
    if (damaged)
        hs_memory_image_warn(m, "%u lines of the core dump are damaged, the first is line %u", damaged, first);
    return out;
}

/* Moves to the line after the start mark of dump number `which`; 0: of the last dump. Returns the number of dumps. */
static unsigned find_dump(struct hs_line_reader *l, unsigned which)
{
    struct hs_line_reader at = *l;
    unsigned n = 0;
    while (hs_next_line(&at))
        if (has(&at, "CORE DUMP START") && (++n == which || !which))
            *l = at;
    return n;
}

int hs_memory_image_of_core_text(struct hs_memory_image *m)
{
    struct hs_line_reader lines = {.at = m->bytes, .end = m->bytes + m->len};
    struct esp e;
    m->dumps = find_dump(&lines, m->which);
    if (!m->dumps)
        return HS_ERR_KIND;
    if (m->which > m->dumps)
        return HS_ERR_ARG;
    m->form = "a core dump in the log of a console";
    m->len = decode_lines(m, &lines);
    if (!esp_begins(m->bytes, m->len, &e))
        return HS_ERR_FORMAT;
    return read_esp(m, &e);
}
