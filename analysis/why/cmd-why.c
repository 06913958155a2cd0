/* SPDX-License-Identifier: MIT
 *
 * heapstrata why: what keeps a block alive.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/why/refgraph_session.h"
#include "analysis/why/whyview.h"
#include "lib/host/util/sort.h"

struct args {
    struct hs_common common;
    const char *at;
    uint64_t limit;
};

struct work {
    const struct args *args;
    const char *what;
    struct hs_refgraph_session graph;
    uint32_t *block;                    /* found */
    const struct hs_global **immediate; /* global names found without a block */
    uint32_t n_blocks, n_immediate;
};

/* ---- the argument ---- */

static void add(struct work *w, uint32_t block)
{
    for (uint32_t i = 0; i < w->n_blocks; i++)
        if (w->block[i] == block)
            return;
    w->block[w->n_blocks++] = block;
}

/* Adds the block that contains an address. */
static void find_address(struct work *w)
{
    const struct hs_heap_snapshot *p = &w->graph.refs.graph.snapshot;
    char *end;
    uint64_t address = strtoull(w->what, &end, 16);
    if (*end || strncmp(w->what, "0x", 2))
        return;
    for (unsigned i = 0; i < p->n_regions; i++) {
        const struct hs_region_state *r = &p->region[i];
        uint64_t granule = (address - r->base) >> r->shift;
        if (!r->present || address < r->base || granule >= r->granules)
            continue;
        uint32_t pos = r->first + (uint32_t)granule, b = hs_heap_snapshot_find(p, pos);
        if (b < p->n_blocks && p->block[b].pos <= pos)
            add(w, b);
    }
}

/* The recorded region that contains an address outside the interpreter's heap; NULL: none. */
static const struct hs_region *region_around(const struct work *w)
{
    char *end;
    uint64_t address = strtoull(w->what, &end, 16);
    for (unsigned i = 0; !*end && i < hs_reader_regions(w->graph.reader); i++) {
        const struct hs_region *r = hs_reader_region(w->graph.reader, i);
        if (r->present && address >= r->base && address - r->base < (uint64_t)r->granules << r->shift)
            return r;
    }
    return NULL;
}

/* "NAME" or "module.NAME". */
static void find_global(struct work *w)
{
    const struct hs_refgraph *g = &w->graph.refs.graph;
    const char *dot = strrchr(w->what, '.');
    const char *module = dot ? hs_refgraph_session_module(&w->graph, w->what, (size_t)(dot - w->what)) : NULL;
    for (uint32_t i = 0; i < g->n_globals; i++) {
        const struct hs_global *global = &g->global[i];
        bool full = module && !strcmp(dot + 1, global->name) && !strcmp(g->module[global->module].name, module);
        if (!full && strcmp(w->what, global->name))
            continue;
        if (global->value != HS_NO_BLOCK)
            add(w, global->value);
        else
            w->immediate[w->n_immediate++] = global;
    }
}

/* A line matches by its whole name or by "file.py:7" before a space. A kind matches only by its whole name. */
static bool fits(const char *name, const char *what, enum hs_group_by key)
{
    size_t length = strlen(what);
    return !strncmp(name, what, length) && (!name[length] || (key != HS_KEY_KIND && name[length] == ' '));
}

static void find_site(struct work *w, enum hs_group_by key)
{
    const struct hs_heap_snapshot *p = &w->graph.refs.graph.snapshot;
    char name[HS_NAME_MAX];
    for (uint32_t i = 0; i < p->n_blocks; i++)
        if (fits(hs_name_of_site(&w->graph.names, p->block[i].site, key, name), w->what, key))
            add(w, i);
}

static int heavier(const void *a, const void *b, void *context)
{
    const struct hs_retained *r = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (r->bytes[x] != r->bytes[y])
        return r->bytes[x] < r->bytes[y] ? 1 : -1;
    return (x > y) - (x < y);
}

