/* SPDX-License-Identifier: MIT */
#include "analysis/record/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analysis/util/leftover.h"

bool hs_scratch_make(struct hs_scratch *s, const char *name)
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(s->folder, sizeof s->folder, "%s/heapstrata-XXXXXX", base && *base ? base : P_tmpdir);
    if (n < 0 || (size_t)n >= sizeof s->folder) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (!hs_leftover_folder(s->folder))
        return false;
    n = snprintf(s->file, sizeof s->file, "%s/%s", s->folder, name);
    return n > 0 && (size_t)n < sizeof s->file && hs_leftover_add(s->file);
}

void hs_scratch_remove(struct hs_scratch *s)
{
    unlink(s->file);
    rmdir(s->folder);
    hs_leftover_forget(s->file);
    hs_leftover_forget(s->folder);
}
