/* SPDX-License-Identifier: MIT
 *
 * A memory image, as it is and with the checks of its header and slots made right.
 */
#include "tests/fuzz/read_all.h"

static void repair_image(uint8_t *data, size_t size)
{
    struct hs_ring_header h;
    uint8_t *at = size ? memmem(data, size, HS_RING_MAGIC, 8) : NULL;
    if (!at || (size_t)(data + size - at) < sizeof h)
        return;
    memcpy(&h, at, sizeof h);
    if (h.packet_size <= sizeof(struct hs_packet) || h.packet_size > 0xffff)
        h.packet_size = 256;
    h.total_size = 0x7fffffff;
    memcpy(at, &h, sizeof h);
    uint64_t slot = (uint64_t)(at - data) + fuzz_repair_header(at, (size_t)(data + size - at));
    for (uint32_t i = 0; i < h.packet_count && slot < size; i++, slot += h.packet_size) {
        size_t left = size - slot < h.packet_size ? size - slot : h.packet_size;
        if (left > 1 && data[slot] == 'H' && data[slot + 1] == 'P')
            fuzz_repair_packet(data + slot, left, left == h.packet_size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read(fuzz_file(data, size));
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    repair_image(copy, size);
    fuzz_read(fuzz_file(copy, size));
    free(copy);
    return 0;
}