static int find(struct work *w)
{
    static const enum hs_group_by keys[] = {HS_KEY_LINE, HS_KEY_FUNCTION, HS_KEY_KIND, HS_KEY_NATIVE};
    const struct hs_refgraph *g = &w->graph.refs.graph;
    w->block = calloc((size_t)g->snapshot.n_blocks + 1, sizeof *w->block);
    w->immediate = calloc((size_t)g->n_globals + 1, sizeof *w->immediate);
    if (!w->block || !w->immediate)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    find_address(w);
    const struct hs_region *around = w->n_blocks ? NULL : region_around(w);
    if (around)
        return hs_complain("%s: no block of the interpreter's heap is at %s. It is in heap '%.*s', which no collection frees: "
                           "heapstrata report --heap %.*s shows who allocated its blocks",
                           w->graph.path, w->what, (int)strcspn(around->name, "/"), around->name, (int)strcspn(around->name, "/"),
                           around->name);
    if (!w->n_blocks)
        find_global(w);
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !w->n_blocks && !w->n_immediate; i++)
        find_site(w, keys[i]);
    if (!w->n_blocks && !w->n_immediate)
        return hs_complain("%s: no live block matches '%s': takes an address (0x2000), a line (main.py:7), a function, a kind of "
                           "block (call frame) or a global's name (main.NAME; globals of the main script are __main__.NAME)",
                           w->graph.path, w->what);
    if (w->n_blocks)
        hs_sort(w->block, w->n_blocks, sizeof *w->block, heavier, &w->graph.retained);
    return HS_EXIT_OK;
}

/* ---- command ---- */

static int show(struct work *w)
{
    const struct hs_whyview view = {
        .head = {w->graph.path, w->graph.reader, w->graph.model},
        .names = &w->graph.names,
        .retained = &w->graph.retained,
        .what = w->what,
        .block = w->block,
        .n_blocks = w->n_blocks,
        .immediate = w->immediate,
        .n_immediate = w->n_immediate,
        .limit = w->args->limit ? w->args->limit : UINT64_MAX,
        .dropped = w->graph.refs.dropped,
        .color = hs_cmd_colors(&w->args->common),
    };
    if (!w->args->common.json)
        hs_whyview_text(&view, stdout);
    else if (hs_whyview_json(&view, stdout))
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    return w->graph.status;
}

static int run(void *memory)
{
    struct work w = {.args = memory};
    const struct hs_common *common = &w.args->common;
    int own = common->n_files && common->file[0] == common->input; /* the trace is a plain argument */
    if (common->n_files != own + 1)
        return hs_complain("takes a trace and what to look for: an address, a line, a function, a kind or a name");
    w.what = common->file[own];
    int status = HS_EXIT_BAD;
    if (hs_refgraph_session_open(&w.graph, common, w.args->at)) {
        status = find(&w);
        if (!status)
            status = show(&w);
    }
    hs_refgraph_session_close(&w.graph);
    free(w.block);
    free(w.immediate);
    return status;
}

static const struct hs_option options[] = {
    HS_REFGRAPH_AT(offsetof(struct args, at)),
    {"limit", 'n', "N", HS_OPT_UINT, offsetof(struct args, limit), "blocks to show, 0 for all (default 5)", NULL},
    {0},
};

const struct hs_cmd hs_cmd_why = {
    .name = "why",
    .summary = "show why a block is alive: path from a root, dominator, retained size",
    .usage = "FILE ADDRESS|SITE|NAME",
    .about = HS_REFGRAPH_NEEDS "; a stream also records them, without this setting, "
                               "when an allocation fails. References are those that the collector "
                               "sees: any word that is the address of a block, whatever it really is.",
    .examples = "  heapstrata why run.hst main.py:7\n"
                "  heapstrata why run.hst config.TABLE\n"
                "  heapstrata why run.hst main.TABLE\n"
                "  heapstrata why --at mark:ready run.hst 0x20004a60\n"
                "  heapstrata why run.hst 'call frame'\n",
    .uses = HS_USES_INPUT | HS_USES_JSON | HS_USES_COLOR | HS_USES_ELF,
    .options = options,
    .min_files = 1,
    .max_files = 2,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.limit = 5},
    .run = run,
};
