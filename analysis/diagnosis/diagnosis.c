/* SPDX-License-Identifier: MIT
 *
 * From the moment of a failure to its cause. Each question is one function; each threshold is defined here with its
 * reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/failure_watch.h"
#include "analysis/diagnosis/variables.h"

#define FRAGMENTED_TIMES 1.5  /* fragmented: at least this multiple of the request is free; otherwise the heap is nearly full */
#define FRAGMENTED_PART 16u   /* and at least this part of the heap is free */
#define FRAGMENTED_MOST 0.75  /* or this share of the heap is free: such a heap is not nearly full, however large the request */
#define PEAK_TIMES 2u         /* what fills the heap matters more than a passing block of which it is this multiple */
#define PEAK_MOST 0.75        /* share of its line's bytes that the old one has, where small blocks are not all known */
#define GROWS_SHARE 0.25      /* a line that holds a smaller share of the live bytes does not fill the heap */
#define GROWS_MOST 0.5        /* a line that holds at least this share of the heap is the cause in any case */
#define GROWS_SURELY 0.25     /* at least this share, and the fragments of the free space are of less importance */
#define CONTAINER_SHARE 0.1   /* the same for a line whose blocks are kept by what the request enlarges */
#define GROWS_OTHER 0.05      /* a line with a smaller share is not counted with another one that grows */
#define GROWS_SUM 1.25        /* minimum multiple of the first line's bytes at which the others are counted with it */
#define GROWS_BLOCKS 8u       /* minimum blocks for a pattern */
#define GROWS_KEPT 0.2        /* minimum share of its blocks that is kept: for each kept block there may be some temporary ones */
#define GROWS_SAMPLES 6u      /* minimum samples for a pattern, where blocks are known by samples */
#define VIEWS_PART 4u         /* a line that made views has at least this part of the number of the kept blocks */
#define UNDECIDED_PART 16u    /* a block of at least this part of the heap may be what is held, or an old version */
#define UNDECIDED_REQUEST 10u /* a request of at least this part of the heap may be a peak */
#define UNDECIDED_LINES 0.125 /* share of the live bytes whose lines may be unknown */
#define UNDECIDED_PARTS 0.875 /* share of the request that parts have at least which are joined */
#define KEEPER_OBJECT 24u     /* maximum blocks of an object, times the number of such lists */
#define KEEPER_PLACES 8u      /* maximum references that there is room for, per kept block */

/* ---- rows: sites grouped by line ---- */

