/* SPDX-License-Identifier: MIT
 *
 * Annotated source.
 */
#include <string.h>

#include "analysis/report/annotate.h"
#include "analysis/draw/table.h"

#define TEXT_MAX 512

static double share(const struct hs_annotation *a, const struct hs_site_sum *sum)
{
    uint64_t total = hs_all_bytes(&a->lines->total);
    return total ? (double)hs_all_bytes(sum) / (double)total : 0;
}

static void number(FILE *out, int width, enum hs_value_kind kind, struct hs_value value)
{
    char text[32];
    fprintf(out, "%*s", width, hs_format(text, sizeof text, kind, value));
}

static bool is_estimated(const struct hs_annotation *a) { return a->lines->total.sampled.samples > 0; }

/* The error of the bytes, as a share of them: half the width of the interval. */
static void error_text(const struct hs_site_sum *sum, FILE *out)
{
    struct hs_interval i = hs_interval_of_bytes(sum);
    uint64_t bytes = hs_all_bytes(sum);
    if (bytes && i.high - i.low >= 0.5)
        fprintf(out, " %6.0f%%", 50 * (i.high - i.low) / (double)bytes);
    else
        fprintf(out, " %7s", "exact");
}

static void numbers_text(const struct hs_annotation *a, const struct hs_site_sum *sum, FILE *out)
{
    double part = share(a, sum);
    const char *color = !a->color ? "" : part >= 0.05 ? "\033[31m" : part >= 0.005 ? "\033[32m" : "";
    fputs(color, out);
    number(out, 8, HS_VALUE_SHARE, (struct hs_value){.d = part});
    fputs(*color ? "\033[0m" : "", out);
    number(out, 13, HS_VALUE_BYTES, (struct hs_value){.u = hs_all_bytes(sum)});
    number(out, 11, HS_VALUE_COUNT, (struct hs_value){.u = hs_all_requests(sum)});
    number(out, 13, HS_VALUE_BYTES, (struct hs_value){.u = hs_all_live(sum), .none = a->known->live == HS_NOT_KNOWN});
    if (is_estimated(a))
        error_text(sum, out);
}

static void line_text(const struct hs_annotation *a, const struct hs_line_cost *entry, uint32_t line, const char *text, FILE *out)
{
    char shown[TEXT_MAX];
    if (entry)
        numbers_text(a, &entry->sum, out);
    else
        fprintf(out, "%*s", is_estimated(a) ? 53 : 45, "");
    hs_format(shown, sizeof shown, HS_VALUE_TEXT, (struct hs_value){.s = text});
    fprintf(out, " |%5u%s%s\n", line, *shown ? "  " : "", shown);
}

/* The next line of the text, terminated in place; NULL after the last. Each tab becomes four blanks. */
static char *next_line(char **rest, char *line, size_t size)
{
    size_t at = 0;
    if (!*rest || !**rest)
        return NULL;
    char *end = strchrnul(*rest, '\n');
    for (char *c = *rest; c < end && at + 5 < size; c++) {
        if (*c == '\t')
            at = (size_t)(stpcpy(line + at, "    ") - line);
        else if (*c != '\r')
            line[at++] = *c;
    }
    line[at] = '\0';
    *rest = *end ? end + 1 : end;
    return line;
}

/* Whether `line` is near an entry; `next` is the first entry at or after `line`. */
static bool near(const struct hs_annotation *a, size_t next, uint32_t line)
{
    const struct hs_line_cost *entry = &a->lines->line[a->first];
    bool before = next < a->n && entry[next].line - line <= a->context;
    bool behind = next > 0 && line - entry[next - 1].line <= a->context;
    return a->context == HS_ALL_LINES || before || behind;
}

static size_t listing_text(const struct hs_annotation *a, FILE *out)
{
    const struct hs_line_cost *entry = &a->lines->line[a->first];
    char line[TEXT_MAX], *rest = a->text;
    size_t next = 0;
    bool gap = false;
    for (uint32_t at = 1; next_line(&rest, line, sizeof line); at++) {
        bool hit = next < a->n && entry[next].line == at;
        bool shown = near(a, next, at);
        if (shown && gap)
            fprintf(out, "%*s |\n", is_estimated(a) ? 53 : 45, "...");
        if (shown)
            line_text(a, hit ? &entry[next] : NULL, at, line, out);
        gap = !shown;
        next += hit;
    }
    return next;
}

void hs_annotation_text(const struct hs_annotation *a, FILE *out)
{
    const struct hs_line_cost *entry = &a->lines->line[a->first];
    char name[TEXT_MAX];
    size_t next = 0;
    hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){.s = a->source ? a->source : entry->file});
    fprintf(out, "# %s%s\n", name,
            a->source ? "" : ": no source that is as it was when the trace was recorded (--source FOLDER shows another)");
    if (a->doubt)
        fprintf(out, "# warning: this may be another file, or another version of it, than what ran: %s\n",
                hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){.s = a->doubt}));
    fprintf(out, "%s%8s%13s%11s%13s%s | Line%s\n", a->color ? "\033[1m" : "", "Overhead", "Bytes", "Allocs", "Live",
            is_estimated(a) ? "  +-95%" : "", a->color ? "\033[0m" : "");
    if (a->text)
        next = listing_text(a, out);
    if (a->text && next < a->n)
        fputs("# the source has fewer lines than the traced one: it has changed since\n", out);
    for (; next < a->n; next++)
        line_text(a, &entry[next], entry[next].line, "", out);
}

static void line_json(const struct hs_annotation *a, const struct hs_line_cost *entry, const char *text, struct hs_json *json)
{
    hs_json_object(json, NULL);
    hs_json_uint(json, "line", entry->line);
    hs_json_text(json, "text", text);
    hs_json_real(json, "overhead", share(a, &entry->sum));
    hs_json_uint(json, "bytes", hs_all_bytes(&entry->sum));
    if (is_estimated(a)) {
        struct hs_interval i = hs_interval_of_bytes(&entry->sum);
        hs_json_uint(json, "bytes_low", hs_rounded(i.low));
        hs_json_uint(json, "bytes_high", hs_rounded(i.high));
        hs_json_uint(json, "samples", entry->sum.sampled.samples);
    }
    hs_json_uint_or_null(json, "allocs", hs_all_allocs(&entry->sum), a->known->split == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "reallocs", hs_all_reallocs(&entry->sum), a->known->split == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "live_bytes", hs_all_live(&entry->sum), a->known->live == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "live_blocks", hs_all_blocks(&entry->sum), a->known->live == HS_NOT_KNOWN);
    hs_json_uint_or_null(json, "peak_bytes", entry->sum.at_peak, a->known->at_peak == HS_NOT_KNOWN);
    hs_json_uint(json, "failed", entry->sum.failed);
    hs_json_end(json);
}

void hs_annotation_json(const struct hs_annotation *a, struct hs_json *json)
{
    const struct hs_line_cost *entry = &a->lines->line[a->first];
    char line[TEXT_MAX], *rest = a->text, *text = line;
    hs_json_object(json, NULL);
    hs_json_text(json, "file", entry->file);
    hs_json_text(json, "source", a->source);
    hs_json_text(json, "warning", a->doubt);
    hs_json_array(json, "lines");
    uint32_t at = 0;
    for (size_t i = 0; i < a->n; i++) {
        while (text && at < entry[i].line) {
            text = next_line(&rest, line, sizeof line);
            at++;
        }
        line_json(a, &entry[i], text, json);
    }
    hs_json_end(json);
    hs_json_end(json);
}
