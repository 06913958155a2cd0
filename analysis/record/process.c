/* SPDX-License-Identifier: MIT */
#include "analysis/record/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK 250 /* milliseconds */

extern char **environ;

struct running {
    const struct hs_process *process;
    pid_t pid;
    int signals, pipe;
    int status;
    bool ended;
};

/* A signal that is ignored (SIGHUP with nohup) stays ignored, here and in the process. SIGINT is ignored by `record` itself. */
static sigset_t watched(void)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction now;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (!sigaction(signals[i], NULL, &now) && now.sa_handler != SIG_IGN)
            sigaddset(&set, signals[i]);
    return set;
}

/* Sets the output of the process. */
static int redirect(posix_spawn_file_actions_t *actions, const struct hs_process *p)
{
    int output = p->output, error = posix_spawn_file_actions_init(actions);
    if (p->standard_output && !error)
        error = posix_spawn_file_actions_adddup2(actions, p->standard_output, STDOUT_FILENO);
    if (output && !error)
        error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output && !error)
        error = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (output && !error)
        error = posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
    return error;
}

/* The child starts with the default signals, as when a shell runs it. */
static int spawn(const struct hs_process *p, const sigset_t *mask, short flags, pid_t *pid)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t defaults = watched();
    int error = posix_spawnattr_init(&attributes);
    if (error)
        return error;
    sigaddset(&defaults, SIGXFSZ);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, mask);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, (short)(flags | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    error = redirect(&actions, p);
    if (!error && setenv(p->variable, p->value, 1))
        error = errno;
    if (!error)
        error = posix_spawnp(pid, p->argv[0], &actions, &attributes, p->argv, environ);
    unsetenv(p->variable);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

int hs_process_start(const struct hs_process *process, int *pid)
{
    sigset_t mask;
    pid_t child = 0;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    int error = spawn(process, &mask, POSIX_SPAWN_SETPGROUP, &child);
    *pid = child;
    return error;
}

/* Passes on all available bytes. The end of the pipe is final. */
static void drain(struct running *r)
{
    static unsigned char bytes[1 << 16];
    while (r->pipe >= 0) {
        ssize_t n = read(r->pipe, bytes, sizeof bytes);
        if (n > 0)
            r->process->sink(r->process->context, bytes, (size_t)n);
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n < 0 && errno == EAGAIN)
            return;
        else
            r->pipe = -1;
    }
}

/* The terminal sends Ctrl-C to the firmware as well; a signal sent only to us is passed on. */
static void take_signal(struct running *r)
{
    struct signalfd_siginfo info;
    if (read(r->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (info.ssi_signo != SIGCHLD) {
        if (info.ssi_code != SI_KERNEL)
            kill(r->pid, (int)info.ssi_signo);
        return;
    }
    r->ended = waitpid(r->pid, &r->status, WNOHANG) == r->pid;
}

static void follow(struct running *r)
{
    while (!r->ended) {
        struct pollfd poller[] = {{.fd = r->signals, .events = POLLIN}, {.fd = r->pipe, .events = POLLIN}};
        int n = poll(poller, 2, TICK);
        if (n > 0 && poller[1].revents)
            drain(r);
        if (n > 0 && poller[0].revents)
            take_signal(r);
        if (r->process->tick)
            r->process->tick(r->process->context);
    }
    drain(r);
}

int hs_process_run(const struct hs_process *process)
{
    struct running r = {.process = process, .pipe = process->pipe};
    sigset_t set = watched(), before;
    sigprocmask(SIG_BLOCK, &set, &before);
    r.signals = signalfd(-1, &set, SFD_CLOEXEC);
    int error = r.signals < 0 ? errno : spawn(process, &before, 0, &r.pid);
    if (!error)
        follow(&r);
    if (r.signals >= 0)
        close(r.signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return error ? -1 : r.status;
}

int hs_process_exit(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }
