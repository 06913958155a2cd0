/* SPDX-License-Identifier: MIT */
#include "analysis/record/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK 250 /* milliseconds */

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

static bool redirect(const struct hs_process *p)
{
    int output = p->output, empty = output ? open("/dev/null", O_RDONLY | O_CLOEXEC) : 0;
    if (p->standard_output && dup2(p->standard_output, STDOUT_FILENO) < 0)
        return false;
    return !output ||
           (empty >= 0 && dup2(empty, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0);
}

struct start {
    const struct hs_process *process;
    const sigset_t *mask;
    bool apart;   /* in a process group of its own */
    pid_t parent; /* us */
    int report;   /* receives the errno, unless the program is executed */
};

/* In the child, which ends with us, also when we are killed. It starts with the default signals, as when a shell runs it. */
static _Noreturn void execute(const struct start *s)
{
    const struct hs_process *p = s->process;
    sigset_t defaults = watched();
    sigaddset(&defaults, SIGXFSZ);
    sigaddset(&defaults, SIGPIPE);
    for (int signal = 1; signal < NSIG; signal++)
        if (sigismember(&defaults, signal) == 1)
            sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigprocmask(SIG_SETMASK, s->mask, NULL);
    bool ready = !prctl(PR_SET_PDEATHSIG, SIGKILL) && (!s->apart || !setpgid(0, 0)) && redirect(p);
    if (getppid() != s->parent)
        _exit(127);
    if (ready && strchr(p->argv[0], '/'))
        execv(p->argv[0], p->argv); /* execvp would take the firmware of a board for a shell script */
    else if (ready)
        execvp(p->argv[0], p->argv);
    int error = errno;
    while (write(s->report, &error, sizeof error) < 0 && errno == EINTR) {
    }
    _exit(127);
}

/* The errno that the child reported; 0: it executes the program. */
static int hear(int pipe)
{
    int error = 0;
    ssize_t n;
    while ((n = read(pipe, &error, sizeof error)) < 0 && errno == EINTR) {
    }
    return n == sizeof error ? error : 0;
}

static int fork_and_execute(struct start *s, pid_t *pid)
{
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC))
        return errno;
    s->parent = getpid();
    s->report = pipes[1];
    sigset_t all, before; /* our handlers do not run in the child */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    *pid = fork();
    if (!*pid)
        execute(s);
    int error = *pid < 0 ? errno : 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(pipes[1]);
    if (!error && (error = hear(pipes[0])))
        waitpid(*pid, NULL, 0);
    close(pipes[0]);
    return error;
}

static int spawn(struct start *s, pid_t *pid)
{
    const struct hs_process *p = s->process;
    int error = setenv(p->variable, p->value, 1) ? errno : fork_and_execute(s, pid);
    unsetenv(p->variable);
    return error;
}

int hs_process_start(const struct hs_process *process, int *pid)
{
    sigset_t mask;
    pid_t child = 0;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    int error = spawn(&(struct start){.process = process, .mask = &mask, .apart = true}, &child);
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
    int error = r.signals < 0 ? errno : spawn(&(struct start){.process = process, .mask = &before}, &r.pid);
    if (!error)
        follow(&r);
    if (r.signals >= 0)
        close(r.signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return error ? -1 : r.status;
}

int hs_process_exit(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }
