/* SPDX-License-Identifier: MIT
 *
 * A trace with failed allocations: the cause, the line, and what to change. analysis/diagnosis finds the cause; this
 * file has the texts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/failure_advice.h"

#define FULL_PART 8u    /* a heap of which less than this part is free is full */
#define SMALL_BLOCKS 4u /* of a line, that are small: a loop makes them */
#define SMALL_PART 32u  /* a small block has at most this part of what was requested */
#define ABSURD 4u       /* a request of more than this many times the heap may be a wrong number */

/* ---- one function per cause ---- */

static void locked(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    bool python = hs_failure_speaks_python(input);
    char verdict[HS_NOTE_LEN];
    if (d->switched[0])
        snprintf(verdict, sizeof verdict,
                 "%.120s requested memory while the heap was locked: micropython.heap_lock() is called at %.120s", d->line,
                 d->switched);
    else
        snprintf(verdict, sizeof verdict, "%.200s requested memory while the heap was locked", d->line);
    bool lock = d->switched[0] && d->stays_locked;
    struct hs_finding *f = hs_failure_problem(findings, "HS-HEAP-LOCKED", verdict, lock ? d->line : d->switched);
    hs_failure_describe(f, d);
    if (d->switched[0])
        hs_finding_source(input, f);
    hs_finding_place(f, lock ? d->switched : d->line);
    const struct hs_advice advice[] = {
        {"an interrupt handler and a finaliser must not allocate: allocate before, or let micropython.schedule() call what does",
         "an interrupt handler must not allocate: allocate before"},
        {"micropython.heap_unlock() once for each micropython.heap_lock(), also where a function returns early or raises", NULL},
    };
    hs_failure_advise(f, python, advice[lock]);
    hs_failure_advise(f, python, advice[!lock]);
}

static void uncollected(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    bool python = hs_failure_speaks_python(input);
    char verdict[HS_NOTE_LEN];
    if (d->switched[0])
        snprintf(verdict, sizeof verdict,
                 "automatic collection was off when %.100s failed: gc.disable() is called at %.120s, and garbage may fill "
                 "the heap",
                 d->line, d->switched);
    else
        snprintf(verdict, sizeof verdict, "automatic collection was off when %.200s failed: garbage may fill the heap", d->line);
    struct hs_finding *f = hs_failure_problem(findings, "HS-COLLECT-OFF", verdict, d->switched[0] ? d->switched : d->line);
    hs_failure_describe(f, d);
    hs_failure_name_holders(f, d, NULL);
    hs_failure_advise(f, python, (struct hs_advice){"call gc.enable(), or gc.collect() often enough after gc.disable()", NULL});
}

