/* SPDX-License-Identifier: MIT */
#include "analysis/cmd/time_spec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cmd/cmd.h"

static bool parse_time(struct hs_time_spec *when, const char *text)
{
    static const struct {
        const char *name;
        double seconds;
    } unit[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}};
    char *end;
    double value = strtod(text, &end);
    if (end == text || !(value >= 0 && value < 1e15))
        return false;
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        if (!strcmp(end, unit[i].name)) {
            *when = (struct hs_time_spec){.kind = HS_TIME_SPEC_TIME, .seconds = value * unit[i].seconds};
            return true;
        }
    }
    return false;
}

static bool parse_number(uint64_t *number, const char *text)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return !errno && *text >= '0' && *text <= '9' && !*end;
}

static bool parse_mark(struct hs_time_spec *when, const char *label)
{
    const char *hash = strrchr(label, '#');
    *when = (struct hs_time_spec){.kind = HS_TIME_SPEC_MARK, .label = label, .label_len = strlen(label)};
    if (hash && parse_number(&when->occurrence, hash + 1) && when->occurrence)
        when->label_len = (size_t)(hash - label);
    else
        when->occurrence = 0;
    return true;
}

static bool parse(struct hs_time_spec *when, const char *text)
{
    *when = (struct hs_time_spec){.kind = HS_TIME_SPEC_END};
    if (!strcmp(text, "end"))
        return true;
    if (!strncmp(text, "mark:", 5))
        return parse_mark(when, text + 5);
    bool record = !strncmp(text, "record:", 7);
    if (!record && strncmp(text, "event:", 6))
        return parse_time(when, text);
    when->kind = HS_TIME_SPEC_EVENT;
    return parse_number(&when->number, strchr(text, ':') + 1);
}

bool hs_time_spec_parse(struct hs_time_spec *when, const char *text, const char *option)
{
    *when = (struct hs_time_spec){.kind = HS_TIME_SPEC_UNSET};
    bool good = !text || parse(when, text);
    when->option = option;
    if (good)
        return true;
    hs_complain("--%s takes end, a time (1.5s, 20ms, 7us), record:N or mark:LABEL, not '%s'", option, text);
    return false;
}

bool hs_time_spec_before(const struct hs_time_spec *when, const struct hs_event *event, double elapsed_seconds)
{
    if (when->kind == HS_TIME_SPEC_TIME)
        return elapsed_seconds > when->seconds;
    return when->kind == HS_TIME_SPEC_EVENT && event->number > when->number;
}

static bool has_label(const struct hs_event *event, const char *label, size_t len)
{
    return event->record->mark.label.len == len && (!len || !memcmp(event->record->mark.label.data, label, len));
}

bool hs_time_spec_at(struct hs_time_spec *when, const struct hs_event *event)
{
    if (when->kind != HS_TIME_SPEC_MARK || event->kind != HS_MARK)
        return false;
    hs_oldest_mark_take(&when->oldest, &event->record->mark.label);
    if (when->label[when->label_len] && has_label(event, when->label, strlen(when->label)))
        return true; /* "a#2" is the whole label */
    if (!has_label(event, when->label, when->label_len))
        return false;
    when->seen++;
    return !when->occurrence || when->seen == when->occurrence;
}

uint64_t hs_clock_at(struct hs_clock *clock, const struct hs_event *event)
{
    if (!clock->running || event->boot != clock->boot) {
        if (clock->running)
            clock->elapsed += clock->last - clock->first;
        clock->first = event->time;
        clock->boot = event->boot;
        clock->running = true;
    }
    clock->last = event->time;
    return clock->elapsed + (clock->last - clock->first);
}

static bool is_open(const struct hs_time_spec *when) { return when->kind == HS_TIME_SPEC_MARK && !when->occurrence; }

