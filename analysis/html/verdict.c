/* SPDX-License-Identifier: MIT */
#include "analysis/html/verdict.h"

#include <stdio.h>

#include "analysis/doctor/doctor.h"
#include "analysis/draw/table.h"
#include "analysis/time/summary.h"

#define NOTEWORTHY 0.5 /* external fragmentation from which the verdict mentions it */

const char *hs_page_finding_name(enum hs_page_finding finding)
{
    static const char *const names[] = {"none", "fragmented", "failed"};
    return names[finding];
}

static const char *grouped(char *buffer, uint64_t value)
{
    return hs_format(buffer, 32, HS_VALUE_COUNT, (struct hs_value){.u = value});
}

static const char *duration(char *buffer, const struct hs_names *names, uint64_t ticks)
{
    return hs_format(buffer, 32, HS_VALUE_SECONDS, (struct hs_value){.d = hs_seconds(names->reader, ticks)});
}

static void tell_failed(const struct hs_page_trace *t, const struct hs_names *names, char *text)
{
    const struct hs_model *m = t->history->model;
    const struct hs_failure *f = &m->failure[(m->n_failures - 1) % HS_FAILURES_KEPT];
    char size[32], free[32], count[32], site[HS_NAME_MAX];
    snprintf(text, HS_SENTENCE_MAX, "%s allocation%s failed, the last of %s bytes at %s with %s bytes free: %s.",
             grouped(count, m->n_failures), m->n_failures == 1 ? "" : "s", grouped(size, f->size),
             hs_name_of_site(names, f->site, HS_KEY_LINE, site), grouped(free, f->free), hs_verdict_text(f->verdict));
}

static void tell_worst(const struct hs_page_trace *t, const struct hs_names *names, char *text)
{
    char free[32], longest[32], when[32];
    snprintf(text, HS_SENTENCE_MAX,
             "No allocation failed, but after %s the longest free run was %s of %s free bytes, "
             "external fragmentation %.1f%%.",
             duration(when, names, t->worst_time), grouped(longest, t->worst_longest), grouped(free, t->worst_free),
             100 * t->worst);
}

static void tell_well(const struct hs_page_trace *t, const struct hs_names *names, char *text)
{
    char used[32], when[32];
    uint64_t total = hs_timeline_total(t->timeline);
    double share = total ? 100 * t->most_used / (double)total : 0;
    snprintf(text, HS_SENTENCE_MAX,
             "No allocation failed; at most %s bytes were in use (after %s), %.0f%% of the heap as "
             "it is at the end.",
             grouped(used, (uint64_t)t->most_used), duration(when, names, t->most_used_time), share);
}

/* The doctor's first finding, as the doctor words it. */
static bool tell_finding(const struct hs_page_trace *t, const struct hs_names *names, char *text)
{
    return !hs_exam_conclude(t->history->exam, names) && hs_doctor_headline(t->history->exam, text);
}

void hs_page_next(const struct hs_page_trace *t, struct hs_json *json)
{
    struct hs_findings findings;
    bool any = hs_doctor_first(t->history->exam, &findings);
    hs_json_array(json, "next");
    for (unsigned i = 0; any && i < findings.finding[0]->next.n; i++)
        hs_json_text(json, NULL, findings.finding[0]->next.text[i]);
    hs_json_end(json);
    hs_findings_free(&findings);
}

enum hs_page_finding hs_page_verdict(const struct hs_page_trace *t, const struct hs_names *names, char *text)
{
    bool failed = t->history->model->n_failures;
    if (tell_finding(t, names, text))
        return failed ? HS_PAGE_FAILED : HS_PAGE_FRAGMENTED;
    if (failed) {
        tell_failed(t, names, text);
        return HS_PAGE_FAILED;
    }
    if (t->worst >= NOTEWORTHY) {
        tell_worst(t, names, text);
        return HS_PAGE_FRAGMENTED;
    }
    tell_well(t, names, text);
    return HS_PAGE_NOTHING;
}
