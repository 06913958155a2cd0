/* SPDX-License-Identifier: MIT
 *
 * Phases in order of their records. Events are charged to entries: pairs of a phase and a site.
 */
#include "analysis/sites/phases.h"

#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"
#include "lib/host/util/map.h"

#define NONE HS_NO_ENTRY

static const char *const names_of[HS_PHASE_KINDS] = {
    [HS_PHASE_NONE] = "outside",    [HS_PHASE_IMPORT] = "import", [HS_PHASE_OPEN] = "open", [HS_PHASE_PARSE] = "parse",
    [HS_PHASE_COMPILE] = "compile", [HS_PHASE_RUN] = "run",       [HS_PHASE_LOAD] = "load", [HS_PHASE_LEX] = "lex",
};

const char *hs_phase_name(enum hs_phase_kind what) { return names_of[what < HS_PHASE_KINDS ? what : HS_PHASE_NONE]; }

/* ---- nodes ---- */

static uint32_t add_node(struct hs_phases *p, uint32_t parent, uint8_t what, const char *name, size_t len)
{
    if (!hs_array_more(p->node, p->n, p->room))
        return NONE;
    char *copy = strndup(name, len);
    if (!copy)
        return NONE;
    p->node[p->n] = (struct hs_phase){.name = copy, .parent = parent, .what = what};
    uint32_t *link = &p->node[parent].child; /* children in order of first entry */
    while (p->n && *link)
        link = &p->node[*link].sibling;
    if (p->n)
        *link = p->n;
    return p->n++;
}

static uint32_t child_of(struct hs_phases *p, uint32_t parent, uint8_t what, const char *name, size_t len)
{
    for (uint32_t c = p->node[parent].child; c; c = p->node[c].sibling)
        if (p->node[c].what == what && strlen(p->node[c].name) == len && !memcmp(p->node[c].name, name, len))
            return c;
    return add_node(p, parent, what, name, len);
}

struct hs_phases *hs_phases_new(void)
{
    struct hs_phases *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->last = NONE;
    if (add_node(p, 0, HS_PHASE_NONE, "", 0) == 0)
        return p;
    hs_phases_free(p);
    return NULL;
}

void hs_phases_free(struct hs_phases *p)
{
    if (!p)
        return;
    for (uint32_t i = 0; i < p->n; i++) {
        free(p->node[i].name);
        free(p->node[i].kind);
    }
    free(p->node);
    free(p->entry);
    hs_map_free(&p->map);
    free(p->owner);
    free(p);
}

/* ---- entries ---- */

/* The entry, created if needed; NONE when out of memory. Most events have the same entry as the one before. */
static uint32_t entry_of(struct hs_phases *p, uint32_t phase, uint32_t site)
{
    if (p->last != NONE && p->entry[p->last].phase == phase && p->entry[p->last].site == site)
        return p->last;
    uint64_t hash = hs_hash_u64((uint64_t)phase << 32 | site);
    struct hs_map_search search = hs_map_search(&p->map, hash);
    while (hs_map_next(&p->map, &search))
        if (p->entry[search.number].phase == phase && p->entry[search.number].site == site)
            return p->last = search.number;
    if (!hs_array_more(p->entry, p->n_entries, p->entry_room) || !hs_map_add(&p->map, hash, p->n_entries)) {
        p->error = HS_ERR_MEMORY;
        return NONE;
    }
    p->entry[p->n_entries] = (struct hs_phase_entry){.phase = phase, .site = site};
    return p->last = p->n_entries++;
}

/* ---- events ---- */

static unsigned thread_of(const struct hs_event *e) { return e->thread % HS_PHASE_THREADS; }

static uint32_t present(const struct hs_phases *p, unsigned thread)
{
    return p->depth[thread] ? p->frame[thread][p->depth[thread] - 1].phase : 0;
}

static void leave(struct hs_phases *p, const struct hs_model *m, const struct hs_event *e, uint32_t depth)
{
    unsigned t = thread_of(e);
    while (p->depth[t] > depth) {
        const struct hs_phase_frame *f = &p->frame[t][--p->depth[t]];
        p->node[f->phase].grew += (int64_t)(m->used - f->used);
        p->node[f->phase].ticks += e->time - f->time;
    }
}

static void enter(struct hs_phases *p, const struct hs_model *m, const struct hs_event *e)
{
    unsigned t = thread_of(e);
    const struct hs_record_phase *phase = &e->record->phase;
    uint8_t what = phase->phase > HS_PHASE_NONE && phase->phase < HS_PHASE_LEX ? phase->phase : HS_PHASE_RUN;
    leave(p, m, e, phase->depth);
    p->records++;
    if (p->depth[t] == HS_PHASE_DEPTH)
        return;
    uint32_t node = child_of(p, present(p, t), what, phase->name.data, phase->name.len);
    if (node == NONE) {
        p->error = HS_ERR_MEMORY;
        return;
    }
    p->node[node].times++;
    p->frame[t][p->depth[t]++] = (struct hs_phase_frame){node, m->used, e->time};
}

