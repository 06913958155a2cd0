/* SPDX-License-Identifier: MIT
 *
 * Reads and writes the .hst container; writer.h has its layout. The reader needs no index, because frames describe
 * themselves. It skips damage up to the next frame.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/assertion.h"
#include "lib/host/input/checksum.h"
#include "lib/host/input/fail.h"
#include "lib/host/input/chunks.h"
#include "lib/host/util/array.h"
#include "lib/host/util/system.h"
#include "lib/host/writer.h"

_Static_assert(sizeof(struct hs_hst_header) == 48, "layout");
_Static_assert(sizeof(struct hs_hst_frame) == 24, "layout");
_Static_assert(sizeof(struct hs_hst_entry) == 48, "layout");
_Static_assert(sizeof(struct hs_hst_trailer) == 24, "layout");

/* --- reading ------------------------------------------------------------------------------------------ */

#define PART 256u /* bytes of a damaged frame that are unpacked at once */
#define STORED_MAX (HS_HST_FRAME_MAX + HS_HST_FRAME_MAX / 128 + 1024u)

struct container {
    struct hs_byte_source bytes;
    struct hs_byte_source *file;
    struct hs_hst_header header;
    ZSTD_DCtx *zstd;
    uint8_t *in; /* bytes of the file; [in_at, in_end) are not processed yet */
    size_t in_at, in_end, in_room;
    uint64_t offset; /* in the file, of in[in_at] */
    uint8_t *plain;  /* the current frame, unpacked */
    size_t plain_at, plain_end, plain_room;
    bool ended;
    bool indexed; /* the index was reached: no more data */
};

bool hs_container_begins(const uint8_t *data, size_t len) { return len >= 8 && memcmp(data, HS_HST_MAGIC, 8) == 0; }

bool hs_container_of_image(const struct hs_byte_source *container)
{
    return ((const struct container *)container)->header.source == HS_SOURCE_IMAGE;
}

/* Reads until `need` bytes are in `in` or the file ends. Returns the number of bytes, or a negative enum hs_err. */
static long have(struct container *c, size_t need)
{
    if (c->in_end - c->in_at >= need)
        return (long)(c->in_end - c->in_at);
    if (!hs_array_reserve(c->in, c->in_room, need < 65536 ? 65536 : need))
        return HS_ERR_MEMORY;
    memmove(c->in, c->in + c->in_at, c->in_end - c->in_at);
    c->in_end -= c->in_at;
    c->in_at = 0;
    while (c->in_end < need) {
        long n = c->file->read(c->file, c->in + c->in_end, c->in_room - c->in_end);
        if (n < 0)
            return n;
        if (!n)
            break;
        c->in_end += (size_t)n;
    }
    return (long)c->in_end;
}

static void take(struct container *c, size_t n)
{
    c->in_at += n;
    c->offset += n;
}

static void damaged(struct container *c, int code, uint64_t offset)
{
    struct hs_damage *d = &c->bytes.damage;
    if (!d->code) {
        d->code = code;
        d->offset = offset;
    }
}

/* Skips to the next byte that may begin a frame. */
static void skip(struct container *c)
{
    const uint32_t magic = HS_HST_FRAME_MAGIC;
    const uint8_t *here = c->in + c->in_at;
    size_t n = c->in_end - c->in_at;
    const uint8_t *next = n > 1 ? memmem(here + 1, n - 1, &magic, sizeof magic) : NULL;
    size_t garbage = next ? (size_t)(next - here) : n > sizeof magic ? n - (sizeof magic - 1) : n;
    damaged(c, HS_ERR_FORMAT, c->offset);
    c->bytes.damage.bytes += garbage;
    take(c, garbage);
}

static bool frame_begins(const uint8_t *bytes, struct hs_hst_frame *frame)
{
    memcpy(frame, bytes, sizeof *frame);
    return frame->magic == HS_HST_FRAME_MAGIC && frame->check == hs_checksum(0, bytes, offsetof(struct hs_hst_frame, check)) &&
           frame->plain <= HS_HST_FRAME_MAX && frame->stored <= STORED_MAX;
}

