/* SPDX-License-Identifier: MIT */
#include "analysis/util/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/host/util/system.h"
#include "lib/host/util/tempfile.h"

#define LINKS_MAX 40 /* same as the Linux kernel */
#define ROOM_LEAST \
    (256 << 10) /* bytes; with less free space, a file system counts as full for a library that writes in
                                * packets */

#define BEING_WRITTEN ETXTBSY /* what the system never says of a rename */

/* `kept`: where the output is instead, or NULL. */
static int set_error(struct hs_error *error, const char *target, int why, const char *kept)
{
    error->code = HS_ERR_IO; /* outranks damage in the input */
    snprintf(error->text, sizeof error->text, "cannot write %s: %s%s", target,
             why != BEING_WRITTEN ? strerror(why)
             : kept               ? "another heapstrata is writing it; the output is in "
                                  : "another heapstrata is writing it: name another file",
             why == BEING_WRITTEN && kept ? kept : "");
    return HS_ERR_IO;
}

/* Whether another recording is still writing the file. */
static bool is_being_written(const char *place)
{
    struct stat file;
    int fd = stat(place, &file) || !S_ISREG(file.st_mode) ? -1 : open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool written = fd >= 0 && hs_system_is_growing(fd, false);
    if (fd >= 0)
        close(fd);
    return written;
}

/* ---- resolving the target ---- */

/* The folder of `path` without links, and the name in it. NULL with errno set. */
static char *resolve_folder(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    const char *slash = memrchr(path, '/', length);
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    const char *name = slash ? slash + 1 : path;
    char *real = folder ? hs_system_real_path(folder) : NULL, *joined = NULL;
    if (real && asprintf(&joined, "%s/%.*s", strcmp(real, "/") ? real : "", (int)(path + length - name), name) < 0)
        joined = NULL;
    free(folder);
    free(real);
    return joined;
}

/* The target of the symbolic link at `path`; a relative one is joined to the link's folder. */
static char *link_target(const char *path)
{
    char text[PATH_MAX], *joined = NULL;
    ssize_t n = readlink(path, text, sizeof text - 1);
    if (n < 0)
        return NULL;
    text[n] = '\0';
    if (*text == '/')
        return strdup(text);
    return asprintf(&joined, "%.*s/%s", (int)(strrchr(path, '/') - path), path, text) < 0 ? NULL : joined;
}

static bool names_open_file(const char *path) { return !strncmp(path, "/proc/", 6) || !strncmp(path, "/dev/fd/", 8); }

/* Follows all symbolic links of the target, which need not exist. Stops at a path that names an open file of a process. */
static char *resolve(const char *target)
{
    char *path = resolve_folder(target);
    struct stat file;
    for (int i = 0; path && !names_open_file(path) && !lstat(path, &file) && S_ISLNK(file.st_mode); i++) {
        char *next = i < LINKS_MAX ? link_target(path) : NULL;
        free(path);
        path = next ? resolve_folder(next) : NULL;
        if (i == LINKS_MAX)
            errno = ELOOP;
        free(next);
    }
    return path;
}

