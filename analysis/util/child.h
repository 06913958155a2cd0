/* SPDX-License-Identifier: MIT
 *
 * Work in a process of its own, for libraries that do not survive every failure: a crash is then an error like others.
 */
#ifndef HS_UTIL_CHILD_H
#define HS_UTIL_CHILD_H

#include "lib/host/reader.h"

#define HS_CHILD_DIED 1 /* no enum hs_err: the child ended before its work did */

typedef int hs_child_work(void *job, struct hs_error *error);

/* Runs `work` in a child and waits for it. Returns what it returned, with its *error; or HS_CHILD_DIED, and error->text says
 * how it ended. What work changes in memory is lost; files stay. A signal that ends this program ends the child first, and
 * removes the temporary files and folders that have names, with all that is in them. */
int hs_child_run(hs_child_work *work, void *job, struct hs_error *error);

#endif
