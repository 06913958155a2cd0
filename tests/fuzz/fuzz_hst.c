/* SPDX-License-Identifier: MIT
 *
 * A .hst: as it is; with the checks of its frames made right; and the input as a stream that is packed and
 * must come out as it went in.
 */
#include <stdbool.h>

#include "lib/host/writer.h"
#include "tests/fuzz/read_all.h"

static void repair_frames(uint8_t *data, size_t size)
{
    struct hs_hst_header h;
    struct hs_hst_frame f;
    if (size >= sizeof h && !memcmp(data, HS_HST_MAGIC, 8)) {
        memcpy(&h, data, sizeof h);
        h.version = HS_HST_VERSION;
        h.check = hs_crc32(0, &h, offsetof(struct hs_hst_header, check));
        memcpy(data, &h, sizeof h);
    }
    for (size_t at = sizeof h; at + sizeof f <= size; at++) {
        memcpy(&f, data + at, sizeof f);
        if (f.magic != HS_HST_FRAME_MAGIC)
            continue;
        if (f.stored <= size - at - sizeof f)
            f.crc = hs_crc32(0, data + at + sizeof f, f.stored);
        f.check = hs_crc32(0, &f, offsetof(struct hs_hst_frame, check));
        memcpy(data + at, &f, sizeof f);
    }
}

static void pack_and_read(uint8_t *data, size_t size)
{
    static int fd;
    struct hs_error error;
    const char *path = fuzz_path(&fd, "packed");
    fuzz_repair_stream(data, size);
    uint64_t records = fuzz_read(fuzz_file(data, size));
    struct hs_writer *w = hs_writer_open(path, &(struct hs_writer_config){.frame = 300, .source = HS_SOURCE_STREAM}, &error);
    INSIST(w);
    for (size_t at = 0, n; at < size; at += n) {
        n = 1 + data[at] % 100u;
        n = n < size - at ? n : size - at;
        INSIST(hs_writer_put(w, data + at, n) == 0);
    }
    INSIST(hs_writer_close(w, &error) == 0);
    bool stream = fuzz_source == HS_SOURCE_STREAM;
    uint64_t packed = fuzz_read(path);
    INSIST(packed == records || !stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read(fuzz_file(data, size));
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    repair_frames(copy, size);
    fuzz_read(fuzz_file(copy, size));
    memcpy(copy, data, size);
    pack_and_read(copy, size);
    free(copy);
    return 0;
}
