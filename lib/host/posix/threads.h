/* SPDX-License-Identifier: MIT
 *
 * Of C's threads, which macOS does not have, what the sources use.
 */
#ifndef HS_POSIX_THREADS_H
#define HS_POSIX_THREADS_H

#include <pthread.h>

typedef pthread_once_t once_flag;
#define ONCE_FLAG_INIT PTHREAD_ONCE_INIT
#define call_once pthread_once

#endif
