/* SPDX-License-Identifier: MIT
 *
 * heapstrata leaks: what was allocated between two marks and never freed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/missing_mark.h"
#include "analysis/leaks/leaks.h"
#include "analysis/model/knowledge.h"
#include "analysis/sites/names.h"
#include "analysis/draw/head.h"
#include "analysis/draw/table.h"

struct args {
    struct hs_common common;
    const char *from, *to;
};

static const struct hs_column columns[] = {
    {"Bytes", "bytes", HS_VALUE_BYTES},
    {"Blocks", "blocks", HS_VALUE_COUNT},
    {"First after", "first_after", HS_VALUE_TEXT},
    {"Last after", "last_after", HS_VALUE_TEXT},
    {"Thread", "thread", HS_VALUE_TEXT},
    {"Line", "place", HS_VALUE_TEXT},
};

struct work {
    const struct args *args;
    struct hs_reader *reader;
    struct hs_names names;
    struct hs_leaks *leaks;
    struct hs_model *model;
    struct hs_knowledge known;
    struct hs_leak_row *row; /* the `n` chosen rows */
    size_t n;
    struct hs_leak_totals totals;
};

/* Sorted, rows that would show the same thread, place and marks are beside each other: an object and its data, for instance. */
static int as_shown(const void *left, const void *right)
{
    const struct hs_leak_row *a = left, *b = right;
    int order = strcmp(a->place, b->place);
    order = order ? order : (a->thread > b->thread) - (a->thread < b->thread);
    order = order ? order : strcmp(a->first ? a->first : "", b->first ? b->first : "");
    return order ? order : strcmp(a->last ? a->last : "", b->last ? b->last : "");
}

static int by_bytes(const void *left, const void *right)
{
    const struct hs_leak_row *a = left, *b = right;
    if (a->sum.bytes != b->sum.bytes)
        return a->sum.bytes < b->sum.bytes ? 1 : -1;
    return (a->site > b->site) - (a->site < b->site);
}

/* Names the places, and makes one row of those that would look the same. */
static int join_rows(struct work *w)
{
    char place[HS_NAME_MAX];
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (!(w->row[i].place = strdup(hs_name_of_site(&w->names, w->row[i].site, HS_KEY_LINE, place)))) {
            w->n = i;
            return HS_ERR_MEMORY;
        }
    if (w->n)
        qsort(w->row, w->n, sizeof *w->row, as_shown);
    for (size_t i = 0; i < w->n; i++) {
        struct hs_leak_row *to = n ? &w->row[n - 1] : NULL;
        if (!to || as_shown(to, &w->row[i])) {
            w->row[n++] = w->row[i];
            continue;
        }
        to->sum.bytes += w->row[i].sum.bytes;
        to->sum.blocks += w->row[i].sum.blocks;
        free(w->row[i].place);
    }
    w->n = n;
    if (n)
        qsort(w->row, n, sizeof *w->row, by_bytes);
    return HS_OK;
}

static void add_row(const struct work *w, struct hs_table *table, const struct hs_leak_row *row)
{
    char thread[HS_NAME_MAX];
    const struct hs_value values[] = {
        {.u = row->sum.bytes},
        {.u = row->sum.blocks},
        {.s = row->first ? row->first : "", .none = !row->first},
        {.s = row->last ? row->last : "", .none = !row->last},
        {.s = hs_name_of_thread(w->reader, row->thread, thread)},
        {.s = row->place},
    };
    hs_table_add(table, values);
}

/* Of some live blocks it is not known when they were allocated. */
static bool is_partial(const struct work *w) { return w->known.live == HS_AT_LEAST && !hs_leaks_held(w->leaks); }

static const struct hs_site_sum *unknown(const struct work *w) { return hs_model_site(w->model, HS_SITE_UNKNOWN); }

/* A mark is named with or without its prefix. */
static const char *label_of(const char *mark) { return strncmp(mark, "mark:", 5) ? mark : mark + 5; }

