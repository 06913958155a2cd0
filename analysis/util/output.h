/* SPDX-License-Identifier: MIT
 *
 * The one way in which commands write files. A file appears under its name when it is complete, or not at all:
 *
 *   - it is written beside its target, under a name that begins with a dot, and then renamed;
 *   - a symbolic link stays, and the file that it names is replaced; mode and owner of that file stay;
 *   - devices, pipes and sockets, and all that /dev/fd and /proc name, are written directly;
 *   - where nothing can be made beside the target, it is written elsewhere and then copied over the target;
 *   - after an error, or when a signal ends the program, what was there before is there as it was.
 *
 * Whether the target is one of the command's inputs is for the command to ask: hs_output_same.
 */
#ifndef HS_UTIL_OUTPUT_H
#define HS_UTIL_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/host/reader.h"

enum hs_output_kind {
    HS_OUTPUT_STREAM, /* written from begin to end, by `fd` or hs_output_stream */
    HS_OUTPUT_FILE,   /* a library writes it, at any place, by `path` */
    HS_OUTPUT_FOLDER, /* a library makes a folder at `path` */
};

struct hs_output {
    enum hs_output_kind kind;
    const char *target;  /* as the user named it */
    char *place;         /* the target with all symbolic links followed; NULL: standard output */
    char *path;          /* what to write to; NULL for a stream that is written directly */
    char *folder;        /* HS_OUTPUT_FOLDER: where `path` lies */
    int fd;              /* -1 for a folder */
    int device;          /* the target, when it is no regular file and so not replaced; else -1. Also `fd` for a stream */
    bool elsewhere;      /* `path` is not beside the target: copied at the end */
    bool shown;          /* `path` is the target itself by now */
    int why;             /* errno of the first write that failed, 0: none */
    FILE *stream;
};

/* Begins to write `target`; "-" is standard output. Returns HS_OK or HS_ERR_IO with *error filled. */
int hs_output_open(struct hs_output *out, const char *target, enum hs_output_kind kind, struct hs_error *error);

/* `fd` as a stream, which belongs to the output. NULL: out of memory. */
FILE *hs_output_stream(struct hs_output *out);

/* The file appears now and is written under its name from here on: for what is worth having unfinished. */
int hs_output_show(struct hs_output *out, struct hs_error *error);

/* Ends. `status` is how writing went: with another one than HS_OK nothing is left, unless it was shown. Returns
 * `status`, or HS_ERR_IO with *error filled when the last bytes could not be written. */
int hs_output_close(struct hs_output *out, int status, struct hs_error *error);

/* Whether both name the same file or folder. False when one does not exist, and for devices and pipes. */
bool hs_output_same(const char *a, const char *b);

#endif