static void refused(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    char verdict[HS_NOTE_LEN];
    snprintf(verdict, sizeof verdict, "%.200s requested a kind of memory that no region has", d->line);
    struct hs_finding *f = hs_failure_problem(findings, "HS-HEAP-REFUSED", verdict, d->line);
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

/* What joins the parts of a text needs the parts and the whole at the same time, also str.join(). */
static void advise_text(struct hs_finding *f)
{
    hs_finding_next(
        f, "where the whole is needed, make it once: data = bytearray(size), then data[at:at + len(part)] = part; a list of "
           "parts and join() needs all parts and the whole at the same time");
}

/* Whether the source line of the finding is like "data = data[n:]": it copies what is left, again and again. */
static bool cuts_itself(const struct hs_finding *f, const struct hs_doctor_input *input)
{
    char *line = f ? hs_doctor_source_line(input, f->file, f->line) : NULL;
    size_t name = line ? strcspn(line, " =") : 0;
    const char *value = line ? line + name + strspn(line + name, " ") : "";
    bool assigns = name && value[0] == '=' && value[1] != '=';
    value += assigns ? 1 + strspn(value + 1, " ") : 0;
    const char *slice = assigns && !strncmp(value, line, name) && value[name] == '[' ? strchr(value + name, ':') : NULL;
    bool cuts = slice && strchr(slice, ']');
    free(line);
    return cuts;
}

/* A list, dict or bytearray requests its whole new size as one block. */
static void advise_growth(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    bool python = hs_failure_speaks_python(input);
    const struct hs_line_advice advice[] = {
        {HS_EDIT_FINAL_SIZE, d->line, "give what",
         python ? "makes larger its final size at once, where that is known ([None] * n, bytearray(n))"
                : "makes larger its final size at once, where that is known"},
        {HS_EDIT_REUSE, d->line, "where",
         python
             ? "makes a buffer anew each time: reuse it, or drop the old one before (buffer = None) if nothing else refers to it"
             : "makes a buffer anew each time: reuse it, or free the old one before"},
    };
    const struct hs_line_advice whole = {HS_EDIT_OMIT, d->line, "do without the whole of what",
                                         "puts together: use each part as soon as it is made, write or send it"};
    const struct hs_line_advice rest = {HS_EDIT_OMIT, d->line, "do without the new slices of",
                                        ": keep an offset into the data, or slice memoryview(data), which copies nothing"};
    bool cuts = d->extends && cuts_itself(f, input);
    bool larger = enlarges(d) || d->cause != HS_CAUSE_PEAK;
    if (d->extends)
        hs_failure_advise_lines(f, input, d, cuts ? &rest : &whole, 1);
    else if (!hs_failure_advise_lines(f, input, d, &advice[larger ? 0 : 1], larger && d->cause == HS_CAUSE_PEAK ? 2 : 1) &&
             d->cause == HS_CAUSE_PEAK)
        hs_failure_advise_lines(f, input, d, &whole, 1);
    advise_others(f, d);
    if (!d->extends)
        hs_failure_advise(f, python,
                          (struct hs_advice){"split it into several smaller ones", "split it into several smaller ones"});
    if (d->extends && python && !cuts)
        advise_text(f);
    else if (!d->extends && d->asked && d->asked->python)
        hs_finding_next(f, "numbers of one kind take less in array.array; what is read in order need not be kept: a generator");
}

static void too_large(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    char verdict[HS_NOTE_LEN], caller[130] = "";
    bool growing = d->asked && d->asked->largest >= d->failure.size / 4;
    bool absurd = d->failure.size / ABSURD > d->total;
    if (d->caller[0] && !growing)
        snprintf(caller, sizeof caller, "; %.100s called it", d->caller);
    snprintf(verdict, sizeof verdict, "%.120s requested %" PRIu32 " bytes: no heap of %" PRIu64 " bytes could give them%s",
             d->line, d->failure.size, d->total, caller);
    struct hs_finding *f = hs_failure_problem(findings, "HS-HEAP-TOO-SMALL", verdict, d->line);
    if (growing)
        hs_finding_evidence(
            f, "the same line holds %" PRIu64 " bytes in one block: it grows, and requests its next size in one piece",
            d->asked->largest);
    else
        hs_failure_describe(f, d);
    if (!growing && d->failure.level == HS_LEVEL_SUMMARY)
        hs_finding_evidence(f, "whether it is the next size of a list or table that grows is not in a trace of this level");
    if (growing)
        advise_growth(f, input, d);
    else if (absurd)
        hs_finding_next(f, "if that number is not meant, look where it is computed: a length field, its byte order");
    if (!growing)
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

/* Lines that made many small blocks of those in the way, and all their blocks that are live at the failure. */
struct small_lines {
    char names[HS_NAME_MAX];
    const char *line[HS_HOLDERS_NAMED]; /* `n` */
    size_t n;
    struct hs_block_set blocks;
};

static bool are_small(const struct hs_between *b, uint32_t size)
{
    return b->python && b->blocks >= SMALL_BLOCKS && b->bytes / b->blocks <= size / SMALL_PART;
}

static void find_small(struct small_lines *small, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    *small = (struct small_lines){.n = 0};
    for (size_t i = 0; i < d->n_between && small->n < HS_HOLDERS_NAMED; i++)
        if (are_small(&d->between[i], d->failure.size))
            small->line[small->n++] = d->between[i].name;
    for (size_t i = 0, at = 0; i < small->n && at < sizeof small->names; i++) {
        const char *after = i + 1 == small->n ? "" : i + 2 == small->n ? " and " : ", ";
        at += (size_t)snprintf(small->names + at, sizeof small->names - at, "%.50s%s", small->line[i], after);
    }
    hs_trial_find_lasting(&small->blocks, input, d, small->line, small->n);
}

static void fragmented(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    bool python = hs_failure_speaks_python(input);
    char verdict[HS_NOTE_LEN], who[200];
    snprintf(verdict, sizeof verdict,
             "%.100s requested %" PRIu32 " bytes, and %" PRIu64 " were free, but in pieces of at most %" PRIu64 "%s", d->line,
             d->failure.size, d->failure.free, d->failure.largest_free, culprits(d, who, sizeof who));
    const struct hs_between *between = line_between(d);
    struct hs_finding *f = hs_failure_problem(findings, "HS-FRAG-FAILED", verdict, d->line);
    hs_failure_describe(f, d);
    for (size_t i = 0; i < d->n_between && i < HS_HOLDERS_NAMED; i++)
        hs_finding_evidence(f, "in the way of a run of %" PRIu64 " bytes: %" PRIu64 " block%s, %" PRIu64 " bytes, of %s%s",
                            d->run, d->between[i].blocks, d->between[i].blocks == 1 ? "" : "s", d->between[i].bytes, kind_of(d),
                            d->between[i].name);
    struct small_lines small;
    find_small(&small, input, d);
    struct hs_line_advice advice[HS_ADVICE_MAX] = {
        {HS_EDIT_AT_START, d->line, "allocate what", "needs once, at the program's start, and reuse it"}};
    size_t n = 1;
    if (between && python)
        advice[n++] = (struct hs_line_advice){HS_EDIT_COLLECT, between->name, "call gc.collect() before",
                                              "allocates, so that its blocks are placed lower, beside those that stay"};
    if (small.blocks.n)
        advice[n++] = (struct hs_line_advice){.kind = HS_EDIT_BEFORE,
                                              .line = small.names,
                                              .before = "make the small blocks of",
                                              .after = "before the large ones, or keep their data in one array or bytearray "
                                                       "that is made at the start",
                                              .set = &small.blocks};
    if (d->failure.placed || !input->model || !hs_model_has_requests(input->model))
        hs_failure_advise_lines(f, input, d, advice, n);
    free(small.blocks.born);
    hs_failure_advise_heap(f, input, d);
    advise_recording(f, input, d);
    if (d->failure.placed)
        hs_finding_next(f, "heapstrata blame shows each block, heapstrata whatif tries other heaps and thresholds");
}

/* The line that adds, the line that the sentence named before, and what it adds to, or "". */
struct adding {
    const char *line, *named, *to;
};

/* "main.py:14 fault adds (self.faults)", or "the same line adds". */
static const char *word_adds(struct adding a, char *text, size_t size)
{
    bool same = !strcmp(a.line, a.named);
    snprintf(text, size, "%.90s adds%s%.60s%s", same ? "the same line" : a.line, a.to[0] ? " (" : "", a.to, a.to[0] ? ")" : "");
    return text;
}

/* The first line of the statement, where the source is at hand. */
static const char *who_adds(const struct hs_diagnosis *d, char *text, size_t size)
{
    const struct hs_kept *k = &d->kept;
    return word_adds((struct adding){k->adder[0] ? k->adder : d->keeper->name, d->grows->name, k->to}, text, size);
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
        hs_finding_evidence(f, "%s %.200s: %" PRIu64 " bytes in %" PRIu64 " blocks are reached through %s alone",
                            d->kept.many ? "one of several that hold them is" : "held by", d->kept.by, d->kept.bytes,
                            d->kept.blocks, d->kept.together ? "these" : "it");
    else if (d->keeper && !d->views)
        hs_finding_evidence(f, "they would fit into what %s makes larger, one block of %" PRIu64 " bytes; references decide",
                            d->keeper->name, d->keeper->largest);
}

/* Where there was room, but in pieces, besides what grows or fills the heap. */
static void add_pieces(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    const struct hs_failure *w = &d->failure;
    bool grown = enlarges(d) && d->cause != HS_CAUSE_GROWING;
    if (w->verdict != HS_VERDICT_FRAGMENTED || !hs_is_in_pieces(w, d->total))
        return;
    hs_finding_evidence(f, "the free space is in pieces too: %" PRIu64 " bytes in all, none longer than %" PRIu64, w->free,
                        w->largest_free);
    const struct hs_between *between = line_between(d);
    const struct hs_line_advice advice[] = {
        {HS_EDIT_COLLECT, between ? between->name : NULL, "call gc.collect() before",
         "allocates, so that its blocks are placed lower, beside those that stay"},
        {HS_EDIT_FINAL_SIZE, d->line, "give what",
         "makes larger its final size at once, before the heap is in pieces ([None] * n)"},
    };
    if (w->placed && hs_failure_speaks_python(input))
        hs_failure_advise_lines(f, input, d, &advice[between ? 0 : 1], (size_t) !!between + grown);
    if (enlarges(d))
        hs_finding_next(f,
                        "what %.160s makes larger requests its whole next size in one piece, %" PRIu32
                        " bytes: several smaller ones may find room",
                        d->line, w->size);
}

/* One text, list or buffer that never becomes shorter. */
static void growing_one(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    const struct hs_live_line *h = d->grows;
    char verdict[HS_NOTE_LEN];
    snprintf(verdict, sizeof verdict,
             "%.120s makes one thing larger and larger, in a loop without an end: it has %" PRIu64
             " bytes, and the request for the next step, %" PRIu32 " bytes, failed",
             h->name, h->largest, d->failure.size);
    struct hs_finding *f = hs_failure_problem(findings, "HS-HEAP-GROWING", verdict, h->name);
    hs_failure_describe(f, d);
    hs_finding_evidence(f, "no row was found that makes it shorter, or anew");
    hs_failure_name_holders(f, d, h);
    const struct hs_line_advice advice = {
        HS_EDIT_OMIT, h->name, "bound what",
        "makes larger: write it out and begin anew at some length, keep only the last part of it "
        "(text = text[-500:]), or use each part and keep none"};
    hs_failure_advise_lines(f, input, d, &advice, 1);
    hs_finding_next(f,
                    "each step needs the old and the new value at the same time, unless there is room right behind the old one");
    hs_finding_next_why(f, input, h->name);
}

/* Names the line that adds to what keeps the blocks, where it is known. */
static void advise_letting_go(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    bool python = hs_failure_speaks_python(input);
    const struct hs_kept *k = &d->kept;
    const char *examples = python ? "a list that only grows, a registry, a closure, a kept exception"
                                  : "a list that only grows, a path that returns before it frees";
    char after[260];
    snprintf(after, sizeof after, "%s%s%.60s %s, or bound its number: %s", k->adds ? "adds" : "keeps",
             k->adds && k->to[0] ? " to " : "", k->adds ? k->to : "",
             k->adds ? "and the program no longer needs" : "and no longer needs", examples);
    const struct hs_line_advice advice = {.kind = HS_EDIT_DROP,
                                          .line = d->grows->name,
                                          .named = !k->adds      ? NULL
                                                   : k->adder[0] ? k->adder
                                                                 : d->keeper->name,
                                          .before = python ? "let go of what" : "free what",
                                          .after = after,
                                          .set = k->adds ? &k->set : NULL};
    hs_failure_advise_lines(f, input, d, &advice, 1);
}

static void growing(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    if (d->endless) {
        growing_one(input, d, findings);
        return;
    }
    bool python = hs_failure_speaks_python(input);
    char verdict[2 * HS_NOTE_LEN];
    const struct hs_live_line *h = d->grows;
    const char *keeper = d->kept.adder[0] ? d->kept.adder : d->keeper ? d->keeper->name : h->name;
    char kept[320];
    snprintf(verdict, sizeof verdict,
             "what %.90s %s kept%.310s: %s%" PRIu64 " blocks, %" PRIu64
             " bytes, %.1f%% of what is live, until a request for %" PRIu32 " bytes at %.80s failed",
             h->name, d->growth.others ? "and other lines allocate is" : "allocates is", kept_by(d, kept, sizeof kept),
             hs_failure_about(d), d->growth.blocks, d->growth.bytes, 100 * h->share * (double)d->growth.bytes / (double)h->live,
             d->failure.size, d->line);
    bool sure = d->views || d->kept.adds || d->keeper == d->asked;
    struct hs_finding *f = hs_failure_problem(findings, "HS-HEAP-GROWING", verdict, sure ? keeper : h->name);
    hs_failure_describe(f, d);
    hs_finding_evidence(
        f, "%s%" PRIu64 " of the %" PRIu64 " blocks that %s allocated are live, the newest from shortly before the failure",
        hs_failure_about(d), h->blocks, h->allocated, d->growth.others ? h->name : "it");
    if (d->views)
        hs_finding_next(f,
                        "a memoryview, also of a part, keeps its whole buffer: keep a copy of what is needed (bytes(view[:16]))");
    describe_keeper(f, d);
    hs_failure_name_holders(f, d, d->growth.others ? NULL : h);
    advise_letting_go(f, input, d);
    add_pieces(f, input, d);
    hs_finding_next(
        f, "if the program needs all of them at the same time, they do not fit: make each smaller%s, or give the heap more",
        python ? " (array.array, bytes, a tuple, a number for a text)" : "");
    if (python)
        hs_finding_next_why(f, input, h->name);
}

/* The peak in one sentence. */
static void word_peak(const struct hs_diagnosis *d, char *text, size_t size)
{
    uint64_t old = d->peak_bytes;
    uint32_t asked = d->failure.size;
    switch (d->peak) {
    case HS_PEAK_COPY:
        if (!strcmp(d->line, d->peak_of)) {
            snprintf(text, size,
                     "%.200s requested %" PRIu32 " bytes beside %" PRIu64 " bytes that the same line made before: it makes one "
                     "from the other",
                     d->line, asked, old);
            break;
        }
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
    case HS_PEAK_PARSED:
        snprintf(text, size,
                 "%.110s parses a whole document at once: it has made %" PRIu64 " bytes beside %" PRIu64
                 " bytes of text of %.110s, and requested %" PRIu32 " more",
                 d->line, d->asked->live, old, d->peak_of, asked);
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
static const struct hs_line_advice without[HS_PEAK_PARSED + 1] = {
    [HS_PEAK_COPY] =
        {HS_EDIT_OMIT, NULL, "do without the copy of",
         ": change it in place, memoryview for a part of a buffer, list.sort(), readinto(), a text used piece by piece", NULL},
    [HS_PEAK_JOINED] = {HS_EDIT_OMIT, NULL, "do without what", "puts together: write one after the other to where it goes"},
    [HS_PEAK_PARTS] = {HS_EDIT_OMIT, NULL, "do without what", "joins: write each part to where it goes"},
    [HS_PEAK_BUILT] = {HS_EDIT_OMIT, NULL, "do without what",
                       "makes at once: a generator instead of a list, one line or element after the other"},
    [HS_PEAK_COMPILED] = {HS_EDIT_OMIT, NULL, "do without what", "compiles: freeze the module, or load an .mpy file"},
    [HS_PEAK_PARSED] = {HS_EDIT_OMIT, NULL, "do without the text of",
                        "at that time: json.load(file) reads and parses piece by piece"},
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
    char verdict[HS_NOTE_LEN], caller[130] = "";
    word_peak(d, verdict, sizeof verdict);
    if (d->caller[0] && d->peak != HS_PEAK_COMPILED && (d->peak != HS_PEAK_LARGER || !enlarges(d)))
        snprintf(caller, sizeof caller, "; %.100s called it", d->caller);
    strncat(verdict, caller, sizeof verdict - strlen(verdict) - 1);
    struct hs_finding *f = hs_failure_problem(findings, "HS-HEAP-PEAK", verdict, d->line);
    hs_failure_describe(f, d);
    if (d->accident.old)
        hs_finding_evidence(
            f, "%.200s still has an older value of it, %" PRIu64 " bytes, until it is used again or its function returns",
            d->accident.what, d->accident.bytes);
    hs_failure_name_holders(f, d, d->asked);
    /* What joins parts has the same advice with figures, where a trial shows that it helps. */
    bool joins = d->peak == HS_PEAK_PARTS;
    unsigned given = f ? f->next.n : 0;
    if (d->peak != HS_PEAK_PARSED && !joins)
        advise_calls(f, input);
    if (d->peak == HS_PEAK_LARGER) {
        advise_growth(f, input, d);
    } else {
        struct hs_line_advice advice = without[d->peak];
        advice.line = d->peak == HS_PEAK_PARSED ? d->peak_of : d->line;
        hs_failure_advise_lines(f, input, d, &advice, 1);
    }
    if (joins && f && f->next.n == given)
        advise_calls(f, input);
    if (d->peak == HS_PEAK_PARSED) {
        hs_finding_next(f, "or parse smaller documents, one after the other, and keep of each only what is used");
        hs_failure_advise_heap(f, input, d);
    }
    if (d->peak == HS_PEAK_COMPILED)
        hs_finding_next(
            f, "the replay is without all that is compiled: what an .mpy file needs while it is loaded comes on top of its "
               "figures");
    if (d->peak == HS_PEAK_COMPILED)
        hs_finding_next(f, "or import it first, when the heap is still empty: that was not tried");
    if (hs_failure_speaks_python(input) && (d->peak == HS_PEAK_JOINED || d->peak == HS_PEAK_PARTS))
        advise_text(f);
    if (d->peak == HS_PEAK_JOINED || d->peak == HS_PEAK_PARTS)
        hs_failure_advise_heap(f, input, d);
}

/* What the heap was like, as far as it is true, up to "live data". */
static void word_full(const struct hs_diagnosis *d, char *text, size_t size)
{
    const struct hs_failure *f = &d->failure;
    char pieces[64] = "", room[64];
    bool more = f->free >= f->size && d->needed.known && !d->needed.anew && !d->needed.over;
    if (f->free >= f->size)
        snprintf(pieces, sizeof pieces, ", but in pieces of at most %" PRIu64, f->largest_free);
    if (f->free < d->total / FULL_PART)
        snprintf(text, size, "the heap was full of live data when %.120s requested %" PRIu32 " bytes", d->line, f->size);
    else
        snprintf(text, size, "%.120s requested %" PRIu32 " bytes%s, and %s were free%.50s; the rest is live data%s", d->line,
                 f->size, f->free < f->size ? ", more than was left" : " in one piece", hs_failure_room(d, room, sizeof room),
                 pieces, more ? ", of which the program was still making more" : "");
}

/* A variable of a running call has a name in the statement that adds to what it refers to. */
static bool is_named(const struct hs_filled *f) { return f->frame != UINT32_MAX && f->to[0]; }

/* What most of the live data is: kept by a list, dict or set, or of the line that holds most. */
static void word_most(const struct hs_diagnosis *d, char *text, size_t size)
{
    const struct hs_filled *f = &d->filled;
    const struct hs_live_line *most = &d->held[0];
    char added[180] = "", adds[160];
    uint64_t live = 0;
    for (size_t i = 0; i < d->n; i++)
        live += d->held[i].live;
    bool named = is_named(f);
    if (f->made && f->adds)
        snprintf(added, sizeof added, ", to which %s,",
                 word_adds((struct adding){f->adder[0] ? f->adder : f->adds->name, f->made->name, named ? "" : f->to}, adds,
                           sizeof adds));
    text[0] = '\0';
    if (f->made && live)
        snprintf(text, size, ": %.90s made %.1f%% of it; %.100s%s keeps %.1f%%", f->made->name, 100 * f->made->share,
                 named ? f->to : f->by, added, 100 * (double)f->bytes / (double)live);
    else if (d->n && !most->python && d->unknown >= most->share && live)
        snprintf(text, size, ": which lines made %.0f%% of it was recorded before this trace begins", 100 * d->unknown);
    else if (d->n && d->lines && most->live)
        snprintf(text, size, ": %s%.1f%% of it is of %.120s", hs_failure_about(d), 100 * most->share, most->name);
    else if (d->most.name[0])
        snprintf(text, size,
                 d->most.live ? ": by estimates %.120s keeps %.0f%% of it"
                              : ": %.120s requested most, %.0f%% of all bytes at least",
                 d->most.name, 100 * d->most.share);
}

/* Why it is not called growing. */
static void describe_needed(struct hs_finding *f, const struct hs_diagnosis *d)
{
    const struct hs_needed *n = &d->needed;
    char rounds[100] = "", uses[160] = "";
    if (n->times && n->made && n->made <= n->times)
        snprintf(rounds, sizeof rounds, ", %" PRIu64 " of its %" PRIu64 " rounds were done", n->made, n->times);
    else if (n->times)
        snprintf(rounds, sizeof rounds, ", after %" PRIu64 " rounds", n->times);
    if (n->reads[0])
        snprintf(uses, sizeof uses, ", and %.100s uses them afterwards: the program needs them", n->reads);
    if (n->known && n->loop[0] && n->anew)
        hs_finding_evidence(f, "each round of the loop at %.100s makes them anew", n->loop);
    else if (n->known && n->loop[0])
        hs_finding_evidence(f, "the loop at %.100s makes them; it ends%s%s", n->loop, rounds, uses);
    else if (n->known && !n->over && n->outside)
        hs_finding_evidence(f, "they are made outside of loops: they do not grow for ever");
}

static const struct hs_kind_then *kind_named(const struct hs_diagnosis *d, const char *name)
{
    for (unsigned i = 0; i < HS_FILLED_KINDS; i++)
        if (d->filled.kind[i].blocks && !strcmp(d->filled.kind[i].name, name))
            return &d->filled.kind[i];
    return NULL;
}

#define ARRAY_FLOAT 4u /* bytes of a number in array.array("f") */

/* Cheaper forms of what fills the heap, with their sizes. */
static void advise_forms(struct hs_finding *f, const struct hs_diagnosis *d)
{
    static const struct {
        const char *kind, *form;
    } forms[] = {
        {"instance",
         "an object has a table for its attributes: a tuple, or numbers at computed places of one bytearray, do without"},
        {"dict",
         "a dict for each record holds the same keys again and again: a tuple takes a third, an array for each key less still"},
        {"list", "a list takes a word for each element, and a block of its own: bytes or array.array for small numbers"},
        {"str", "texts: a number for each that is one of a few, or one bytes object for all of them"},
        {"tuple", "a tuple takes a word for each element, and a block of its own: one array.array for each place in it"},
    };
    const struct hs_kind_then *floats = kind_named(d, "float");
    const struct hs_needed *n = &d->needed;
    if (n->known && n->made && n->times > n->made)
        hs_finding_next(f, "all %" PRIu64 " rounds make about %" PRIu64 " bytes in this form, %" PRIu64 " by now", n->times,
                        (uint64_t)((double)d->filled.bytes * (double)n->times / (double)n->made), d->filled.bytes);
    if (floats)
        hs_finding_next(f, "%" PRIu64 " floats are objects, %" PRIu64 " bytes: in array.array(\"f\") they take %" PRIu64,
                        floats->blocks, floats->bytes, ARRAY_FLOAT * floats->blocks);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const struct hs_kind_then *k = kind_named(d, forms[i].kind);
        if (k && k->blocks > HS_HOLDERS_NAMED)
            hs_finding_next(f, "%" PRIu64 " blocks of the kind %s, %" PRIu64 " bytes: %s", k->blocks, k->name, k->bytes,
                            forms[i].form);
    }
}

static void full(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    bool python = hs_failure_speaks_python(input);
    char verdict[2 * HS_NOTE_LEN], state[360], most[400];
    bool named = is_named(&d->filled) && !strstr(d->filled.by, "variable ") && !strstr(d->filled.by, "argument ");
    const struct hs_live_line *line = d->filled.made ? d->filled.made : d->n && d->lines ? &d->held[0] : NULL;
    word_full(d, state, sizeof state);
    word_most(d, most, sizeof most);
    snprintf(verdict, sizeof verdict, "%.350s%s", state, most);
    struct hs_finding *f = hs_failure_problem(findings, "HS-HEAP-FULL", verdict,
                                              d->most.name[0] ? d->most.name
                                              : line          ? line->name
                                                              : d->line);
    hs_failure_describe(f, d);
    if (d->filled.made)
        hs_finding_evidence(f, "kept by %s%s%.200s: %" PRIu64 " bytes in %" PRIu64 " blocks are reached through it alone",
                            named ? d->filled.to : "", named ? ", " : "", d->filled.by, d->filled.bytes, d->filled.blocks);
    describe_needed(f, d);
    hs_failure_name_holders(f, d, NULL);
    add_pieces(f, input, d);
    advise_forms(f, d);
    hs_failure_advise(
        f, python,
        (struct hs_advice){
            "make the largest of these smaller: array.array or bytes for numbers, tuples for records that do not change, "
            "_NAME = const() for constants",
            "make the largest of these smaller, or put what never changes into flash (const)"});
    hs_failure_advise(
        f, python,
        (struct hs_advice){
            "freeze modules into the firmware, or load .mpy files: their bytecode then takes less of the heap, or none", NULL});
    hs_failure_advise_heap(f, input, d);
    advise_recording(f, input, d);
    hs_failure_advise(
        f, python,
        (struct hs_advice){"heapstrata report --live lists all lines, --sort kind what the blocks are",
                           "heapstrata report --live lists all callers, heapstrata regions what each kind of memory has left"});
}

#define RING_ADVISED (16u << 10) /* bytes: with references, such a ring explains most failures of a heap of 64 KB */

static uint32_t larger_ring(const struct hs_trace_info *info)
{
    return info->ring_bytes >= RING_ADVISED ? 2 * (info->ring_bytes >> 10) : RING_ADVISED >> 10;
}

static void word_held(const struct hs_trace_info *info, char *text, size_t size)
{
    text[0] = '\0';
    if (info->ring_bytes)
        snprintf(text, size, ": this one, of %" PRIu32 " KB, holds the last %" PRIu64 " of %" PRIu64 " records",
                 info->ring_bytes >> 10, info->records, info->emitted);
}

static void advise_larger(struct hs_finding *f, const struct hs_trace_info *info, const char *before)
{
    char held[120];
    word_held(info, held, sizeof held);
    hs_finding_next(f, "%srecord into a larger ring, of %" PRIu32 " KB or more%s", before, larger_ring(info), held);
}

/* A ring larger than the one of this trace. References that need more than half of a ring are not recorded, thus whether they were
 * switched on is not known where there are none. */
static void advise_ring(struct hs_finding *f, const struct hs_trace_info *info, bool referred)
{
    char held[120];
    word_held(info, held, sizeof held);
    if (referred && info->ring_bytes)
        advise_larger(f, info, "or ");
    else if (!referred)
        hs_finding_next(f,
                        "or record into a ring of %" PRIu32
                        " KB or more: the references at a failure have room there, unless heapstrata.refs(\"\") or an empty "
                        "HEAPSTRATA_REFS leaves them out%s",
                        larger_ring(info), held);
}

/* What to record so that the next failure can be explained. */
static void advise_data(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    const struct hs_trace_info *info = input->reader ? hs_reader_info(input->reader) : NULL;
    bool begun = info && info->overwritten;
    if (d->failure.level > HS_LEVEL_FULL)
        hs_finding_next(f,
                        "record the program at level full: level %s does not have the blocks and references that decide "
                        "(heapstrata record --level full, heapstrata.start(level=\"full\"))",
                        hs_level_name(d->failure.level));
    else
        hs_finding_next(f, "record %s: heapstrata record, or heapstrata.stream() on a board",
                        begun
                            ? "all events as a stream, with references; the ring no longer has which lines allocated what is live"
                            : "the references at the failure, as a stream does");
    if (d->failure.level <= HS_LEVEL_FULL && info)
        advise_ring(f, info, d->referred);
}

/* Of a trace that does not have what the answer rests on: what is true all the same, and what to record. */
static void undecided(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    const struct hs_failure *w = &d->failure;
    char verdict[2 * HS_NOTE_LEN], room[64], pieces[64] = "", most[400] = "";
    if (w->free >= w->size)
        snprintf(pieces, sizeof pieces, ", in pieces of at most %" PRIu64, w->largest_free);
    word_most(d, most, sizeof most);
    snprintf(verdict, sizeof verdict,
             "%.120s requested %" PRIu32 " bytes when %s were free%s: this trace does not say why the rest is in use%.300s",
             d->line, w->size, hs_failure_room(d, room, sizeof room), pieces, most);
    struct hs_finding *f = hs_failure_problem(findings, "HS-HEAP-FAILED", verdict,
                                              d->most.name[0]             ? d->most.name
                                              : d->n && d->held[0].python ? d->held[0].name
                                                                          : d->line);
    hs_failure_describe(f, d);
    if (w->free < w->size && d->n)
        hs_finding_evidence(f, "less was free than requested: no other layout of the heap had helped");
    if (!w->placed && w->level <= HS_LEVEL_FULL)
        hs_finding_evidence(
            f, "which blocks were in the heap is not in this trace: no snapshot of it is left from before the failure");
    hs_failure_name_holders(f, d, NULL);
    advise_data(f, input, d);
}

static void (*const causes[HS_CAUSES])(const struct hs_doctor_input *, const struct hs_diagnosis *, struct hs_findings *) = {
    [HS_CAUSE_LOCKED] = locked,       [HS_CAUSE_UNCOLLECTED] = uncollected, [HS_CAUSE_REFUSED] = refused,
    [HS_CAUSE_TOO_LARGE] = too_large, [HS_CAUSE_FRAGMENTED] = fragmented,   [HS_CAUSE_GROWING] = growing,
    [HS_CAUSE_PEAK] = peak,           [HS_CAUSE_HELD] = hs_failure_held,    [HS_CAUSE_FULL] = full,
    [HS_CAUSE_UNDECIDED] = undecided,
};

/* The last failure of which not even the figures of the heap are known; NULL: there is none. Those of pools have their own check. */
static const struct hs_failure *find_unknown(const struct hs_model *m)
{
    uint64_t kept = m && m->n_failures < HS_FAILURES_KEPT ? m->n_failures : HS_FAILURES_KEPT;
    for (uint64_t i = 0; m && i < kept; i++) {
        const struct hs_failure *f = &m->failure[(m->n_failures - 1 - i) % HS_FAILURES_KEPT];
        if (!f->synced && f->verdict == HS_VERDICT_UNKNOWN && f->region == HS_ALL_REGIONS)
            return f;
    }
    return NULL;
}

static void unknown(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    char line[HS_NAME_MAX];
    const struct hs_failure *f = find_unknown(input->model);
    if (!f)
        return;
    hs_name_of_site(input->names, f->site, HS_KEY_LINE, line);
    struct hs_finding *found = hs_finding_new(findings, "HS-HEAP-FAILED", HS_SEVERITY_PROBLEM,
                                              "%.200s requested %" PRIu32 " bytes and got none; why is not in this trace", line,
                                              f->size);
    hs_finding_place(found, line);
    hs_finding_evidence(found, "neither a snapshot of the heap nor a summary is left from before the failure");
    hs_finding_next(found, "record into a larger ring, or as a stream");
}

/* References that are recorded at a failure may push the failure itself out of a small ring. */
static void pushed_out(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    const struct hs_trace_info *info = input->reader ? hs_reader_info(input->reader) : NULL;
    const struct hs_model *m = input->model;
    if (!info || !info->overwritten || !input->exam->references || !m || m->n_failures || m->n_marks)
        return;
    struct hs_finding *f = hs_finding_new(
        findings, "HS-RING-SMALL", HS_SEVERITY_WARNING,
        "references fill the ring: what came before them, a failed allocation perhaps, is not in it "
        "any more");
    hs_finding_evidence(f, "it holds the last %" PRIu64 " of %" PRIu64 " records, %" PRIu64 " of which are references",
                        info->records, info->emitted, input->exam->references);
    advise_larger(f, info, "");
    hs_finding_next(
        f,
        "or record without references (heapstrata.refs(\"\"), or an empty HEAPSTRATA_REFS): the ring then has the failure, but not "
        "what holds the memory");
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
    if (input->exam)
        pushed_out(input, findings);
}

const struct hs_check hs_check_failure = {.name = "failure", .look = look};
