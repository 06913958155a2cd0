/* SPDX-License-Identifier: MIT
 *
 * Encodes sweeps and snapshots as runs; FORMAT.md, chapter 4.
 *
 *   sweep     0bbbbbbb           seven heads, lowest bit first, 1 = survives
 *             10nnnnnn [varint]  n + 8 heads are freed; n = 63: 71 + varint
 *             11nnnnnn [varint]  n + 8 heads survive, likewise
 *   snapshot  0nnnnnnn [varint]  n + 1 free granules; n = 127: 128 + varint
 *             10nnnnnn [varint]  a block of n + 1 granules; n = 63: 64 + varint
 *             11nnnnnn           n + 2 blocks of one granule each; n < 63
 *             11111111 p varint  the p bytes before this one are repeated until there are `varint` more bytes
 *
 * The last literal byte of a sweep is padded with zeros; `heads` is the number of valid bits. A loop in a program allocates the
 * same few sizes again and again, so repeats make the snapshot of a full heap short.
 */
#include <string.h>

#include "lib/trace.h"
#include "lib/varint.h"

/* The most bytes that the pending bits or the pending run take. */
#define TAIL (1 + HS_VARINT32_MAX + 1)

/* The most bytes of a SNAPSHOT record without its data. */
#define HEAD 12u

static void emit(struct hs_runs_writer *w, uint32_t end)
{
    w->bytes += w->len + HEAD;
    if (!w->record_kind) {
        w->len = 0;
        return;
    }
    struct hs_data data = {w->data, w->len};
    struct hs_record record = {.kind = w->record_kind};
    if (w->record_kind == HS_SWEEP)
        record.sweep = (struct hs_record_sweep){.pos = w->pos, .end = end, .heads = w->count, .bits = data};
    else
        record.snapshot = (struct hs_record_snapshot){.pos = w->pos, .end = end, .part = w->part, .runs = data};
    hs_record(&record);
    w->pos = end;
    w->count = 0;
    w->len = 0;
    w->part = 0;
}

static void begin(struct hs_runs_writer *w, uint8_t record_kind, uint32_t pos)
{
    w->pos = pos;
    w->count = w->run = 0;
    w->kind = w->n_bits = w->bits = w->part = w->len = 0;
    w->bytes = w->repeat = 0;
    w->plain = w->period = 0;
    w->record_kind = record_kind;
}

static void put_run(struct hs_runs_writer *w, uint8_t tag, uint32_t n, uint32_t most)
{
    if (n < most) {
        w->data[w->len++] = (uint8_t)(tag | n);
    } else {
        w->data[w->len++] = (uint8_t)(tag | most);
        w->len = (uint8_t)(hs_put_u32(w->data + w->len, n - most) - w->data);
    }
}

/* --- sweep ------------------------------------------------------------------------------------------- */

#define SWEEP_FREED 0x80u
#define SWEEP_KEPT 0xc0u

void hs_sweep_begin(struct hs_runs_writer *w, uint32_t pos) { begin(w, HS_SWEEP, pos); }

static void put_literal(struct hs_runs_writer *w)
{
    w->data[w->len++] = w->bits;
    w->bits = w->n_bits = 0;
}

/* Writes the current run: first into the literal byte that is not full, then as a run if it is long. */
static void flush_run(struct hs_runs_writer *w)
{
    w->count += w->run;
    while (w->run && (w->n_bits || w->run < 8)) {
        w->bits |= (uint8_t)(w->kind << w->n_bits);
        w->run--;
        if (++w->n_bits == 7)
            put_literal(w);
    }
    if (w->run)
        put_run(w, w->kind ? SWEEP_KEPT : SWEEP_FREED, w->run - 8, 63);
    w->run = 0;
}

static void flush_sweep(struct hs_runs_writer *w)
{
    flush_run(w);
    if (w->n_bits)
        put_literal(w);
}

/* A run with the other bit begins at `pos`. */
void hs_sweep_turn(struct hs_runs_writer *w, uint32_t pos)
{
    flush_run(w);
    w->kind ^= 1;
    if (w->len > HS_DATA_MAX - 2 * TAIL) {
        flush_sweep(w);
        emit(w, pos);
    }
}

void hs_sweep_end(struct hs_runs_writer *w, uint32_t end)
{
    flush_sweep(w);
    emit(w, end);
}

