/* SPDX-License-Identifier: MIT
 *
 * Folders with CTF traces as inputs of all commands. LTTng writes its traces to nested folders, one per user or
 * process: all traces of a session below the given folder are read as one. Traces of several sessions do not belong together.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/babeltrace2/lttng.h"
#include "analysis/util/child.h"
#include "lib/host/util/system.h"
#include "lib/host/util/tempfile.h"

#define DEPTH_MAX 8 /* LTTng: session/ust/uid/0/64-bit, with a folder for an archived chunk in between */
#define TRACES_MAX 256

static const char *the_elf;

void hs_ctf_use_elf(const char *elf) { the_elf = elf; }

/* ---- finding traces ---- */

struct traces {
    char *folder[TRACES_MAX];
    unsigned n;
    uint64_t bytes; /* of all files */
};

static struct traces *finding; /* nftw has no parameter for the callback's data */

static int look_at(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    finding->bytes += kind == FTW_F ? (uint64_t)status->st_size : 0;
    bool metadata = kind == FTW_F && !strcmp(path + place->base, "metadata") && place->base;
    if (metadata && finding->n < TRACES_MAX && (finding->folder[finding->n] = strndup(path, (size_t)place->base - 1)))
        finding->n++;
    return place->level > DEPTH_MAX;
}

static void find_traces(struct traces *traces, const char *folder)
{
    memset(traces, 0, sizeof *traces);
    finding = traces;
    nftw(folder, look_at, 16, FTW_PHYS);
}

static void free_traces(struct traces *traces)
{
    for (unsigned i = 0; i < traces->n; i++)
        free(traces->folder[i]);
}

/* Metadata is text or packets. libbabeltrace2 2.0 does not check the sizes of these packets completely. */
#define METADATA_MAGIC 0x75D11D57u
#define METADATA_HEADER 37u /* magic, 16 bytes of UUID, checksum, content and packet size in bits, five bytes */

static bool is_sane(const char *folder)
{
    uint8_t header[METADATA_HEADER];
    uint32_t magic, content, packet;
    bool sane = true, first = true;
    char path[4096];
    snprintf(path, sizeof path, "%s/metadata", folder);
    FILE *in = fopen(path, "rb");
    long at = 0, size = in && !fseek(in, 0, SEEK_END) ? ftell(in) : 0;
    for (; at < size && sane && !fseek(in, at, SEEK_SET); first = false) {
        if (fread(header, 1, sizeof header, in) < sizeof header) {
            sane = first;
            break;
        }
        memcpy(&magic, header, sizeof magic);
        memcpy(&content, header + 24, sizeof content);
        memcpy(&packet, header + 28, sizeof packet);
        if (magic == __builtin_bswap32(METADATA_MAGIC)) {
            magic = METADATA_MAGIC;
            content = __builtin_bswap32(content);
            packet = __builtin_bswap32(packet);
        }
        if (first && magic != METADATA_MAGIC)
            break; /* text */
        sane = magic == METADATA_MAGIC && content >= METADATA_HEADER * 8 && packet >= content && packet % 8 == 0;
        at += (long)(packet / 8);
        sane = sane && at <= size;
    }
    if (in)
        fclose(in);
    return sane;
}

static bool all_sane(const struct traces *traces)
{
    for (unsigned i = 0; i < traces->n; i++)
        if (!is_sane(traces->folder[i]))
            return false;
    return true;
}

/* ---- whether traces belong together ---- */

#define HEAD 16384 /* bytes of the metadata that have its `env` */

/* What all traces of a session have in common: its time of creation; an export of this program is a session of its own, by
 * its UUID. Empty: the metadata do not say. */
struct session {
    char of[64];
};

/* The text in quotation marks after `name`, up to the size of `of`. */
static bool take_quoted(struct session *session, const char *text, const char *name)
{
    const char *at = strstr(text, name), *from = at ? strchr(at, '"') : NULL, *to = from ? strchr(from + 1, '"') : NULL;
    if (!to || to - from > (long)sizeof session->of)
        return false;
    snprintf(session->of, sizeof session->of, "%.*s", (int)(to - from - 1), from + 1);
    return true;
}

static struct session session_of(const char *folder)
{
    struct session session = {""};
    char path[4096], *text = calloc(1, HEAD + 1);
    snprintf(path, sizeof path, "%s/metadata", folder);
    FILE *in = text ? fopen(path, "rb") : NULL;
    size_t n = in ? fread(text, 1, HEAD, in) : 0;
    for (size_t i = 0; i < n; i++) /* heads of packets */
        text[i] = text[i] ? text[i] : ' ';
    if (in)
        fclose(in);
    bool own = text && strstr(text, "exported_by = \"heapstrata");
    if (text)
        take_quoted(&session, text, own ? "uuid = " : "trace_creation_datetime = ");
    free(text);
    return session;
}

/* The first trace that is not of the session of the first one, or NULL. */
static const char *find_stranger(const struct traces *traces)
{
    struct session first = session_of(traces->folder[0]);
    for (unsigned i = 1; i < traces->n; i++) {
        struct session other = session_of(traces->folder[i]);
        if (first.of[0] && other.of[0] && strcmp(first.of, other.of) != 0)
            return traces->folder[i];
    }
    return NULL;
}

