/* SPDX-License-Identifier: MIT
 *
 * Changes one line of a traced program, as advice suggests, to replay the changed program.
 *
 *     bool *set = hs_sites_of_line(&names, model, "main.py:5");
 *     hs_program_edit(&changed, &program, &(struct hs_edit){HS_EDIT_REUSE, set, n});
 *     hs_rerun(&result, &changed, &setting);
 *     hs_program_free(&changed);
 */
#ifndef HS_WHATIF_EDIT_H
#define HS_WHATIF_EDIT_H

#include "analysis/sites/names.h"
#include "analysis/whatif/program.h"

enum hs_edit_kind {
    HS_EDIT_DROP,       /* of the blocks that each site keeps only the newest stays: each dies when the next is allocated */
    HS_EDIT_FINAL_SIZE, /* a block that the line resizes has its final size from the start; failed resizes count for that size */
    HS_EDIT_REUSE,      /* the line allocates one block of its largest size and reuses it; failed requests count for that size */
    HS_EDIT_AT_START,   /* like REUSE, but the block is allocated when the program starts */
    HS_EDIT_BEFORE,     /* all blocks of the line are allocated when the program starts */
    HS_EDIT_COLLECT,    /* a collection before each allocation of the line */
    HS_EDIT_OMIT,       /* what the line allocates is not needed: its blocks and its failed requests are left out */
    HS_EDIT_RELEASE,    /* what the line allocated and still keeps when a request fails is garbage just before that request */
    HS_EDITS,
};

struct hs_edit {
    enum hs_edit_kind kind;
    const bool *site; /* `n_sites`: whether the site belongs to the line; may be NULL with `born` */
    uint32_t n_sites;
    uint32_t final;       /* for FINAL_SIZE: what failed resizes count for, if less than they requested; 0: for that */
    const uint64_t *born; /* `n_born` ascending numbers of records; for DROP, RELEASE and BEFORE: the edit concerns the blocks that
                             these records allocated, instead of those of a line; BEFORE gives them their largest size. NULL: of
                             the line */
    size_t n_born;
};

/* Makes *to from `from`, which does not change. Free *to with hs_program_free in any case. Returns HS_OK, HS_ERR_ARG when the
 * line has no step that the edit can change, or HS_ERR_MEMORY. */
int hs_program_edit(struct hs_program *to, const struct hs_program *from, const struct hs_edit *edit);

/* Finds the sites of a line: "main.py:5", or its full name "main.py:5 work". Returns `n` flags, by site number. The caller
 * frees the array; NULL when out of memory. *found: whether the line has a site. */
bool *hs_sites_of_line(const struct hs_names *names, uint32_t n, const char *line, bool *found);

#endif
