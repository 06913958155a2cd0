/* SPDX-License-Identifier: MIT
 *
 * The recorder is started on memory that holds anything: as it is, and behind a header that it continues, with the
 * packets' checks made right. It must record, and the reader must be able to read it.
 */
#include "tests/fuzz/read_all.h"
#include "tests/support/firmware.h"

static struct hs_ring_header good;

static void repair(uint8_t *data, size_t size)
{
    if (size < sizeof good)
        return;
    memcpy(data, &good, sizeof good);
    for (size_t slot = sizeof good; slot + good.packet_size <= size; slot += good.packet_size)
        if (data[slot] == 'H' && data[slot + 1] == 'P')
            fuzz_repair_packet(data + slot, good.packet_size, true);
}

/* Nothing in front of it was damaged when all of it must be there. */
static void find_boot(const uint8_t *image, size_t size, bool fresh)
{
    const struct hs_event *e;
    uint32_t offered = hs_stats().offered, boot = hs_stats().boot, found = 0;
    long n;
    struct hs_reader *reader = hs_reader_open(fuzz_file(image, size), NULL);
    INSIST(reader);
    while ((n = hs_reader_next(reader, &e)) > 0)
        for (long i = 0; i < n; i++)
            found += e[i].boot == boot;
    INSIST(n == 0);
    INSIST(found >= offered || !fresh);
    hs_reader_close(reader);
}

static void boot_on(const uint8_t *data, size_t size)
{
    memset(fw.memory, 0x5a, fw.config.memory_size);
    memcpy(fw.memory, data, size < fw.config.memory_size ? size : fw.config.memory_size);
    fw.seed = size;
    fw_boot();
    fw_work(12);
    find_boot(fw.memory, fw.config.memory_size, hs_stats().boot == 1 && hs_stats().packets < 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (!fw.memory)
        fw_make(&(struct fw_config){.memory_size = 2048, .placement = HS_PLACE_MICROPYTHON, .granules = 60, .seed = 1});
    if (!good.hz)
        memcpy(&good, fw.memory, sizeof good);
    boot_on(data, size);
    memcpy(copy, data, size);
    repair(copy, size);
    boot_on(copy, size);
    free(copy);
    return 0;
}
