/* SPDX-License-Identifier: MIT
 *
 * Check sums of large inputs. Not part of the public API.
 */
#ifndef HS_HOST_CHECKSUM_H
#define HS_HOST_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as hs_crc32 of lib/crc.h, several bytes at a time. */
uint32_t hs_checksum(uint32_t crc, const void *data, size_t len);

#endif