/* Gives marks without a number that of the last one with their label; 1 where there is none. */
static bool settle(struct hs_range *range, const char *path)
{
    struct hs_time_spec from = range->from, to = range->to;
    struct hs_error error;
    const struct hs_event *events;
    long n;
    if (!is_open(&from) && !is_open(&to))
        return true;
    if (!strcmp(path, "-")) {
        hs_complain("standard input is read once: name the mark by its number, such as mark:%.*s#1",
                    (int)(is_open(&from) ? from.label_len : to.label_len), is_open(&from) ? from.label : to.label);
        return false;
    }
    struct hs_reader *reader = hs_reader_open(path, &error); /* whoever reads the trace next complains */
    while (reader && (n = hs_reader_next(reader, &events)) > 0)
        for (const struct hs_event *e = events; e < events + n; e++) {
            hs_time_spec_at(&from, e);
            hs_time_spec_at(&to, e);
        }
    if (reader)
        hs_reader_close(reader);
    if (is_open(&from))
        range->from.occurrence = from.seen ? from.seen : 1;
    if (is_open(&to))
        range->to.occurrence = to.seen ? to.seen : 1;
    return true;
}

bool hs_range_parse(struct hs_range *range, const char *path, const char *from, const char *to)
{
    if (!hs_time_spec_parse(&range->from, from, "from") || !hs_time_spec_parse(&range->to, to, "to"))
        return false;
    bool times = range->from.kind == HS_TIME_SPEC_TIME && range->to.kind == HS_TIME_SPEC_TIME,
         numbers = range->from.kind == HS_TIME_SPEC_EVENT && range->to.kind == HS_TIME_SPEC_EVENT;
    if ((times && range->from.seconds > range->to.seconds) || (numbers && range->from.number > range->to.number)) {
        hs_complain("'%s' (--from) is after '%s' (--to)", from, to);
        return false;
    }
    range->from_text = from;
    range->begun = !from;
    return settle(range, path);
}

static int no_mark(const struct hs_time_spec *mark, struct hs_missing_mark missing)
{
    missing.label = mark->label;
    missing.label_len = mark->label_len;
    missing.option = mark->option;
    missing.prefix = "mark:";
    missing.seldom = mark->seen && mark->occurrence > mark->seen;
    missing.kept = mark->seen && !missing.seldom;
    missing.oldest = &mark->oldest;
    return hs_complain_of_mark(&missing);
}

int hs_time_spec_no_mark(const struct hs_time_spec *when, const char *path, const struct hs_reader *reader)
{
    return no_mark(when, (struct hs_missing_mark){.path = path, .reader = reader, .where = ""});
}

bool hs_range_found(const struct hs_range *range, const char *path, const struct hs_reader *reader)
{
    if (!range->begun && range->from.kind == HS_TIME_SPEC_MARK)
        hs_time_spec_no_mark(&range->from, path, reader);
    else if (!range->begun)
        hs_complain("%s: the trace ends before '%s' (--from)", path, range->from_text);
    else if (!range->ended && range->to.kind == HS_TIME_SPEC_MARK)
        no_mark(&range->to,
                (struct hs_missing_mark){.path = path, .reader = reader, .where = range->from_text ? " after --from" : ""});
    else
        return true;
    return false;
}

static bool begins(struct hs_time_spec *from, const struct hs_event *event, double elapsed_seconds)
{
    return hs_time_spec_before(from, event, elapsed_seconds) || hs_time_spec_at(from, event) ||
           (from->kind == HS_TIME_SPEC_EVENT && event->number == from->number);
}

enum hs_range_place hs_range_place(struct hs_range *range, const struct hs_event *event, double elapsed_seconds)
{
    bool at_end = hs_time_spec_at(&range->to, event); /* counted from the trace's begin, as for all options */
    range->begun = range->begun || begins(&range->from, event, elapsed_seconds);
    if (!range->begun)
        return HS_RANGE_BEFORE;
    bool after = hs_time_spec_before(&range->to, event, elapsed_seconds), last = !after && at_end;
    range->ended = range->ended || after || last;
    return after ? HS_RANGE_AFTER : last ? HS_RANGE_LAST : HS_RANGE_INSIDE;
}
