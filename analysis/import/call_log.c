/* SPDX-License-Identifier: MIT */
#include "analysis/import/call_log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/host/util/tempfile.h"
#include "lib/record.h"
#include "lib/varint.h"

/* A call is its kind, with bits for the members that differ from the call before, then numbers. */
enum { KIND = 15, THREAD = 16, PLACE = 32, PROCESS = 64, ASKED = 128 };
_Static_assert(HS_CALL_KINDS <= KIND + 1, "a kind has four bits");
#define CALL_MAX (1 + 8 * HS_VARINT64_MAX)

int hs_call_log_open(struct hs_call_log *s)
{
    int fd = hs_unnamed_file();
    memset(s, 0, sizeof *s);
    s->file = fd >= 0 ? fdopen(fd, "w+b") : NULL;
    if (!s->file && fd >= 0)
        close(fd);
    if (s->file)
        setvbuf(s->file, NULL, _IOFBF, 1 << 18);
    return s->file ? HS_OK : HS_ERR_IO;
}

void hs_call_log_close(struct hs_call_log *s)
{
    if (s->file)
        fclose(s->file);
    s->file = NULL;
}

static uint8_t *put_difference(uint8_t *to, uint64_t value, uint64_t before)
{
    return hs_put_u64(to, hs_zigzag64((int64_t)(value - before)));
}

void hs_call_log_put(struct hs_call_log *s, const struct hs_import_call *call)
{
    uint8_t bytes[CALL_MAX], *to = bytes + 1;
    struct hs_import_call now = *call, *last = &s->last;
    now.ns = now.ns > last->ns || !s->calls ? now.ns : last->ns;
    bytes[0] = (uint8_t)(now.kind | (now.thread != last->thread ? THREAD : 0) | (now.place != last->place ? PLACE : 0) |
                         (now.process != last->process ? PROCESS : 0) | (now.asked ? ASKED : 0));
    to = hs_put_u64(to, now.ns - last->ns);
    if (bytes[0] & THREAD)
        to = hs_put_u32(to, now.thread);
    if (bytes[0] & PLACE)
        to = hs_put_u32(to, now.place);
    if (bytes[0] & PROCESS)
        to = hs_put_u32(to, now.process);
    if (bytes[0] & ASKED)
        to = hs_put_u64(to, now.asked);
    to = put_difference(to, now.ptr, last->ptr);
    to = put_difference(to, now.old, last->ptr);
    to = hs_put_u64(to, now.size);
    fwrite(bytes, 1, (size_t)(to - bytes), s->file);
    *last = now;
    s->calls++;
}

int hs_call_log_rewind(struct hs_call_log *s)
{
    if (fflush(s->file) || ferror(s->file))
        return HS_ERR_IO;
    rewind(s->file);
    memset(&s->last, 0, sizeof s->last);
    return HS_OK;
}

static uint64_t get_number(struct hs_call_log *s)
{
    uint64_t value = 0;
    int c, shift = 0;
    do {
        c = getc_unlocked(s->file);
        value |= (uint64_t)(c & 0x7f) << shift;
        shift += 7;
    } while (c != EOF && c & 0x80 && shift < 64);
    return value;
}

static uint64_t get_difference(struct hs_call_log *s, uint64_t before) { return before + (uint64_t)hs_unzigzag(get_number(s)); }

int hs_call_log_get(struct hs_call_log *s, struct hs_import_call *call)
{
    struct hs_import_call *last = &s->last;
    uint64_t ptr = last->ptr;
    int head = getc_unlocked(s->file);
    if (head == EOF)
        return ferror(s->file) ? HS_ERR_IO : 0;
    last->kind = head & KIND;
    last->ns += get_number(s);
    if (head & THREAD)
        last->thread = (uint32_t)get_number(s);
    if (head & PLACE)
        last->place = (uint32_t)get_number(s);
    if (head & PROCESS)
        last->process = (uint16_t)get_number(s);
    last->asked = head & ASKED ? get_number(s) : 0;
    last->ptr = get_difference(s, ptr);
    last->old = get_difference(s, ptr);
    last->size = get_number(s);
    *call = *last;
    return ferror(s->file) ? HS_ERR_IO : 1;
}
