/* SPDX-License-Identifier: MIT
 *
 * A trace with failed allocations: the cause, the line, and what to change. analysis/diagnosis finds the cause; this
 * file has the texts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/trial.h"

#define HOLDERS_NAMED 3u
#define FULL_PART 8u     /* a heap of which less than this part is free is full */
#define SHARE_NAMED 0.02 /* lines with a smaller share of the live bytes are not named */

/* ---- evidence ---- */

/* "1200 of 8000", or "1200 bytes" of a heap whose size the trace does not tell. */
static const char *word_room(const struct hs_diagnosis *d, char *text, size_t size)
{
    if (d->total)
        snprintf(text, size, "%" PRIu64 " of %" PRIu64, d->failure.free, d->total);
    else
        snprintf(text, size, "%" PRIu64 " bytes", d->failure.free);
    return text;
}

static void describe_failure(struct hs_finding *f, const struct hs_diagnosis *d)
{
    const struct hs_failure *w = &d->failure;
    char longest[64] = "", room[64];
    if (w->free)
        snprintf(longest, sizeof longest, ", the longest run of which had %" PRIu64, w->largest_free);
    hs_finding_evidence(f, "%s requested %" PRIu32 " bytes when %s were free%s", d->line, w->size,
                        word_room(d, room, sizeof room), longest);
}

static void name_holder(struct hs_finding *f, const struct hs_live_line *h)
{
    hs_finding_evidence(f, "%4.1f%% of what is in use, %" PRIu64 " bytes in %" PRIu64 " block%s: %s", 100 * h->share, h->live,
                        h->blocks, h->blocks == 1 ? "" : "s", h->name);
}

static void name_holders(struct hs_finding *f, const struct hs_diagnosis *d, const struct hs_live_line *but)
{
    unsigned named = 0;
    for (size_t i = 0; i < d->n && named < HOLDERS_NAMED && d->held[i].share >= SHARE_NAMED; i++) {
        if (&d->held[i] == but)
            continue;
        name_holder(f, &d->held[i]);
        named++;
    }
}

/* `line` is the line to change. */
static struct hs_finding *new_problem(struct hs_findings *findings, const char *code, const char *verdict, const char *line)
{
    struct hs_finding *f = hs_finding_new(findings, code, HS_SEVERITY_PROBLEM, "%s", verdict);
    hs_finding_place(f, line);
    return f;
}

/* ---- advice ---- */

/* Texts for Python and for C programs; NULL: no such advice. */
struct advice {
    const char *python, *c;
};

static void advise(struct hs_finding *f, bool python, struct advice advice)
{
    const char *words = python ? advice.python : advice.c;
    if (words)
        hs_finding_next(f, "%s", words);
}

/* A trace whose firmware is not known speaks Python if any of its lines is one. */
static bool speaks_python(const struct hs_doctor_input *input)
{
    if (input->facts.framework != HS_FRAMEWORK_UNKNOWN || !input->exam)
        return input->facts.framework != HS_FRAMEWORK_IDF;
    for (unsigned i = 0; i < input->exam->diagnoses.n; i++)
        for (size_t k = 0; k < input->exam->diagnoses.diagnosis[i].n; k++)
            if (input->exam->diagnoses.diagnosis[i].held[k].python)
                return true;
    return false;
}

/* Advice about a line: texts before and after its name. */
struct line_advice {
    enum hs_edit_kind kind;
    const char *line, *before, *after;
    const struct hs_block_set *set; /* what is tried instead of the line's blocks, unless it is NULL or empty */
};

#define ADVICE_MAX 2u /* pieces of advice that are weighed against each other */

struct tried {
    const struct line_advice *advice;
    struct hs_trial trial;
};

/* What avoids the failure first; then by the smallest heap that is enough. */
static int by_effect(const void *left, const void *right)
{
    const struct hs_trial *a = &((const struct tried *)left)->trial, *b = &((const struct tried *)right)->trial;
    if (a->helps != b->helps)
        return a->helps ? -1 : 1;
    return (a->after > b->after) - (a->after < b->after);
}

