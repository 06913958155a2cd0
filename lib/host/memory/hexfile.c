/* SPDX-License-Identifier: MIT
 *
 * Memory as hexadecimal text: Intel HEX, Motorola S-records, Tektronix extended HEX, and Verilog's $readmemh,
 * as gdb's `dump` and flash tools write them. Decoded in place: every form has at least two characters per byte.
 */
#include <string.h>

#include "lib/host/memory/memory_image.h"

struct hex {
    struct hs_memory_image *memory;
    size_t out;    /* bytes decoded so far */
    uint64_t base; /* Intel: added to the next addresses; Verilog: address of the next byte */
    int err;
};

enum verdict { NOT_OURS, DAMAGED, OTHER_RECORD, DATA };

/* The byte from two hexadecimal digits, or -1. */
static int byte_at(const char *text)
{
    int high = hs_hex_digit((uint8_t)text[0]), low = hs_hex_digit((uint8_t)text[1]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Decodes `n` bytes. False when one of them is not hexadecimal. */
static bool bytes_at(uint8_t *to, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int byte = byte_at(text + 2 * i);
        if (byte < 0)
            return false;
        to[i] = (uint8_t)byte;
    }
    return true;
}

static uint8_t sum_of(const uint8_t *bytes, size_t n)
{
    uint8_t sum = 0;
    while (n--)
        sum = (uint8_t)(sum + *bytes++);
    return sum;
}

static void put(struct hex *h, uint64_t address, const uint8_t *bytes, size_t n)
{
    memmove(h->memory->bytes + h->out, bytes, n);
    if (!h->err)
        h->err = hs_memory_image_add(h->memory, (struct hs_segment){address, h->out, n});
    h->out += n;
}

/* :LLAAAATT<data>CC; the sum of all bytes is 0. */
static enum verdict intel(struct hex *h, const char *line, size_t len)
{
    uint8_t b[300];
    if (len < 11 || line[0] != ':')
        return NOT_OURS;
    int n = byte_at(line + 1);
    if (n < 0 || len < 11 + 2 * (size_t)n || !bytes_at(b, line + 1, 5 + (size_t)n) || sum_of(b, 5 + (size_t)n))
        return DAMAGED;
    uint32_t word = n >= 2 ? (uint32_t)b[4] << 8 | b[5] : 0;
    switch (b[3]) {
    case 0: put(h, h->base + ((uint32_t)b[1] << 8 | b[2]), b + 4, (size_t)n); return DATA;
    case 2: h->base = (uint64_t)word << 4; break;
    case 4: h->base = (uint64_t)word << 16; break;
    }
    return OTHER_RECORD;
}

/* S<type><count><address><data><sum>; the sum of all bytes after the type is 255. */
static enum verdict motorola(struct hex *h, const char *line, size_t len)
{
    uint8_t b[300];
    if (len < 10 || line[0] != 'S' || line[1] < '0' || line[1] > '9')
        return NOT_OURS;
    int n = byte_at(line + 2), type = line[1] - '0';
    if (n < 3 || len < 4 + 2 * (size_t)n || !bytes_at(b, line + 2, 1 + (size_t)n) || sum_of(b, 1 + (size_t)n) != 255)
        return DAMAGED;
    size_t width = (size_t)type + 1;
    if (type < 1 || type > 3 || (size_t)n < width + 1)
        return OTHER_RECORD;
    uint64_t address = 0;
    for (size_t i = 0; i < width; i++)
        address = address << 8 | b[1 + i];
    put(h, address, b + 1 + width, (size_t)n - width - 1);
    return DATA;
}

/* The value that a character adds to the sum of a Tektronix block; -1 if the character is invalid. */
static int tek_value(char c)
{
    static const char known[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$%._abcdefghijklmnopqrstuvwxyz";
    const char *at = c ? strchr(known, c) : NULL;
    return at ? (int)(at - known) : -1;
}

/* %<length><type><sum><digits of the address><address><data>; the length is without the %. */
static enum verdict tektronix(struct hex *h, const char *line, size_t len)
{
    uint8_t b[128];
    int sum = 0;
    if (len < 7 || line[0] != '%')
        return NOT_OURS;
    if (line[3] != '6') /* not data; not checked, because tools write names with invalid characters */
        return OTHER_RECORD;
    int n = byte_at(line + 1), check = byte_at(line + 4);
    if (n < 6 || check < 0 || (size_t)n > len - 1)
        return DAMAGED;
    for (int i = 1; i <= n; i++) {
        int value = i == 4 || i == 5 ? 0 : tek_value(line[i]);
        if (value < 0)
            return DAMAGED;
        sum += value;
    }
    if ((sum & 255) != check)
        return DAMAGED;
    int digits = hs_hex_digit((uint8_t)line[6]);
    digits = digits ? digits : 16;
    uint64_t address = 0;
    for (int i = 0; i < digits; i++) {
        int digit = 7 + i <= n ? hs_hex_digit((uint8_t)line[7 + i]) : -1;
        if (digit < 0)
            return DAMAGED;
        address = address << 4 | (uint64_t)digit;
    }
    size_t bytes = (size_t)(n - 6 - digits) / 2;
    if (bytes > sizeof b || !bytes_at(b, line + 7 + digits, bytes))
        return DAMAGED;
    put(h, address, b, bytes);
    return DATA;
}

/* @<address>, then bytes separated by blanks. */
static enum verdict verilog(struct hex *h, const char *line, size_t len)
{
    if (len > 1 && line[0] == '@') {
        uint64_t address = 0;
        for (size_t i = 1; i < len; i++) {
            int digit = hs_hex_digit((uint8_t)line[i]);
            if (digit < 0 || i > 16)
                return DAMAGED;
            address = address << 4 | (uint64_t)digit;
        }
        h->base = address;
        return OTHER_RECORD;
    }
    if (len < 2 || byte_at(line) < 0 || (len > 2 && line[2] != ' '))
        return NOT_OURS;
    uint8_t b[256];
    size_t n = 0;
    for (size_t at = 0; at + 1 < len && n < sizeof b; at += 3, n++) {
        int byte = byte_at(line + at);
        if (byte < 0 || (at + 2 < len && line[at + 2] != ' '))
            return DAMAGED;
        b[n] = (uint8_t)byte;
    }
    put(h, h->base, b, n);
    h->base += n;
    return DATA;
}

static const struct format {
    const char *name;
    enum verdict (*take)(struct hex *h, const char *line, size_t len);
    bool sparse; /* gdb omits zeroes */
} formats[] = {
    {"Intel HEX", intel, false},
    {"S-records", motorola, false},
    {"Tektronix HEX", tektronix, true},
    {"a Verilog memory file", verilog, false},
};

/* Whether more than half of the first lines that are not empty have this format. The text itself stays unchanged. */
#define SAMPLE 64
static bool suits(const struct format *f, struct hs_line_reader lines)
{
    uint8_t room[256 * SAMPLE];
    struct hs_memory_image nowhere = {.bytes = room};
    struct hex h = {.memory = &nowhere};
    unsigned n = 0, good = 0, data = 0;
    while (n < SAMPLE && hs_next_line(&lines)) {
        enum verdict v = f->take(&h, lines.line, lines.len);
        n += lines.len > 0;
        good += v == DATA || v == OTHER_RECORD;
        data += v == DATA;
    }
    hs_memory_image_free(&(struct hs_memory_image){.span = nowhere.span});
    return data && good * 2 > n;
}

static int decode(struct hs_memory_image *m, const struct format *f, struct hs_line_reader lines)
{
    struct hex h = {.memory = m};
    unsigned damaged = 0, first = 0;
    while (!h.err && hs_next_line(&lines)) {
        if (f->take(&h, lines.line, lines.len) != DAMAGED)
            continue;
        if (!damaged++)
            first = lines.number;
    }
    m->form = f->name;
    m->len = h.out;
    m->sparse = f->sparse;
    if (damaged)
        hs_memory_image_warn(m, "%u lines of the %s are damaged, the first is line %u", damaged, f->name, first);
    return h.err;
}

int hs_memory_image_of_hex(struct hs_memory_image *m)
{
    struct hs_line_reader lines = {.at = m->bytes, .end = m->bytes + m->len};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (suits(&formats[i], lines))
            return decode(m, &formats[i], lines);
    return HS_ERR_KIND;
}
