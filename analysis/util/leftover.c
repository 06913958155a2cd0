/* SPDX-License-Identifier: MIT */
#include "analysis/util/leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEFTOVERS 16 /* a program has two or three at a time */

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGXCPU, SIGUSR1, SIGUSR2 };

#define N_SIGNALS (sizeof signals / sizeof *signals)

static char *leftover[LEFTOVERS]; /* changed only while the signals are blocked */

/* The signal may have come in the midst of malloc. */
void hs_leftover_drop(void)
{
    for (int i = LEFTOVERS - 1; i >= 0; i--)
        if (leftover[i] && unlink(leftover[i]))
            rmdir(leftover[i]);
}

static void on_signal(int number)
{
    hs_leftover_drop();
    signal(number, SIG_DFL);
    raise(number); /* comes when the handler returns */
}

static void listen(void)
{
    static bool listening;
    struct sigaction now, then = { .sa_handler = on_signal };
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

void hs_leftover_remove_all(void)
{
    for (int i = LEFTOVERS - 1; i >= 0; i--)
        if (leftover[i])
            nftw(leftover[i], remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static sigset_t block_all(void)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    return before;
}

/* With signals blocked: puts `text` where `old` is, NULL standing for an empty place. False: there is no such place. */
static bool exchange(const char *old, char *text)
{
    for (unsigned i = 0; i < LEFTOVERS; i++) {
        if (old ? !leftover[i] || strcmp(leftover[i], old) : leftover[i] != NULL)
            continue;
        free(leftover[i]);
        leftover[i] = text;
        return true;
    }
    return false;
}

/* Keeps the name that `template` has become, in `text`, a copy of what it was: memory was asked for before there was a file to lose.
 * Takes `text` over. */
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

int hs_leftover_file(char *template)
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

bool hs_leftover_folder(char *template)
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

bool hs_leftover_add(const char *path)
{
    char *text = strdup(path);
    sigset_t before = block_all();
    bool noted = text && note(text, path);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return noted;
}

void hs_leftover_forget(const char *path)
{
    sigset_t before = block_all();
    exchange(path, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}
