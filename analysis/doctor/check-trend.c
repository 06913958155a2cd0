/* SPDX-License-Identifier: MIT
 *
 * Free memory that falls from one reading to the next: gc.mem_free() at a prompt, and what a program prints in its log.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define READINGS_LEAST 4u  /* minimum number of readings for a trend */
#define EXACT_LEAST 3u     /* the same of a log whose readings fall by the same number of bytes each time */
#define READINGS_MOST 256u /* of one log; earlier ones do not count */
#define STEADY 3u          /* no step is more than this many times the mean one, none less than this part of it */
#define FALL_PART 64u      /* minimum part of the first reading by which memory falls: less is noise */
#define READINGS_MANY 12u  /* from this number on each quarter of them is judged, not each step */
#define QUARTERS 4u
#define PART_LEAST 4u     /* a series is at least this part of the readings in its log: the end of any noise falls */
#define RISES_PART 4u     /* of many readings a quarter of the fall may come back between */
#define FIRST_LEAST 8192u /* minimum first reading in bytes: smaller numbers count something else */
#define LOGS_MOST 8u      /* kinds of lines with readings that are followed */
#define STARTED 5000u     /* ms: what a program takes before stays, once */

/* Readings one after the other, each lower than the one before. */
struct series {
    struct hs_text_call first, last;
    unsigned n;
    bool each; /* each reading is lower than the one before */
    const struct hs_doctor_line
        *cause;     /* of steps of one size: a line between the last two figures; NULL: there are no other lines */
    bool exact;     /* each step has the same size; `n` counts different readings */
    double seconds; /* from the first to the last; 0: not in the text */
};

