/* SPDX-License-Identifier: MIT */
#include "analysis/doctor/failure_advice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAP_TIMES 3u    /* a heap larger than this multiple is no advice */
#define ROOM_PART 8u     /* a final size that is larger by less than this part of what is there is no advice */
#define SHARE_NAMED 0.02 /* lines with a smaller share of the live bytes are not named */

/* ---- evidence ---- */

const char *hs_failure_room(const struct hs_diagnosis *d, char *text, size_t size)
{
    if (d->total)
        snprintf(text, size, "%" PRIu64 " of %" PRIu64, d->failure.free, d->total);
    else
        snprintf(text, size, "%" PRIu64 " bytes", d->failure.free);
    return text;
}

void hs_failure_describe(struct hs_finding *f, const struct hs_diagnosis *d)
{
    const struct hs_failure *w = &d->failure;
    char longest[64] = "", room[64];
    if (w->free)
        snprintf(longest, sizeof longest, ", the longest run of which had %" PRIu64, w->largest_free);
    hs_finding_evidence(f, "%s requested %" PRIu32 " bytes when %s were free%s", d->line, w->size,
                        hs_failure_room(d, room, sizeof room), longest);
}

const char *hs_failure_about(const struct hs_diagnosis *d) { return d->estimated ? "by samples about " : ""; }

static void name_holder(struct hs_finding *f, const struct hs_diagnosis *d, const struct hs_live_line *h)
{
    hs_finding_evidence(f, "%s%4.1f%% of what is in use, %" PRIu64 " bytes in %" PRIu64 " block%s: %s", hs_failure_about(d),
                        100 * h->share, h->live, h->blocks, h->blocks == 1 ? "" : "s", h->name);
}

void hs_failure_name_holders(struct hs_finding *f, const struct hs_diagnosis *d, const struct hs_live_line *but)
{
    unsigned named = 0;
    for (size_t i = 0; i < d->n && named < HS_HOLDERS_NAMED && d->held[i].share >= SHARE_NAMED; i++) {
        if (&d->held[i] == but)
            continue;
        name_holder(f, d, &d->held[i]);
        named++;
    }
}

struct hs_finding *hs_failure_problem(struct hs_findings *findings, const char *code, const char *verdict, const char *line)
{
    struct hs_finding *f = hs_finding_new(findings, code, HS_SEVERITY_PROBLEM, "%s", verdict);
    hs_finding_place(f, line);
    return f;
}

/* ---- advice ---- */

void hs_failure_advise(struct hs_finding *f, bool python, struct hs_advice advice)
{
    const char *words = python ? advice.python : advice.c;
    if (words)
        hs_finding_next(f, "%s", words);
}

bool hs_failure_speaks_python(const struct hs_doctor_input *input)
{
    if (input->facts.framework != HS_FRAMEWORK_UNKNOWN || !input->exam)
        return input->facts.framework != HS_FRAMEWORK_IDF;
    for (unsigned i = 0; i < input->exam->diagnoses.n; i++)
        for (size_t k = 0; k < input->exam->diagnoses.diagnosis[i].n; k++)
            if (input->exam->diagnoses.diagnosis[i].held[k].python)
                return true;
    return false;
}

struct tried {
    const struct hs_line_advice *advice;
    struct hs_trial trial;
};

/* Whether no allocation fails whenever garbage dies. */
static bool helps_surely(const struct hs_trial *t) { return t->helps && !t->early; }

/* What avoids the failure surely first, then what may; then by the smallest heap that is enough. */
static int by_effect(const void *left, const void *right)
{
    const struct hs_trial *a = &((const struct tried *)left)->trial, *b = &((const struct tried *)right)->trial;
    if (helps_surely(a) != helps_surely(b))
        return helps_surely(a) ? -1 : 1;
    if (a->helps != b->helps)
        return a->helps ? -1 : 1;
    return (a->after > b->after) - (a->after < b->after);
}

/* Whether advice is given, beside the `best`. A collection, and blocks that are made before others, must help also if garbage dies
 * late: what a line could free is not known to be garbage by then. What may not help at all is not given beside what does. */
static bool is_worth(const struct tried *tried, const struct tried *best, const char *words)
{
    const struct hs_trial *t = &tried->trial;
    if (tried->advice->kind == HS_EDIT_COLLECT || tried->advice->kind == HS_EDIT_BEFORE)
        return t->ran && helps_surely(t);
    if (helps_surely(&best->trial) && t->helps && t->early && !hs_trial_saves(t))
        return false;
    return !t->ran || words[0];
}