/* Whether advice is given. A collection must help also if garbage dies late: what a line could free is not known to be garbage
 * by then. */
static bool is_worth(enum hs_edit_kind kind, const struct hs_trial *t, const char *words)
{
    if (kind == HS_EDIT_COLLECT && t->ran)
        return t->helps && !t->early;
    return !t->ran || words[0];
}

/* With what a trial on the trace showed, best first. Advice that was tried and does not help is not given. */
static void advise_lines(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d,
                         const struct line_advice *advice, size_t n)
{
    struct tried tried[ADVICE_MAX];
    char words[HS_NOTE_LEN];
    for (size_t i = 0; i < n; i++)
        tried[i] = (struct tried){&advice[i], advice[i].set && advice[i].set->n
                                                  ? hs_try_blocks(input, d, advice[i].kind, advice[i].set)
                                                  : hs_try(input, d, advice[i].kind, advice[i].line)};
    qsort(tried, n, sizeof *tried, by_effect);
    for (size_t i = 0; i < n; i++) {
        const struct line_advice *a = tried[i].advice;
        hs_trial_words(&tried[i].trial, words);
        if (a->kind == HS_EDIT_FINAL_SIZE && tried[i].trial.ran && !words[0])
            snprintf(
                words, sizeof words,
                ": tried on this trace with the size whose request failed, an allocation fails still; what is needed in the end "
                "may be less, since a list or table grows in large steps");
        if (is_worth(a->kind, &tried[i].trial, words))
            hs_finding_next(f, "%s %.160s %s%s", a->before, a->line, a->after, words);
    }
}

/* Not for what still grows, is only half made, or is one copy of several: how much it needs in the end is not known. */
static void advise_heap(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    uint64_t bytes = hs_smallest_heap(input, d);
    if (bytes)
        hs_finding_next(f,
                        "give the heap more than %" PRIu64
                        " bytes: then there is room for what the program requested in this trace, if garbage is collected "
                        "early; what it would have requested later is not known and comes on top",
                        bytes);
}

/* ---- one function per cause ---- */

static void locked(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    bool python = speaks_python(input);
    char verdict[HS_NOTE_LEN];
    if (d->switched[0])
        snprintf(verdict, sizeof verdict,
                 "%.120s requested memory while the heap was locked: micropython.heap_lock() is called at %.120s", d->line,
                 d->switched);
    else
        snprintf(verdict, sizeof verdict, "%.200s requested memory while the heap was locked", d->line);
    struct hs_finding *f = new_problem(findings, "HS-HEAP-LOCKED", verdict, d->switched[0] ? d->switched : d->line);
    describe_failure(f, d);
    advise(
        f, python,
        (struct advice){
            "an interrupt handler and a finaliser must not allocate: allocate before, or let micropython.schedule() call what does",
            "an interrupt handler must not allocate: allocate before"});
    advise(f, python, (struct advice){"micropython.heap_unlock() once for each micropython.heap_lock()", NULL});
}

static void uncollected(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    bool python = speaks_python(input);
    char verdict[HS_NOTE_LEN];
    if (d->switched[0])
        snprintf(verdict, sizeof verdict,
                 "automatic collection was off when %.100s failed: gc.disable() is called at %.120s, and garbage may fill "
                 "the heap",
                 d->line, d->switched);
    else
        snprintf(verdict, sizeof verdict, "automatic collection was off when %.200s failed: garbage may fill the heap", d->line);
    struct hs_finding *f = new_problem(findings, "HS-COLLECT-OFF", verdict, d->switched[0] ? d->switched : d->line);
    describe_failure(f, d);
    name_holders(f, d, NULL);
    advise(f, python, (struct advice){"call gc.enable(), or gc.collect() often enough after gc.disable()", NULL});
}

static void refused(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    char verdict[HS_NOTE_LEN];
    snprintf(verdict, sizeof verdict, "%.200s requested a kind of memory that no region has", d->line);
    struct hs_finding *f = new_problem(findings, "HS-HEAP-REFUSED", verdict, d->line);
    (void)input;
    hs_finding_evidence(f, "%" PRIu32 " bytes were requested", d->failure.size);
    hs_finding_next(f, "heapstrata regions lists the regions and their capabilities");
}

