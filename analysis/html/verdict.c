/* SPDX-License-Identifier: MIT */
#include "analysis/html/verdict.h"

#include <stdio.h>

#include "analysis/blame/separators.h"
#include "analysis/time/summary.h"
#include "analysis/draw/table.h"

#define NOTEWORTHY 0.5 /* external fragmentation from here on is worth a word */

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

static uint32_t line_of(const void *context, uint32_t site)
{
    return hs_groups_of(context, site);
}

/* "; 95% of the borders of the free runs are blocks of these lines: a, b" */
static void name_separators(const struct hs_page_trace *t, const struct hs_groups *lines, char *text, size_t room)
{
    struct hs_separators separators;
    size_t used = 0;
    *text = '\0';
    if (hs_separators_measure(&separators, &t->failed, &(struct hs_separator_groups){line_of, lines, lines->n}))
        return;
    size_t needed = hs_separators_needed(&separators, t->failure.size), n = needed ? needed : separators.n < 2 ? separators.n : 2;
    for (size_t i = 0; i < n && i < 3 && used < room; i++) {
        used += (size_t)snprintf(text + used, room - used, "%s%s",
                                 i ? ", " : needed ? "; without the blocks of these lines there would have been room: "
                                                   : "; between the free runs lie mostly blocks of ",
                                 lines->group[separators.separator[i].group].name[0]);
    }
    if (n > 3 && used < room)
        snprintf(text + used, room - used, ", and of %zu more", n - 3);
    hs_separators_free(&separators);
}

static void tell_fragmented(const struct hs_page_trace *t, const struct hs_names *names, const struct hs_groups *lines,
                            char *text)
{
    char size[32], free[32], longest[32], when[32], site[HS_NAME_MAX], blocking[HS_SENTENCE_MAX / 2];
    uint64_t at = t->failed.elapsed;
    name_separators(t, lines, blocking, sizeof blocking);
    snprintf(text, HS_SENTENCE_MAX, "An allocation of %s bytes at %s failed after %s although %s bytes were free: the "
             "longest free run had %s%s.", grouped(size, t->failure.size),
             hs_name_of_site(names, t->failure.site, HS_KEY_LINE, site), duration(when, names, at),
             grouped(free, t->failure.free), grouped(longest, t->failure.largest_free), blocking);
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
    snprintf(text, HS_SENTENCE_MAX, "No allocation failed, but after %s the longest free run was %s of %s free bytes, "
             "external fragmentation %.1f%%.", duration(when, names, t->worst_time), grouped(longest, t->worst_longest),
             grouped(free, t->worst_free), 100 * t->worst);
}

static void tell_well(const struct hs_page_trace *t, const struct hs_names *names, char *text)
{
    char used[32], when[32];
    uint64_t total = hs_timeline_total(t->timeline);
    double share = total ? 100 * t->most_used / (double)total : 0;
    snprintf(text, HS_SENTENCE_MAX, "No allocation failed; at most %s bytes were in use (after %s), %.0f%% of the heap as "
             "it is at the end.", grouped(used, (uint64_t)t->most_used), duration(when, names, t->most_used_time), share);
}

enum hs_page_finding hs_page_verdict(const struct hs_page_trace *t, const struct hs_names *names, const struct hs_groups *lines,
                                char *text)
{
    if (t->failed.taken) {
        tell_fragmented(t, names, lines, text);
        return HS_PAGE_FAILED;
    }
    if (t->history->model->n_failures) {
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