/* Unpacks as much as possible: of a truncated frame, the complete zstd blocks; of a damaged one, those before the damage, and
 * perhaps wrong bytes after it, which the packets' sums exclude. */
static int unpack(struct container *c, const struct hs_hst_frame *frame, size_t stored, bool whole)
{
    ZSTD_inBuffer in = {c->in + c->in_at, 0, 0};
    if (!hs_array_reserve(c->plain, c->plain_room, frame->plain + 1u))
        return HS_ERR_MEMORY;
    ZSTD_outBuffer out = {c->plain, frame->plain, 0};
    ZSTD_DCtx_reset(c->zstd, ZSTD_reset_session_only);
    for (;;) {
        if (in.pos == in.size) /* a call that fails keeps nothing of what it unpacked: so little at once where it may fail */
            in.size = whole || stored - in.size < PART ? stored : in.size + PART;
        size_t before = in.pos + out.pos;
        size_t left = ZSTD_decompressStream(c->zstd, &out, &in);
        if (ZSTD_isError(left) || !left || in.pos + out.pos == before)
            break;
    }
    c->plain_at = 0;
    c->plain_end = out.pos;
    return out.pos == frame->plain ? HS_OK : HS_ERR_FORMAT;
}

/* Whether the file may still grow: then its end is not damage. */
static bool grows(struct container *c) { return c->file->growing && c->file->growing(c->file); }

/* Of a frame's `stored` bytes that are there, how many are lost when `plain` bytes were unpacked: an estimate. */
static uint64_t lost_of(const struct hs_hst_frame *frame, size_t stored, size_t plain)
{
    uint64_t used = frame->plain ? (uint64_t)frame->stored * plain / frame->plain : 0;
    return used < stored ? stored - used : 0;
}

/* At the index: whether another .hst begins after the end of this one (`cat one.hst other.hst`); then it is read on. Anything else
 * there is damage. Returns 1, 0, or a negative enum hs_err. */
static int begin_another(struct container *c, const struct hs_hst_frame *index)
{
    size_t end = sizeof *index + index->stored + sizeof(struct hs_hst_trailer);
    struct hs_hst_header header;
    long n = have(c, end + sizeof header);
    if (n <= (long)end)
        return n < 0 ? (int)n : 0;
    take(c, end);
    n -= (long)end;
    if ((size_t)n >= sizeof header) {
        memcpy(&header, c->in + c->in_at, sizeof header);
        if (hs_container_begins(c->in + c->in_at, (size_t)n) && header.version == HS_HST_VERSION &&
            header.check == hs_checksum(0, &header, offsetof(struct hs_hst_header, check))) {
            take(c, sizeof header);
            return 1;
        }
    }
    damaged(c, HS_ERR_FORMAT, c->offset);
    for (; n > 0; n = have(c, 1)) {
        size_t more = c->in_end - c->in_at;
        c->bytes.damage.bytes += more;
        take(c, more);
    }
    return n < 0 ? (int)n : 0;
}

/* Unpacks the next data frame to `plain`. Returns 1, 0 at the end of the data, or a negative enum hs_err. */
static int next_frame(struct container *c)
{
    struct hs_hst_frame frame;
    while (!c->indexed) {
        long n = have(c, sizeof frame);
        if (n < 0)
            return (int)n;
        if ((size_t)n < sizeof frame && grows(c))
            return 0;
        if ((size_t)n < sizeof frame) {
            damaged(c, HS_ERR_END, c->offset);
            c->bytes.damage.bytes += (uint64_t)n;
            return 0;
        }
        if (frame_begins(c->in + c->in_at, &frame))
            break;
        skip(c);
    }
    uint64_t offset = c->offset;
    if (!c->indexed && frame.kind == HS_HST_INDEX) {
        int more = begin_another(c, &frame);
        c->indexed = more == 0;
        return more;
    }
    if (c->indexed)
        return 0;
    long n = have(c, sizeof frame + frame.stored);
    if (n < 0)
        return (int)n;
    if ((size_t)n < sizeof frame + frame.stored && grows(c))
        return 0; /* the rest is not written yet */
    take(c, sizeof frame);
    n -= (long)sizeof frame;
    size_t stored = (size_t)n < frame.stored ? (size_t)n : frame.stored;
    int why = stored < frame.stored ? HS_ERR_END : frame.crc != hs_checksum(0, c->in + c->in_at, stored) ? HS_ERR_CHECK : HS_OK;
    int err = unpack(c, &frame, stored, !why);
    if (err == HS_ERR_MEMORY)
        return err;
    if (why || err) {
        damaged(c, why ? why : err, offset);
        c->bytes.damage.bytes += lost_of(&frame, stored, c->plain_end);
    }
    take(c, stored);
    return 1;
}

