/* SPDX-License-Identifier: MIT
 *
 * usage: areas FILE SEED      A trace of a heap of three areas, which loses packets: what no firmware here has.
 */
#include "tests/support/firmware.h"

int main(int argc, char **argv)
{
    unsigned seed = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
    FILE *out = argc == 3 ? fopen(argv[1], "wb") : NULL;
    if (!out)
        return 2;
    fw_make(&(struct fw_config){
        .memory_size = 1 << 15,
        .packet_size = 1024,
        .flags = HS_RING_STREAM,
        .n_areas = 3,
        .seed = seed,
        .placement = seed % 2 ? HS_PLACE_MICROPYTHON : HS_PLACE_EXPLICIT,
    });
    fw.refuse_every = 40;
    fw_work(20000);
    hs_flush();
    size_t written = fwrite(fw.out, 1, fw.out_len, out);
    return fclose(out) || written != fw.out_len;
}