/* A list or table grows in large steps: what is needed in the end may be less than the size whose request failed. False: what fits is
 * hardly more than what it has, so the advice is of no use. */
static bool word_final_size(const struct hs_doctor_input *input, const struct hs_diagnosis *d, const char *line, char *words)
{
    uint32_t most = hs_try_final_size(input, d, line);
    if (most && most < d->asked->largest + d->asked->largest / ROOM_PART)
        return false;
    if (most)
        snprintf(words, HS_NOTE_LEN,
                 ": tried on this trace, no allocation fails up to its end if that is at most %" PRIu32
                 " bytes; it holds %" PRIu64 " by now, and the step that failed was to %" PRIu32,
                 most, d->asked->largest, d->failure.size);
    else if (!words[0])
        snprintf(words, HS_NOTE_LEN,
                 ": tried on this trace with the size whose request failed, an allocation fails still; what is needed in the end "
                 "may be less, since a list or table grows in large steps");
    return true;
}

/* Sizes of heaps in the advice are another unit than the free bytes of the evidence: says so, once in a finding. */
static void explain_heap(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    uint64_t bytes = hs_heap_with_tables(input, d);
    char text[HS_NOTE_LEN];
    snprintf(text, sizeof text,
             "sizes of heaps in the advice include the collector's tables, as -X heapsize does: this heap takes %" PRIu64
             " with them, %" PRIu64 " for blocks; they are for what this trace requests, which ends at the failure",
             bytes, d->total);
    for (unsigned i = 0; f && i < f->evidence.n; i++)
        bytes = strcmp(f->evidence.text[i], text) ? bytes : 0;
    if (bytes)
        hs_finding_evidence(f, "%s", text);
}

size_t hs_failure_advise_lines(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d,
                               const struct hs_line_advice *advice, size_t n)
{
    struct tried tried[HS_ADVICE_MAX];
    char words[HS_NOTE_LEN];
    size_t given = 0;
    for (size_t i = 0; i < n; i++)
        tried[i] = (struct tried){&advice[i], advice[i].set && advice[i].set->n
                                                  ? hs_try_blocks(input, d, advice[i].kind, advice[i].set)
                                                  : hs_try(input, d, advice[i].kind, advice[i].line)};
    qsort(tried, n, sizeof *tried, by_effect);
    for (size_t i = 0; i < n; i++) {
        const struct hs_line_advice *a = tried[i].advice;
        if (a->kind == HS_EDIT_BEFORE) /* what the program then makes instead is not known so exactly */
            tried[i].trial.before = 0;
        hs_trial_words(&tried[i].trial, words);
        if (a->kind == HS_EDIT_FINAL_SIZE && tried[i].trial.ran && !tried[i].trial.helps &&
            !word_final_size(input, d, a->line, words))
            continue;
        if (!is_worth(&tried[i], tried, words))
            continue;
        hs_finding_next(f, "%s %.160s%s%s%s", a->before, a->named ? a->named : a->line, a->after[0] == ':' ? "" : " ", a->after,
                        words);
        given++;
        if (strstr(words, "smallest heap"))
            explain_heap(f, input, d);
    }
    return given;
}

/* What the rounds will make that were not done yet, as much as those before; 0: not known. */
static uint64_t bytes_left(const struct hs_diagnosis *d)
{
    const struct hs_needed *n = &d->needed;
    bool rounds = n->known && n->made && n->times > n->made;
    return rounds ? (uint64_t)((double)d->filled.bytes * (double)(n->times - n->made) / (double)n->made) : 0;
}

void hs_failure_advise_heap(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    struct hs_least_heap least = hs_smallest_heap(input, d);
    char late[80] = "";
    uint64_t left = bytes_left(d);
    bool making = d->needed.known && !d->needed.anew && !d->needed.over && d->needed.loop[0];
    if (!least.early || least.early + left > HEAP_TIMES * d->total)
        return;
    if (least.late > least.early)
        snprintf(late, sizeof late, ", %" PRIu64 " if late", least.late + left);
    hs_finding_next(f,
                    "give the heap more than %" PRIu64
                    " bytes: at best enough for what this trace requests%s, if garbage is collected early%s; the program %s",
                    least.early + left, left ? " and for the rounds that are left" : "", late,
                    making && !left ? "was still making more, and needs more than that" : "may need more later");
    explain_heap(f, input, d);
}
