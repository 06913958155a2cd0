/* SPDX-License-Identifier: MIT
 *
 * heapstrata regions: memory of several kinds: what was requested, and which memory was allocated.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/sites/caps.h"
#include "analysis/sites/names.h"
#include "analysis/time/summary.h"
#include "analysis/draw/head.h"
#include "analysis/draw/table.h"

#define SPILLS_SHOWN 10u

struct args {
    struct hs_common common;
};

struct view {
    const struct args *args;
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_caps_flow *flow;
    struct hs_names names;
};

enum { OUT_OF_MEMORY = 1 };

/* ---- tables ---- */

static const struct hs_column region_columns[] = {
    {"Region", "region", HS_VALUE_TEXT},
    {"Memory", "memory", HS_VALUE_TEXT},
    {NULL, "base", HS_VALUE_HEX},
    {"Bytes", "total_bytes", HS_VALUE_BYTES},
    {"Used", "used_bytes", HS_VALUE_BYTES},
    {"Peak", "peak_used_bytes", HS_VALUE_BYTES},
    {"Free", "free_bytes", HS_VALUE_BYTES},
    {"Longest", "largest_free_bytes", HS_VALUE_BYTES},
    {"Fragmented", "fragmentation", HS_VALUE_SHARE},
    {"Capabilities", "capabilities", HS_VALUE_TEXT},
};

static struct hs_table *regions_table(const struct view *v)
{
    struct hs_table *table = hs_table_new(region_columns, sizeof region_columns / sizeof *region_columns);
    char caps[HS_CAPS_NAME];
    for (unsigned i = 0; table && i < v->model->n_regions; i++) {
        const struct hs_region_state *region = &v->model->region[i];
        if (!region->present)
            continue;
        struct hs_space space = hs_space_of_region(v->model, v->reader, i);
        const struct hs_value row[] = {
            {.s = region->name},
            {.s = hs_memory_name(region->memory)},
            {.u = region->base},
            {.u = space.size},
            {.u = space.end.used},
            {.u = space.peak, .none = space.known.peak != HS_EXACT},
            {.u = space.end.free},
            {.u = space.end.largest_free, .none = space.end.no_longest},
            {.d = space.fragmentation, .none = space.end.no_longest},
            {.s = hs_caps_name(caps, region->caps)},
        };
        hs_table_add(table, row);
    }
    return table;
}

static const struct hs_column flow_columns[] = {
    {"Requested", "asked", HS_VALUE_TEXT},     {"Got", "region", HS_VALUE_TEXT},   {NULL, "memory", HS_VALUE_TEXT},
    {"Requests", "requests", HS_VALUE_COUNT},  {"Bytes", "bytes", HS_VALUE_BYTES}, {"Live", "live_bytes", HS_VALUE_BYTES},
    {"Blocks", "live_blocks", HS_VALUE_COUNT},
};

static struct hs_table *flow_table(const struct view *v)
{
    struct hs_table *table = hs_table_new(flow_columns, sizeof flow_columns / sizeof *flow_columns);
    char caps[HS_CAPS_NAME];
    for (size_t i = 0; table && i < v->flow->n_rows; i++) {
        const struct hs_caps_row *row = &v->flow->row[i];
        const struct hs_region_state *region = &v->model->region[row->region];
        const struct hs_value values[] = {
            {.s = hs_caps_name(caps, row->caps)},
            {.s = region->name},
            {.s = hs_memory_name(region->memory)},
            {.u = row->allocs},
            {.u = row->bytes},
            {.u = row->live},
            {.u = row->live_blocks},
        };
        hs_table_add(table, values);
    }
    return table;
}

static const struct hs_column spill_columns[] = {
    {"Requested", "wanted", HS_VALUE_TEXT}, {"Got", "got", HS_VALUE_TEXT},          {"Requests", "requests", HS_VALUE_COUNT},
    {"Bytes", "bytes", HS_VALUE_BYTES},     {"Live", "live_bytes", HS_VALUE_BYTES}, {"Line", "place", HS_VALUE_TEXT},
};

