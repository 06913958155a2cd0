/* SPDX-License-Identifier: MIT
 *
 * Recognises the kind of an input by its content. A stream and an image begin with the same header; the bytes after it
 * show which one it is. Other bytes may be around both. An input without a header may be memory in another form: text
 * from a console, a debugger or a flash tool. ELF files are never raw images: their segments are used.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/host/input/fail.h"
#include "lib/host/meminfo/meminfo.h"
#include "lib/host/memory/memory_image.h"
#include "lib/host/util/array.h"

#define STEP (64u << 10)
#define IMAGE_MAX (64u << 20)   /* bytes of an image and the bytes around it */
#define MEMORY_MAX (512u << 20) /* bytes of a core file or of text */

/* The part of the input that was read so far. */
struct sight {
    const char *path;
    int fd;
    uint8_t *data;
    size_t len, room;
    bool ended;
    unsigned dump; /* which of several */
    bool counted;  /* `dump` was heeded */
    struct hs_error *error;
};

/* Reads at least one more byte, unless the input ends. */
static int read_on(struct sight *s)
{
    if (!hs_array_reserve(s->data, s->room, s->len + STEP))
        return HS_ERR_MEMORY;
    ssize_t n;
    do
        n = read(s->fd, s->data + s->len, s->room - s->len);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return HS_ERR_IO;
    s->ended = n == 0;
    s->len += (size_t)n;
    return HS_OK;
}

static int read_until(struct sight *s, size_t len)
{
    int err = HS_OK;
    while (!err && s->len < len && !s->ended)
        err = read_on(s);
    return err;
}

/* The first valid header. If there is none, `worst` is the error of the first candidate, HS_ERR_FORMAT without candidates. */
struct found {
    size_t at;
    bool valid;
    int worst;
    size_t worst_at;
    uint16_t version;
};

static int find_header(struct sight *s, struct found *f)
{
    size_t from = 0;
    *f = (struct found){.worst = HS_ERR_FORMAT};
    for (;;) {
        const uint8_t *m = s->len > from ? memmem(s->data + from, s->len - from, HS_RING_MAGIC, 8) : NULL;
        if (!m) {
            if (s->ended || s->len >= IMAGE_MAX)
                return HS_OK;
            from = s->len > 7 ? s->len - 7 : 0;
            int err = read_on(s);
            if (err)
                return err;
            continue;
        }
        f->at = (size_t)(m - s->data);
        int err = read_until(s, f->at + sizeof(struct hs_ring_header) + HS_FACTS_MAX + sizeof(struct hs_packet));
        if (err)
            return err;
        int why = hs_header_check(s->data + f->at, s->len - f->at);
        f->valid = why == HS_OK;
        if (f->valid)
            return HS_OK;
        if (f->worst == HS_ERR_FORMAT) {
            f->worst = why;
            f->worst_at = f->at;
            if (s->len - f->at >= 10)
                memcpy(&f->version, s->data + f->at + 8, 2);
        }
        from = f->at + 1;
    }
}

/* --- kinds of input ----------------------------------------------------------------------------------- */

/* Whether a packet or definitions follow immediately. */
static bool is_stream(const struct sight *s, size_t at)
{
    const uint8_t *b = s->data + at;
    size_t left = s->len - at;
    struct hs_packet p;
    if (left >= 2 && b[0] == 'H' && b[1] == HS_NAMES_SYNC >> 8)
        return true;
    return hs_packet_begins(b, left, &p);
}

/* Whether the header is not a stream's, or one of the image's slots has a packet. */
static bool is_image(const struct sight *s, size_t at)
{
    struct hs_ring_header h;
    struct hs_packet p;
    memcpy(&h, s->data + at, sizeof h);
    if (!(h.flags & HS_RING_STREAM))
        return true;
    uint64_t slot = (uint64_t)at + h.header_size;
    for (uint32_t i = 0; i < h.packet_count && slot < s->len; i++, slot += h.packet_size)
        if (h.packet_size && hs_packet_begins(s->data + slot, s->len - (size_t)slot, &p))
            return true;
    return false;
}

