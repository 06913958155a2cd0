/* SPDX-License-Identifier: MIT
 *
 * heapstrata marks: the heap at each mark, and the change since the previous mark.
 */
#include <stdio.h>
#include <stdlib.h>

#include "analysis/cmd/cmd.h"
#include "analysis/space/fragmentation.h"
#include "analysis/time/summary.h"
#include "analysis/draw/head.h"
#include "analysis/draw/table.h"

struct args {
    struct hs_common common;
};

struct marks {
    const struct args *args;
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_table *table;
    bool any;
    uint64_t used; /* at the previous mark */
    uint32_t boot; /* of that mark; 0: none */
    struct {
        bool waits; /* for its summaries; the members below are set */
        double seconds;
        uint64_t number;
        uint32_t boot;
        char label[512];
    } last; /* mark */
};

enum { OUT_OF_MEMORY = 1 };

static const struct hs_column columns[] = {
    {"When", "seconds", HS_VALUE_SECONDS},
    {NULL, "event", HS_VALUE_COUNT},
    {NULL, "boot", HS_VALUE_COUNT},
    {"Used", "used_bytes", HS_VALUE_BYTES},
    {"Change", "change_bytes", HS_VALUE_CHANGE},
    {"Free", "free_bytes", HS_VALUE_BYTES},
    {"Longest", "largest_free_bytes", HS_VALUE_BYTES},
    {"Fragmented", "fragmentation", HS_VALUE_SHARE},
    {"Mark", "mark", HS_VALUE_TEXT},
};

/* Adds a row for the last mark. Unknown figures stay empty. Changes are not computed across a reset. */
static void add(struct marks *m)
{
    const struct hs_space_stats heap = m->model->marked.heap;
    bool known = m->model->marked.known, follows = known && m->boot == m->last.boot;
    const struct hs_value values[] = {
        {.d = m->last.seconds},
        {.u = m->last.number},
        {.u = m->last.boot},
        {.u = heap.used, .none = !known},
        {.i = (int64_t)(heap.used - m->used), .none = !follows},
        {.u = heap.free, .none = !known},
        {.u = heap.largest_free, .none = !known || heap.no_longest},
        {.d = hs_external_fragmentation((struct hs_free_figures){heap.free, heap.largest_free}),
         .none = !known || heap.no_longest},
        {.s = m->last.label},
    };
    hs_table_add(m->table, values);
    m->used = heap.used;
    m->boot = known ? m->last.boot : 0;
    m->last.waits = false;
}

static void marked(struct marks *m, const struct hs_event *e)
{
    const struct hs_text *label = &e->record->mark.label;
    m->any = m->last.waits = true;
    m->last.seconds = hs_seconds(m->reader, hs_model_elapsed(m->model));
    m->last.number = e->number;
    m->last.boot = e->boot;
    snprintf(m->last.label, sizeof m->last.label, "%.*s", (int)label->len, label->data);
}

/* At levels other than "full" a mark's row is added when its summaries, which follow it, have been read. */
static int each(void *context, const struct hs_event *events, long n)
{
    struct marks *m = context;
    for (const struct hs_event *e = events; e < events + n; e++) {
        if (m->last.waits && e->kind == HS_MARK)
            add(m);
        if (hs_model_feed(m->model, e, 1))
            return OUT_OF_MEMORY;
        if (e->kind == HS_MARK)
            marked(m, e);
        if (m->last.waits && !m->model->marked.open)
            add(m);
    }
    return 0;
}

static int print(const struct marks *m)
{
    struct hs_head head = {m->args->common.input, m->reader, m->model};
    if (m->args->common.csv) {
        hs_table_csv(m->table, stdout);
        return HS_EXIT_OK;
    }
    if (!m->args->common.json) {
        hs_head_text(&head, stdout, "# ");
        hs_table_text(m->table, stdout, (struct hs_table_style){.color = hs_cmd_colors(&m->args->common)});
        return HS_EXIT_OK;
    }
    struct hs_json *json = hs_json_new();
    if (!json)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    hs_json_object(json, NULL);
    hs_head_json(&head, json);
    hs_table_json(m->table, json, "marks");
    hs_json_end(json);
    int error = hs_json_print(json, stdout, true);
    hs_json_free(json);
    return error ? hs_complain("%s", hs_strerror(error)) : HS_EXIT_OK;
}

static int show(struct marks *m)
{
    int damaged;
    if (!hs_cmd_replay(m->reader, each, m, &damaged))
        return damaged;
    if (m->last.waits)
        add(m);
    if (!m->any && damaged == HS_EXIT_OK)
        hs_complain("%s: no marks in this trace: the program sets them with heapstrata.mark(\"label\")", m->args->common.input);
    int status = print(m);
    return status == HS_EXIT_OK ? damaged : status;
}

static int run(void *memory)
{
    struct marks m = {.args = memory};
    int status = HS_EXIT_BAD;
    m.reader = hs_cmd_open_selected(&m.args->common, m.args->common.input);
    if (!m.reader)
        return HS_EXIT_BAD;
    m.model = hs_model_new(NULL);
    m.table = hs_table_new(columns, sizeof columns / sizeof *columns);
    if (m.model && m.table)
        status = show(&m);
    else
        hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    hs_table_free(m.table);
    hs_model_free(m.model);
    hs_reader_close(m.reader);
    return status;
}

const struct hs_cmd hs_cmd_marks = {
    .name = "marks",
    .summary = "show the heap at each mark, and what changed since the mark before",
    .usage = "[FILE]",
    .about = "A line for each heapstrata.mark() that the program passed. Of text with several dumps of mem_info(), a line for each "
             "dump, named by what was typed in front of it: so it shows what each import cost.",
    .examples = "  heapstrata marks run.hst\n"
                "  heapstrata marks console.log        # what was copied from a terminal\n",
    .uses = HS_USES_INPUT | HS_USES_REGION | HS_USES_JSON | HS_USES_CSV | HS_USES_COLOR,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .run = run,
};