static struct hs_table *spill_table(const struct view *v, size_t most)
{
    struct hs_table *table = hs_table_new(spill_columns, sizeof spill_columns / sizeof *spill_columns);
    char name[HS_NAME_MAX];
    for (size_t i = 0; table && i < v->flow->n_spills && i < most; i++) {
        const struct hs_caps_spill *s = &v->flow->spill[i];
        const struct hs_value values[] = {
            {.s = s->outward ? "internal" : "PSRAM"},
            {.s = s->outward ? "PSRAM" : "internal"},
            {.u = s->allocs},
            {.u = s->bytes},
            {.u = s->live},
            {.s = hs_name_of_site(&v->names, s->site, HS_KEY_LINE, name)},
        };
        hs_table_add(table, values);
    }
    return table;
}

static const struct hs_column threshold_columns[] = {
    {"Up to", "limit_bytes", HS_VALUE_BYTES},
    {"Inside at peak", "peak_bytes", HS_VALUE_BYTES},
    {"Of it", "share", HS_VALUE_SHARE},
    {"Fits", "fits", HS_VALUE_TEXT},
};

/* Thresholds above the largest block add no information. */
static struct hs_table *threshold_table(const struct view *v)
{
    struct hs_table *table = hs_table_new(threshold_columns, sizeof threshold_columns / sizeof *threshold_columns);
    const struct hs_caps_flow *f = v->flow;
    for (unsigned i = 0; table && f->internal && i < HS_CAPS_THRESHOLDS; i++) {
        const struct hs_caps_threshold *t = &f->threshold[i];
        const struct hs_value values[] = {
            {.u = t->limit},
            {.u = t->peak},
            {.d = (double)t->peak / (double)f->internal},
            {.s = t->fits ? "yes" : "no"},
        };
        hs_table_add(table, values);
    }
    return table;
}

/* ---- text and JSON ---- */

static bool has_choice(const struct view *v) { return v->flow->external && v->flow->internal; }

/* The least that was left for DMA is known as the peak is: of a trace that is not whole, more may have been taken earlier. */
static enum hs_certainty least_known(const struct view *v)
{
    return v->flow->dma_least == UINT64_MAX ? HS_NOT_KNOWN : hs_knowledge_of(v->model, v->reader).peak;
}

static void print_dma(const struct view *v)
{
    char left[32], least[32];
    enum hs_certainty known = least_known(v);
    const struct hs_value value = {.u = v->flow->dma_least, .none = known == HS_NOT_KNOWN};
    printf("\n# Memory for DMA: %s bytes left at the end, %s%s when it was least\n",
           hs_format(left, sizeof left, HS_VALUE_BYTES, (struct hs_value){.u = v->flow->dma_free}),
           known == HS_EXACT || value.none ? "" : "at most ",
           value.none ? hs_certainty_name(known) : hs_format(least, sizeof least, HS_VALUE_BYTES, value));
}

static void show(struct hs_table *table, const char *title, bool color)
{
    if (table && hs_table_rows(table)) {
        printf("\n# %s\n", title);
        hs_table_text(table, stdout, (struct hs_table_style){.color = color});
    }
    hs_table_free(table);
}

static void print_text(const struct view *v)
{
    const struct hs_caps_flow *f = v->flow;
    struct hs_head head = {v->args->common.input, v->reader, v->model};
    bool color = hs_cmd_colors(&v->args->common);
    char text[160], limit[32];
    const char *configured = hs_reader_fact(v->reader, "always_internal"),
               *reserved = hs_reader_fact(v->reader, "reserve_internal");
    hs_head_text(&head, stdout, "# ");
    if (configured)
        printf("# CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL %s, RESERVE_INTERNAL %s\n", configured, reserved ? reserved : "unknown");
    show(regions_table(v), "Regions at the end", color);
    show(flow_table(v), "Capabilities requested, and the region that was allocated in", color);
    snprintf(text, sizeof text,
             "Not where it was requested: %" PRIu64 " requests for internal memory got PSRAM, %" PRIu64 " the other way round",
             f->spilled, f->inward);
    show(spill_table(v, SPILLS_SHOWN), text, color);
    hs_format(limit, sizeof limit, HS_VALUE_BYTES, (struct hs_value){.u = f->internal});
    snprintf(text, sizeof text,
             "malloc() up to so many bytes inside (ALWAYSINTERNAL): most allocated of %s bytes inside, other requests included",
             limit);
    if (has_choice(v))
        show(threshold_table(v), text, color);
    if (f->dma)
        print_dma(v);
}