static int by_name(const void *left, const void *right)
{
    const struct hs_live_line *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static int by_live(const void *left, const void *right)
{
    const struct hs_live_line *a = left, *b = right;
    if (a->live != b->live)
        return a->live < b->live ? 1 : -1;
    return strcmp(a->name, b->name);
}

bool hs_is_python(const struct hs_names *names, uint32_t site)
{
    struct hs_frame frame[HS_DEPTH_MAX];
    struct hs_symbol native;
    return site != HS_SITE_UNKNOWN && hs_frames_of_site(names, site, frame, &native) && frame[0].file && *frame[0].file;
}

static void merge(struct hs_live_line *to, const struct hs_live_line *from)
{
    bool first = from->blocks && (!to->blocks || from->first < to->first);
    to->first = first ? from->first : to->first;
    to->last = from->last > to->last ? from->last : to->last;
    to->largest = from->largest > to->largest ? from->largest : to->largest;
    to->live += from->live;
    to->blocks += from->blocks;
    to->allocated += from->allocated;
    to->grown += from->grown;
    to->samples += from->samples;
}

/* One row per line; rows with equal names are merged. */
static int make_rows(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    char name[HS_NAME_MAX];
    uint64_t live = 0, unknown = 0;
    size_t n = 0;
    d->held = calloc(w->n + 1, sizeof *d->held);
    if (!d->held)
        return HS_ERR_MEMORY;
    for (uint32_t i = 0; i < w->n; i++) {
        const struct hs_site_then *s = &w->site[i];
        if (!s->blocks && !s->allocated)
            continue;
        struct hs_live_line *h = &d->held[d->n];
        *h = (struct hs_live_line){.name = strdup(hs_name_of_site(names, s->site, HS_KEY_LINE, name)),
                                   .live = s->live,
                                   .blocks = s->blocks,
                                   .allocated = s->allocated,
                                   .grown = s->grown,
                                   .largest = s->largest,
                                   .first = s->first,
                                   .last = s->last,
                                   .samples = s->samples,
                                   .python = hs_is_python(names, s->site)};
        if (!h->name)
            return HS_ERR_MEMORY;
        live += s->live;
        unknown += s->site == HS_SITE_UNKNOWN ? s->live : 0;
        d->n++;
    }
    qsort(d->held, d->n, sizeof *d->held, by_name);
    for (size_t i = 0; i < d->n; i++) {
        bool same = n && !strcmp(d->held[n - 1].name, d->held[i].name);
        if (same) {
            merge(&d->held[n - 1], &d->held[i]);
            free(d->held[i].name);
        } else {
            d->held[n++] = d->held[i];
        }
    }
    d->n = n;
    for (size_t i = 0; i < d->n; i++)
        d->lines |= d->held[i].allocated > 0;
    qsort(d->held, d->n, sizeof *d->held, by_live);
    d->estimated = w->estimated;
    d->unknown = live ? (double)unknown / (double)live : 0;
    uint64_t whole = d->estimated && d->failure.used > live ? d->failure.used : live;
    for (size_t i = 0; i < d->n; i++)
        d->held[i].share = whole ? (double)d->held[i].live / (double)whole : 0;
    return HS_OK;
}

/* ---- blocks between the free runs ---- */

static int by_blocks(const void *left, const void *right)
{
    const struct hs_between *a = left, *b = right;
    if (a->blocks != b->blocks)
        return a->blocks < b->blocks ? 1 : -1;
    return strcmp(a->name, b->name);
}

static int make_between(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    char name[HS_NAME_MAX];
    if (w->blame.answer != HS_BLAME_FOUND)
        return HS_OK;
    d->run = w->blame.run_bytes;
    d->between = calloc(w->blame.n + 1, sizeof *d->between);
    if (!d->between)
        return HS_ERR_MEMORY;
    for (uint32_t i = 0; i < w->blame.n; i++) {
        size_t at = 0;
        hs_name_of_site(names, w->blame.blocks[i].block.site, HS_KEY_LINE, name);
        while (at < d->n_between && strcmp(d->between[at].name, name) != 0)
            at++;
        if (at == d->n_between && !(d->between[d->n_between++].name = strdup(name)))
            return HS_ERR_MEMORY;
        d->between[at].python = hs_is_python(names, w->blame.blocks[i].block.site);
        d->between[at].blocks++;
        d->between[at].bytes += w->blame.blocks[i].bytes;
    }
    qsort(d->between, d->n_between, sizeof *d->between, by_blocks);
    return HS_OK;
}

/* ---- questions ---- */

/* A Python line that holds many blocks and allocated the newest one shortly before the end; a table that is filled once does
 * not qualify. */
static bool goes_on(const struct hs_diagnosis *d, const struct hs_live_line *h, double share)
{
    uint64_t end = d->failure.number;
    bool enough = h->blocks >= GROWS_BLOCKS && (!d->estimated || h->samples >= GROWS_SAMPLES);
    return h->python && h->allocated && enough && h->share >= share && h->last + (h->last - h->first) / GROWS_BLOCKS >= end;
}

static bool grows(const struct hs_diagnosis *d, const struct hs_live_line *h)
{
    return goes_on(d, h, GROWS_SHARE) && (double)h->blocks >= GROWS_KEPT * (double)h->allocated;
}

/* What a line keeps is not why another line's single request found no room, if that is for more than the line keeps. */
static bool matters(const struct hs_diagnosis *d, const struct hs_live_line *h)
{
    return h->live >= d->failure.size || !strcmp(h->name, d->line);
}

static const struct hs_live_line *find_growing(const struct hs_diagnosis *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (grows(d, &d->held[i]) && matters(d, &d->held[i]))
            return &d->held[i];
    return NULL;
}

bool hs_may_keep(uint64_t places, uint64_t blocks)
{
    return places && places >= blocks / KEEPER_OBJECT && places <= KEEPER_PLACES * blocks;
}

/* Finds the list or dict that keeps the blocks: another line has repeatedly enlarged blocks, and these have room for about as
 * many references as there are kept blocks. A list has room for at most twice its length, a dict for two references per entry;
 * an object may have several blocks. Among several such lines, the one with the largest block is used. */
static const struct hs_live_line *find_keeper(const struct hs_diagnosis *d, unsigned pointer)
{
    const struct hs_live_line *best = NULL;
    for (size_t i = 0; i < d->n && d->grows; i++) {
        const struct hs_live_line *h = &d->held[i];
        bool fits = hs_may_keep(h->largest / pointer, d->grows->blocks);
        if (h != d->grows && h->python && h->grown >= HS_KEEPER_GROWN && fits && (!best || h->largest > best->largest))
            best = h;
    }
    return best;
}

/* The request enlarges the list or dict that keeps the blocks of a line. That says enough about a line that makes much else, or
 * that makes only the keys. Sets d->grows and d->keeper. */
static void find_container(struct hs_diagnosis *d, unsigned pointer)
{
    const struct hs_live_line *h = d->asked;
    bool container = h && h->python && h->grown >= HS_KEEPER_GROWN;
    for (size_t i = 0; container && !d->grows && i < d->n; i++)
        if (&d->held[i] != h && goes_on(d, &d->held[i], CONTAINER_SHARE) && hs_may_keep(h->largest / pointer, d->held[i].blocks)) {
            d->grows = &d->held[i];
            d->keeper = h;
        }
}

static struct hs_live_line *row_named(const struct hs_diagnosis *d, const char *name)
{
    for (size_t i = 0; i < d->n; i++)
        if (!strcmp(d->held[i].name, name))
            return &d->held[i];
    return NULL;
}

/* A memoryview, also of a part, keeps the whole buffer. Looks for another line that made about one for each kept block. */
static void find_views(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    char name[HS_NAME_MAX];
    for (uint32_t i = 0; d->grows && !d->keeper && i < w->n; i++) {
        const struct hs_site_then *s = &w->site[i];
        if (s->blocks < d->grows->blocks / VIEWS_PART || s->blocks > d->grows->blocks || !s->blocks)
            continue;
        hs_name_of_site(names, s->site, HS_KEY_NATIVE, name);
        bool view = strstr(name, "memoryview") || strstr(name, "array_subscr");
        const struct hs_live_line *h = view ? row_named(d, hs_name_of_site(names, s->site, HS_KEY_LINE, name)) : NULL;
        if (h && h != d->grows) {
            d->keeper = h;
            d->views = true;
        }
    }
}

static const struct hs_live_line *find_asked(const struct hs_diagnosis *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->held[i].blocks && !strcmp(d->held[i].name, d->line))
            return &d->held[i];
    return NULL;
}

