/* SPDX-License-Identifier: MIT
 *
 * Small objects that keep something large of which they show a part: a memoryview keeps its whole buffer, a match the text that was
 * searched, a view of a dict's keys the values too.
 */
#ifndef HS_DIAGNOSIS_PARTS_H
#define HS_DIAGNOSIS_PARTS_H

#include "analysis/diagnosis/holders.h"
#include "analysis/diagnosis/program_text.h"

enum hs_part_kind { HS_PART_VIEW, HS_PART_MATCH, HS_PART_KEYS };

struct hs_part {
    enum hs_part_kind kind;
    uint32_t block, edge; /* the small object; its reference to what it keeps */
    uint32_t row;         /* that made it */
};

struct hs_parts {
    struct hs_part *part; /* `n` */
    uint32_t n;
};

struct hs_parts_question {
    const struct hs_holders *holders;
    const struct hs_names *names;
    const struct hs_program_text *sources;
    const bool *local; /* by token of the sources: the name of a local variable or parameter there */
    uint32_t asked;    /* the row that requested memory in vain; UINT32_MAX: not known */
};

/* Finds them by their kind and the source of the rows that made them: a slice is a part only if the source has its size. What several
 * show together may be all. Returns HS_OK or HS_ERR_MEMORY; free *parts with hs_parts_free in any case. */
int hs_parts_find(struct hs_parts *parts, const struct hs_parts_question *question);
void hs_parts_free(struct hs_parts *parts);

#endif
