/* SPDX-License-Identifier: MIT */
#include "lib/host/util/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPS_MAX 16 /* a program uses two or three at a time */

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGXCPU, SIGUSR1, SIGUSR2};

#define N_SIGNALS (sizeof signals / sizeof *signals)

static char *temp[TEMPS_MAX]; /* changed only while the signals are blocked */

/* A signal may have interrupted malloc. */
void hs_temp_drop(void)
{
    for (int i = TEMPS_MAX - 1; i >= 0; i--)
        if (temp[i] && unlink(temp[i]))
            rmdir(temp[i]);
}

static void on_signal(int number)
{
    hs_temp_drop();
    signal(number, SIG_DFL);
    raise(number); /* delivered when the handler returns */
}

static void listen(void)
{
    static bool listening;
    struct sigaction now, then = {.sa_handler = on_signal};
    sigfillset(&then.sa_mask);
    for (size_t i = 0; !listening && i < N_SIGNALS; i++)
        if (!sigaction(signals[i], NULL, &now) && now.sa_handler == SIG_DFL)
            sigaction(signals[i], &then, NULL);
    listening = true;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void hs_temp_remove_all(void)
{
    for (int i = TEMPS_MAX - 1; i >= 0; i--)
        if (temp[i])
            nftw(temp[i], remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static sigset_t block_all(void)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    return before;
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
    listen();
    if (exchange(NULL, text))
        return true;
    free(text);
    errno = ENOMEM;
    return false;
}

/* The folder for temporary files. */
static const char *base(void)
{
    const char *set = getenv("TMPDIR");
    return set && *set ? set : P_tmpdir;
}

bool hs_temp_name(char name[HS_TEMP_NAME_MAX])
{
    int n = snprintf(name, HS_TEMP_NAME_MAX, "%s/heapstrata-XXXXXX", base());
    errno = ENAMETOOLONG;
    return n > 0 && (unsigned)n < HS_TEMP_NAME_MAX;
}

int hs_temp_file(char *template)
{
    char *text = strdup(template);
    sigset_t before = block_all();
    int fd = text ? mkostemp(template, O_CLOEXEC) : -1;
    if (fd < 0) {
        free(text);
    } else if (!note(text, template)) {
        close(fd);
        unlink(template);
        fd = -1;
    }
    int why = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = why;
    return fd;
}

bool hs_temp_folder(char *template)
{
    char *text = strdup(template);
    sigset_t before = block_all();
    bool made = text && mkdtemp(template);
    if (!made) {
        free(text);
    } else if (!note(text, template)) {
        rmdir(template);
        made = false;
    }
    int why = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = why;
    return made;
}

bool hs_temp_add(const char *path)
{
    char *text = strdup(path);
    sigset_t before = block_all();
    bool noted = text && note(text, path);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return noted;
}

void hs_temp_forget(const char *path)
{
    sigset_t before = block_all();
    exchange(path, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
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

/* For file systems without O_TMPFILE. */
static int make_and_unlink(void)
{
    char path[HS_TEMP_NAME_MAX];
    int fd = hs_temp_name(path) ? mkostemp(path, O_CLOEXEC) : -1;
    if (fd >= 0)
        unlink(path);
    return fd;
}

int hs_unnamed_file(void)
{
    int fd = open(base(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : make_and_unlink();
}

int hs_unnamed_again(int fd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}
