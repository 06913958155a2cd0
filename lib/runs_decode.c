/* SPDX-License-Identifier: MIT
 *
 * Runs of a sweep or snapshot, read: the other side of runs.c, which has their bytes in words. A file of its
 * own, so that a reader is linked without the recorder.
 */
#include "lib/decode.h"
#include "lib/varint.h"

#define SNAPSHOT_SINGLES 0xc0u

void hs_runs_init(struct hs_runs *runs, const struct hs_record *record) {
    runs->at = record->data;
    runs->end = record->data + record->data_len;
    runs->bits = runs->n_bits = 0;
    runs->heads = record->count;
    runs->singles = 0;
}

static int get_length(struct hs_runs *runs, uint32_t n, uint32_t most, uint32_t base, uint32_t *length) {
    uint64_t more = 0;
    if (n == most && hs_get_u64(&runs->at, runs->end, &more))
        return HS_ERR_END;
    if (more > 0xffffffu)
        return HS_ERR_FORMAT;
    *length = base + n + (uint32_t)more;
    return HS_OK;
}

static int sweep_run(struct hs_runs *runs, int kind, uint32_t length) {
    if (length > runs->heads)
        return HS_ERR_FORMAT;
    runs->heads -= length;
    return kind;
}

int hs_runs_sweep(struct hs_runs *runs, uint32_t *length) {
    if (!runs->heads)
        return HS_RUN_END;
    if (!runs->n_bits) {
        if (runs->at == runs->end)
            return HS_ERR_END;
        uint8_t byte = *runs->at++;
        if (byte & 0x80) {
            int err = get_length(runs, byte & 0x3f, 63, 8, length);
            return err ? err : sweep_run(runs, byte & 0x40 ? HS_RUN_KEPT : HS_RUN_FREED, *length);
        }
        runs->bits = byte;
        runs->n_bits = 7;
    }
    int kind = runs->bits & 1 ? HS_RUN_KEPT : HS_RUN_FREED;
    runs->bits >>= 1;
    runs->n_bits--;
    *length = 1;
    return sweep_run(runs, kind, 1);
}

int hs_runs_snapshot(struct hs_runs *runs, uint32_t *length) {
    *length = 1;
    if (runs->singles) {
        runs->singles--;
        return HS_RUN_BLOCK;
    }
    if (runs->at == runs->end)
        return HS_RUN_END;
    uint8_t byte = *runs->at++;
    if ((byte & 0xc0) == SNAPSHOT_SINGLES) {
        runs->singles = (byte & 0x3fu) + 1;
        return HS_RUN_BLOCK;
    }
    int err = byte & 0x80 ? get_length(runs, byte & 0x3f, 63, 1, length) : get_length(runs, byte, 127, 1, length);
    return err ? err : byte & 0x80 ? HS_RUN_BLOCK : HS_RUN_FREE;
}