/* Whether the requesting line makes one thing larger; else it makes a new one each time. */
static bool enlarges(const struct hs_diagnosis *d) { return d->asked && d->asked->grown; }

/* Other lines that do the same: they may be the next that fail. */
static void advise_others(struct hs_finding *f, const struct hs_diagnosis *d)
{
    for (size_t i = 0; enlarges(d) && i < d->n; i++) {
        const struct hs_live_line *h = &d->held[i];
        if (h != d->asked && h->python && h->grown && h->largest >= d->asked->largest / 2)
            hs_finding_next(
                f, "the same for what %.160s makes larger, %" PRIu64 " bytes by now: its next request is not in this trace",
                h->name, h->largest);
    }
}

/* A list, dict or bytearray requests its whole new size as one block. */
static void advise_growth(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    bool python = speaks_python(input);
    const struct line_advice advice[] = {
        {HS_EDIT_FINAL_SIZE, d->line, "give what",
         python ? "makes larger its final size at once, where that is known ([None] * n, bytearray(n))"
                : "makes larger its final size at once, where that is known"},
        {HS_EDIT_REUSE, d->line, "where",
         python
             ? "makes a buffer anew each time: reuse it, or drop the old one before (buffer = None) if nothing else refers to it"
             : "makes a buffer anew each time: reuse it, or free the old one before"},
    };
    bool larger = enlarges(d) || d->cause != HS_CAUSE_PEAK;
    advise_lines(f, input, d, &advice[larger ? 0 : 1], larger && d->cause == HS_CAUSE_PEAK ? 2 : 1);
    advise_others(f, d);
    advise(f, python, (struct advice){"split it into several smaller ones", "split it into several smaller ones"});
    if (d->asked && d->asked->python)
        hs_finding_next(f, "numbers of one kind take less in array.array; what is read in order need not be kept: a generator");
}

static void too_large(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    char verdict[HS_NOTE_LEN];
    bool growing = d->asked && d->asked->largest >= d->failure.size / 4;
    snprintf(verdict, sizeof verdict, "%.200s requested %" PRIu32 " bytes: no heap of %" PRIu64 " bytes could give them", d->line,
             d->failure.size, d->total);
    struct hs_finding *f = new_problem(findings, "HS-HEAP-TOO-SMALL", verdict, d->line);
    if (growing)
        hs_finding_evidence(
            f, "the same line holds %" PRIu64 " bytes in one block: it grows, and requests its next size in one piece",
            d->asked->largest);
    else
        describe_failure(f, d);
    if (growing)
        advise_growth(f, input, d);
    else
        hs_finding_next(f, "work in smaller pieces: one buffer that is reused");
}

static const char *kind_of(const struct hs_diagnosis *d) { return d->lines ? "" : "the kind "; }

/* The line with the most blocks in the way; NULL: they are of no line that is known. */
static const struct hs_between *line_between(const struct hs_diagnosis *d)
{
    for (size_t i = 0; i < d->n_between; i++)
        if (d->between[i].python)
            return &d->between[i];
    return NULL;
}

/* What to record to learn which lines to change, where this trace does not say it. */
static void advise_recording(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    bool requests = input->model && hs_model_has_requests(input->model);
    bool begun = input->reader && hs_reader_info(input->reader)->overwritten;
    if (requests && !d->failure.placed && d->failure.level > HS_LEVEL_FULL)
        hs_finding_next(f,
                        "level %s does not record which line's blocks are where: record the program at level full "
                        "(heapstrata record --level full, heapstrata.start(level=\"full\"))",
                        hs_level_name(d->failure.level));
    else if (requests && !d->failure.placed)
        hs_finding_next(f, "which blocks were in the heap is not in this trace: no snapshot of it is left from before the "
                           "failure. Record into a larger ring, or as a stream");
    else if (requests && begun && d->n_between && !line_between(d))
        hs_finding_next(f,
                        "which lines allocated the blocks in the way was recorded before this trace begins: record into a larger "
                        "ring, or as a stream");
    else if (!d->lines)
        hs_finding_next(
            f, "which lines allocated these blocks is not in snapshots: record the script with HeapStrata's firmware, on "
               "a board or on this computer (docs/building.md), or compare the heap at heapstrata.mark()s around its parts");
}

