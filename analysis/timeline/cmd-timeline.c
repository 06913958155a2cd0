/* SPDX-License-Identifier: MIT */
#include "analysis/cmd/cmd.h"
#include "analysis/cmd/picture_option.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/time_spec.h"
#include "analysis/timeline/timeline_svg.h"
#include "analysis/timeline/timeview.h"

#define POINTS_DEFAULT 200u
#define POINTS_MAX 100000u

enum by { BY_TIME, BY_EVENT };

struct args {
    struct hs_common common;
    uint64_t points, size;
    int by; /* enum by */
    const char *from, *to;
};

static const struct hs_option options[] = {
    {"by", 0, "AXIS", HS_OPT_CHOICE, offsetof(struct args, by), "against time or event (default time)", "time|event"},
    {"points", 'n', "N", HS_OPT_UINT, offsetof(struct args, points),
     "at most N points (default 200, in the chart as many as it has columns)", .least = 1, .most = POINTS_MAX},
    {"size", 's', "BYTES", HS_OPT_UINT, offsetof(struct args, size),
     "show the share of the free space that has no room for BYTES"},
    {"from", 0, "WHEN", HS_OPT_TEXT, offsetof(struct args, from),
     "begin at a time, record:N, mark:LABEL (the last of that label) or mark:LABEL#2"},
    {"to", 0, "WHEN", HS_OPT_TEXT, offsetof(struct args, to), "stop at a time, record:N, mark:LABEL or mark:LABEL#2"},
    {0},
};

/* Measured while the trace is read. */
struct session {
    struct hs_timeline *timeline;
    struct hs_range range;
    const struct hs_reader *reader;
    int error;
};

enum { STOP = 1 };

/* Without bounds: feeds all events. */
static int all(void *context, const struct hs_event *events, long n)
{
    struct session *s = context;
    return s->error = hs_timeline_feed(s->timeline, events, n, true);
}

static int bounded(void *context, const struct hs_event *events, long n)
{
    struct session *s = context;
    for (const struct hs_event *e = events; e < events + n; e++) {
        double at = hs_seconds(s->reader, hs_event_elapsed(s->timeline->model, e));
        enum hs_range_place place = hs_range_place(&s->range, e, at);
        if (place == HS_RANGE_AFTER)
            return STOP;
        hs_timeline_feed(s->timeline, e, 1, place != HS_RANGE_BEFORE);
        if (place == HS_RANGE_LAST)
            return STOP;
    }
    return s->error = s->timeline->model->error;
}

static int check_range(const struct session *s, const struct args *args)
{
    if (s->error)
        return hs_complain("%s", hs_strerror(s->error));
    return hs_range_found(&s->range, args->common.input, s->reader) ? HS_EXIT_OK : HS_EXIT_BAD;
}

static int draw(const void *what, const struct hs_sheet_style *style, FILE *out) { return hs_timepicture_draw(what, style, out); }

static int show(const struct hs_timeview *view, const struct args *args, const struct hs_terminal *terminal)
{
    int error = HS_OK;
    char subject[256];
    if (hs_cmd_draws(&args->common))
        return hs_cmd_draw(
            &args->common, draw,
            &(struct hs_timepicture){view, hs_cmd_subject(args->common.input, view->names->reader, subject, sizeof subject)});
    if (args->common.json)
        error = hs_timeview_json(view, stdout);
    else if (args->common.csv)
        error = hs_timeview_csv(view, stdout);
    else
        hs_timeview_chart(view, terminal, stdout);
    return error ? hs_complain("%s", hs_strerror(error)) : HS_EXIT_OK;
}

static int measure_and_show(struct hs_reader *reader, struct session *s, const struct args *args)
{
    struct hs_terminal terminal = hs_terminal_probe(hs_cmd_colors(&args->common));
    bool picture = hs_cmd_draws(&args->common), data = !picture && (args->common.json || args->common.csv);
    uint64_t room = picture ? HS_TIMEPICTURE_POINTS : hs_timeview_columns(&terminal), points = args->points;
    if (!points || (!data && points > room))
        points = data ? POINTS_DEFAULT : room;
    s->timeline = hs_timeline_new(&(struct hs_timeline_config){
        .points = points < POINTS_MAX ? (uint32_t)points : POINTS_MAX,
        .by_number = args->by == BY_EVENT,
        .unusable_size = args->size,
        .skip_sites = true,
    });
    if (!s->timeline)
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    s->reader = reader;
    int damaged, status = HS_EXIT_BAD;
    if (hs_cmd_replay(reader, args->from || args->to ? bounded : all, s, &damaged)) {
        int error = hs_timeline_finish(s->timeline);
        s->error = s->error ? s->error : error;
        status = check_range(s, args);
    }
    struct hs_names names = {.reader = reader};
    if (status == HS_EXIT_OK)
        status = hs_cmd_symbols(&names.symbols, &args->common, reader);
    if (status == HS_EXIT_OK)
        status = show(&(struct hs_timeview){s->timeline, &names, hs_reader_info(reader)->hz}, args, &terminal);
    hs_symbols_close(names.symbols);
    hs_timeline_free(s->timeline);
    return status == HS_EXIT_OK ? damaged : status;
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct session session = {0};
    if (hs_cmd_can_draw(&args->common) || !hs_range_parse(&session.range, args->common.input, args->from, args->to))
        return HS_EXIT_BAD;
    struct hs_reader *reader = hs_cmd_open_selected(&args->common, args->common.input);
    if (!reader)
        return HS_EXIT_BAD;
    int status = measure_and_show(reader, &session, args);
    hs_reader_close(reader);
    return status;
}

const struct hs_cmd hs_cmd_timeline = {
    .name = "timeline",
    .summary = "plot heap figures over time: chart, picture, CSV or JSON",
    .usage = "[FILE]",
    .about = "Shows what is used and free, the largest free run, external and internal fragmentation over "
             "the run, with marks, collections and failures. Every point keeps the extremes of all events in it.",
    .examples = "  heapstrata timeline\n"
                "  heapstrata timeline --by event --size 4K trace.hst\n"
                "  heapstrata timeline --svg heap.svg --theme dark trace.hst\n"
                "  heapstrata timeline --csv --points 1000 --from mark:loop --to 2.5s trace.hst\n",
    .uses = HS_USES_INPUT | HS_USES_JSON | HS_USES_CSV | HS_USES_COLOR | HS_USES_ELF | HS_USES_REGION | HS_USES_PICTURE,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .run = run,
};