/* --- snapshot ---------------------------------------------------------------------------------------- */

#define SNAPSHOT_BLOCK 0x80u
#define SNAPSHOT_SINGLES 0xc0u
#define SNAPSHOT_REPEAT 0xffu
#define SINGLES_MAX 64u
/* A repeat takes three bytes or more, so it must replace at least this many. */
#define REPEAT_MIN 4u
#define PERIOD_MAX 8u
/* Leaves room for the bytes that one call adds and that the end of the record then adds: a repeat and a byte, a repeat and a long
 * run. */
#define SNAPSHOT_ROOM (HS_DATA_MAX - 3 * (2 + HS_VARINT32_MAX) - 1)

void hs_snapshot_begin(struct hs_runs_writer *w, uint32_t pos, uint8_t part)
{
    begin(w, HS_SNAPSHOT, pos);
    w->part = part & 1;
    w->bits = part & 2; /* kept for the last record */
}

void hs_snapshot_measure(struct hs_runs_writer *w) { begin(w, 0, 0); }

/* Writes the repeated codes: as a repeat, or as they are if they are few. */
static void end_repeat(struct hs_runs_writer *w)
{
    if (w->repeat < REPEAT_MIN) {
        for (w->plain += w->repeat; w->repeat; w->repeat--, w->len++)
            w->data[w->len] = w->data[w->len - w->period];
    } else {
        w->data[w->len++] = SNAPSHOT_REPEAT;
        w->data[w->len++] = w->period;
        w->len = (uint8_t)(hs_put_u32(w->data + w->len, w->repeat) - w->data);
        w->part |= HS_SNAPSHOT_REPEATS;
        w->plain = 0;
    }
    w->repeat = 0;
    w->period = 0;
}

/* The smallest p for which the last p bytes equal the p bytes before them; 0 if there is none. */
static uint8_t find_period(const struct hs_runs_writer *w)
{
    const uint8_t *end = w->data + w->len;
    for (uint8_t p = 1; p <= PERIOD_MAX && 2 * p <= w->plain; p++)
        if (memcmp(end - p, end - 2 * p, p) == 0)
            return p;
    return 0;
}

/* Writes a code of one byte. `at` is the index in the period of the next code. */
static void put_code(struct hs_runs_writer *w, uint8_t code)
{
    if (w->period && w->data[w->len - w->period + w->at] == code) {
        w->repeat++;
        w->at = w->at + 1 < w->period ? w->at + 1 : 0;
        return;
    }
    end_repeat(w);
    w->data[w->len++] = code;
    w->plain++;
    w->period = find_period(w);
    w->at = 0;
}

static void put_snapshot_run(struct hs_runs_writer *w, uint8_t tag, uint32_t n, uint32_t most)
{
    if (n < most) {
        put_code(w, (uint8_t)(tag | n));
        return;
    }
    end_repeat(w);
    put_run(w, tag, n, most);
    w->plain = 0;
}

static void flush_singles(struct hs_runs_writer *w)
{
    if (w->run)
        put_code(w, (uint8_t)(w->run == 1 ? SNAPSHOT_BLOCK : SNAPSHOT_SINGLES | (w->run - 2)));
    w->run = 0;
}

static void end_piece(struct hs_runs_writer *w, uint32_t end)
{
    flush_singles(w);
    end_repeat(w);
    emit(w, end);
    w->plain = 0;
}

static void room(struct hs_runs_writer *w, uint32_t pos)
{
    if (w->len > SNAPSHOT_ROOM)
        end_piece(w, pos);
}

void hs_snapshot_free(struct hs_runs_writer *w, uint32_t pos, uint32_t granules)
{
    room(w, pos);
    flush_singles(w);
    put_snapshot_run(w, 0, granules - 1, 127);
}

void hs_snapshot_block(struct hs_runs_writer *w, uint32_t pos, uint32_t granules)
{
    room(w, pos);
    if (granules == 1) {
        if (++w->run == SINGLES_MAX)
            flush_singles(w);
        return;
    }
    flush_singles(w);
    put_snapshot_run(w, SNAPSHOT_BLOCK, granules - 1, 63);
}

void hs_snapshot_end(struct hs_runs_writer *w, uint32_t end)
{
    w->part |= w->bits;
    end_piece(w, end);
}