/* Sets the entry of the block at a granule. */
static void set_entry_at(struct hs_phases *p, uint32_t pos, uint32_t entry)
{
    if (pos >= HS_GRANULE_LIMIT)
        return;
    if (!hs_array_fill(p->owner, p->n_owners, pos + 1, 0xff)) {
        p->error = HS_ERR_MEMORY;
        return;
    }
    p->owner[pos] = entry;
}

static void charge(struct hs_phases *p, const struct hs_event *e)
{
    uint32_t entry = entry_of(p, present(p, thread_of(e)), e->site);
    if (entry == NONE)
        return;
    p->entry[entry].sum.allocs++;
    p->entry[entry].sum.asked += e->size;
    set_entry_at(p, e->pos, entry);
}

/* A restart ends all phases. A block that first appears in a snapshot has no entry, which its site shows. */
int hs_phases_feed(struct hs_phases *p, const struct hs_model *m, const struct hs_event *e)
{
    switch (e->kind) {
    case HS_ALLOC:
    case HS_REALLOC: charge(p, e); break;
    case HS_PHASE: enter(p, m, e); break;
    case HS_PHASE_END: leave(p, m, e, e->record->phase_end.depth); break;
    case HS_RESET: memset(p->depth, 0, sizeof p->depth); break;
    }
    return p->error;
}

/* ---- sums ---- */

static void add(struct hs_phase_sum *to, const struct hs_phase_sum *from)
{
    to->allocs += from->allocs;
    to->asked += from->asked;
    to->kept += from->kept;
    to->kept_requested += from->kept_requested;
    to->kept_blocks += from->kept_blocks;
}

uint32_t hs_phases_entry_at(const struct hs_phases *p, uint32_t pos, uint32_t site)
{
    uint32_t entry = pos < p->n_owners ? p->owner[pos] : NONE;
    return entry != NONE && p->entry[entry].site == site ? entry : NONE;
}

static void count_kept(struct hs_phases *p, const struct hs_model *m)
{
    for (unsigned i = 0; i < m->n_regions; i++) {
        const struct hs_region_state *r = &m->region[i];
        uint32_t end = r->first + r->granules;
        for (uint32_t pos = r->present ? hs_model_next(m, r->first, end) : end; pos < end; pos = hs_model_next(m, pos + 1, end)) {
            const struct hs_live_block *b = &m->block[pos];
            uint32_t entry = hs_phases_entry_at(p, pos, b->site);
            if (entry == NONE)
                entry = entry_of(p, 0, b->site);
            if (entry == NONE)
                return;
            p->entry[entry].sum.kept += (uint64_t)b->granules << r->shift;
            p->entry[entry].sum.kept_requested += b->size;
            p->entry[entry].sum.kept_blocks++;
        }
    }
}

/* The parser calls the lexer token by token; the lexer's share is found by the native function that allocated. */
static bool is_lexer(const char *native)
{
    static const char *const prefix[] = {"mp_lexer_", "vstr_", "indent_push", "mp_reader_"};
    for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
        if (!strncmp(native, prefix[i], strlen(prefix[i])))
            return true;
    return false;
}

static int settle(struct hs_phases *p, const struct hs_names *names, struct hs_phase_entry *e)
{
    char name[HS_NAME_MAX];
    size_t n_kinds = hs_block_kind_count();
    if (p->node[e->phase].what == HS_PHASE_PARSE && names->symbols &&
        is_lexer(hs_name_of_site(names, e->site, HS_KEY_NATIVE, name))) {
        uint32_t lex = child_of(p, e->phase, HS_PHASE_LEX, "", 0);
        if (lex == NONE)
            return HS_ERR_MEMORY;
        e->phase = lex;
    }
    size_t kind = hs_block_kind_find(hs_name_of_site(names, e->site, HS_KEY_KIND, name));
    add(&p->node[e->phase].self, &e->sum);
    for (uint32_t at = e->phase;; at = p->node[at].parent) {
        struct hs_phase *node = &p->node[at];
        node->kind = node->kind ? node->kind : calloc(n_kinds + 1, sizeof *node->kind);
        if (!node->kind)
            return HS_ERR_MEMORY;
        node->kind[kind] += e->sum.kept_requested;
        add(&node->all, &e->sum);
        if (!at)
            return HS_OK;
    }
}

int hs_phases_finish(struct hs_phases *p, const struct hs_model *m, const struct hs_names *names)
{
    int error = HS_OK;
    count_kept(p, m);
    for (unsigned t = 0; t < HS_PHASE_THREADS; t++) /* open phases have lasted, and grown, until now */
        leave(p, m, &(struct hs_event){.thread = t, .time = m->time}, 0);
    for (uint32_t i = 0; i < p->n_entries && !error; i++)
        error = settle(p, names, &p->entry[i]);
    return error ? error : p->error;
}