/* The request enlarges the list or dict that keeps the blocks. */
static bool is_container(const struct hs_diagnosis *d) { return d->grows && d->keeper && d->keeper == d->asked; }

bool hs_is_in_pieces(const struct hs_failure *f, uint64_t total)
{
    bool room = (double)f->free >= FRAGMENTED_TIMES * f->size && f->free >= total / FRAGMENTED_PART;
    return room || (double)f->free >= FRAGMENTED_MOST * (double)total;
}

static bool is_fragmented(const struct hs_diagnosis *d)
{
    return d->failure.verdict == HS_VERDICT_FRAGMENTED && hs_is_in_pieces(&d->failure, d->total);
}

/* What grows fills the heap before it fails, unless it is one large block that requests its next size. */
static bool is_half_free(const struct hs_diagnosis *d)
{
    return is_fragmented(d) && d->failure.free >= d->total / 2 && !(d->asked && d->asked->grown);
}

/* Where one thing is made anew beside the one before, but most of the heap is something else that stays. */
static bool is_small_peak(const struct hs_diagnosis *d)
{
    return d->peak == HS_PEAK_LARGER && !d->asked->grown && d->filled.made && d->filled.bytes >= PEAK_TIMES * d->peak_bytes;
}

/* What keeps the blocks of `grows` may keep those of other lines too. */
static bool fills(const struct hs_diagnosis *d, double share)
{
    uint64_t kept = d->grows ? d->grows->live : 0;
    if (d->kept.adds && d->kept.bytes > kept)
        kept = d->kept.bytes;
    return d->grows && (double)kept >= share * (double)d->total;
}

