/* SPDX-License-Identifier: MIT
 *
 * Of C's threads what the sources use.
 */
#ifndef HS_WINDOWS_THREADS_H
#define HS_WINDOWS_THREADS_H

typedef int once_flag;
#define ONCE_FLAG_INIT 0

/* The program has one thread but for the one that Windows makes for Ctrl-C. */
static inline void call_once(once_flag *flag, void (*once)(void))
{
    if (!*flag)
        once();
    *flag = 1;
}

#endif