/* "split by blocks of main.py:9 record and main.py:12 <module>", or "". */
static const char *culprits(const struct hs_diagnosis *d, char *text, size_t size)
{
    text[0] = '\0';
    if (d->n_between)
        snprintf(text, size, ", split by blocks of %s%.80s%s%.80s", kind_of(d), d->between[0].name,
                 d->n_between > 1 ? " and " : "", d->n_between > 1 ? d->between[1].name : "");
    return text;
}

static void fragmented(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    bool python = speaks_python(input);
    char verdict[HS_NOTE_LEN], who[200];
    snprintf(verdict, sizeof verdict,
             "%.100s requested %" PRIu32 " bytes, and %" PRIu64 " were free, but in pieces of at most %" PRIu64 "%s", d->line,
             d->failure.size, d->failure.free, d->failure.largest_free, culprits(d, who, sizeof who));
    const struct hs_between *between = line_between(d);
    struct hs_finding *f = new_problem(findings, "HS-FRAG-FAILED", verdict, d->line);
    describe_failure(f, d);
    for (size_t i = 0; i < d->n_between && i < HOLDERS_NAMED; i++)
        hs_finding_evidence(f, "in the way of a run of %" PRIu64 " bytes: %" PRIu64 " block%s, %" PRIu64 " bytes, of %s%s",
                            d->run, d->between[i].blocks, d->between[i].blocks == 1 ? "" : "s", d->between[i].bytes, kind_of(d),
                            d->between[i].name);
    const struct line_advice advice[] = {
        {HS_EDIT_AT_START, d->line, "allocate what", "needs once, at the program's start, and reuse it"},
        {HS_EDIT_COLLECT, between ? between->name : NULL, "call gc.collect() before",
         "allocates, so that its blocks are placed lower, beside those that stay"},
    };
    if (d->failure.placed || !input->model || !hs_model_has_requests(input->model))
        advise_lines(f, input, d, advice, between && python ? 2 : 1);
    advise_heap(f, input, d);
    advise_recording(f, input, d);
    if (d->failure.placed)
        hs_finding_next(f, "heapstrata blame shows each block, heapstrata whatif tries other heaps and thresholds");
}

/* "main.py:14 fault adds (self.faults)", or "it adds". The first line of the statement, where the source is at hand. */
static const char *who_adds(const struct hs_diagnosis *d, char *text, size_t size)
{
    const struct hs_kept *k = &d->kept;
    const char *line = k->adder[0] ? k->adder : d->keeper->name;
    bool same = !strcmp(line, d->grows->name);
    snprintf(text, size, "%.90s adds%s%.60s%s", same ? "it" : line, k->to[0] ? " (" : "", k->to, k->to[0] ? ")" : "");
    return text;
}

/* By what the blocks of the line are kept: a fact where references were recorded, else a guess, or nothing. */
static const char *kept_by(const struct hs_diagnosis *d, char *text, size_t size)
{
    const char *keeper = d->keeper ? d->keeper->name : "";
    char adds[180];
    text[0] = '\0';
    if (d->views)
        snprintf(text, size, ", by memoryviews of %.90s", keeper);
    else if (d->kept.many)
        snprintf(text, size, " in lists, dicts or sets to which %s", who_adds(d, adds, sizeof adds));
    else if (d->kept.adds)
        snprintf(text, size, " by %.100s, %sto which %s", d->kept.by, d->kept.within ? "in lists, dicts or sets " : "",
                 who_adds(d, adds, sizeof adds));
    else if (d->kept.known)
        snprintf(text, size, " by %.150s", d->kept.by);
    else if (d->keeper)
        snprintf(text, size, ", possibly by what %.90s makes larger", keeper);
    return text;
}

