/* SPDX-License-Identifier: MIT
 *
 * A stream, as it is and with its checks made right.
 */
#include "tests/fuzz/read_all.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read(fuzz_file(data, size));
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    fuzz_repair_stream(copy, size);
    fuzz_read(fuzz_file(copy, size));
    free(copy);
    return 0;
}
