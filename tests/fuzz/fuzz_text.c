/* SPDX-License-Identifier: MIT
 *
 * Memory in text and in core files: as it is, and with the checks of its lines made right.
 */
#include "lib/host/memory/capture.h"
#include "tests/fuzz/read_all.h"

static int digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void put_byte(uint8_t *at, unsigned byte)
{
    static const char digits[] = "0123456789ABCDEF";
    at[0] = (uint8_t)digits[byte >> 4 & 15];
    at[1] = (uint8_t)digits[byte & 15];
}

/* Intel HEX and S-records: pairs of digits whose sum is `sum`, the last of them being the check. */
static void repair_sum(uint8_t *at, const uint8_t *end, uint8_t sum)
{
    uint8_t *check = at;
    for (; at + 1 < end && digit(at[0]) >= 0 && digit(at[1]) >= 0; at += 2)
        check = at;
    put_byte(check, sum);
}

static uint8_t sum_of(const uint8_t *at, const uint8_t *end)
{
    uint8_t sum = 0;
    for (; at + 3 < end && digit(at[0]) >= 0 && digit(at[1]) >= 0; at += 2)
        sum = (uint8_t)(sum + (digit(at[0]) << 4 | digit(at[1])));
    return sum;
}

/* A line of heapstrata.dump(). */
static void repair_console(uint8_t *at, const uint8_t *end)
{
    char *line = strndup((char *)at, (size_t)(end - at)), text[200];
    unsigned offset;
    int from = 0, to = 0;
    uint8_t bytes[48];
    if (sscanf(line, "HS:%x %n%199s%n", &offset, &from, text, &to) == 2 && (size_t)to + 9 <= (size_t)(end - at)) {
        long n = hs_base64_decode(bytes, sizeof bytes, text, strlen(text));
        uint32_t check = n > 0 ? hs_crc32(hs_crc32(0, &offset, 4), bytes, (size_t)n) : 0;
        at[to] = ' ';
        for (int i = 0; i < 4; i++)
            put_byte(at + to + 1 + 2 * i, check >> (24 - 8 * i));
    }
    free(line);
}

static void repair_lines(uint8_t *data, size_t size)
{
    uint8_t *end = data + size, *next;
    for (uint8_t *at = data; at < end; at = next + 1) {
        next = memchr(at, '\n', (size_t)(end - at));
        next = next ? next : end;
        if (next - at > 8 && *at == ':')
            repair_sum(at + 1, next, (uint8_t)-sum_of(at + 1, next));
        else if (next - at > 8 && *at == 'S')
            repair_sum(at + 2, next, (uint8_t)~sum_of(at + 2, next));
        else if (next - at > 8 && *at == 'H')
            repair_console(at, next);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read(fuzz_file(data, size));
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    repair_lines(copy, size);
    fuzz_read(fuzz_file(copy, size));
    free(copy);
    return 0;
}
