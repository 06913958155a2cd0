/* SPDX-License-Identifier: MIT
 *
 * Without processes: the libraries that need one are not in such a build either.
 */
#include "analysis/util/child.h"

int hs_child_run(hs_child_work *work, void *job, struct hs_error *error) { return work(job, error); }
