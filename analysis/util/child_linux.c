/* SPDX-License-Identifier: MIT */
#include "analysis/util/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/host/util/tempfile.h"

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

#define N_ENDING_SIGNALS (sizeof ending_signals / sizeof *ending_signals)

/* The child's result, in memory that parent and child share. */
struct result {
    struct hs_error error;
    int status;
    bool done;
};

/* The signals to wait for: those that would end the program, and SIGCHLD. */
static sigset_t signals_to_wait_for(void)
{
    struct sigaction now;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < N_ENDING_SIGNALS; i++)
        if (!sigaction(ending_signals[i], NULL, &now) && now.sa_handler != SIG_IGN)
            sigaddset(&set, ending_signals[i]);
    return set;
}

/* The library's own crash messages are hidden: the caller reports how the child ended. */
static void run_work(hs_child_work *work, void *job, struct result *result, const sigset_t *before)
{
    int null_device = open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (size_t i = 0; i < N_ENDING_SIGNALS; i++)
        if (signal(ending_signals[i], SIG_DFL) == SIG_IGN)
            signal(ending_signals[i], SIG_IGN);
    sigprocmask(SIG_SETMASK, before, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (null_device >= 0 && !getenv("ASAN_OPTIONS"))
        dup2(null_device, STDERR_FILENO);
    result->status = work(job, &result->error);
    result->done = true;
    _exit(0);
}

/* Waits for the child. Another signal ends the child and this program, after temporary files are removed. */
static int wait_for(pid_t child, const sigset_t *set)
{
    int how = 0, number = 0;
    while (!number && waitpid(child, &how, WNOHANG) != child)
        if ((number = sigwaitinfo(set, NULL)) == SIGCHLD || number < 0)
            number = 0;
    if (!number)
        return how;
    kill(child, SIGKILL);
    waitpid(child, &how, 0);
    hs_temp_remove_all();
    signal(number, SIG_DFL);
    raise(number);
    sigprocmask(SIG_UNBLOCK, set, NULL);
    return how;
}

static int describe(int how, struct hs_error *error)
{
    memset(error, 0, sizeof *error);
    error->code = HS_ERR_IO;
    if (WIFSIGNALED(how))
        snprintf(error->text, sizeof error->text, "ended by signal %d (%s)", WTERMSIG(how), strsignal(WTERMSIG(how)));
    else /* `work` itself never calls exit; the out-of-memory handler does */
        snprintf(error->text, sizeof error->text, "ended with status %d%s", WEXITSTATUS(how),
                 WEXITSTATUS(how) == 2 ? ", out of memory" : "");
    return HS_CHILD_DIED;
}

static int fail(struct hs_error *error)
{
    error->code = HS_ERR_IO;
    snprintf(error->text, sizeof error->text, "cannot make a process: %s", strerror(errno));
    return HS_ERR_IO;
}

int hs_child_run(hs_child_work *work, void *job, struct hs_error *error)
{
    struct result *result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sigset_t before, set = signals_to_wait_for();
    if (result == MAP_FAILED)
        return fail(error);
    fflush(NULL);
    sigprocmask(SIG_BLOCK, &set, &before);
    pid_t child = fork();
    if (!child)
        run_work(work, job, result, &before);
    int how = child > 0 ? wait_for(child, &set) : 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    int status = child < 0 ? fail(error) : !result->done || how ? describe(how, error) : result->status;
    if (child > 0 && result->done && !how)
        *error = result->error;
    munmap(result, sizeof *result);
    return status;
}
