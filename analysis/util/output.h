/* SPDX-License-Identifier: MIT
 *
 * All commands write files through this module. A file appears under its name when it is complete, or not at all:
 *
 *   - it is written beside its target, under a name that begins with a dot, and then renamed;
 *   - a symbolic link stays, and the file that it names is replaced; mode and owner of that file stay;
 *   - devices, pipes, sockets and paths in /dev/fd and /proc are written directly;
 *   - when no file can be created beside the target, it is written elsewhere and then copied over the target;
 *   - a trace that another process is writing is not replaced;
 *   - after an error, or when a signal ends the program, the previous file is unchanged. Output that was useful before it was
 *     complete (hs_output_show) can be kept then, under another name (hs_output_keep).
 *
 * The command itself checks whether the target is one of its inputs: hs_output_same.
 */
#ifndef HS_UTIL_OUTPUT_H
#define HS_UTIL_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/host/reader.h"

enum hs_output_kind {
    HS_OUTPUT_STREAM, /* written sequentially, by `fd` or hs_output_stream */
    HS_OUTPUT_FILE,   /* a library writes it by `path`, in any order */
    HS_OUTPUT_FOLDER, /* a library creates a folder at `path` */
};

struct hs_output {
    enum hs_output_kind kind;
    const char *target; /* as the user named it */
    char *place;        /* the target with all symbolic links followed; NULL: standard output */
    char *path;         /* what to write to; NULL for a stream that is written directly */
    char *folder;       /* HS_OUTPUT_FOLDER: the folder that contains `path` */
    int fd;             /* -1 for a folder */
    int device;         /* the target, when it is not a regular file and so is not replaced; else -1. Also `fd` for a stream */
    bool elsewhere;     /* `path` is not beside the target: it is copied at the end */
    bool shown;         /* `path` has been renamed to the target */
    char *earlier;      /* the name that the previous file has while this one is shown; NULL: none */
    bool kept;          /* what was written stays, though it is not complete */
    int why;            /* errno of the first write that failed, 0: none */
    FILE *stream;
};

/* Starts writing `target`; "-" is standard output. Returns HS_OK or HS_ERR_IO with *error filled. */
int hs_output_open(struct hs_output *out, const char *target, enum hs_output_kind kind, struct hs_error *error);

/* Returns `fd` as a stream that the output owns. NULL: out of memory. */
FILE *hs_output_stream(struct hs_output *out);

/* Makes the file visible under its name now, for output that is useful before it is complete. A previous file of that name
 * gets another name until the end; where that is not possible, the new one is not shown. Returns HS_OK or HS_ERR_IO. */
int hs_output_show(struct hs_output *out, struct hs_error *error);

/* After a failure, before hs_output_close: keeps what was written. It gets the target's name, or, if there is a previous file,
 * a free name beside it that begins with the target's. Returns the name, valid until hs_output_close; NULL: there is nothing. */
const char *hs_output_keep(struct hs_output *out);

/* Finishes, after another output took the target's place: removes the previous file, or this one if it was not shown. */
void hs_output_replaced(struct hs_output *out);

/* Finishes. `status` is the result of writing: anything but HS_OK removes the file, unless it is kept, and gives the previous file
 * its name back. Returns `status`, or HS_ERR_IO with *error filled when the last bytes could not be written. */
int hs_output_close(struct hs_output *out, int status, struct hs_error *error);

/* Whether both name the same file or folder. False when one does not exist, and for devices and pipes. */
bool hs_output_same(const char *a, const char *b);

#endif
