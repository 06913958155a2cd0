/* SPDX-License-Identifier: MIT
 *
 * The byte source of a file or pipe, and the formatting of errors.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/host/input/bytes.h"
#include "lib/host/input/fail.h"
#include "lib/host/util/system.h"

void hs_fail_with(struct hs_error *error, int code, uint64_t offset, const char *text, ...)
{
    va_list arguments;
    if (error->code)
        return;
    error->code = code;
    error->offset = offset;
    va_start(arguments, text);
    vsnprintf(error->text, sizeof error->text, text, arguments);
    va_end(arguments);
}

struct file {
    struct hs_byte_source bytes;
    struct hs_front front;
    size_t taken; /* of the front */
    int fd;
};

static long read_file(struct hs_byte_source *bytes, uint8_t *into, size_t room)
{
    struct file *f = (struct file *)bytes;
    size_t left = f->front.len - f->taken;
    long n;
    if (left) {
        n = (long)(left < room ? left : room);
        memcpy(into, f->front.data + f->taken, (size_t)n);
        f->taken += (size_t)n;
    } else if (f->fd < 0) {
        n = 0;
    } else {
        do
            n = read(f->fd, into, room);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            return HS_ERR_IO;
    }
    bytes->offset += (uint64_t)n;
    return n;
}

static bool is_growing(struct hs_byte_source *bytes)
{
    int fd = ((struct file *)bytes)->fd;
    return fd >= 0 && hs_system_is_growing(fd, bytes->follow);
}

static void close_file(struct hs_byte_source *bytes)
{
    struct file *f = (struct file *)bytes;
    if (f->fd > 0)
        close(f->fd);
    free(f->front.data);
    free(f);
}

struct hs_byte_source *hs_byte_source_of_file(int fd, struct hs_front front)
{
    struct file *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->bytes.read = read_file;
    f->bytes.close = close_file;
    f->bytes.growing = is_growing;
    f->bytes.offset = front.offset;
    f->front = front;
    f->fd = fd;
    return &f->bytes;
}
