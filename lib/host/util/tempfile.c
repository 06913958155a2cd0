/* SPDX-License-Identifier: MIT */
#include "lib/host/util/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/host/util/system.h"

#define TEMPS_MAX 16 /* a program uses two or three at a time */

static char *temp[TEMPS_MAX]; /* changed only while the signals are blocked */

/* A signal may have interrupted malloc. */
void hs_temp_drop(void)
{
    for (int i = TEMPS_MAX - 1; i >= 0; i--)
        if (temp[i] && unlink(temp[i]))
            rmdir(temp[i]);
}

void hs_temp_remove_all(void)
{
    for (int i = TEMPS_MAX - 1; i >= 0; i--)
        if (temp[i])
            hs_system_remove_tree(temp[i]);
}

/* Replaces `old` by `text`; NULL means an empty place. False: there is no such place. Call it with signals blocked. */
static bool exchange(const char *old, char *text)
{
    for (unsigned i = 0; i < TEMPS_MAX; i++) {
        if (old ? !temp[i] || strcmp(temp[i], old) : temp[i] != NULL)
            continue;
        free(temp[i]);
        temp[i] = text;
        return true;
    }
    return false;
}

/* Registers the final name, `template`, in `text`, a copy of the template that was allocated before the file was made, so that
 * this step needs no memory. Takes ownership of `text`. */
static bool note(char *text, const char *template)
{
    strcpy(text, template);
    hs_system_on_end(hs_temp_drop);
    if (exchange(NULL, text))
        return true;
    free(text);
    errno = ENOMEM;
    return false;
}

bool hs_temp_name(char name[HS_TEMP_NAME_MAX])
{
    int n = snprintf(name, HS_TEMP_NAME_MAX, "%s/heapstrata-XXXXXX", hs_system_temporary_folder());
    errno = ENAMETOOLONG;
    return n > 0 && (unsigned)n < HS_TEMP_NAME_MAX;
}

int hs_temp_file(char *template)
{
    char *text = strdup(template);
    hs_system_hold_signals();
    int fd = text ? hs_system_make_file(template) : -1;
    if (fd < 0) {
        free(text);
    } else if (!note(text, template)) {
        close(fd);
        unlink(template);
        fd = -1;
    }
    hs_system_release_signals();
    return fd;
}

bool hs_temp_folder(char *template)
{
    char *text = strdup(template);
    hs_system_hold_signals();
    bool made = text && hs_system_make_folder(template);
    if (!made) {
        free(text);
    } else if (!note(text, template)) {
        rmdir(template);
        made = false;
    }
    hs_system_release_signals();
    return made;
}

bool hs_temp_add(const char *path)
{
    char *text = strdup(path);
    hs_system_hold_signals();
    bool noted = text && note(text, path);
    hs_system_release_signals();
    return noted;
}

void hs_temp_forget(const char *path)
{
    hs_system_hold_signals();
    exchange(path, NULL);
    hs_system_release_signals();
}

/* ---- a folder with one file in it ---- */

bool hs_scratch_make(struct hs_scratch *s, const char *name)
{
    s->file[0] = '\0';
    if (!hs_temp_name(s->folder) || !hs_temp_folder(s->folder))
        return false;
    int n = snprintf(s->file, sizeof s->file, "%s/%s", s->folder, name);
    errno = ENAMETOOLONG;
    if (n > 0 && (size_t)n < sizeof s->file && hs_temp_add(s->file))
        return true;
    int why = errno;
    hs_scratch_remove(s);
    errno = why;
    return false;
}

void hs_scratch_remove(struct hs_scratch *s)
{
    unlink(s->file);
    rmdir(s->folder);
    hs_temp_forget(s->file);
    hs_temp_forget(s->folder);
}

/* ---- without a name ---- */

/* For systems and file systems that have no files without a name. */
static int make_and_unlink(void)
{
    char path[HS_TEMP_NAME_MAX];
    int fd = hs_temp_name(path) ? hs_system_make_file(path) : -1;
    if (fd >= 0)
        unlink(path);
    return fd;
}

int hs_unnamed_file(void)
{
    int fd = hs_system_unnamed_file(hs_system_temporary_folder());
    return fd >= 0 ? fd : make_and_unlink();
}

int hs_unnamed_again(int fd) { return hs_system_open_again(fd); }