static void describe_keeper(struct hs_finding *f, const struct hs_diagnosis *d)
{
    if (d->kept.known)
        hs_finding_evidence(f, "%s %.200s: %" PRIu64 " bytes in %" PRIu64 " blocks are reached through it alone",
                            d->kept.many ? "one of several that hold them is" : "held by", d->kept.by, d->kept.bytes,
                            d->kept.blocks);
    else if (d->keeper && !d->views)
        hs_finding_evidence(f, "they would fit into what %s makes larger, one block of %" PRIu64 " bytes; references decide",
                            d->keeper->name, d->keeper->largest);
}

static void growing(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    bool python = speaks_python(input);
    char verdict[2 * HS_NOTE_LEN];
    const struct hs_live_line *h = d->grows;
    const char *keeper = d->kept.adder[0] ? d->kept.adder : d->keeper ? d->keeper->name : h->name;
    char kept[320];
    snprintf(verdict, sizeof verdict,
             "what %.90s allocates is kept%.310s: %" PRIu64 " blocks, %" PRIu64
             " bytes, %.1f%% of what is live, until a request for %" PRIu32 " bytes at %.80s failed",
             h->name, kept_by(d, kept, sizeof kept), h->blocks, h->live, 100 * h->share, d->failure.size, d->line);
    bool sure = d->views || d->kept.adds || d->keeper == d->asked;
    struct hs_finding *f = new_problem(findings, "HS-HEAP-GROWING", verdict, sure ? keeper : h->name);
    describe_failure(f, d);
    hs_finding_evidence(
        f, "%" PRIu64 " of the %" PRIu64 " blocks that it allocated are live, the newest from shortly before the failure",
        h->blocks, h->allocated);
    if (d->views)
        hs_finding_next(f,
                        "a memoryview, also of a part, keeps its whole buffer: keep a copy of what is needed (bytes(view[:16]))");
    describe_keeper(f, d);
    name_holders(f, d, h);
    const struct line_advice advice = {
        HS_EDIT_DROP, h->name, python ? "let go of what" : "free what",
        python ? "keeps and no longer needs, or bound its number: a list that only grows, a registry, a closure, a kept exception"
               : "keeps and no longer needs, or bound its number: a list that only grows, a path that returns before it frees",
        d->kept.adds ? &d->kept.set : NULL};
    advise_lines(f, input, d, &advice, 1);
    hs_finding_next(
        f, "if the program needs all of them at the same time, they do not fit: make each smaller%s, or give the heap more",
        python ? " (array.array, bytes, a tuple, a number for a text)" : "");
    if (python)
        hs_finding_next(f, "heapstrata why TRACE '%.160s' names what holds one of its blocks, where references were recorded",
                        h->name);
}

/* The peak in one sentence. */
static void word_peak(const struct hs_diagnosis *d, char *text, size_t size)
{
    uint64_t old = d->peak_bytes;
    uint32_t asked = d->failure.size;
    switch (d->peak) {
    case HS_PEAK_COPY:
        snprintf(text, size, "%.150s requested %" PRIu32 " bytes beside %" PRIu64 " bytes of %.150s: a copy, or made from them",
                 d->line, asked, old, d->peak_of);
        break;
    case HS_PEAK_JOINED:
        snprintf(text, size,
                 "%.150s puts two blocks together, one of %.150s: it requested %" PRIu32 " bytes beside their %" PRIu64, d->line,
                 d->peak_of, asked, old);
        break;
    case HS_PEAK_PARTS:
        snprintf(text, size, "%.150s joins what %.150s made: it requested %" PRIu32 " bytes beside the parts, %" PRIu64 " bytes",
                 d->line, d->peak_of, asked, old);
        break;
    case HS_PEAK_BUILT:
        snprintf(text, size,
                 "%.200s makes all at once: %" PRIu64 " blocks, %" PRIu64 " bytes, when it requested %" PRIu32 " more", d->line,
                 d->grows->blocks, old, asked);
        break;
    case HS_PEAK_COMPILED:
        snprintf(text, size,
                 "%.200s compiles source in the heap: the compiler held %" PRIu64 " bytes and requested %" PRIu32 " more",
                 d->line, old, asked);
        break;
    default:
        if (!enlarges(d)) {
            snprintf(text, size,
                     "%.200s requested %" PRIu32 " bytes in one piece beside %" PRIu64 " bytes of one that it made before",
                     d->line, asked, old);
            break;
        }
        snprintf(text, size,
                 "%.200s needs old and new at the same time: it holds %" PRIu64 " bytes in one block and requested %" PRIu32
                 " more in one piece",
                 d->line, old, asked);
    }
}

