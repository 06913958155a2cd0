/* SPDX-License-Identifier: MIT
 *
 * Folders with CTF traces in them as inputs of all commands. LTTng puts its traces some folders deep, one for each user or
 * each process: all that are below the folder named are read as one.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/babeltrace2/lttng.h"
#include "analysis/import/unnamed.h"

#define DEPTH_MAX  8   /* LTTng: session/ust/uid/0/64-bit, with a folder for an archived piece in between */
#define TRACES_MAX 256

static const char *the_elf;

void hs_ctf_use_elf(const char *elf)
{
    the_elf = elf;
}

/* ---- finding traces ---- */

struct traces {
    char *folder[TRACES_MAX];
    unsigned n;
};

static struct traces *finding; /* nftw passes nothing on */

static int look_at(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
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

/* ---- what was made of a folder, for when it is opened again ---- */

struct made {
    char *folder;
    int fd;
    struct hs_error error; /* what was left out */
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

/* Without memory it is made once more. */
static void remember(const char *folder, int fd, const struct hs_error *error)
{
    struct made *m = calloc(1, sizeof *m);
    if (m && (m->folder = strdup(folder)) && (m->fd = dup(fd)) >= 0) {
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

/* A trace that is damaged somewhere is read up to there. */
static int convert(const char *folder, const struct traces *traces, struct hs_error *error)
{
    struct hs_lttng lttng;
    struct hs_error reading = {0}, writing = {0};
    struct hs_intake *intake = hs_intake_new();
    if (!intake)
        return fail(error, HS_ERR_IO, folder, strerror(errno));
    hs_lttng_begin(&lttng, intake);
    int status = hs_bt_read_ctf((const char *const *)traces->folder, traces->n, &lttng.listener, &reading);
    int fd = hs_lttng_write(&lttng, the_elf, &writing);
    hs_intake_free(intake);
    *error = status ? reading : writing;
    if (status || fd < 0)
        name_folder(error, folder, fd >= 0 ? "damaged, read up to there: " : "");
    return fd < 0 ? error->code : fd;
}

static int open_folder(const char *folder, struct hs_error *error)
{
    const struct made *known = find_made(folder);
    struct traces traces;
    int fd = HS_ERR_KIND;
    if (known) {
        *error = known->error;
        fd = hs_unnamed_again(known->fd);
        return fd >= 0 ? fd : fail(error, HS_ERR_IO, folder, strerror(errno));
    }
    find_traces(&traces, folder);
    if (!traces.n)
        fail(error, HS_ERR_KIND, folder, "is a folder, not a trace: no CTF trace (a file `metadata`) is in it");
    else if (hs_bt_missing)
        fail(error, HS_ERR_KIND, folder, "is a CTF trace, which this build cannot read: it was made without libbabeltrace2 (Debian: "
             "libbabeltrace2-dev). Install that and build again");
    else
        fd = convert(folder, &traces, error);
    if (fd >= 0)
        remember(folder, fd, error);
    free_traces(&traces);
    return fd;
}

void hs_ctf_take_folders(void)
{
    hs_reader_take_folders(open_folder);
}
