/* SPDX-License-Identifier: MIT
 *
 * What a user of the reader rebuilds from its events, held against what the firmware says at its marks.
 */
#ifndef TESTS_SUPPORT_MIRROR_H
#define TESTS_SUPPORT_MIRROR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/host/reader.h"
#include "tests/support/firmware.h"

struct mirror {
    uint8_t kind[FW_GRANULES];
    bool known; /* the layout */
    uint64_t records, events, marks, compared, unplaced, resyncs;
    uint64_t digest; /* over all that events say, to tell whether two readings are equal */
    uint64_t last_number, last_time;
    uint32_t last_boot;
    struct hs_trace_info info;
    struct hs_error error;
};

static void mirror_block(struct mirror *m, uint32_t pos, uint32_t n)
{
    assert_true(n && pos < FW_GRANULES && n <= FW_GRANULES - pos);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(m->kind[pos + i], FW_FREE);
    m->kind[pos] = FW_HEAD;
    memset(m->kind + pos + 1, FW_TAIL, n - 1);
}

static uint32_t mirror_free(struct mirror *m, uint32_t pos)
{
    uint32_t n = 1;
    assert_true(pos < FW_GRANULES);
    assert_int_equal(m->kind[pos], FW_HEAD);
    while (pos + n < FW_GRANULES && m->kind[pos + n] == FW_TAIL)
        n++;
    memset(m->kind + pos, FW_FREE, n);
    return n;
}

static void mirror_resync(struct mirror *m, const struct hs_event *e)
{
    memset(m->kind, FW_FREE, sizeof m->kind);
    for (uint32_t i = 0; i < e->n_blocks; i++)
        mirror_block(m, e->block[i].pos, e->block[i].granules);
    m->known = true;
    m->resyncs++;
}

static void mirror_mark(struct mirror *m, const struct hs_event *e)
{
    char label[16];
    m->marks++;
    if (!m->known)
        return;
    snprintf(label, sizeof label, "%08x", hs_crc32(0, m->kind, sizeof m->kind));
    assert_int_equal(e->record->mark.label.len, 8);
    assert_memory_equal(label, e->record->mark.label.data, 8);
    m->compared++;
}

static void mirror_site(struct hs_reader *reader, const struct hs_event *e)
{
    const struct hs_site *site = hs_reader_site(reader, e->site);
    assert_non_null(site);
    if (!e->site || e->kind == HS_FREE)
        return;
    assert_int_equal(site->line, 1000 + e->size % 50);
    assert_int_equal(site->caller, e->size % 50);
    assert_string_equal(site->file, "main.py");
    assert_int_equal(site->function[0], 'f');
}

static void mirror_digest(struct mirror *m, const struct hs_event *e)
{
    const uint64_t said[] = {e->time,         e->kind,    e->flags,  e->size, e->pos,      e->granules, e->old,
                             e->old_granules, e->n_freed, e->thread, e->boot, e->n_blocks, e->region};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        m->digest = (m->digest ^ said[i]) * 0x9E3779B97F4A7C15u ^ m->digest >> 29;
}

static void mirror_event(struct mirror *m, struct hs_reader *reader, const struct hs_event *e)
{
    bool implied = fw.config.placement != HS_PLACE_EXPLICIT;
    if (e->boot != m->last_boot) {
        m->last_boot = e->boot;
        m->last_time = 0;
    } else if (m->records) {
        assert_true(e->number > m->last_number);
        m->known = m->known && e->number == m->last_number + 1; /* explicit places are recorded after a gap, too */
    }
    m->last_number = e->number;
    assert_true(e->time >= m->last_time);
    m->last_time = e->time;
    m->records++;
    mirror_digest(m, e);
    if (e->flags & HS_EVENT_UNPLACED)
        m->known = false;
    if (e->kind <= HS_REALLOC || e->kind == HS_FAIL) {
        m->events++;
        mirror_site(reader, e);
    }
    m->events += e->n_freed;
    if (e->kind <= HS_REALLOC && e->flags & HS_EVENT_UNPLACED) {
        m->unplaced++;
        assert_int_equal(e->old, HS_POS_IMPLIED);
        assert_int_equal(e->pos, HS_POS_IMPLIED);
        return;
    }
    if (e->kind == HS_RESET) {
        memset(m->kind, FW_FREE, sizeof m->kind);
        m->known = true;
    }
    if (e->flags & HS_EVENT_RESYNC)
        mirror_resync(m, e);
    if (e->kind == HS_MARK)
        mirror_mark(m, e);
    if (!m->known)
        return;
    if ((e->kind == HS_FREE || e->kind == HS_REALLOC) && e->old_granules)
        assert_int_equal(mirror_free(m, e->old), e->old_granules);
    if (e->kind == HS_FREE && implied)
        assert_true(e->old_granules);
    if (e->kind == HS_ALLOC || e->kind == HS_REALLOC) {
        assert_int_equal(e->granules, (e->size + 15) / 16);
        mirror_block(m, e->pos, e->granules);
    }
    for (uint32_t i = 0; i < e->n_freed; i++) {
        assert_true(!i || e->freed[i] > e->freed[i - 1]);
        mirror_free(m, e->freed[i]);
    }
}

/* Reads the whole file. Returns what hs_reader_next ended with, or the error of opening. */
static inline long mirror_file(struct mirror *m, const char *path)
{
    const struct hs_event *e;
    long n;
    memset(m, 0, sizeof *m);
    struct hs_reader *reader = hs_reader_open(path, &m->error);
    if (!reader) {
        assert_true(m->error.code < 0);
        assert_true(m->error.text[0]);
        return m->error.code;
    }
    while ((n = hs_reader_next(reader, &e)) > 0)
        for (long i = 0; i < n; i++)
            mirror_event(m, reader, &e[i]);
    m->info = *hs_reader_info(reader);
    m->error = *hs_reader_error(reader);
    assert_int_equal(hs_reader_next(reader, &e), n);
    hs_reader_close(reader);
    return n;
}

/* What no trace may break. */
static inline void mirror_sane(const struct mirror *m)
{
    assert_int_equal(m->records, m->info.records);
    assert_int_equal(m->info.emitted, m->info.records + m->info.lost + m->info.overwritten_records);
}

/* --- files -------------------------------------------------------------------------------------------- */

/* A file in memory, the same one each time. */
static int scratch = -1;

static inline const char *scratch_file(const void *data, size_t len)
{
    static char path[32];
    if (scratch < 0)
        scratch = memfd_create("trace", 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", scratch);
    assert_int_equal(ftruncate(scratch, 0), 0);
    assert_int_equal(pwrite(scratch, data, len, 0), len);
    return path;
}

static inline int scratch_remove(void **state)
{
    (void)state;
    if (scratch >= 0)
        close(scratch);
    free(fw.memory);
    free(fw.out);
    return 0;
}

#endif