static enum hs_cause cause_of(const struct hs_diagnosis *d)
{
    switch (d->failure.verdict) {
    case HS_VERDICT_LOCKED: return HS_CAUSE_LOCKED;
    case HS_VERDICT_UNCOLLECTED: return HS_CAUSE_UNCOLLECTED;
    case HS_VERDICT_REFUSED: return HS_CAUSE_REFUSED;
    case HS_VERDICT_UNKNOWN: return HS_CAUSE_NONE;
    default: break;
    }
    if (d->total && d->failure.size > d->total && d->peak != HS_PEAK_LARGER)
        return HS_CAUSE_TOO_LARGE;
    if (d->peak && d->peak != HS_PEAK_LARGER)
        return HS_CAUSE_PEAK;
    if (fills(d, GROWS_MOST))
        return HS_CAUSE_GROWING;
    if (d->peak && !is_small_peak(d) && (!d->grows || d->grows->live < d->asked->largest))
        return HS_CAUSE_PEAK;
    if ((fills(d, GROWS_SURELY) && !is_half_free(d)) || is_container(d))
        return HS_CAUSE_GROWING;
    if (is_fragmented(d))
        return HS_CAUSE_FRAGMENTED;
    return d->grows ? HS_CAUSE_GROWING : HS_CAUSE_FULL;
}

/* ---- all that grows ---- */

/* What one list, dict or set keeps; without references, of all lines that go on keeping what they allocate. */
static struct hs_growth_sum sum_growth(const struct hs_diagnosis *d)
{
    const struct hs_live_line *g = d->grows;
    struct hs_growth_sum sum = {.bytes = g->live, .blocks = g->blocks};
    bool all = d->kept.adds && (!d->kept.many || d->kept.together);
    for (size_t i = 0; i < d->n && !d->kept.known; i++) {
        const struct hs_live_line *h = &d->held[i];
        if (h != g && goes_on(d, h, GROWS_OTHER) && (double)h->blocks >= GROWS_KEPT * (double)h->allocated) {
            sum.bytes += h->live;
            sum.blocks += h->blocks;
        }
    }
    if (all && d->kept.bytes > sum.bytes)
        sum = (struct hs_growth_sum){.bytes = d->kept.bytes, .blocks = d->kept.blocks};
    sum.others = (double)sum.bytes >= GROWS_SUM * (double)g->live;
    return sum.others ? sum : (struct hs_growth_sum){.bytes = g->live, .blocks = g->blocks};
}

/* ---- what the trace does not have ---- */

bool hs_is_collected(const struct hs_reader *reader)
{
    for (unsigned i = 0; i < hs_reader_regions(reader); i++)
        if (hs_reader_region(reader, i)->placement == HS_PLACE_MICROPYTHON)
            return true;
    return false;
}

/* Whether the request may be for what is needed for a moment only. */
static bool is_large(const struct hs_diagnosis *d) { return d->total && d->failure.size >= d->total / UNDECIDED_REQUEST; }

/* Whether the request may enlarge a list, dict or set, which may keep what grows. */
static bool may_be_container(const struct hs_diagnosis *d, const struct hs_names *names)
{
    static const char *const kinds[] = {"list", "dict table", "set", "deque"};
    char kind[HS_NAME_MAX];
    if (!names->symbols)
        return true;
    hs_name_of_site(names, d->failure.site, HS_KEY_KIND, kind);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i], kind))
            return true;
    return false;
}

/* Whether what another cause rests on would be large enough, but is not in the trace: a block that may be held or an old version, a
 * line that fills a quarter of the heap, parts that the request joins, a list or dict that it enlarges. */
static bool may_be_other(const struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    bool block = !w->n_large || w->large[0].size >= d->total / UNDECIDED_PART;
    double unknown = d->unknown * (double)d->failure.used;
    bool line = d->estimated || unknown >= GROWS_SURELY * (double)d->total;
    bool parts = is_large(d) && unknown >= UNDECIDED_PARTS * d->failure.size;
    return block || parts || (line && !is_half_free(d)) || may_be_container(d, names);
}

/* Whether the source says that what fills the heap is needed: what makes it ends, and is used afterwards or still running. */
static bool is_surely_needed(const struct hs_diagnosis *d)
{
    return d->needed.known && (d->needed.loop[0] || d->grows == d->asked);
}

/* Whether a block beside the request is surely why it failed, whatever else is live. */
static bool is_sure_peak(const struct hs_diagnosis *d)
{
    bool anew = d->peak == HS_PEAK_LARGER && !d->asked->grown;
    bool one = !d->estimated || !anew || d->asked->largest >= PEAK_MOST * (double)d->asked->live;
    return !anew || (one && d->failure.used < (PEAK_TIMES + 1) * d->peak_bytes);
}