static long read_container(struct hs_byte_source *bytes, uint8_t *into, size_t room)
{
    struct container *c = (struct container *)bytes;
    c->file->follow = bytes->follow;
    while (c->plain_at == c->plain_end && !c->ended) {
        int more = next_frame(c);
        if (more < 0)
            return more;
        c->ended = !more && !bytes->follow;
        if (!more)
            break;
    }
    size_t n = c->plain_end - c->plain_at;
    n = n < room ? n : room;
    if (n)
        memcpy(into, c->plain + c->plain_at, n);
    c->plain_at += n;
    bytes->offset += n;
    return (long)n;
}

static bool container_grows(struct hs_byte_source *bytes)
{
    struct container *c = (struct container *)bytes;
    return !c->indexed && grows(c);
}

static void close_container(struct hs_byte_source *bytes)
{
    struct container *c = (struct container *)bytes;
    c->file->close(c->file);
    ZSTD_freeDCtx(c->zstd);
    free(c->in);
    free(c->plain);
    free(c);
}

static int read_header(struct container *c)
{
    long n = have(c, sizeof c->header);
    if (n < 0)
        return (int)n;
    if ((size_t)n < sizeof c->header)
        return HS_ERR_END;
    memcpy(&c->header, c->in + c->in_at, sizeof c->header);
    if (c->header.version != HS_HST_VERSION)
        return HS_ERR_VERSION;
    if (c->header.check != hs_checksum(0, &c->header, offsetof(struct hs_hst_header, check)))
        return HS_ERR_CHECK;
    take(c, sizeof c->header);
    return HS_OK;
}

struct hs_byte_source *hs_byte_source_of_container(struct hs_byte_source *file, struct hs_error *error)
{
    struct container *c = calloc(1, sizeof *c);
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    if (!c || !zstd) {
        free(c);
        ZSTD_freeDCtx(zstd);
        file->close(file);
        hs_fail_with(error, HS_ERR_MEMORY, 0, "%s", hs_strerror(HS_ERR_MEMORY));
        return NULL;
    }
    c->bytes.read = read_container;
    c->bytes.close = close_container;
    c->bytes.growing = container_grows;
    c->file = file;
    c->zstd = zstd;
    int err = read_header(c);
    if (err == HS_ERR_VERSION)
        hs_fail_with(error, err, 8, "a .hst of version %u; this program reads version %u", c->header.version, HS_HST_VERSION);
    else if (err)
        hs_fail_with(error, err, 0, "the header of the .hst: %s", hs_strerror(err));
    if (err) {
        close_container(&c->bytes);
        return NULL;
    }
    return &c->bytes;
}

/* --- writing ------------------------------------------------------------------------------------------ */

struct hs_writer {
    int fd;
    char name[512]; /* of the file, for messages */
    int err;
    struct hs_error error;
    struct hs_writer_config config;
    ZSTD_CCtx *zstd;
    bool begun; /* the file's header is written */
    struct hs_hst_header header;
    uint8_t *plain;
    size_t at, end, room; /* `at`: scanned up to here, the end of a chunk */
    uint8_t *stored;
    size_t stored_room;
    struct hs_hst_entry entry; /* of the frame being filled */
    struct hs_hst_entry *index;
    uint32_t n_index, room_index;
    uint16_t boots;   /* before the current one */
    uint32_t number;  /* records before the next packet in this boot */
    uint64_t records; /* in the boots before */
    bool packet_seen, keyframe_seen;
    struct hs_writer_stats stats;
};