/* What to do without, by the way in which a peak comes about: before and after the line's name. */
static const struct line_advice without[HS_PEAK_COMPILED + 1] = {
    [HS_PEAK_COPY] = {HS_EDIT_OMIT, NULL, "do without the copy of",
                      ": memoryview for a part of a buffer, list.sort(), readinto(), a text used piece by piece", NULL},
    [HS_PEAK_JOINED] = {HS_EDIT_OMIT, NULL, "do without what", "puts together: write one after the other to where it goes"},
    [HS_PEAK_PARTS] = {HS_EDIT_OMIT, NULL, "do without what", "joins: write each part to where it goes"},
    [HS_PEAK_BUILT] = {HS_EDIT_OMIT, NULL, "do without what",
                       "makes at once: a generator instead of a list, one line or element after the other"},
    [HS_PEAK_COMPILED] = {HS_EDIT_OMIT, NULL, "do without what", "compiles: freeze the module, or load an .mpy file"},
};

/* Calls that make a peak, and what does without it. */
static const struct {
    const char *call, *instead;
} peak_calls[] = {
    {"sorted(", "list.sort() sorts in place, without a second list"},
    {"dumps(", "json.dump(object, stream) writes piece by piece, without the whole text"},
    {".read()", "read piece by piece: for line in file, file.read(256), or readinto() one buffer"},
    {"readlines(", "for line in file reads one line at a time"},
    {"loads(", "json.load(stream) reads from the stream, without the whole text beside what is made from it"},
    {".split(", "find() and a slice take one part at a time, without the list of all"},
    {".join(", "write each part to where it goes, without the whole text"},
    {"exec(", "execute it in smaller parts, or compile it before: a module as .mpy"},
};

/* Advice for what the requesting line of the source calls. */
static void advise_calls(struct hs_finding *f, const struct hs_doctor_input *input)
{
    char *line = f ? hs_doctor_source_line(input, f->file, f->line) : NULL;
    for (size_t i = 0; line && i < sizeof peak_calls / sizeof *peak_calls; i++)
        if (strstr(line, peak_calls[i].call))
            hs_finding_next(f, "%s", peak_calls[i].instead);
    free(line);
}

static void peak(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    char verdict[HS_NOTE_LEN];
    word_peak(d, verdict, sizeof verdict);
    struct hs_finding *f = new_problem(findings, "HS-HEAP-PEAK", verdict, d->line);
    describe_failure(f, d);
    name_holders(f, d, d->asked);
    advise_calls(f, input);
    if (d->peak == HS_PEAK_LARGER) {
        advise_growth(f, input, d);
    } else {
        struct line_advice advice = without[d->peak];
        advice.line = d->line;
        advise_lines(f, input, d, &advice, 1);
    }
    if (d->peak == HS_PEAK_COMPILED)
        hs_finding_next(
            f, "the replay is without all that is compiled: what an .mpy file needs while it is loaded comes on top of its "
               "figures");
    if (d->peak == HS_PEAK_COMPILED)
        hs_finding_next(f, "or import it first, when the heap is still empty: that was not tried");
    if (d->peak == HS_PEAK_JOINED || d->peak == HS_PEAK_PARTS)
        advise_heap(f, input, d);
}