static void print_text(const struct work *w, const struct hs_table *table)
{
    struct hs_head head = {w->args->common.input, w->reader, w->model};
    char bytes[64], blocks[64];
    hs_head_warnings(&head, stdout, "# ");
    printf("# %s: %s%s bytes in %s blocks were allocated %s%s%s%s and not freed.\n", head.path, is_partial(w) ? "at least " : "",
           hs_format(bytes, sizeof bytes, HS_VALUE_BYTES, (struct hs_value){.u = w->totals.chosen.bytes}),
           hs_format(blocks, sizeof blocks, HS_VALUE_COUNT, (struct hs_value){.u = w->totals.chosen.blocks}),
           w->args->from ? "after mark " : "since recording began", w->args->from ? label_of(w->args->from) : "",
           w->args->to ? ", before mark " : "", w->args->to ? label_of(w->args->to) : "");
    if (is_partial(w))
        printf("# Of %s blocks more (%s bytes) that are live, the trace does not tell which line allocated them, nor when.\n",
               hs_format(blocks, sizeof blocks, HS_VALUE_COUNT, (struct hs_value){.u = unknown(w)->live_blocks}),
               hs_format(bytes, sizeof bytes, HS_VALUE_BYTES, (struct hs_value){.u = unknown(w)->live}));
    if (w->totals.others.blocks)
        printf("# Beyond these the recorder could not follow %" PRIu64 " blocks (%" PRIu64
               " bytes), freed or not: CONFIG_HEAPSTRATA_FOLLOWED "
               "is too small.\n",
               w->totals.others.blocks, w->totals.others.bytes);
    if (w->totals.unsure.blocks)
        printf("# %" PRIu64 " bytes more were allocated about then: the recorder had put several marks together.\n",
               w->totals.unsure.bytes);
    hs_table_text(table, stdout, (struct hs_table_style){.color = hs_cmd_colors(&w->args->common)});
}

static int print(const struct work *w, const struct hs_table *table)
{
    if (w->args->common.csv)
        hs_table_csv(table, stdout);
    else if (!w->args->common.json)
        print_text(w, table);
    if (!w->args->common.json)
        return HS_EXIT_OK;
    struct hs_json *json = hs_json_new();
    if (!json)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    hs_json_object(json, NULL);
    hs_json_uint(json, "bytes", w->totals.chosen.bytes);
    hs_json_uint(json, "blocks", w->totals.chosen.blocks);
    hs_json_bool(json, "complete", !is_partial(w));
    hs_json_uint(json, "unknown_bytes", is_partial(w) ? unknown(w)->live : 0);
    hs_json_uint(json, "unknown_blocks", is_partial(w) ? unknown(w)->live_blocks : 0);
    hs_json_uint(json, "unsure_bytes", w->totals.unsure.bytes);
    hs_json_uint(json, "unsure_blocks", w->totals.unsure.blocks);
    hs_json_uint(json, "not_followed_bytes", w->totals.others.bytes);
    hs_json_uint(json, "not_followed_blocks", w->totals.others.blocks);
    hs_table_json(table, json, "rows");
    hs_json_end(json);
    int error = hs_json_print(json, stdout, true);
    hs_json_free(json);
    return error ? hs_complain("%s", hs_strerror(error)) : HS_EXIT_OK;
}

static int show(struct work *w)
{
    struct hs_table *table = hs_table_new(columns, sizeof columns / sizeof *columns);
    if (!table)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    int error = join_rows(w);
    for (size_t i = 0; i < w->n; i++)
        add_row(w, table, &w->row[i]);
    int status = error ? hs_complain("%s", hs_strerror(error)) : print(w, table);
    for (size_t i = 0; i < w->n; i++)
        free(w->row[i].place);
    hs_table_free(table);
    return status;
}

static int each(void *context, const struct hs_event *events, long n)
{
    struct work *w = context;
    int error = hs_model_feed(w->model, events, n);
    return error ? error : hs_leaks_feed(w->leaks, events, n);
}

