/* SPDX-License-Identifier: MIT */
#ifndef HS_CRC_H
#define HS_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 (IEEE 802.3, reflected, same as zlib's crc32). `crc` is 0 at the start, then the last result. ISR safe. */
uint32_t hs_crc32(uint32_t crc, const void *data, size_t len);

#endif