static void add_table(struct hs_json *json, const char *key, struct hs_table *table)
{
    if (table)
        hs_table_json(table, json, key);
    hs_table_free(table);
}

static int print_json(const struct view *v)
{
    struct hs_json *json = hs_json_new();
    struct hs_head head = {v->args->common.input, v->reader, v->model};
    const struct hs_caps_flow *f = v->flow;
    if (!json)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    hs_json_object(json, NULL);
    hs_head_json(&head, json);
    hs_json_text(json, "always_internal", hs_reader_fact(v->reader, "always_internal"));
    hs_json_text(json, "reserve_internal", hs_reader_fact(v->reader, "reserve_internal"));
    hs_json_uint(json, "internal_bytes", f->internal);
    hs_json_uint(json, "wanted_internal_got_psram", f->spilled);
    hs_json_uint(json, "wanted_psram_got_internal", f->inward);
    if (f->dma) {
        hs_json_uint(json, "dma_free_bytes", f->dma_free);
        if (least_known(v) != HS_EXACT)
            hs_json_null(json, "dma_least_free_bytes");
        else
            hs_json_uint(json, "dma_least_free_bytes", f->dma_least);
    }
    add_table(json, "regions", regions_table(v));
    add_table(json, "requests", flow_table(v));
    add_table(json, "misplaced", spill_table(v, SIZE_MAX));
    add_table(json, "thresholds", has_choice(v) ? threshold_table(v) : NULL);
    hs_json_end(json);
    int error = hs_json_print(json, stdout, true);
    hs_json_free(json);
    return error ? hs_complain("%s", hs_strerror(error)) : HS_EXIT_OK;
}

/* ---- command ---- */

static int each(void *context, const struct hs_event *events, long n)
{
    struct view *v = context;
    for (const struct hs_event *e = events; e < events + n; e++) {
        if (hs_model_feed(v->model, e, 1))
            return OUT_OF_MEMORY;
        hs_caps_flow_take(v->flow, e);
    }
    return 0;
}

static int measure(struct view *v)
{
    int damaged;
    if (!hs_cmd_replay(v->reader, each, v, &damaged))
        return damaged;
    int error = v->model->error ? v->model->error : hs_caps_flow_finish(v->flow);
    if (error)
        return hs_complain("%s", hs_strerror(error));
    v->names.reader = v->reader;
    int status = hs_cmd_symbols(&v->names.symbols, &v->args->common, v->reader);
    if (status != HS_EXIT_OK)
        return status;
    if (v->args->common.json)
        status = print_json(v);
    else
        print_text(v);
    hs_symbols_close(v->names.symbols);
    return status == HS_EXIT_OK ? damaged : status;
}

static int run(void *memory)
{
    struct view v = {.args = memory};
    int status = HS_EXIT_BAD;
    v.reader = hs_cmd_open(v.args->common.input);
    if (!v.reader)
        return HS_EXIT_BAD;
    v.model = hs_model_new(NULL);
    v.flow = v.model ? hs_caps_flow_new(v.model, v.reader) : NULL;
    if (v.flow)
        status = measure(&v);
    else
        hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    hs_caps_flow_free(v.flow);
    hs_model_free(v.model);
    hs_reader_close(v.reader);
    return status;
}

const struct hs_cmd hs_cmd_regions = {
    .name = "regions",
    .summary = "show memory by capability: what was requested, and where it was allocated",
    .usage = "[FILE]",
    .about = "For each region its kind of memory, capabilities and figures at the end, those inside others included. Then which "
             "capabilities were requested and which region they got; the lines that requested internal memory and got PSRAM, "
             "and the reverse; how much internal memory malloc() would have allocated at its peak with other values of "
             "ESP-IDF's CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL; and what is left for DMA.",
    .examples = "  heapstrata regions board.hst\n"
                "  heapstrata regions --elf build/app.elf board.hst\n",
    .uses = HS_USES_INPUT | HS_USES_JSON | HS_USES_ELF | HS_USES_COLOR,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .run = run,
};
