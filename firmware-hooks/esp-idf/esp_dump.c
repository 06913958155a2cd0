/* SPDX-License-Identifier: MIT
 *
 * Prints the trace on the console; lib/host/memory/capture.h describes the lines.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "firmware-hooks/esp-idf/heapstrata_esp.h"
#include "lib/base64.h"
#include "lib/crc.h"
#include "lib/heapstrata.h"

#define LINE_BYTES 48u

static bool is_zero(const uint8_t *bytes, uint32_t len)
{
    while (len && !bytes[len - 1])
        len--;
    return !len;
}

static void put_line(const uint8_t *image, uint32_t offset, uint32_t len)
{
    char text[HS_BASE64_LEN(LINE_BYTES) + 1];
    uint32_t check = hs_crc32(hs_crc32(0, &offset, sizeof offset), image + offset, len);
    if (is_zero(image + offset, len))
        return;
    text[hs_base64_encode(text, image + offset, len)] = '\0';
    printf("HS:%" PRIx32 " %s %08" PRIx32 "\n", offset, text, check);
}

void heapstrata_dump(void)
{
    heapstrata_stop();
    const uint8_t *image = (const uint8_t *)hs_image();
    uint32_t size = hs_image()->total_size, check = hs_crc32(0, image, size);
    printf("HS:BEGIN %" PRIu32 " %08" PRIx32 "\n", size, check);
    for (uint32_t at = 0; at < size; at += LINE_BYTES)
        put_line(image, at, size - at < LINE_BYTES ? size - at : LINE_BYTES);
    printf("HS:END %" PRIu32 " %08" PRIx32 "\n", size, check);
}
