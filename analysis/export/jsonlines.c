/* SPDX-License-Identifier: MIT
 *
 * Every event and every loss as a JSON object on its own line.
 */
#include <stdlib.h>

#include "analysis/export/export.h"
#include "analysis/draw/json.h"

struct lines {
    struct hs_json *json;
    FILE *out;
};

static void put_list(struct hs_json *json, const char *name, const char *list)
{
    hs_json_array(json, name);
    for (const char *at = list; *at != ']';) {
        char *end;
        unsigned long long value = strtoull(at + 1, &end, 10);
        if (end > at + 1)
            hs_json_uint(json, NULL, value);
        at = end > at + 1 ? end : at + 1;
    }
    hs_json_end(json);
}

static void put_value(struct hs_json *json, const struct hs_event_stream_field *field, union hs_event_stream_value value)
{
    switch (field->type) {
    case HS_EVENT_STREAM_TEXT: hs_json_text(json, field->name, value.s); break;
    case HS_EVENT_STREAM_LIST: put_list(json, field->name, value.s); break;
    case HS_EVENT_STREAM_INT: hs_json_int(json, field->name, value.i); break;
    case HS_EVENT_STREAM_HEX: hs_json_hex(json, field->name, value.u); break;
    default: hs_json_uint(json, field->name, value.u); break;
    }
}

static void put_event(struct hs_json *json, const struct hs_stream_item *t)
{
    const struct hs_event_stream_class *class = hs_event_stream_class(t->class);
    hs_json_text(json, "event", class->name);
    hs_json_uint(json, "thread", t->thread);
    hs_json_uint(json, "boot", t->boot);
    for (unsigned i = 0; i < class->n_fields; i++)
        if (t->none >> i & 1)
            hs_json_null(json, class->field[i].name);
        else
            put_value(json, &class->field[i], t->value[i]);
}

static int emit(void *context, const struct hs_stream_item *t)
{
    struct lines *lines = context;
    if (t->kind != HS_STREAM_ITEM_EVENT && t->kind != HS_STREAM_ITEM_LOSS)
        return ferror(lines->out) ? HS_ERR_IO : HS_OK;
    hs_json_object(lines->json, NULL);
    hs_json_uint(lines->json, "ns", t->ns);
    if (t->kind == HS_STREAM_ITEM_EVENT) {
        put_event(lines->json, t);
    } else {
        hs_json_uint(lines->json, "until_ns", t->until);
        hs_json_uint(lines->json, "lost", t->count);
    }
    hs_json_end(lines->json);
    return hs_json_print(lines->json, lines->out, false);
}

static int run(const struct hs_export_job *job, struct hs_error *error)
{
    struct lines lines = {hs_json_new(), job->out};
    if (!lines.json)
        return hs_export_fail(error, HS_ERR_MEMORY, "%s", hs_strerror(HS_ERR_MEMORY));
    int status = hs_export_emit_all(job, emit, &lines, NULL, error);
    hs_json_free(lines.json);
    return status;
}

const struct hs_exporter hs_exporter_json = {
    .name = "json",
    .summary = "every event as a JSON object on a line",
    .takes_sets = true,
    .run = run,
};