/* ---- traces made from folders, kept for the next time a folder is opened ---- */

struct made {
    char *folder;
    int fd;
    struct hs_error error; /* the parts that were skipped */
    struct made *next;
};

static struct made *made;

static const struct made *find_made(const char *folder)
{
    const struct made *m = made;
    while (m && strcmp(m->folder, folder))
        m = m->next;
    return m;
}

/* When out of memory, the trace is made again. */
static void remember(const char *folder, int fd, const struct hs_error *error)
{
    struct made *m = calloc(1, sizeof *m);
    if (m && (m->folder = strdup(folder)) && (m->fd = hs_system_duplicate(fd, 0)) >= 0) {
        m->error = *error;
        m->next = made;
        made = m;
        return;
    }
    if (m)
        free(m->folder);
    free(m);
}

/* ---- opening ---- */

static int fail(struct hs_error *error, int code, const char *folder, const char *what)
{
    error->code = code;
    snprintf(error->text, sizeof error->text, "%.300s: %s", folder, what);
    return code;
}

static void name_folder(struct hs_error *error, const char *folder, const char *before)
{
    char text[sizeof error->text];
    memcpy(text, error->text, sizeof text);
    snprintf(error->text, sizeof error->text, "%.150s: %s%.300s", folder, before, text);
}

/* Converts the traces. A damaged trace is read up to the damage. */
static int convert(const char *folder, const struct traces *traces, int fd, struct hs_error *error)
{
    struct hs_lttng lttng;
    struct hs_error reading = {0}, writing = {0};
    struct hs_importer *intake = hs_importer_new();
    if (!intake)
        return fail(error, HS_ERR_IO, folder, strerror(errno));
    hs_lttng_begin(&lttng, intake);
    lttng.listener.bytes = traces->bytes + !traces->bytes;
    int read = hs_bt_read_ctf((const char *const *)traces->folder, traces->n, &lttng.listener, &reading);
    int written = hs_lttng_write(&lttng, &(struct hs_lttng_output){fd, the_elf}, &writing);
    hs_importer_free(intake);
    *error = read ? reading : writing;
    if (read || written)
        name_folder(error, folder, written ? "" : "damaged, read up to there: ");
    return written ? error->code : HS_OK;
}

struct conversion {
    const char *folder;
    const struct traces *traces;
    int fd;
};

static int convert_it(void *job, struct hs_error *error)
{
    const struct conversion *c = job;
    return convert(c->folder, c->traces, c->fd, error);
}

/* Runs in a child process, because the library's reader may crash on a damaged trace, or come to no end. */
static int convert_apart(const char *folder, const struct traces *traces, int fd, struct hs_error *error)
{
    struct conversion conversion = {folder, traces, fd};
    int status = hs_child_run(convert_it, &conversion, error);
    return status == HS_CHILD_DIED
               ? fail(error, HS_ERR_FORMAT, folder, "is so damaged that libbabeltrace2 fails, or comes to no end, in reading it")
               : status;
}

static int fail_apart(const char *folder, const struct traces *traces, const char *stranger, struct hs_error *error)
{
    error->code = HS_ERR_KIND;
    snprintf(error->text, sizeof error->text,
             "%.100s: holds traces that do not belong together, such as %.150s and %.150s: name one", folder, traces->folder[0],
             stranger);
    return error->code;
}

static int make(const char *folder, struct hs_error *error)
{
    const char *stranger = NULL;
    struct traces traces;
    int status, fd = hs_unnamed_file();
    if (fd < 0)
        return fail(error, HS_ERR_IO, folder, strerror(errno));
    find_traces(&traces, folder);
    if (!traces.n)
        status = fail(error, HS_ERR_KIND, folder, "is a folder, not a trace: no CTF trace (a file `metadata`) is in it");
    else if (hs_bt_missing)
        status = fail(error, HS_ERR_KIND, folder,
                      "is a CTF trace, which this build cannot read: it was made without libbabeltrace2 "
                      "(Debian: libbabeltrace2-dev). Install that and build again");
    else if (!all_sane(&traces))
        status = fail(error, HS_ERR_FORMAT, folder, "the file `metadata` is damaged");
    else if ((stranger = find_stranger(&traces)))
        status = fail_apart(folder, &traces, stranger, error);
    else
        status = convert_apart(folder, &traces, fd, error);
    free_traces(&traces);
    if (status)
        close(fd);
    return status ? status : fd;
}

static int open_folder(const char *folder, struct hs_error *error)
{
    const struct made *known = find_made(folder);
    int fd = known ? hs_unnamed_again(known->fd) : make(folder, error);
    if (known && fd < 0)
        return fail(error, HS_ERR_IO, folder, strerror(errno));
    if (known)
        *error = known->error;
    else if (fd >= 0)
        remember(folder, fd, error);
    return fd;
}

void hs_ctf_take_folders(void) { hs_reader_take_folders(open_folder); }