/* Whether a board that starts prints this line. */
static bool is_start(const char *text)
{
    static const char *const starts[] = {"MPY: soft reboot", "soft reboot", "MicroPython v", "Adafruit CircuitPython", "ets J",
                                         "rst:0x",           "ESP-ROM:"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (hs_message_in(text, starts[i]))
            return true;
    return false;
}

/* ---- gc.mem_free() at a prompt ---- */

static bool is_import(const char *text)
{
    return hs_message_in(text, "import ") || (hs_message_in(text, "from ") && strstr(text, " import "));
}

/* A sum over what was typed in a line, without its digits; 0 for lines that only look. */
static uint64_t sum_of_typed(const char *text)
{
    const char *typed = strstr(text, ">>> ");
    uint64_t sum = 0;
    if (!typed || strstr(typed, "gc.") == typed + 4)
        return 0;
    for (; *typed; typed++)
        if (*typed < '0' || *typed > '9')
            sum = sum * 31 + (unsigned char)*typed;
    return sum;
}

/* What happened between two readings. */
struct between {
    bool anew;      /* the board started, or a module was imported: what it holds stays, once */
    uint64_t typed; /* equal when the same was typed */
};

static struct between between(const struct hs_doctor_line *from, const struct hs_doctor_line *to)
{
    struct between b = {.typed = 0};
    for (const struct hs_doctor_line *line = from + 1; line <= to; line++) {
        b.anew |= is_start(line->text) || is_import(line->text) ||
                  (strstr(line->text, ">>> ") && is_import(strstr(line->text, ">>> ") + 4));
        b.typed = b.typed * 31 + (line < to ? sum_of_typed(line->text) : 0);
    }
    return b;
}

static bool falls(const struct hs_doctor_input *p, const struct hs_text_call *a, const struct hs_text_call *b)
{
    return b->value < a->value &&
           hs_doctor_input_collects(p, a->line->number + (strstr(b->line->text, "gc.collect()") == NULL), b->line->number);
}

/* The first long series in which each reading is lower than the one before. A reading that is not ends the search: memory came back. */
static struct series falling(const struct hs_doctor_input *p)
{
    struct hs_text_call last = hs_doctor_input_call(p, "gc.mem_free()", 0), next;
    struct series looks = {.first = last, .last = last, .n = last.line != NULL}, none = {.n = 0};
    uint64_t typed = 0;
    for (; last.line && (next = hs_doctor_input_call(p, "gc.mem_free()", (size_t)(last.line - p->line) + 1)).line; last = next) {
        struct between b = between(last.line, next.line);
        bool same = looks.n < 2 || b.typed == typed;
        if (!b.anew && !falls(p, &last, &next))
            return none;
        if ((b.anew || !same) && looks.n >= READINGS_LEAST)
            return looks;
        if (b.anew)
            looks = (struct series){.first = next, .n = 0};
        else if (!same)
            looks = (struct series){.first = last, .n = 1};
        looks.last = next;
        looks.n++;
        typed = b.typed;
    }
    return looks;
}

/* ---- what a program prints ---- */

/* How much each of the quarters of readings[0..n), the last of which comes first, falls: about the mean, so that memory neither
 * settles nor fell once. */
static bool falls_throughout(const struct hs_text_call *reading, unsigned n, uint64_t fall)
{
    for (unsigned q = 0; q < QUARTERS; q++) {
        unsigned newest = (n - 1) * q / QUARTERS, oldest = (n - 1) * (q + 1) / QUARTERS;
        uint64_t from = reading[oldest].value, to = reading[newest].value, mean = fall * (oldest - newest) / (n - 1);
        if (from < to || from - to > STEADY * mean || STEADY * (from - to) < mean)
            return false;
    }
    return true;
}

/* The bytes by which readings[0..n) rise in steps. */
static uint64_t rises_of(const struct hs_text_call *reading, unsigned n)
{
    uint64_t sum = 0;
    for (unsigned i = 1; i < n; i++)
        sum += reading[i - 1].value > reading[i].value ? reading[i - 1].value - reading[i].value : 0;
    return sum;
}

static bool falls_each_time(const struct hs_text_call *reading, unsigned n)
{
    for (unsigned i = 1; i < n; i++)
        if (reading[i].value <= reading[i - 1].value)
            return false;
    return true;
}

/* Whether one of these readings, which are older, was as low as the last one is. */
static bool came_back(const struct hs_text_call *older, unsigned n, uint64_t last)
{
    for (unsigned i = 0; i < n; i++)
        if (older[i].value <= last)
            return true;
    return false;
}

/* Whether readings[0..n) fall steadily: a few by each step, many by each quarter, with little that comes back between. */
static bool is_steady(const struct hs_text_call *reading, unsigned n)
{
    uint64_t fall = reading[n - 1].value > reading[0].value ? reading[n - 1].value - reading[0].value : 0;
    if (reading[n - 1].value < FIRST_LEAST || fall < reading[n - 1].value / FALL_PART || !fall)
        return false;
    if (n >= READINGS_MANY && RISES_PART * rises_of(reading, n) <= fall && falls_throughout(reading, n, fall))
        return true;
    for (unsigned i = 1; i < n; i++) {
        uint64_t steps = reading[i].value > reading[i - 1].value ? (reading[i].value - reading[i - 1].value) * (n - 1) : 0;
        if (steps > STEADY * fall || STEADY * steps < fall)
            return false;
    }
    return true;
}

/* "12:34:56" in a line, in seconds. */
static bool clock_in(const char *text, double *seconds)
{
    unsigned h, m, s;
    for (; *text; text++)
        if (isdigit((unsigned char)*text) && sscanf(text, "%2u:%2u:%2u", &h, &m, &s) == 3) {
            *seconds = 3600.0 * h + 60.0 * m + s;
            return true;
        }
    return false;
}

/* The time between two lines by ESP-IDF's log, or else by a clock; 0: not in the text. */
static double seconds_between(const char *from, const char *to)
{
    uint64_t begin, end;
    double a, b;
    if (hs_log_time_in(from, &begin) && hs_log_time_in(to, &end))
        return end > begin ? (double)(end - begin) / 1000 : 0;
    return clock_in(from, &a) && clock_in(to, &b) && b > a ? b - a : 0;
}

/* The first line that is no reading between two that differ. */
static const struct hs_doctor_line *line_between(const struct hs_doctor_line *from, const struct hs_doctor_line *to)
{
    uint64_t bytes;
    for (const struct hs_doctor_line *line = from + 1; line < to; line++)
        if (line->text[strspn(line->text, " \t")] && !hs_free_in(line->text, &bytes))
            return line;
    return NULL;
}

/* Readings that fall by the same number of bytes at each step, and stay in between: a leak of one thing at a time. They need not be
 * many, since no other cause falls so. Newest first, as `reading`. */
static struct series falls_exactly(const struct hs_text_call *reading, unsigned n)
{
    struct hs_text_call different[READINGS_MOST];
    unsigned m = 0, k = 1;
    uint64_t step = 0, ms;
    for (unsigned i = 0; i < n; i++)
        if (!m || reading[i].value != different[m - 1].value)
            different[m++] = reading[i];
    if (m > 1 && different[1].value > different[0].value)
        step = different[1].value - different[0].value;
    while (step && k < m && different[k].value == different[k - 1].value + step)
        k++;
    bool stays = m < n; /* without lines of a log, few readings may be stages of a start */
    unsigned least = !stays && hs_is_log_in(reading[0].line->text) ? EXACT_LEAST : READINGS_LEAST;
    if (k < least || k < m || different[k - 1].value < FIRST_LEAST ||
        different[k - 1].value - different[0].value < different[k - 1].value / FALL_PART)
        return (struct series){.n = 0};
    if (hs_log_time_in(different[0].line->text, &ms) && ms < STARTED)
        return (struct series){.n = 0};
    return (struct series){.first = different[k - 1],
                           .last = different[0],
                           .n = k,
                           .exact = true,
                           .cause = stays ? line_between(different[1].line, different[0].line) : NULL,
                           .seconds = seconds_between(different[k - 1].line->text, different[0].line->text)};
}

/* The longest steady series that ends at the line with index `end`. */
static struct series printed_until(const struct hs_doctor_input *p, size_t end)
{
    struct hs_text_call reading[READINGS_MOST], next;
    uint64_t words = hs_form_of_line(p->line[end].text);
    unsigned n = 0;
    for (size_t i = end + 1; i-- > 0 && n < READINGS_MOST && !is_start(p->line[i].text);) {
        next = (struct hs_text_call){.line = &p->line[i]};
        if (!hs_free_in(next.line->text, &next.value) || hs_form_of_line(next.line->text) != words)
            continue;
        reading[n++] = next;
    }
    unsigned all = n;
    struct series exact = falls_exactly(reading, n);
    while (n >= READINGS_LEAST && !is_steady(reading, n))
        n--; /* the oldest one: a program takes much when it starts */
    uint64_t ms;
    if (n < READINGS_LEAST || n < all / PART_LEAST || came_back(reading + n, all - n, reading[0].value) ||
        (hs_log_time_in(reading[0].line->text, &ms) && ms < STARTED))
        return exact;
    return (struct series){.first = reading[n - 1],
                           .last = reading[0],
                           .n = n,
                           .each = falls_each_time(reading, n),
                           .seconds = seconds_between(reading[n - 1].line->text, reading[0].line->text)};
}

/* The latest series of each kind of line counts, up to a start of the board. If memory came back after it, there is none. */
static struct series printed(const struct hs_doctor_input *p)
{
    uint64_t seen[LOGS_MOST], value;
    unsigned n = 0, k;
    for (size_t i = p->n_lines; i-- > 0;) {
        const char *text = p->line[i].text;
        n = is_start(text) ? 0 : n;
        if (!hs_free_in(text, &value))
            continue;
        for (k = 0; k < n && seen[k] != hs_form_of_line(text); k++)
            ;
        if (k < n || n == LOGS_MOST)
            continue;
        seen[n++] = hs_form_of_line(text);
        struct series s = printed_until(p, i);
        if (s.n)
            return s;
    }
    return (struct series){.n = 0};
}

/* ---- findings ---- */

static void describe(struct hs_finding *f, const struct series *s, const char *what)
{
    uint64_t each = (s->first.value - s->last.value) / (s->n - 1);
    double rate = s->seconds > 0 ? (double)(s->first.value - s->last.value) / s->seconds : 0;
    char every[64] = "", lasts[32], left[48] = "";
    if (rate > 0) {
        snprintf(every, sizeof every, ", %.4g bytes a second", rate);
        hs_duration_words(lasts, sizeof lasts, (double)s->last.value / rate);
        snprintf(left, sizeof left, ", %s", lasts);
    }
    hs_finding_evidence(f, "%s fell from %" PRIu64 " (line %u) to %" PRIu64 " (line %u), %" PRIu64 " bytes a time%s", what,
                        s->first.value, s->first.line->number, s->last.value, s->last.line->number, each, every);
    uint64_t more = each ? s->last.value / each : 0;
    if (each && !more)
        hs_finding_evidence(f, "at that rate less is free than the next time takes");
    else if (each)
        hs_finding_evidence(f, "at that rate memory lasts for %" PRIu64 " time%s more%s", more, more == 1 ? "" : "s", left);
}

static void advise_compare(struct hs_finding *f)
{
    hs_finding_next(f, "record it: heapstrata compare shows by line what stays between two marks");
}

/* gc.mem_free() after collections: if it falls each time that the same is done, some memory is retained each time. */
static void growing(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct series looks = falling(p);
    if (looks.n < READINGS_LEAST)
        return;
    struct hs_finding *f = hs_finding_new(
        findings, "HS-HEAP-GROWING", HS_SEVERITY_WARNING,
        "live data grow: each of %u looks after a collection found less free memory than the one before", looks.n);
    describe(f, &looks, "gc.mem_free()");
    advise_compare(f);
}

/* Where a collector runs, free memory falls until it does. */
static bool has_garbage(const struct hs_doctor_input *p, const char *line)
{
    if (hs_is_log_in(line))
        return false;
    bool heap = strstr(line, "heap") || strstr(line, "Heap");
    return !heap || p->facts.framework == HS_FRAMEWORK_MICROPYTHON || p->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON;
}

static void shrinking(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct series s = printed(p);
    if (!s.n)
        return;
    bool garbage = has_garbage(p, s.last.line->text);
    struct hs_finding *f = hs_finding_new(
        findings, "HS-HEAP-GROWING", garbage ? HS_SEVERITY_NOTE : HS_SEVERITY_WARNING,
        s.exact  ? "free memory falls by the same number of bytes each time, over %u different readings in the text"
        : s.each ? "free memory falls steadily: each of %u readings in the text is lower than the one before"
                 : "free memory falls steadily over %u readings in the text",
        s.n);
    hs_finding_quote(f, s.last.line);
    describe(f, &s, "free memory");
    if (s.cause)
        hs_finding_evidence(f, "before the last fall the text has line %u: %.200s", s.cause->number, s.cause->text);
    if (garbage) {
        hs_finding_next(f, "call gc.collect() before each reading: without it garbage counts as used, and this may be no leak");
        advise_compare(f);
        return;
    }
    if (p->facts.framework == HS_FRAMEWORK_ESPHOME)
        hs_finding_next(f, HS_ESPHOME_LOOK);
    if (!hs_is_log_in(s.last.line->text) && !hs_doctor_input_is_esp32(p) && p->facts.framework != HS_FRAMEWORK_ARDUINO &&
        p->facts.framework != HS_FRAMEWORK_IDF) {
        hs_finding_next(
            f, "see which part it is: leave out one request, connection or sensor at a time, and compare the bytes a time");
        return;
    }
    hs_finding_next(f, "heap_trace_start(HEAP_TRACE_LEAKS) before and heap_trace_dump() after some rounds list what was not "
                       "freed, with its callers: heapstrata doctor reads that list too");
    hs_finding_next(f, "or record it: firmware-hooks/esp-idf shows by line what stays");
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    growing(p, findings);
    if (!p->facts.computer)
        shrinking(p, findings);
}

const struct hs_check hs_check_trend = {.name = "trend", .look = look};