bool hs_output_same(const char *a, const char *b)
{
    struct stat x, y;
    if (stat(a, &x) || stat(b, &y) || !(S_ISREG(x.st_mode) || S_ISDIR(x.st_mode)))
        return false;
    return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* ---- written directly ---- */

/* "/dev/stdout" and the like share the file position with the process that opened them. Opening them again would start
 * at 0. */
static int open_directly(const char *target, const char *place)
{
    const char *name = place ? strrchr(place, '/') + 1 : "1";
    char *end, own[64];
    long number = strtol(name, &end, 10);
    snprintf(own, sizeof own, "/proc/%d/fd/", (int)getpid());
    bool ours = !place || !strncmp(place, "/dev/fd/", 8) || !strncmp(place, "/proc/self/fd/", 14) ||
                !strncmp(place, own, strlen(own));
    if (ours && end != name && !*end && number >= 0 && number <= INT_MAX)
        return hs_system_duplicate((int)number, 3);
    return open(target, O_WRONLY | O_CLOEXEC | O_NOCTTY);
}

/* ---- written beside the target, or elsewhere ---- */

static char *name_beside(const char *place)
{
    const char *name = strrchr(place, '/') + 1;
    char *path = NULL;
    return asprintf(&path, "%.*s.%.200s.XXXXXX", (int)(name - place), place, name) < 0 ? NULL : path;
}

static char *name_elsewhere(void)
{
    char path[HS_TEMP_NAME_MAX];
    return hs_temp_name(path) ? strdup(path) : NULL;
}

static int make_file(struct hs_output *out, char *path)
{
    out->path = path;
    out->fd = path ? hs_temp_file(path) : -1;
    return out->fd < 0 ? -1 : 0;
}

static bool no_room_beside(int why) { return why == EACCES || why == EPERM || why == EROFS; }

/* `old`: the existing regular file; NULL: none. */
static int begin_file(struct hs_output *out, const struct stat *old)
{
    if (old && access(out->place, W_OK))
        return -1;
    if (old && is_being_written(out->place)) {
        errno = BEING_WRITTEN;
        return -1;
    }
    int failed = make_file(out, name_beside(out->place));
    if (failed && old && no_room_beside(errno)) {
        free(out->path);
        out->elsewhere = true;
        failed = make_file(out, name_elsewhere());
    }
    if (!failed && !out->elsewhere)
        hs_system_set_mode(out->fd, old);
    return failed;
}

/* The library creates the folder itself, so it gets a temporary parent folder. */
static int begin_folder(struct hs_output *out)
{
    out->folder = name_beside(out->place);
    if (!out->folder || !hs_temp_folder(out->folder))
        return -1;
    return asprintf(&out->path, "%s/trace", out->folder) < 0 ? -1 : 0;
}

static int begin_direct(struct hs_output *out)
{
    if (out->kind == HS_OUTPUT_FOLDER) {
        errno = ENOTDIR;
        return -1;
    }
    out->device = out->fd = open_directly(out->target, out->place);
    out->elsewhere = out->kind == HS_OUTPUT_FILE;
    if (out->fd < 0 || !out->elsewhere)
        return out->fd < 0 ? -1 : 0;
    return make_file(out, name_elsewhere());
}

static int begin(struct hs_output *out)
{
    struct stat file;
    if (!strcmp(out->target, "-"))
        return begin_direct(out);
    if (!*out->target) {
        errno = ENOENT;
        return -1;
    }
    out->place = resolve(out->target);
    if (!out->place)
        return -1;
    bool there = !stat(out->target, &file);
    if (there && (names_open_file(out->place) || !(S_ISREG(file.st_mode) || S_ISDIR(file.st_mode))))
        return begin_direct(out);
    if (out->kind == HS_OUTPUT_FOLDER)
        return begin_folder(out);
    if ((there && S_ISDIR(file.st_mode)) || out->target[strlen(out->target) - 1] == '/') {
        errno = EISDIR;
        return -1;
    }
    return begin_file(out, there ? &file : NULL);
}

static void release(struct hs_output *out)
{
    if (out->fd >= 0)
        close(out->fd);
    if (out->device >= 0 && out->device != out->fd)
        close(out->device);
    out->fd = out->device = -1;
    free(out->place);
    free(out->path);
    free(out->folder);
    free(out->earlier);
    out->place = out->path = out->folder = out->earlier = NULL;
}

int hs_output_open(struct hs_output *out, const char *target, enum hs_output_kind kind, struct hs_error *error)
{
    *out = (struct hs_output){.kind = kind, .target = target, .fd = -1, .device = -1};
    if (!begin(out))
        return HS_OK;
    int why = errno;
    release(out);
    return set_error(error, strcmp(target, "-") ? target : "standard output", why, NULL);
}

/* ---- writing ---- */

/* Like write(), but writes everything. Returns 0 or -1. */
static int write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        bytes += written;
        n -= (size_t)written;
    }
    return 0;
}

