/* SPDX-License-Identifier: MIT
 *
 * The image as lines; lib/host/memory/capture.h describes them.
 */
#include <stdint.h>
#include <string.h>

#include "firmware-hooks/console/console.h"
#include "lib/base64.h"
#include "lib/crc.h"
#include "lib/heapstrata.h"

#define LINE_BYTES 48u
#define LINE_MAX (3 + 8 + 1 + HS_BASE64_LEN(LINE_BYTES) + 1 + 8 + 2)

static bool is_zero(const uint8_t *bytes, uint32_t len)
{
    while (len && !bytes[len - 1])
        len--;
    return !len;
}

/* Write at `to` and return what follows. */
static char *put_text(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    return to;
}

static char *put_hex(char *to, uint32_t value, unsigned digits)
{
    while (digits < 8 && value >> 4 * digits)
        digits++;
    while (digits--)
        *to++ = "0123456789abcdef"[value >> 4 * digits & 15];
    return to;
}

/* Without division. */
static char *put_decimal(char *to, uint32_t value)
{
    static const uint32_t powers[] = {1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
    bool begun = false;
    for (unsigned i = 0; i < 10; i++) {
        char digit = '0';
        for (; value >= powers[i]; value -= powers[i])
            digit++;
        begun = begun || digit != '0' || i == 9;
        if (begun)
            *to++ = digit;
    }
    return to;
}

/* "HS:BEGIN SIZE CHECK", and the same with END. */
static void put_frame(void (*put)(const char *line), const char *word, uint32_t size, uint32_t check)
{
    char line[LINE_MAX], *to = put_text(line, word);
    to = put_decimal(to, size);
    *to++ = ' ';
    to = put_hex(to, check, 8);
    put_text(to, "\n")[0] = 0;
    put(line);
}

static void put_bytes(void (*put)(const char *line), const uint8_t *image, uint32_t offset, uint32_t len)
{
    char line[LINE_MAX], *to = put_hex(put_text(line, "HS:"), offset, 1);
    uint32_t check = hs_crc32(hs_crc32(0, &offset, sizeof offset), image + offset, len);
    if (is_zero(image + offset, len))
        return;
    *to++ = ' ';
    to += hs_base64_encode(to, image + offset, len);
    *to++ = ' ';
    to = put_hex(to, check, 8);
    put_text(to, "\n")[0] = 0;
    put(line);
}

void hs_console_dump(void (*put)(const char *line))
{
    hs_stop();
    const uint8_t *image = (const uint8_t *)hs_image();
    uint32_t size = hs_image()->total_size, check = hs_crc32(0, image, size);
    put_frame(put, "HS:BEGIN ", size, check);
    for (uint32_t at = 0; at < size; at += LINE_BYTES)
        put_bytes(put, image, at, size - at < LINE_BYTES ? size - at : LINE_BYTES);
    put_frame(put, "HS:END ", size, check);
}