static size_t count_packets(const struct sight *s)
{
    size_t n = 0;
    struct hs_packet p;
    for (size_t i = 0; i + sizeof p <= s->len; i++)
        n += s->data[i] == 'H' && hs_packet_begins(s->data + i, s->len - i, &p);
    return n;
}

/* Puts the file's name in front of an error message without it. */
static void name_file(struct hs_error *error, const char *path)
{
    char text[sizeof error->text];
    if (!strncmp(error->text, path, strlen(path)))
        return;
    memcpy(text, error->text, sizeof text);
    snprintf(error->text, sizeof error->text, "%.200s: %.300s", path, text);
}

/* The program that unpacks it; NULL: it is not compressed. */
static const char *unpacker(const struct sight *s)
{
    static const struct {
        const char *magic, *program;
    } forms[] = {{"\x1f\x8b", "gunzip"},
                 {"\xfd"
                  "7zXZ",
                  "unxz"},
                 {"\x28\xb5\x2f\xfd", "unzstd"},
                 {"BZh", "bunzip2"},
                 {"PK\x03\x04", "unzip"},
                 {"\x04\x22\x4d\x18", "unlz4"},
                 {"7z\xbc\xaf", "7z x"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (s->len > strlen(forms[i].magic) && !memcmp(s->data, forms[i].magic, strlen(forms[i].magic)))
            return forms[i].program;
    return NULL;
}

static void explain_kind(const struct sight *s)
{
    const char *program = unpacker(s);
    if (program)
        hs_fail_with(s->error, HS_ERR_KIND, 0, "%s: is compressed: unpack it first (%s %s)", s->path, program, s->path);
    else
        hs_fail_with(s->error, HS_ERR_KIND, 0,
                     "%s: is %s, not a trace: no .hst, stream capture or memory image was found in "
                     "its %zu bytes. 'heapstrata record' makes a trace; 'heapstrata help import' lists what else is read",
                     s->path, hs_text_begins(s->data, s->len) ? "text" : "something else", s->len);
}

/* No header: the message says what was found instead. */
static void explain(const struct sight *s, const struct found *f)
{
    size_t packets;
    if (!s->len)
        hs_fail_with(s->error, HS_ERR_KIND, 0,
                     "%s: is empty: nothing was written into it. Record again, and let the recording come to its end", s->path);
    else if (f->worst == HS_ERR_VERSION)
        hs_fail_with(s->error, HS_ERR_VERSION, f->worst_at,
                     "%s: the header at byte %zu is of format version %u; this program "
                     "reads versions %u and %u. Use the HeapStrata that the firmware was built with",
                     s->path, f->worst_at, f->version, HS_FORMAT_VERSION, HS_FORMAT_LEARNED);
    else if (f->worst == HS_ERR_END)
        hs_fail_with(s->error, HS_ERR_END, f->worst_at,
                     "%s: ends in the middle of the header at byte %zu; nothing can be "
                     "salvaged: record again",
                     s->path, f->worst_at);
    else if ((packets = count_packets(s)))
        hs_fail_with(s->error, f->worst == HS_ERR_CHECK ? HS_ERR_CHECK : HS_ERR_KIND, f->worst_at,
                     "%s: has %zu packets of a "
                     "trace, but %s header: dump from an earlier address, or capture from the start",
                     s->path, packets, f->worst == HS_ERR_CHECK ? "a damaged" : "no");
    else if (f->worst == HS_ERR_CHECK)
        hs_fail_with(s->error, HS_ERR_CHECK, f->worst_at,
                     "%s: the header at byte %zu is damaged, and no packets follow it: read the memory again, or record again",
                     s->path, f->worst_at);
    else
        explain_kind(s);
}

static struct hs_feed *open_container(struct sight *s, enum hs_source *source)
{
    struct hs_byte_source *file = hs_byte_source_of_file(s->fd, (struct hs_front){s->data, s->len, 0});
    if (!file)
        return NULL;
    s->data = NULL;
    s->fd = -1;
    struct hs_byte_source *plain = hs_byte_source_of_container(file, s->error);
    if (!plain)
        return NULL;
    *source = HS_SOURCE_HST;
    return hs_feed_of_stream(plain, hs_container_of_image(plain));
}

static struct hs_feed *open_stream(struct sight *s, size_t at, enum hs_source *source)
{
    memmove(s->data, s->data + at, s->len - at);
    struct hs_byte_source *file = hs_byte_source_of_file(s->fd, (struct hs_front){s->data, s->len - at, at});
    if (!file)
        return NULL;
    s->data = NULL;
    s->fd = -1;
    *source = HS_SOURCE_STREAM;
    return hs_feed_of_stream(file, false);
}

static struct hs_feed *open_image(struct sight *s, enum hs_source *source)
{
    int err = read_until(s, IMAGE_MAX);
    if (!err && !s->ended)
        err = HS_ERR_FULL;
    if (err) {
        hs_fail_with(s->error, err, s->len, "%s: %s", s->path,
                     err == HS_ERR_FULL ? "more than 64 MB around a memory image: cut the dump to the image's neighbourhood"
                                        : hs_strerror(err));
        return NULL;
    }
    struct hs_front memory = {s->data, s->len, 0};
    s->data = NULL;
    *source = HS_SOURCE_IMAGE;
    return hs_feed_of_image(memory, s->error);
}

/* Memory in another form than raw bytes. Sets *known to false for an unknown form; the input is then
 * unchanged, except that UTF-16 text is converted. */
static struct hs_feed *open_memory(struct sight *s, enum hs_source *source, bool *known)
{
    struct hs_feed *feed = NULL;
    int err = read_until(s, MEMORY_MAX);
    if (!err && !s->ended)
        err = HS_ERR_FULL;
    if (err == HS_ERR_FULL) {
        hs_fail_with(s->error, err, s->len,
                     "%s: no trace in its first %u MB, and no more than that is searched: is it the right file?", s->path,
                     (unsigned)(MEMORY_MAX >> 20));
        *known = true;
        return NULL;
    }
    struct hs_memory_image m = {.bytes = s->data, .len = s->len, .which = s->dump};
    if (!err)
        err = hs_memory_image_read(&m);
    *known = err != HS_ERR_KIND;
    s->data = m.bytes;
    s->counted = !err;
    s->len = *known ? s->len : m.len; /* UTF-16 text was converted to one byte per character */
    if (!err) {
        s->data = NULL;
        *source = HS_SOURCE_IMAGE;
        feed = hs_feed_of_pieces(&m, s->error);
    } else if (err == HS_ERR_ARG) {
        hs_fail_with(s->error, err, 0, "%s: there is no dump %u: it is %s with %u of them", s->path, s->dump, m.form, m.dumps);
    } else if (*known) {
        hs_fail_with(s->error, err, 0, "%s: %s%s%s%s", s->path, m.form ? m.form : "", m.form ? ": " : "", hs_strerror(err),
                     m.told[0] ? m.told : "");
    }
    free(m.span);
    return feed;
}

/* Text with output of mem_info(). Sets *known to false when there is none. */
static struct hs_feed *open_meminfo(struct sight *s, enum hs_source *source, bool *known)
{
    struct hs_meminfo_log log;
    struct hs_feed *feed = NULL;
    bool text = s->len <= MEMORY_MAX && hs_text_begins(s->data, s->len);
    int err = hs_meminfo_read(&log, s->data, text ? s->len : 0);
    *known = err != HS_ERR_KIND;
    if (!err) {
        feed = hs_feed_of_meminfo(&log, s->error);
        *source = HS_SOURCE_STREAM;
    } else if (*known) {
        hs_fail_with(s->error, err, 0, "%s: dumps of mem_info(): %s", s->path, hs_strerror(err));
    }
    hs_meminfo_free(&log);
    if (feed) {
        free(s->data);
        s->data = NULL;
    }
    return feed;
}

static struct hs_feed *recognise(struct sight *s, enum hs_source *source)
{
    struct found f;
    bool known = false;
    int err = read_until(s, 128);
    if (!err && hs_container_begins(s->data, s->len))
        return open_container(s, source);
    if (!err && hs_memory_image_begins(s->data, s->len))
        return open_memory(s, source, &known);
    if (!err)
        err = find_header(s, &f);
    if (err) {
        hs_fail_with(s->error, err, s->len, "%s: %s", s->path, err == HS_ERR_IO ? strerror(errno) : hs_strerror(err));
        return NULL;
    }
    if (!f.valid) {
        struct hs_feed *feed = s->len ? open_memory(s, source, &known) : NULL;
        if (s->len && !known)
            feed = open_meminfo(s, source, &known);
        if (!known)
            explain(s, &f);
        return feed;
    }
    struct hs_ring_header h;
    memcpy(&h, s->data + f.at, sizeof h);
    size_t behind = f.at + h.header_size;
    if (h.flags & HS_RING_STREAM && (is_stream(s, behind) || (s->ended && s->len - behind < 2)))
        return open_stream(s, f.at, source);
    err = read_until(s, h.total_size < IMAGE_MAX ? f.at + h.total_size : f.at);
    return !err && is_image(s, f.at) ? open_image(s, source) : open_stream(s, f.at, source);
}

/* --- folders ------------------------------------------------------------------------------------------ */

static hs_folder_opener *folder_opener;

void hs_reader_take_folders(hs_folder_opener *opener) { folder_opener = opener; }

/* Replaces the folder by the trace that the folder opener makes from it. */
static int open_folder(struct sight *s)
{
    int fd = folder_opener ? folder_opener(s->path, s->error) : HS_ERR_KIND;
    close(s->fd);
    s->fd = fd;
    if (fd < 0)
        hs_fail_with(s->error, fd, 0, "%s: is a folder, not a trace", s->path);
    return fd < 0 ? fd : HS_OK;
}

/* Opens the file, or the trace of a folder. Returns HS_OK or a negative enum hs_err. */
static int open_input(struct sight *s)
{
    struct stat status;
    s->fd = strcmp(s->path, "-") ? open(s->path, O_RDONLY | O_CLOEXEC) : 0;
    if (s->fd < 0 || fstat(s->fd, &status) != 0) {
        hs_fail_with(s->error, HS_ERR_IO, 0, "%s: %s", s->path, strerror(errno));
        return HS_ERR_IO;
    }
    return S_ISDIR(status.st_mode) ? open_folder(s) : HS_OK;
}

/* --- any input ---------------------------------------------------------------------------------------- */

struct hs_feed *hs_feed_open_dump(const char *path, unsigned dump, enum hs_source *source, struct hs_error *error)
{
    struct sight s = {.path = path, .error = error, .dump = dump};
    if (!open_input(&s)) {
        struct hs_feed *feed = recognise(&s, source);
        if (feed && dump && !s.counted) {
            feed->close(feed);
            feed = NULL;
            hs_fail_with(error, HS_ERR_ARG, 0, "%s: has no numbered dumps: --dump is for the log of a console", path);
        }
        if (feed) {
            if (s.fd > 0)
                close(s.fd);
            return feed;
        }
        hs_fail_with(error, HS_ERR_MEMORY, 0, "%s: %s", path, hs_strerror(HS_ERR_MEMORY));
        name_file(error, path);
    }
    free(s.data);
    if (s.fd > 0)
        close(s.fd);
    return NULL;
}

struct hs_feed *hs_feed_open(const char *path, enum hs_source *source, struct hs_error *error)
{
    return hs_feed_open_dump(path, 0, source, error);
}