/* Write callback for stdio, which does not keep the errno of a failed write. */
static ssize_t take(void *cookie, const char *bytes, size_t n)
{
    struct hs_output *out = cookie;
    if (!out->why && !write_all(out->fd, bytes, n))
        return (ssize_t)n;
    out->why = out->why ? out->why : errno;
    errno = out->why;
    return 0;
}

FILE *hs_output_stream(struct hs_output *out)
{
    if (!out->stream)
        out->stream = fopencookie(out, "w", (cookie_io_functions_t){.write = take});
    return out->stream;
}

/* ---- closing ---- */

static int copy(int from, int to)
{
    static char bytes[1 << 16];
    ssize_t n;
    while ((n = read(from, bytes, sizeof bytes)) > 0)
        if (write_all(to, bytes, (size_t)n))
            return -1;
    return n < 0 ? -1 : 0;
}

/* Copies onto a file whose folder is not writable, or onto a device that the library cannot write. */
static int copy_over(struct hs_output *out)
{
    int from = open(out->path, O_RDONLY | O_CLOEXEC);
    int to = out->device >= 0 ? out->device : open(out->place, O_WRONLY | O_TRUNC | O_CLOEXEC);
    int failed = from < 0 || to < 0 || copy(from, to);
    int why = errno;
    if (to >= 0 && to != out->device && close(to) && !failed) {
        failed = -1;
        why = errno;
    }
    if (from >= 0)
        close(from);
    errno = why;
    return failed;
}

static int put_in_place(struct hs_output *out)
{
    if (is_being_written(out->place)) {
        errno = BEING_WRITTEN;
        return -1;
    }
    if (out->elsewhere)
        return copy_over(out);
    if (!rename(out->path, out->place))
        return 0;
    /* A file that is a mount point cannot be replaced. */
    return errno == EBUSY && out->kind != HS_OUTPUT_FOLDER ? copy_over(out) : -1;
}

/* ---- shown before it is complete, and kept when it is not ---- */

/* Gives the file at the target another name. It stays when a signal ends the program: it is the only copy. Where a file can have
 * two names, there is a file at the target at any time. */
static bool set_aside(struct hs_output *out)
{
    char *name = name_beside(out->place);
    int fd = name ? hs_temp_file(name) : -1;
    if (fd >= 0)
        close(fd);
    bool moved = fd >= 0 && ((!unlink(name) && hs_system_add_name(out->place, name)) || !rename(out->place, name));
    if (fd >= 0 && !moved)
        unlink(name);
    if (fd >= 0)
        hs_temp_forget(name);
    out->earlier = moved ? name : NULL;
    if (!moved)
        free(name);
    return moved;
}

static void give_back(struct hs_output *out)
{
    if (out->earlier && !rename(out->earlier, out->place))
        unlink(out->earlier); /* it is still there if both were names of one file */
    else if (!out->earlier)
        unlink(out->place);
    free(out->earlier);
    out->earlier = NULL;
}

int hs_output_show(struct hs_output *out, struct hs_error *error)
{
    if (out->shown || out->device >= 0 || out->elsewhere)
        return HS_OK;
    if (!access(out->place, F_OK) && (is_being_written(out->place) || !set_aside(out)))
        return HS_OK;
    if (rename(out->path, out->place)) {
        int why = errno;
        if (out->earlier)
            give_back(out);
        return set_error(error, out->target, why, NULL);
    }
    hs_temp_forget(out->path);
    out->shown = true;
    return HS_OK;
}

