/* SPDX-License-Identifier: MIT
 *
 * What a command says when the user names a mark that the trace does not have. A ring that wrapped may have had it: then the
 * complaint says so, and names the oldest mark that is left.
 */
#ifndef HS_CMD_MISSING_MARK_H
#define HS_CMD_MISSING_MARK_H

#include "analysis/model/model.h"

#define HS_MARK_NAMED 64u /* bytes: longer labels are not repeated to the user */

/* Zeroed, there is no mark yet. */
struct hs_oldest_mark {
    char label[HS_MARK_NAMED]; /* not terminated */
    size_t len;                /* may be more than the label's room */
    uint64_t n;                /* marks with that label */
};

/* Takes the label of each mark, in order. */
void hs_oldest_mark_take(struct hs_oldest_mark *oldest, const struct hs_text *label);

struct hs_missing_mark {
    const char *path;
    const struct hs_reader *reader; /* at its end */
    const char *label;              /* `label_len` bytes: as the user named it */
    size_t label_len;
    const char *option; /* "from" */
    const char *prefix; /* before a label on the command line: "mark:" or "" */
    const char *where;  /* where it is not: " after --from" or "" */
    bool seldom;        /* the label is there, but not as often as that */
    bool kept;          /* it is there, in the wrong place: it was not lost */
    const struct hs_oldest_mark *oldest;
};

/* Complains and returns HS_EXIT_BAD. */
int hs_complain_of_mark(const struct hs_missing_mark *missing);

#endif