/* The same where references were recorded: who holds it is a fact. */
static void word_accident(const struct hs_diagnosis *d, char *text, size_t size)
{
    const struct hs_accident *a = &d->accident;
    char last[160] = "", at[120] = "";
    if (a->left_over)
        snprintf(last, sizeof last, ", which nothing else refers to");
    else if (a->last[0])
        snprintf(last, sizeof last, ", which is not used any more after %.100s", a->last);
    else
        snprintf(last, sizeof last, ", which is not used any more");
    if (d->unused_at[0])
        snprintf(at, sizeof at, "%s%.80s", a->left_over ? ", from an expression at " : ", set at ", d->unused_at);
    snprintf(text, size,
             "%.80s failed to get %" PRIu32 " bytes while %.110s%.90s%s holds %" PRIu64 " bytes%s; %.80s made most of them",
             d->line, d->failure.size, a->what, at, at[0] ? "," : "", a->bytes, last, d->holds->name);
}

static void advise_accident(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    const struct hs_accident *a = &d->accident;
    char before[400];
    if (a->left_over)
        snprintf(before, sizeof before, "make and use it in a function of its own, whose stack ends with it: what");
    else if (a->last[0])
        snprintf(before, sizeof before, "let go of it after %.100s (%.60s = None): what", a->last, d->unused.name);
    else
        snprintf(before, sizeof before, "let go of it (%.60s = None): what", d->unused.name);
    const struct line_advice advice = {HS_EDIT_RELEASE, d->holds->name, before, "made is then garbage", &a->set};
    advise_lines(f, input, d, &advice, 1);
    if (d->unused.global)
        hs_finding_next(f, "or make it a local variable of a function: it ends with the function");
}

static void held_by_accident(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    const struct hs_accident *a = &d->accident;
    char verdict[2 * HS_NOTE_LEN];
    word_accident(d, verdict, sizeof verdict);
    struct hs_finding *f = new_problem(findings, "HS-HEAP-HELD", verdict, d->unused_at[0] ? d->unused_at : d->holds->name);
    describe_failure(f, d);
    hs_finding_evidence(f, "held by %.200s: %" PRIu64 " bytes in %" PRIu64 " blocks would be garbage without it", a->what,
                        a->bytes, a->blocks);
    if (a->also[0])
        hs_finding_evidence(f, "%.200s is not used any more either", a->also);
    if (a->also_left_over)
        hs_finding_evidence(
            f, "a slot of a stack that is left over from an expression refers to them too, until it is used again or its "
               "function returns");
    name_holders(f, d, NULL);
    advise_accident(f, input, d);
}

/* A variable that is not used any more keeps what is missing. */
static void held(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    const struct hs_unused *u = &d->unused;
    const char *loop = u->loop ? "the loop that ends at " : "";
    char verdict[HS_NOTE_LEN];
    if (d->accident.known) {
        held_by_accident(input, d, findings);
        return;
    }
    snprintf(verdict, sizeof verdict,
             "%.80s failed to get %" PRIu32 " bytes while %s%.40s of %.60s still holds %" PRIu64
             " bytes that %.70s made: it is not used any more after %sline %u",
             d->line, d->failure.size, u->global ? "the global " : "", u->name, d->unused_at, d->holds->live, d->holds->name,
             loop, (unsigned)u->last);
    struct hs_finding *f = new_problem(findings, "HS-HEAP-HELD", verdict, d->unused_at);
    describe_failure(f, d);
    name_holders(f, d, NULL);
    char before[HS_UNUSED_NAME + 80], after[120];
    snprintf(before, sizeof before, "let go of it after %sline %u (%s = None): what", loop, (unsigned)u->last, u->name);
    snprintf(after, sizeof after, "made is then garbage, unless something else refers to it");
    const struct line_advice advice = {HS_EDIT_RELEASE, d->holds->name, before, after};
    advise_lines(f, input, d, &advice, 1);
    if (u->global)
        hs_finding_next(f, "or make it a local variable of a function: it ends with the function");
}