/* "run.hst.incomplete", with a number added if that file exists. */
static char *free_name(const char *place)
{
    char *name = NULL;
    for (unsigned i = 1; i < 1000; i++) {
        int n = i == 1 ? asprintf(&name, "%s.incomplete", place) : asprintf(&name, "%s.incomplete-%u", place, i);
        if (n < 0)
            return NULL;
        if (access(name, F_OK))
            return name;
        free(name);
    }
    return NULL;
}

static const char *keep_as(struct hs_output *out, char *name)
{
    if (!name || rename(out->shown ? out->place : out->path, name)) {
        free(name);
        return NULL;
    }
    if (out->shown)
        give_back(out);
    hs_temp_forget(out->path);
    free(out->path);
    out->path = name;
    out->kept = true;
    return name;
}

const char *hs_output_keep(struct hs_output *out)
{
    if (!out->path || out->device >= 0 || out->folder)
        return NULL;
    bool free_place = out->shown ? !out->earlier : !out->elsewhere && access(out->place, F_OK);
    if (out->shown && free_place) {
        out->kept = true;
        return out->place;
    }
    if (!out->elsewhere)
        return keep_as(out, free_place ? strdup(out->place) : free_name(out->place));
    hs_temp_forget(out->path);
    out->kept = true;
    return out->path;
}

void hs_output_replaced(struct hs_output *out)
{
    if (out->earlier)
        unlink(out->earlier);
    free(out->earlier);
    out->earlier = NULL;
    out->kept = out->shown;
    hs_output_close(out, HS_ERR_KIND, &(struct hs_error){0});
}

/* The previous file is not needed any more, or gets its name back. */
static void settle_earlier(struct hs_output *out, bool failed)
{
    if (failed && out->shown && !out->kept)
        give_back(out);
    else if (out->earlier)
        unlink(out->earlier);
}

static void remove_rest(const struct hs_output *out)
{
    if (out->folder) {
        hs_system_remove_tree(out->folder);
        hs_temp_forget(out->folder);
    } else if (out->path && !out->shown && !out->kept) {
        unlink(out->path); /* fails harmlessly after a rename */
        hs_temp_forget(out->path);
    }
}

/* Flushes and closes the file. Returns errno of the first failure, or 0. */
static int finish_writing(struct hs_output *out)
{
    int why = 0;
    if (out->stream && fclose(out->stream))
        why = out->why ? out->why : errno;
    out->stream = NULL;
    why = out->why ? out->why : why;
    if (out->fd >= 0 && close(out->fd) && !why)
        why = errno;
    if (out->device == out->fd)
        out->device = -1;
    out->fd = -1;
    return why;
}

/* Libraries mostly do not report why a write failed. Returns errno when space is short, or 0. */
static int lack_of_room(const struct hs_output *out)
{
    char *path = NULL;
    int own = -1, fd = out->fd;
    if (out->folder && asprintf(&path, "%s/room", out->folder) >= 0)
        own = fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    int why = fd < 0 ? errno : posix_fallocate(fd, end < 0 ? 0 : end, ROOM_LEAST);
    if (own >= 0) {
        close(own);
        unlink(path);
    }
    free(path);
    return why == ENOSPC || why == EDQUOT || why == EFBIG ? why : 0;
}

int hs_output_close(struct hs_output *out, int status, struct hs_error *error)
{
    int full = status && out->kind != HS_OUTPUT_STREAM ? lack_of_room(out) : 0;
    int why = finish_writing(out);
    why = full ? full : why;
    if (!status && !why && out->path && !out->shown && put_in_place(out))
        why = errno == EEXIST ? ENOTEMPTY : errno;
    const char *kept = why && (out->shown || why == BEING_WRITTEN) ? hs_output_keep(out) : NULL;
    settle_earlier(out, status || why);
    remove_rest(out);
    if (why && (!status || status == HS_ERR_IO))
        status = set_error(error, strcmp(out->target, "-") ? out->target : "standard output", why, kept);
    release(out);
    return status;
}
