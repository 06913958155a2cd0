/* SPDX-License-Identifier: MIT
 *
 * Ctrl-C in MicroPython's unix port: its signal handler raises KeyboardInterrupt at once. The wrap of sigaction installs a
 * handler that first defers the signal while the allocator or the recorder is running.
 */
#include "firmware-hooks/micropython/mp_hooks.h"

#ifdef HS_PORT_INTERRUPTS
#include <signal.h>

static void (*volatile interrupt)(int signal);

/* Usually jumps and does not return. */
static void on_interrupt(int signal)
{
    void (*handler)(int) = interrupt;
    if (handler && !hs_mp_defers(signal))
        handler(signal);
}

static bool jumps(int signal, const struct sigaction *action)
{
    return signal == SIGINT && action && !(action->sa_flags & SA_SIGINFO) && action->sa_handler != SIG_DFL &&
           action->sa_handler != SIG_IGN;
}

int __real_sigaction(int signal, const struct sigaction *action, struct sigaction *old);
int __wrap_sigaction(int signal, const struct sigaction *action, struct sigaction *old);
int __wrap_sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
    void (*before)(int) = interrupt;
    struct sigaction ours;
    if (jumps(signal, action)) {
        ours = *action;
        interrupt = action->sa_handler;
        ours.sa_handler = on_interrupt;
        action = &ours;
    }
    int error = __real_sigaction(signal, action, old);
    if (!error && old && signal == SIGINT && old->sa_handler == on_interrupt)
        old->sa_handler = before;
    return error;
}
#endif