static int fail(struct hs_writer *w, int err, const char *what)
{
    if (!w->err) {
        w->err = err;
        hs_fail_with(&w->error, err, w->stats.stored, "%s %s at byte %llu: %s", what, w->name,
                     (unsigned long long)w->stats.stored, err == HS_ERR_IO ? strerror(errno) : hs_strerror(err));
    }
    return w->err;
}

static int write_all(struct hs_writer *w, const void *data, size_t len)
{
    const uint8_t *p = data;
    while (len && !w->err) {
        ssize_t n = write(w->fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(w, HS_ERR_IO, "cannot write");
        p += n;
        len -= (size_t)n;
        w->stats.stored += (uint64_t)n;
    }
    return w->err;
}

#define BLOCK 16384u    /* bytes that a zstd block has, unpacked */
#define BLOCK_EXTRA 16u /* and what its end costs at most */

static int write_header(struct hs_writer *w)
{
    struct hs_hst_header *h = &w->header;
    memcpy(h->magic, HS_HST_MAGIC, sizeof h->magic);
    h->version = HS_HST_VERSION;
    h->header_size = sizeof *h;
    h->source = (uint8_t)w->config.source;
    h->check = hs_checksum(0, h, offsetof(struct hs_hst_header, check));
    w->begun = true;
    return write_all(w, h, sizeof *h);
}

/* Packs to `stored`, in zstd blocks: of a truncated or damaged frame, those before the damage can be read. Returns the size, or
 * zstd's error. */
static size_t pack(struct hs_writer *w, size_t room, const void *data, size_t len)
{
    ZSTD_outBuffer out = {w->stored, room, 0};
    ZSTD_CCtx_setPledgedSrcSize(w->zstd, len);
    ZSTD_inBuffer in = {data, 0, 0};
    do {
        in.size += len - in.size < BLOCK ? len - in.size : BLOCK;
        size_t left = ZSTD_compressStream2(w->zstd, &out, &in, in.size < len ? ZSTD_e_flush : ZSTD_e_end);
        if (ZSTD_isError(left))
            return left;
        HS_ASSERT(!left && in.pos == in.size); /* there is room for all */
    } while (in.size < len);
    return out.pos;
}

static int write_frame(struct hs_writer *w, struct hs_hst_frame frame, const void *data)
{
    size_t bound = ZSTD_compressBound(frame.plain) + (frame.plain / BLOCK + 1) * BLOCK_EXTRA;
    if (!hs_array_reserve(w->stored, w->stored_room, bound))
        return fail(w, HS_ERR_MEMORY, "cannot pack");
    size_t stored = pack(w, bound, data, frame.plain);
    if (ZSTD_isError(stored))
        return fail(w, HS_ERR_MEMORY, "cannot pack");
    frame.magic = HS_HST_FRAME_MAGIC;
    frame.stored = (uint32_t)stored;
    frame.crc = hs_checksum(0, w->stored, stored);
    frame.check = hs_checksum(0, &frame, offsetof(struct hs_hst_frame, check));
    write_all(w, &frame, sizeof frame);
    return write_all(w, w->stored, stored);
}

static int index_frame(struct hs_writer *w)
{
    struct hs_hst_entry *entry = hs_array_add(w->index, w->n_index, w->room_index);
    if (!entry)
        return fail(w, HS_ERR_MEMORY, "cannot index");
    w->entry.offset = w->stats.stored;
    w->entry.plain = w->stats.plain;
    HS_ASSERT(w->n_index == 1 || (entry[-1].offset < w->entry.offset && entry[-1].plain < w->entry.plain));
    *entry = w->entry;
    return HS_OK;
}

#define PIECE 2048u /* bytes */

/* A frame did not fit on the disk: as much of it as fits is written in small frames, which can be read. The error stays. */
static void salvage(struct hs_writer *w, uint64_t start, size_t len)
{
    const struct hs_error error = w->error;
    if (lseek(w->fd, (off_t)start, SEEK_SET) < 0 || ftruncate(w->fd, (off_t)start))
        return;
    w->stats.stored = start;
    w->err = HS_OK;
    for (size_t at = 0; at < len && !w->err; at += PIECE) {
        uint32_t n = len - at < PIECE ? (uint32_t)(len - at) : PIECE;
        if (!write_frame(w, (struct hs_hst_frame){.kind = HS_HST_DATA, .flags = w->entry.flags, .plain = n}, w->plain + at))
            w->stats.plain += n;
    }
    w->err = error.code;
    w->error = error;
}

/* Packs the first `len` bytes. */
static int cut_frame(struct hs_writer *w, size_t len)
{
    if (!len || w->err)
        return w->err;
    if (!w->begun)
        write_header(w);
    index_frame(w);
    uint64_t start = w->stats.stored;
    if (!write_frame(w, (struct hs_hst_frame){.kind = HS_HST_DATA, .flags = w->entry.flags, .plain = (uint32_t)len}, w->plain))
        w->stats.plain += len;
    else if (w->err == HS_ERR_IO)
        salvage(w, start, len);
    memmove(w->plain, w->plain + len, w->end - len);
    w->end -= len;
    w->at -= len < w->at ? len : w->at;
    memset(&w->entry, 0, sizeof w->entry);
    w->keyframe_seen = false;
    return w->err;
}

/* --- scanning the stream ------------------------------------------------------------------------------ */

static void see_header(struct hs_writer *w, const uint8_t *bytes)
{
    struct hs_ring_header h;
    memcpy(&h, bytes, sizeof h);
    w->entry.flags |= HS_HST_DEFINITIONS;
    if (w->header.hz)
        return;
    w->header.hz = h.hz;
    w->header.flags = h.flags;
    w->header.build_id = h.build_id;
    w->header.anchor = h.anchor;
}

static void see_packet(struct hs_writer *w, const struct hs_packet *p)
{
    bool keyframe = p->flags & HS_PACKET_KEYFRAME;
    if (p->flags & HS_PACKET_BOOT && w->packet_seen) {
        w->boots++;
        w->records += w->number;
    }
    w->number = p->number;
    w->packet_seen = true;
    w->stats.packets++;
    if (!w->entry.packets++ || (keyframe && !w->keyframe_seen)) {
        w->entry.records = w->records + p->number;
        w->entry.time = (uint64_t)p->time_hi << 32 | p->time_lo;
        w->entry.seq = p->seq;
        w->entry.boot = w->boots;
    }
    if (keyframe) {
        w->keyframe_seen = true;
        w->entry.flags |= HS_HST_KEYFRAME;
    }
}

/* Length of the chunk at the start, 1 for a byte that begins no chunk, 0 when more bytes are needed. */
static size_t chunk_len(const uint8_t *b, size_t left, struct hs_packet *packet)
{
    if (b[0] != 'H')
        return 1;
    if (left < 2)
        return 0;
    if (b[1] == HS_PACKET_SYNC >> 8) {
        if (left < sizeof *packet)
            return 0;
        size_t len = hs_packet_begins(b, left, packet) ? sizeof *packet + packet->len + packet->defs : 1;
        return len <= left ? len : 0;
    }
    if (b[1] == HS_NAMES_SYNC >> 8) {
        struct hs_names_chunk names;
        if (left < sizeof names)
            return 0;
        memcpy(&names, b, sizeof names);
        if (left < sizeof names + names.len)
            return 0;
        size_t len = hs_names_len(b, left);
        return len ? len : 1;
    }
    struct hs_ring_header h;
    int header = hs_header_check(b, left);
    if (header != HS_OK)
        return header == HS_ERR_END ? 0 : 1;
    memcpy(&h, b, sizeof h);
    return h.header_size;
}

/* Scans new bytes and writes full frames. A keyframe begins a frame, so that a reader can seek to it, unless the frame before
 * would be small. */
static int look(struct hs_writer *w)
{
    struct hs_packet packet;
    while (w->at < w->end && !w->err) {
        const uint8_t *b = w->plain + w->at;
        size_t len = chunk_len(b, w->end - w->at, &packet);
        if (!len)
            break;
        bool is_packet = len > 1 && b[1] == HS_PACKET_SYNC >> 8;
        if (is_packet && packet.flags & HS_PACKET_KEYFRAME && w->at > w->config.frame / 4)
            cut_frame(w, w->at);
        if (is_packet)
            see_packet(w, &packet);
        else if (len > 1 && b[1] == HS_RING_MAGIC[1])
            see_header(w, w->plain + w->at);
        else if (len > 1)
            w->entry.flags |= HS_HST_DEFINITIONS;
        w->at += len;
        if (w->at >= w->config.frame)
            cut_frame(w, w->at);
    }
    return w->err;
}

int hs_writer_put(struct hs_writer *w, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    while (len && !w->err) {
        size_t n = w->room - w->end < len ? w->room - w->end : len;
        memcpy(w->plain + w->end, p, n);
        w->end += n;
        p += n;
        len -= n;
        look(w);
    }
    return w->err;
}

int hs_writer_flush(struct hs_writer *w) { return cut_frame(w, w->at); }

/* --- open and close ----------------------------------------------------------------------------------- */

static void free_writer(struct hs_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    ZSTD_freeCCtx(w->zstd);
    free(w->plain);
    free(w->stored);
    free(w->index);
    free(w);
}

/* NULL: out of memory. */
static struct hs_writer *new_writer(const struct hs_writer_config *config)
{
    struct hs_writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->fd = -1;
    w->config = config ? *config : (struct hs_writer_config){.source = HS_SOURCE_STREAM};
    if (w->config.source == HS_SOURCE_HST)
        w->config.source = HS_SOURCE_STREAM;
    if (!w->config.frame || w->config.frame > HS_HST_FRAME_MAX / 2)
        w->config.frame = 64u << 10;
    w->room = w->config.frame + 2u * (65536 + sizeof(struct hs_packet));
    w->plain = malloc(w->room);
    w->zstd = ZSTD_createCCtx();
    if (w->plain && w->zstd) {
        ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, w->config.level ? w->config.level : 3);
        return w;
    }
    free_writer(w);
    return NULL;
}