static int need_mark(const struct work *w, const char *mark, const char *option)
{
    struct hs_oldest_mark oldest = {.n = 0};
    const char *label;
    if (!mark || hs_leaks_has(w->leaks, mark))
        return HS_EXIT_OK;
    for (size_t i = 0; (label = hs_leaks_label(w->leaks, i)); i++)
        hs_oldest_mark_take(&oldest, &(struct hs_text){label, strlen(label)});
    return hs_complain_of_mark(&(struct hs_missing_mark){.path = w->args->common.input,
                                                         .reader = w->reader,
                                                         .label = mark,
                                                         .label_len = strlen(mark),
                                                         .option = option,
                                                         .prefix = "",
                                                         .where = "",
                                                         .oldest = &oldest});
}

/* Whether the trace is of a firmware that has options of ESP-IDF; a text is of none. */
static bool is_esp_idf(const struct hs_reader *reader)
{
    const char *port = hs_reader_fact(reader, "port");
    return port && !strcmp(port, "esp-idf");
}

static int choose(struct work *w)
{
    struct hs_error error = {0};
    w->known = hs_knowledge_of(w->model, w->reader);
    if (!hs_leaks_held(w->leaks) && (w->known.text || w->known.live == HS_ESTIMATED || w->known.live == HS_NOT_KNOWN))
        return hs_complain("%s: which blocks were not freed is not in this trace: %s. Record every event%s",
                           w->args->common.input, hs_knowledge_why(w->model, w->reader),
                           is_esp_idf(w->reader) ? ", or at level summary with CONFIG_HEAPSTRATA_LEAKS" : "");
    if (need_mark(w, w->args->from, "from") || need_mark(w, w->args->to, "to"))
        return HS_EXIT_BAD;
    if (!hs_leaks_choose(w->leaks,
                         &(struct hs_leak_range){w->args->from, w->args->to, w->args->common.heap || w->args->common.region},
                         &error))
        return hs_complain("%s", error.text);
    w->n = hs_leaks_rows(w->leaks, &w->row, &w->totals);
    return HS_EXIT_OK;
}

static int run(void *memory)
{
    struct work w = {.args = memory};
    w.reader = hs_cmd_open_selected(&w.args->common, w.args->common.input);
    if (!w.reader)
        return HS_EXIT_BAD;
    w.names.reader = w.reader;
    w.leaks = hs_leaks_new();
    w.model = hs_model_new(NULL);
    int status;
    bool ready = w.leaks && w.model;
    if (!ready)
        status = hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    ready = ready && hs_cmd_replay(w.reader, each, &w, &status);
    if (ready && (choose(&w) || hs_cmd_symbols(&w.names.symbols, &w.args->common, w.reader) || show(&w)))
        status = HS_EXIT_BAD;
    hs_symbols_close(w.names.symbols);
    hs_leaks_free(w.leaks);
    hs_model_free(w.model);
    hs_reader_close(w.reader);
    return status;
}

static const struct hs_option options[] = {
    {"from", 0, "MARK", HS_OPT_TEXT, offsetof(struct args, from),
     "only blocks allocated after the last mark with that label; LABEL#2: after the second", NULL},
    {"to", 0, "MARK", HS_OPT_TEXT, offsetof(struct args, to),
     "only blocks allocated before the last mark with that label, or LABEL#2", NULL},
    {0},
};

const struct hs_cmd hs_cmd_leaks = {
    .name = "leaks",
    .summary = "show what was allocated between two marks and never freed, by caller and thread",
    .usage = "[FILE]",
    .about =
        "Blocks that were allocated between two marks and are still there at the end of the trace. A trace of every event has "
        "them. To look for leaks over hours with a small ring, record at level summary with CONFIG_HEAPSTRATA_LEAKS (ESP-IDF).",
    .examples = "  heapstrata leaks --elf build/app.elf board.log\n"
                "  heapstrata leaks --from connected --to closed board.log\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_JSON | HS_USES_CSV | HS_USES_COLOR | HS_USES_ELF,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .run = run,
};
