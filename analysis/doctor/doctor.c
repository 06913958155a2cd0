/* SPDX-License-Identifier: MIT
 *
 * The list of checks, and functions that they share.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"
#include "lib/host/util/array.h"

#define PATH_NAMED 120u /* bytes: longer paths are not repeated in a next step */

extern const struct hs_check hs_check_arena, hs_check_caps, hs_check_esp8266, hs_check_failure, hs_check_figures,
    hs_check_fragmentation, hs_check_growth, hs_check_heap, hs_check_hooks, hs_check_idf, hs_check_link, hs_check_losses,
    hs_check_lvgl, hs_check_lwip, hs_check_pools, hs_check_psram, hs_check_rtos, hs_check_rust, hs_check_safemode,
    hs_check_scripts, hs_check_threads, hs_check_trend;

/* The only list of checks, in the order of the report. */
static const struct hs_check *const checks[] = {
    &hs_check_failure, &hs_check_growth, &hs_check_psram,   &hs_check_trend,    &hs_check_heap,    &hs_check_fragmentation,
    &hs_check_pools,   &hs_check_lwip,   &hs_check_caps,    &hs_check_idf,      &hs_check_esp8266, &hs_check_lvgl,
    &hs_check_figures, &hs_check_hooks,  &hs_check_losses,  &hs_check_safemode, &hs_check_rtos,    &hs_check_arena,
    &hs_check_rust,    &hs_check_link,   &hs_check_threads, &hs_check_scripts,
};

#define FIGURES_QUOTED 3u /* lines: what is free, the least that was, the largest block */
#define FIGURES_AFTER 12u /* lines: how soon after a failure a figure still tells of it */
#define N_CHECKS (sizeof checks / sizeof *checks)

/* Stable sort: problems first. */
static void sort(struct hs_findings *findings)
{
    for (size_t i = 1; i < findings->n; i++) {
        struct hs_finding *f = findings->finding[i];
        size_t at = i;
        for (; at && findings->finding[at - 1]->severity > f->severity; at--)
            findings->finding[at] = findings->finding[at - 1];
        findings->finding[at] = f;
    }
}

int hs_doctor_examine(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    for (size_t i = 0; i < N_CHECKS; i++) {
        findings->check = checks[i]->name;
        checks[i]->look(input, findings);
    }
    sort(findings);
    for (size_t i = 0; i < findings->n; i++)
        hs_finding_source(input, findings->finding[i]);
    return findings->short_of_memory ? HS_ERR_MEMORY : HS_OK;
}

/* ---- findings ---- */

static bool make_room(struct hs_findings *findings) { return hs_array_more(findings->finding, findings->n, findings->room); }

struct hs_finding *hs_finding_new(struct hs_findings *findings, const char *code, enum hs_severity severity, const char *verdict,
                                  ...)
{
    struct hs_finding *f = make_room(findings) ? calloc(1, sizeof *f) : NULL;
    if (!f) {
        findings->short_of_memory = true;
        return NULL;
    }
    *f = (struct hs_finding){.code = code, .severity = severity, .check = findings->check};
    va_list arguments;
    va_start(arguments, verdict);
    vsnprintf(f->verdict, sizeof f->verdict, verdict, arguments);
    va_end(arguments);
    findings->finding[findings->n++] = f;
    return f;
}

static void add_note(struct hs_notes *notes, const char *format, va_list arguments)
{
    char text[HS_NOTE_LEN];
    if (notes->n == HS_FINDING_NOTES)
        return;
    vsnprintf(text, sizeof text, format, arguments);
    char *copy = strdup(text);
    if (copy)
        notes->text[notes->n++] = copy;
}

void hs_finding_evidence(struct hs_finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (finding)
        add_note(&finding->evidence, format, arguments);
    va_end(arguments);
}

void hs_finding_next(struct hs_finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (finding)
        add_note(&finding->next, format, arguments);
    va_end(arguments);
}

/* A path that is too long for a note, and standard input, have no name to type. */
void hs_finding_next_why(struct hs_finding *finding, const struct hs_doctor_input *input, const char *line)
{
    const char *path = input->path && strcmp(input->path, "-") && strlen(input->path) < PATH_NAMED ? input->path : "TRACE";
    const char *quote = strpbrk(path, " \t\n\"$&;()<>|*?#`\\") && !strchr(path, '\'') ? "'" : "";
    hs_finding_next(finding,
                    "heapstrata why %s%s%s '%.160s' names what holds one of its blocks, where references were recorded "
                    "(heapstrata.snapshot(refs=True) does so)",
                    quote, path, quote, line);
}

void hs_finding_quote(struct hs_finding *finding, const struct hs_doctor_line *line)
{
    if (!line)
        return;
    hs_finding_evidence(finding, "line %u: %.*s", line->number, (int)HS_NOTE_LEN - 32, line->text);
    if (finding && !finding->line)
        finding->line = line->number;
}

void hs_finding_figures(struct hs_finding *finding, const struct hs_doctor_input *input, const struct hs_doctor_line *line)
{
    const struct hs_doctor_line *figures[FIGURES_QUOTED], *end = input->line + input->n_lines;
    unsigned n = 0;
    for (const struct hs_doctor_line *at = line; at-- > input->line && n < FIGURES_QUOTED;) {
        bool reads = hs_memory_figure_in(at->text);
        bool earlier = n && hs_form_of_line(at->text) == hs_form_of_line(figures[0]->text);
        if (n && (!reads || earlier))
            break;
        if (reads)
            figures[n++] = at;
    }
    for (const struct hs_doctor_line *at = line + 1; !n && at < end && at <= line + FIGURES_AFTER; at++)
        if (hs_memory_figure_in(at->text))
            figures[n++] = at;
    while (n)
        hs_finding_quote(finding, figures[--n]);
}

void hs_finding_place(struct hs_finding *finding, const char *name)
{
    const char *colon = strchr(name, ':');
    size_t length = colon ? (size_t)(colon - name) : 0;
    if (!finding || !length || length >= sizeof finding->file || colon[1] < '1' || colon[1] > '9')
        return;
    memcpy(finding->file, name, length);
    finding->file[length] = '\0';
    finding->line = (uint32_t)strtoul(colon + 1, NULL, 10);
}

const char *hs_severity_name(enum hs_severity severity)
{
    static const char *const names[] = {
        [HS_SEVERITY_PROBLEM] = "problem", [HS_SEVERITY_WARNING] = "warning", [HS_SEVERITY_NOTE] = "note"};
    return names[severity];
}

bool hs_findings_matter(const struct hs_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++)
        if (findings->finding[i]->severity != HS_SEVERITY_NOTE)
            return true;
    return false;
}

void hs_duration_words(char *text, size_t size, double seconds)
{
    static const struct {
        double seconds;
        const char *unit;
    } units[] = {{86400, "days"}, {3600, "h"}, {60, "min"}, {1, "s"}, {1e-3, "ms"}, {0, "us"}};
    size_t i = 0;
    while (units[i].seconds > 0 && seconds < units[i].seconds)
        i++;
    snprintf(text, size, "%.3g %s", seconds / (units[i].seconds > 0 ? units[i].seconds : 1e-6), units[i].unit);
}

static void free_notes(struct hs_notes *notes)
{
    for (unsigned i = 0; i < notes->n; i++)
        free(notes->text[i]);
}

void hs_findings_free(struct hs_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        free_notes(&findings->finding[i]->evidence);
        free_notes(&findings->finding[i]->next);
        free(findings->finding[i]);
    }
    free(findings->finding);
    *findings = (struct hs_findings){.finding = NULL};
}