/* What the heap was like, as far as it is true, up to "live data". */
static void word_full(const struct hs_diagnosis *d, char *text, size_t size)
{
    const struct hs_failure *f = &d->failure;
    char pieces[64] = "", room[64];
    if (f->free >= f->size)
        snprintf(pieces, sizeof pieces, ", but in pieces of at most %" PRIu64, f->largest_free);
    if (f->free < d->total / FULL_PART)
        snprintf(text, size, "the heap was full of live data when %.120s requested %" PRIu32 " bytes", d->line, f->size);
    else
        snprintf(text, size, "%.120s requested %" PRIu32 " bytes, and %s were free%s; the rest is live data", d->line, f->size,
                 word_room(d, room, sizeof room), pieces);
}

static void full(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    bool python = speaks_python(input);
    char verdict[HS_NOTE_LEN];
    const struct hs_live_line *most = d->n && d->lines ? &d->held[0] : NULL;
    char state[300];
    word_full(d, state, sizeof state);
    if (most && most->live)
        snprintf(verdict, sizeof verdict, "%.250s: %.1f%% of it is of %.120s", state, 100 * most->share, most->name);
    else
        snprintf(verdict, sizeof verdict, "%s", state);
    struct hs_finding *f = new_problem(findings, "HS-HEAP-FULL", verdict, most ? most->name : d->line);
    describe_failure(f, d);
    name_holders(f, d, NULL);
    advise(f, python,
           (struct advice){
               "make the largest of these smaller: array.array or bytes for numbers, tuples for records that do not change, "
               "_NAME = const() for constants",
               "make the largest of these smaller, or put what never changes into flash (const)"});
    advise(f, python,
           (struct advice){
               "freeze modules into the firmware, or load .mpy files: their bytecode then takes less of the heap, or none", NULL});
    advise_heap(f, input, d);
    advise_recording(f, input, d);
    advise(f, python,
           (struct advice){"heapstrata report --live lists all lines, --sort kind what the blocks are",
                           "heapstrata report --live lists all callers, heapstrata regions what each kind of memory has left"});
}

static void (*const causes[HS_CAUSES])(const struct hs_doctor_input *, const struct hs_diagnosis *, struct hs_findings *) = {
    [HS_CAUSE_LOCKED] = locked,
    [HS_CAUSE_UNCOLLECTED] = uncollected,
    [HS_CAUSE_REFUSED] = refused,
    [HS_CAUSE_TOO_LARGE] = too_large,
    [HS_CAUSE_FRAGMENTED] = fragmented,
    [HS_CAUSE_GROWING] = growing,
    [HS_CAUSE_PEAK] = peak,
    [HS_CAUSE_HELD] = held,
    [HS_CAUSE_FULL] = full,
};

/* A failure of which not even the figures of the heap are known. Those of pools have their own check. */
static void unknown(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    const struct hs_model *m = input->model;
    char line[HS_NAME_MAX];
    const struct hs_failure *f = m && m->n_failures ? &m->failure[(m->n_failures - 1) % HS_FAILURES_KEPT] : NULL;
    if (!f || f->synced || f->verdict != HS_VERDICT_UNKNOWN || f->region != HS_ALL_REGIONS)
        return;
    hs_name_of_site(input->names, f->site, HS_KEY_LINE, line);
    struct hs_finding *found = hs_finding_new(findings, "HS-HEAP-FAILED", HS_SEVERITY_PROBLEM,
                                              "%.200s requested %" PRIu32 " bytes and got none; why is not in this trace", line,
                                              f->size);
    hs_finding_place(found, line);
    hs_finding_evidence(found, "neither a snapshot of the heap nor a summary is left from before the failure");
    hs_finding_next(found, "record into a larger ring, or as a stream");
}

static void look(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    for (unsigned i = 0; input->exam && i < input->exam->diagnoses.n; i++) {
        const struct hs_diagnosis *d = &input->exam->diagnoses.diagnosis[i];
        if (causes[d->cause])
            causes[d->cause](input, d, findings);
    }
    if (input->exam && !input->exam->diagnoses.n && input->names)
        unknown(input, findings);
}

const struct hs_check hs_check_failure = {.name = "failure", .look = look};
