/* SPDX-License-Identifier: MIT
 *
 * CRC-32 of eight bytes at a time, with eight tables: table[k][b] is the effect of byte b that k zero bytes
 * follow.
 */
#include <string.h>
#include <threads.h>

#include "lib/host/input/checksum.h"

static uint32_t table[8][256];
static once_flag once = ONCE_FLAG_INIT;

static void make_tables(void)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = b;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        table[0][b] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t b = 0; b < 256; b++)
            table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 0xff];
}

uint32_t hs_checksum(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;
    call_once(&once, make_tables);
    crc = ~crc;
    for (; len >= 8; len -= 8, p += 8) {
        uint64_t eight;
        memcpy(&eight, p, 8);
        eight ^= crc;
        crc = table[7][eight & 0xff] ^ table[6][eight >> 8 & 0xff] ^ table[5][eight >> 16 & 0xff] ^ table[4][eight >> 24 & 0xff] ^
              table[3][eight >> 32 & 0xff] ^ table[2][eight >> 40 & 0xff] ^ table[1][eight >> 48 & 0xff] ^ table[0][eight >> 56];
    }
    while (len--)
        crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
    return ~crc;
}