/* Whether the line may make a list at once whose begin is not in the trace. */
static bool may_be_built(const struct hs_diagnosis *d)
{
    return d->grows == d->asked && !d->keeper && !d->kept.known && hs_peak_is_alone(d, d->grows);
}

/* Whether the cause is true whatever blocks were in the heap. */
static bool needs_no_blocks(enum hs_cause cause)
{
    return cause == HS_CAUSE_NONE || cause == HS_CAUSE_LOCKED || cause == HS_CAUSE_UNCOLLECTED || cause == HS_CAUSE_REFUSED ||
           cause == HS_CAUSE_TOO_LARGE;
}

/* A full heap is what is left when nothing else explains the failure, so it needs all data: without references, what is held or kept by
 * several lines is not seen. What the end of a run does not have may be the parts that a large request joins. Where not even a
 * region is left, the heap's rule is not known: a collector counts as possible. */
static bool is_undecided(const struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    const struct hs_reader *reader = names->reader;
    bool begun = hs_reader_info(reader)->overwritten, known = d->unknown < UNDECIDED_LINES,
         full = d->failure.level <= HS_LEVEL_FULL;
    bool exact = known && !d->estimated, large = is_large(d);
    bool partly = begun && !known;
    if (begun && full && !d->failure.placed)
        return !needs_no_blocks(d->cause);
    if ((!d->lines && !begun && full) || (hs_reader_regions(reader) && !hs_is_collected(reader)) || (w->referred && known))
        return false;
    switch (d->cause) {
    case HS_CAUSE_PEAK: return !is_sure_peak(d);
    case HS_CAUSE_FULL: return partly || !is_surely_needed(d) || (large && !exact);
    case HS_CAUSE_FRAGMENTED: return (partly && !is_half_free(d)) || may_be_other(d, w, names);
    case HS_CAUSE_GROWING: return ((partly || d->estimated) && may_be_built(d)) || (partly && large && !is_container(d));
    default: return false;
    }
}

/* The firmware takes the C stack for a call's frame that is refused, and a reserve for an exception: neither raises. */
static bool is_harmless(const struct hs_names *names, uint32_t site)
{
    char kind[HS_NAME_MAX];
    hs_name_of_site(names, site, HS_KEY_KIND, kind);
    return names->symbols && (!strcmp(kind, "call frame") || !strcmp(kind, "exception"));
}

/* Of a locked heap: the first request whose refusal raises; else the first one. */
static const struct hs_failure *raised(const struct hs_failure_watch *watch, const struct hs_failure_state *w,
                                       const struct hs_names *names)
{
    for (unsigned i = 0; w->failure.verdict == HS_VERDICT_LOCKED && i < watch->n_locked; i++)
        if (!is_harmless(names, watch->locked[i].site))
            return &watch->locked[i];
    return &w->failure;
}

/* The call in which the requesting line was called. */
static void find_caller(struct hs_diagnosis *d, const struct hs_failure_state *w)
{
    const struct hs_frames *f = &w->graph.frames;
    for (uint32_t i = 0; w->referred && i < f->n; i++) {
        const char *blank = strrchr(f->frame[i].name, ' ');
        char name[HS_NAME_MAX];
        snprintf(name, sizeof name, "%.*s:%u%s", blank ? (int)(blank - f->frame[i].name) : 0, f->frame[i].name,
                 (unsigned)f->frame[i].line, blank ? blank : "");
        if (blank && i && strcmp(name, d->line) != 0 && blank[1] != '<') {
            snprintf(d->caller, sizeof d->caller, "%s", name);
            return;
        }
    }
}

/* Back to what a line alone says. */
static void forget_kept(struct hs_diagnosis *d, const struct hs_live_line *by_line)
{
    free(d->kept.set.born);
    d->kept = (struct hs_kept){.known = false};
    d->needed = (struct hs_needed){.known = false};
    d->grows = by_line;
    d->keeper = NULL;
    d->peak = HS_PEAK_NONE;
    d->peak_of[0] = '\0';
}

/* A list that stays is no peak. */
static void find_peak(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                      const struct hs_sources_at *sources)
{
    hs_peak_find(d, w, names);
    if (d->peak == HS_PEAK_BUILT && hs_diagnosis_stays(d, names, sources))
        d->peak = HS_PEAK_NONE;
}