struct hs_writer *hs_writer_of_fd(int fd, const char *name, const struct hs_writer_config *config, struct hs_error *error)
{
    struct hs_writer *w = new_writer(config);
    memset(error, 0, sizeof *error);
    if (!w) {
        hs_fail_with(error, HS_ERR_MEMORY, 0, "%s: %s", name, hs_strerror(HS_ERR_MEMORY));
        return NULL;
    }
    w->fd = hs_system_duplicate(fd, 0);
    if (w->fd < 0) {
        hs_fail_with(error, HS_ERR_IO, 0, "%s: %s", name, strerror(errno));
        free_writer(w);
        return NULL;
    }
    snprintf(w->name, sizeof w->name, "%s", name);
    hs_system_mark_growing(w->fd); /* see hs_byte_source.growing */
    return w;
}

struct hs_writer *hs_writer_open(const char *path, const struct hs_writer_config *config, struct hs_error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    memset(error, 0, sizeof *error);
    if (fd < 0) {
        hs_fail_with(error, HS_ERR_IO, 0, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct hs_writer *w = hs_writer_of_fd(fd, path, config, error);
    close(fd);
    return w;
}

static int write_index(struct hs_writer *w)
{
    struct hs_hst_trailer trailer = {.index = w->stats.stored, .entries = w->n_index};
    size_t plain = w->n_index * sizeof *w->index;
    if (plain > HS_HST_FRAME_MAX) /* hundreds of gigabytes: read without an index */
        plain = trailer.entries = 0;
    write_frame(w, (struct hs_hst_frame){.kind = HS_HST_INDEX, .plain = (uint32_t)plain}, w->index);
    memcpy(trailer.magic, HS_HST_MAGIC, sizeof trailer.magic);
    trailer.check = hs_checksum(0, &trailer, offsetof(struct hs_hst_trailer, check));
    return write_all(w, &trailer, sizeof trailer);
}

int hs_writer_close(struct hs_writer *w, struct hs_error *error)
{
    memset(error, 0, sizeof *error);
    if (!w->begun && !w->err)
        write_header(w);
    cut_frame(w, w->at);
    cut_frame(w, w->end);
    write_index(w);
    if (close(w->fd) != 0)
        fail(w, HS_ERR_IO, "cannot close");
    w->fd = -1;
    int err = w->err;
    *error = w->error;
    free_writer(w);
    return err;
}

struct hs_writer_stats hs_writer_stats(const struct hs_writer *w) { return w->stats; }

/* --- other inputs ------------------------------------------------------------------------------------- */

static void put_names(struct hs_writer *w, const struct hs_chunk *chunk)
{
    struct hs_names_chunk names = {.sync = HS_NAMES_SYNC, .len = (uint16_t)chunk->len};
    names.crc = hs_checksum(hs_checksum(0, &names.len, sizeof names.len), chunk->bytes, chunk->len);
    hs_writer_put(w, &names, sizeof names);
    hs_writer_put(w, chunk->bytes, chunk->len);
}

static void put_packet(struct hs_writer *w, const struct hs_chunk *chunk)
{
    hs_writer_put(w, &chunk->packet, sizeof chunk->packet);
    hs_writer_put(w, chunk->bytes, chunk->len);
    hs_writer_put(w, chunk->definitions, chunk->packet.defs);
}

int hs_writer_put_chunk(struct hs_writer *w, const struct hs_chunk *chunk)
{
    if (chunk->kind == HS_CHUNK_NAMES)
        put_names(w, chunk);
    if (chunk->kind == HS_CHUNK_PACKET)
        put_packet(w, chunk);
    if (chunk->kind == HS_CHUNK_HEADER)
        hs_writer_put(w, chunk->bytes, chunk->len);
    return w->err;
}

/* Puts as many bytes as were left out, so that whoever reads the trace learns of the loss: zeros begin no chunk. */
static void put_damage(struct hs_writer *w, uint64_t bytes)
{
    static const uint8_t none[4096];
    for (size_t n; bytes && !w->err; bytes -= n) {
        n = bytes < sizeof none ? (size_t)bytes : sizeof none;
        hs_writer_put(w, none, n);
    }
}

int hs_writer_put_input(struct hs_writer *w, const char *path, struct hs_error *error)
{
    struct hs_chunk chunk;
    enum hs_source source;
    memset(error, 0, sizeof *error);
    struct hs_feed *feed = hs_feed_open_dump(path, w->config.dump, &source, error);
    if (!feed)
        return error->code;
    w->config.source = feed->image ? HS_SOURCE_IMAGE : HS_SOURCE_STREAM;
    int err;
    while (!(err = feed->next(feed, &chunk)) && chunk.kind != HS_CHUNK_END && !w->err) {
        if (chunk.kind == HS_CHUNK_DAMAGE && chunk.text)
            hs_fail_with(error, chunk.code, chunk.offset, "%s: %s", path, chunk.text);
        else if (chunk.kind == HS_CHUNK_DAMAGE)
            hs_fail_with(error, chunk.code, chunk.offset, "%s: damaged at byte %llu: %s", path, (unsigned long long)chunk.offset,
                         hs_strerror(chunk.code));
        if (chunk.kind == HS_CHUNK_DAMAGE)
            put_damage(w, chunk.damaged);
        hs_writer_put_chunk(w, &chunk);
    }
    if (err)
        hs_fail_with(error, err, chunk.offset, "%s: %s", path, hs_strerror(err));
    feed->close(feed);
    return err ? err : w->err;
}
