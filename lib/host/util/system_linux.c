/* SPDX-License-Identifier: MIT
 *
 * Linux, with any C library.
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
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
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

int hs_system_open_again(int fd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

void hs_system_mark_growing(int fd) { flock(fd, LOCK_EX | LOCK_NB); }

/* Whether any process has the file open for writing: if so, the kernel refuses a read lease. If another process opens it
 * while we have the lease, we get a signal: SIGURG, which is ignored by default. */
static bool is_written(int fd)
{
    fcntl(fd, F_SETSIG, SIGURG);
    if (!fcntl(fd, F_SETLEASE, F_RDLCK)) {
        fcntl(fd, F_SETLEASE, F_UNLCK);
        return false;
    }
    return errno == EAGAIN;
}

bool hs_system_is_growing(int fd, bool any)
{
    if (!flock(fd, LOCK_SH | LOCK_NB))
        flock(fd, LOCK_UN);
    else if (errno == EWOULDBLOCK)
        return true;
    return any && is_written(fd);
}

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

int hs_system_make_file(char *template) { return mkostemp(template, O_CLOEXEC); }

bool hs_system_make_folder(char *template) { return mkdtemp(template) != NULL; }

int hs_system_unnamed_file(const char *folder) { return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); }

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void hs_system_remove_tree(const char *path) { nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS); }

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

/* ---- terminal and time ---- */

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

uint64_t hs_system_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