static int diagnose(struct hs_diagnosis *d, const struct hs_failure_watch *watch, const struct hs_failure_state *w,
                    const struct hs_names *names, const struct hs_sources_at *sources)
{
    *d = (struct hs_diagnosis){.failure = *raised(watch, w, names), .total = w->failure.total, .referred = w->referred};
    hs_name_of_site(names, d->failure.site, HS_KEY_LINE, d->line);
    int error = make_rows(d, w, names);
    error = error ? error : make_between(d, w, names);
    if (error)
        return error;
    find_caller(d, w);
    d->grows = find_growing(d);
    d->keeper = find_keeper(d, hs_reader_info(names->reader)->pointer_bytes);
    find_views(d, w, names);
    d->asked = find_asked(d);
    find_container(d, hs_reader_info(names->reader)->pointer_bytes);
    const struct hs_live_line *by_line = d->grows;
    error = hs_diagnosis_from_references(d, w, names);
    if (error)
        return error;
    find_peak(d, w, names, sources);
    d->cause = cause_of(d);
    error = hs_diagnosis_growth(d, w, names, sources);
    if (!error && d->kept.endless && (d->cause != HS_CAUSE_GROWING || d->needed.known)) {
        forget_kept(d, by_line);
        find_peak(d, w, names, sources);
        d->cause = cause_of(d);
        error = hs_diagnosis_growth(d, w, names, sources);
    }
    if (d->needed.over) {
        d->grows = NULL;
        d->cause = cause_of(d);
    }
    error = error ? error : hs_diagnosis_accident(d, w, names, sources);
    if (error || d->cause == HS_CAUSE_HELD)
        return error;
    hs_diagnosis_from_source(d, names, sources);
    if (d->cause == HS_CAUSE_GROWING && d->needed.known)
        d->cause = HS_CAUSE_FULL;
    hs_diagnosis_parsed(d, w, names, sources);
    hs_diagnosis_converted(d, w, names, sources);
    error = hs_diagnosis_replaced(d, w, names, sources);
    error = error ? error : hs_diagnosis_filled(d, w, names, sources);
    error = error ? error : hs_diagnosis_endless(d, w, names, sources);
    if (d->cause == HS_CAUSE_GROWING)
        d->growth = sum_growth(d);
    if (!error && is_undecided(d, w, names))
        d->cause = HS_CAUSE_UNDECIDED;
    return error;
}

static int by_size(const void *left, const void *right)
{
    const struct hs_failure *a = &((const struct hs_diagnosis *)left)->failure,
                            *b = &((const struct hs_diagnosis *)right)->failure;
    if (a->size != b->size)
        return a->size < b->size ? 1 : -1;
    return (a->number > b->number) - (a->number < b->number);
}

int hs_diagnose(struct hs_diagnoses *diagnoses, const struct hs_failure_watch *w, const struct hs_names *names,
                const struct hs_sources_at *sources)
{
    int error = w->error;
    *diagnoses = (struct hs_diagnoses){.failures = w->failures};
    for (unsigned i = 0; i < HS_DIAGNOSES && !error; i++) {
        struct hs_diagnosis *d = &diagnoses->diagnosis[diagnoses->n];
        if (!w->moment[i].failure.size)
            continue;
        diagnoses->n++;
        error = diagnose(d, w, &w->moment[i], names, sources);
        hs_variables_named(d->kept.by, sources, names->reader);
        hs_variables_named(d->filled.by, sources, names->reader);
        hs_variables_named(d->accident.what, sources, names->reader);
    }
    qsort(diagnoses->diagnosis, diagnoses->n, sizeof *diagnoses->diagnosis, by_size);
    return error;
}

static void free_one(struct hs_diagnosis *d)
{
    for (size_t i = 0; i < d->n; i++)
        free(d->held[i].name);
    for (size_t i = 0; i < d->n_between; i++)
        free(d->between[i].name);
    free(d->held);
    free(d->kept.set.born);
    free(d->accident.set.born);
    free(d->between);
}

void hs_diagnoses_free(struct hs_diagnoses *diagnoses)
{
    for (unsigned i = 0; i < diagnoses->n; i++)
        free_one(&diagnoses->diagnosis[i]);
    *diagnoses = (struct hs_diagnoses){.n = 0};
}
