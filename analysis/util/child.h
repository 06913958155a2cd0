/* SPDX-License-Identifier: MIT
 *
 * Runs work in a child process, for libraries that crash on some failures. A crash then becomes an ordinary error.
 */
#ifndef HS_UTIL_CHILD_H
#define HS_UTIL_CHILD_H

#include "lib/host/reader.h"

#define HS_CHILD_DIED 1 /* not an enum hs_err: the child died before `work` returned */

typedef int hs_child_work(void *job, struct hs_error *error);

/* Runs `work` in a child and waits for it. Returns the value that `work` returned, with its *error. Returns
 * HS_CHILD_DIED when the child died; error->text then describes how it ended. Changes that `work` makes in memory are
 * lost; files stay. A signal that ends this program first ends the child and removes all named temporary files and
 * folders with their contents. */
int hs_child_run(hs_child_work *work, void *job, struct hs_error *error);

#endif
