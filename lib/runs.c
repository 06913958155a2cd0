/* SPDX-License-Identifier: MIT
 *
 * Sweeps and snapshots as runs; FORMAT.md, chapter 4, has the bytes.
 *
 *   sweep     0bbbbbbb           seven heads, lowest bit first, 1 = survives
 *             10nnnnnn [varint]  n + 8 heads are freed; n = 63: 71 + varint
 *             11nnnnnn [varint]  n + 8 heads survive, likewise
 *   snapshot  0nnnnnnn [varint]  n + 1 free granules; n = 127: 128 + varint
 *             10nnnnnn [varint]  a block of n + 1 granules; n = 63: 64 + varint
 *             11nnnnnn           n + 2 blocks of one granule each
 *
 * The last literal byte of a sweep is filled up with zeros; `heads` tells how many bits count.
 */
#include "lib/trace.h"
#include "lib/varint.h"

/* Bytes that closing the pending bits or run may still take. */
#define TAIL (1 + HS_VARINT32_MAX + 1)

static void emit(struct hs_runs_writer *w, uint32_t end) {
    hs_record(&(struct hs_record){
        .kind = w->record_kind,
        .pos = w->pos,
        .end = end,
        .count = w->count,
        .cause = w->part,
        .data = w->data,
        .data_len = w->len,
    });
    w->pos = end;
    w->count = 0;
    w->len = 0;
    w->part = 0;
}

static void begin(struct hs_runs_writer *w, uint8_t record_kind, uint32_t pos) {
    w->pos = pos;
    w->count = w->run = 0;
    w->kind = w->n_bits = w->bits = w->part = w->len = 0;
    w->record_kind = record_kind;
}

static void put_run(struct hs_runs_writer *w, uint8_t tag, uint32_t n, uint32_t most) {
    if (n < most) {
        w->data[w->len++] = (uint8_t)(tag | n);
    } else {
        w->data[w->len++] = (uint8_t)(tag | most);
        w->len = (uint8_t)(hs_put_u32(w->data + w->len, n - most) - w->data);
    }
}

/* --- sweep ------------------------------------------------------------------------------------------- */

#define SWEEP_FREED 0x80u
#define SWEEP_KEPT  0xc0u

void hs_sweep_begin(struct hs_runs_writer *w, uint32_t pos) { begin(w, HS_SWEEP, pos); }

static void put_literal(struct hs_runs_writer *w) {
    w->data[w->len++] = w->bits;
    w->bits = w->n_bits = 0;
}

/* Writes the run at hand: into the literal being filled, or as a run when it is long. */
static void flush_run(struct hs_runs_writer *w) {
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

static void flush_sweep(struct hs_runs_writer *w) {
    flush_run(w);
    if (w->n_bits)
        put_literal(w);
}

/* A run of the other bit begins at `pos`. */
void hs_sweep_turn(struct hs_runs_writer *w, uint32_t pos) {
    flush_run(w);
    w->kind ^= 1;
    if (w->len > HS_DATA_MAX - 2 * TAIL) {
        flush_sweep(w);
        emit(w, pos);
    }
}

void hs_sweep_end(struct hs_runs_writer *w, uint32_t end) {
    flush_sweep(w);
    emit(w, end);
}

/* --- snapshot ---------------------------------------------------------------------------------------- */

#define SNAPSHOT_BLOCK   0x80u
#define SNAPSHOT_SINGLES 0xc0u

void hs_snapshot_begin(struct hs_runs_writer *w, uint32_t pos, uint8_t part) {
    begin(w, HS_SNAPSHOT, pos);
    w->part = part & 1;
    w->bits = part & 2; /* kept for the last piece */
}

static void flush_singles(struct hs_runs_writer *w) {
    if (w->run == 1)
        w->data[w->len++] = SNAPSHOT_BLOCK;
    else if (w->run)
        w->data[w->len++] = (uint8_t)(SNAPSHOT_SINGLES | (w->run - 2));
    w->run = 0;
}

static void room(struct hs_runs_writer *w, uint32_t pos) {
    if (w->len > HS_DATA_MAX - 2 * TAIL) {
        flush_singles(w);
        emit(w, pos);
    }
}

void hs_snapshot_free(struct hs_runs_writer *w, uint32_t pos, uint32_t granules) {
    room(w, pos);
    flush_singles(w);
    put_run(w, 0, granules - 1, 127);
}

void hs_snapshot_block(struct hs_runs_writer *w, uint32_t pos, uint32_t granules) {
    room(w, pos);
    if (granules == 1) {
        if (++w->run == 65)
            flush_singles(w);
        return;
    }
    flush_singles(w);
    put_run(w, SNAPSHOT_BLOCK, granules - 1, 63);
}

void hs_snapshot_end(struct hs_runs_writer *w, uint32_t end) {
    flush_singles(w);
    w->part |= w->bits;
    emit(w, end);
}
