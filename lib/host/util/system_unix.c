/* SPDX-License-Identifier: MIT
 *
 * What Linux and the other systems with POSIX 2008 (X/Open 7) do alike.
 */
#include "lib/host/util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

/* ---- open files ---- */

int hs_system_duplicate(int fd, int least) { return fcntl(fd, F_DUPFD_CLOEXEC, least); }

void hs_system_hold_standard(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd ? O_RDONLY : O_WRONLY) < 0)
            return; /* the lowest free number is the one that was missing */
}

int hs_system_replace_input(int fd) { return dup2(fd, STDIN_FILENO); }

void hs_system_set_mode(int fd, const struct stat *old)
{
    mode_t mask = umask(0);
    umask(mask);
    int failed = old ? fchown(fd, old->st_uid, old->st_gid) : 0;
    failed = fchmod(fd, old ? old->st_mode & 07777 : 0666 & ~mask) || failed;
    (void)failed; /* on failure the mode stays as it is */
}

char *hs_system_real_path(const char *path) { return realpath(path, NULL); }

/* ---- temporary files ---- */

const char *hs_system_temporary_folder(void)
{
    const char *set = getenv("TMPDIR");
    return set && *set ? set : "/tmp";
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void hs_system_remove_tree(const char *path) { nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS); }
bool hs_system_add_name(const char *path, const char *name) { return !link(path, name); }

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGXCPU, SIGUSR1, SIGUSR2};

#define N_SIGNALS (sizeof signals / sizeof *signals)

static void (*at_end)(void);

static void on_signal(int number)
{
    at_end();
    signal(number, SIG_DFL);
    raise(number); /* delivered when the handler returns */
}

void hs_system_on_end(void (*drop)(void))
{
    struct sigaction now, then = {.sa_handler = on_signal};
    sigfillset(&then.sa_mask);
    for (size_t i = 0; !at_end && i < N_SIGNALS; i++)
        if (!sigaction(signals[i], NULL, &now) && now.sa_handler == SIG_DFL)
            sigaction(signals[i], &then, NULL);
    at_end = drop;
}

static sigset_t before;

void hs_system_hold_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
}

void hs_system_release_signals(void)
{
    int why = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = why;
}

void hs_system_survive_large_files(void) { signal(SIGXFSZ, SIG_IGN); }

/* ---- the user ---- */

char *hs_system_state_folder(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *folder = NULL;
    if (state && *state == '/')
        return strdup(state);
    return home && *home == '/' && asprintf(&folder, "%s/.local/state", home) >= 0 ? folder : NULL;
}

bool hs_system_is_mine(const struct stat *status, bool alone)
{
    return status->st_uid == geteuid() && !(alone && status->st_mode & 077);
}

bool hs_system_secret(void *bytes, size_t n)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    bool got = fd >= 0 && read(fd, bytes, n) == (ssize_t)n;
    if (fd >= 0)
        close(fd);
    return got;
}

/* ---- terminal and time ---- */

bool hs_system_reader_has_ended(int why)
{
    (void)why;
    return false;
}

unsigned hs_system_columns(void)
{
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int hs_system_width(const char *character, size_t length)
{
    wchar_t wide;
    return mbrtowc(&wide, character, length, &(mbstate_t){0}) == length ? wcwidth(wide) : -1;
}

bool hs_system_has_utf8(void)
{
    setlocale(LC_CTYPE, "");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
