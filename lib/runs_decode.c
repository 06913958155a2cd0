/* SPDX-License-Identifier: MIT
 *
 * Decodes the runs of a sweep or snapshot; runs.c describes their bytes. A separate file, so that a reader is linked without the
 * recorder.
 */
#include <stdbool.h>

#include "lib/decode.h"
#include "lib/varint.h"

#define SNAPSHOT_SINGLES 0xc0u
#define SNAPSHOT_REPEAT 0xffu

void hs_runs_init(struct hs_runs *runs, const struct hs_record *record)
{
    bool sweep = record->kind == HS_SWEEP;
    struct hs_data data = sweep ? record->sweep.bits : record->snapshot.runs;
    runs->start = runs->at = data.data;
    runs->end = data.data + data.len;
    runs->bits = runs->n_bits = 0;
    runs->heads = sweep ? record->sweep.heads : 0;
    runs->singles = runs->repeat = 0;
    runs->repeats = !sweep && record->snapshot.part & HS_SNAPSHOT_REPEATS;
}

static int get_length(struct hs_runs *runs, uint32_t n, uint32_t most, uint32_t base, uint32_t *length)
{
    uint64_t more = 0;
    if (n == most && hs_get_u64(&runs->at, runs->end, &more))
        return HS_ERR_END;
    if (more > UINT32_MAX - (base + n))
        return HS_ERR_FORMAT;
    *length = base + n + (uint32_t)more;
    return HS_OK;
}

static int sweep_run(struct hs_runs *runs, int kind, uint32_t length)
{
    if (length > runs->heads)
        return HS_ERR_FORMAT;
    runs->heads -= length;
    return kind;
}

int hs_runs_sweep(struct hs_runs *runs, uint32_t *length)
{
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

/* Whether a byte is a complete code. */
static int is_plain(uint8_t code) { return code != 0x7f && code != 0xbf && code != SNAPSHOT_REPEAT; }

static int begin_repeat(struct hs_runs *runs)
{
    const uint8_t *mark = runs->at++;
    uint64_t n = 0;
    if (runs->at == runs->end)
        return HS_ERR_END;
    runs->period = *runs->at++;
    if (hs_get_u64(&runs->at, runs->end, &n))
        return HS_ERR_END;
    if (!runs->period || runs->period > mark - runs->start || !n || n > 0xffffffu)
        return HS_ERR_FORMAT;
    runs->again = mark - runs->period;
    for (uint32_t i = 0; i < runs->period; i++)
        if (!is_plain(runs->again[i]))
            return HS_ERR_FORMAT;
    runs->next = 0;
    runs->repeat = (uint32_t)n;
    return HS_OK;
}

/* Reads the first byte of the next code. Returns 1, 0 at the end, or an error. */
static int next_code(struct hs_runs *runs, uint8_t *code)
{
    if (!runs->repeat && runs->at == runs->end)
        return HS_RUN_END;
    if (!runs->repeat && *runs->at == SNAPSHOT_REPEAT && runs->repeats) {
        int err = begin_repeat(runs);
        if (err)
            return err;
    }
    if (!runs->repeat) {
        *code = *runs->at++;
        return 1;
    }
    *code = runs->again[runs->next];
    runs->next = runs->next + 1 < runs->period ? runs->next + 1 : 0;
    runs->repeat--;
    return 1;
}

int hs_runs_snapshot(struct hs_runs *runs, uint32_t *length)
{
    uint8_t byte;
    *length = 1;
    if (runs->singles) {
        runs->singles--;
        return HS_RUN_BLOCK;
    }
    int got = next_code(runs, &byte);
    if (got <= 0)
        return got;
    if ((byte & 0xc0) == SNAPSHOT_SINGLES) {
        runs->singles = (byte & 0x3fu) + 1;
        return HS_RUN_BLOCK;
    }
    int err = byte & 0x80 ? get_length(runs, byte & 0x3f, 63, 1, length) : get_length(runs, byte, 127, 1, length);
    return err ? err : byte & 0x80 ? HS_RUN_BLOCK : HS_RUN_FREE;
}
