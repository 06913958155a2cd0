/* SPDX-License-Identifier: MIT
 *
 * Peaks: what is needed for a moment only, beside what it is made from. Each question is one function. Sizes decide,
 * since a trace has no references: a slice, a copy, a sum or a joined text has nearly the size of its source.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/failure_watch.h"

#define PEAK_PART 10u      /* a request of at least this part of the heap can be a peak */
#define LARGER_OLD 4u      /* the old version is at least this part of the new one */
#define LARGER_BLOCKS 4u   /* with more live blocks, the line holds many objects, not an old and a new one, */
#define LARGER_SHARE 0.75  /* unless the largest has this share of their bytes */
#define COPY_BYTES 64u     /* maximum difference of a copy: a head that is cut off or put before */
#define COPY_PART 64u      /* or this part of its size */
#define TEXT_TIMES 2u      /* a text is made from another if neither has more than this multiple of the other's size */
#define CONVERTED_TIMES 8u /* a byte as a word of a list is up to this multiple */
#define JOINED_PART 16u    /* each of two joined blocks has at least this part of the size; a smaller one is a head: a copy */
#define JOINED_BYTES 4u    /* difference of their sum: a terminator each */
#define PARTS_LEAST 3u     /* minimum number of parts */
#define PARTS_BLOCKS 8u    /* so many are many */
#define PAIR_PART 64u      /* maximum difference of the sum of two lines' parts, as part of it */
#define OBJECT_WORDS 4u    /* of the object of a text, beside its characters */
#define PARTS_PART 8u      /* maximum difference of their sum, as part of it: separators, terminators */
#define COMPILED_PART 32u  /* the compiler's blocks take at least this part of the heap, or most of what the line holds */

static uint64_t difference(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

static bool is_kind(const struct hs_names *names, uint32_t site, const char *const *kinds)
{
    char name[HS_NAME_MAX];
    hs_name_of_site(names, site, HS_KEY_KIND, name);
    while (*kinds && strcmp(*kinds, name) != 0)
        kinds++;
    return *kinds;
}

static bool is_text(const struct hs_names *names, uint32_t site)
{
    static const char *const kinds[] = {"str", "bytes", NULL};
    return is_kind(names, site, kinds);
}

static bool is_compiler(const struct hs_names *names, uint32_t site)
{
    static const char *const kinds[] = {"parse tree", "compiler", "bytecode", "module constants", NULL};
    return is_kind(names, site, kinds);
}

/* Whether the site is one of the requesting line. */
static bool is_asking(const struct hs_diagnosis *d, const struct hs_names *names, uint32_t site)
{
    char name[HS_NAME_MAX];
    return !strcmp(hs_name_of_site(names, site, HS_KEY_LINE, name), d->line);
}

static void set(struct hs_diagnosis *d, enum hs_peak peak, uint64_t bytes)
{
    d->peak = peak;
    d->peak_bytes = bytes;
}

/* The requesting line holds one block nearly as large as the request: a list, dict, bytearray or string that grows, or a
 * buffer that is replaced while the old one is still live. */
static bool is_larger(const struct hs_diagnosis *d)
{
    uint64_t size = d->failure.size;
    const struct hs_live_line *h = d->asked;
    return h && size >= d->total / PEAK_PART && h->largest >= size / LARGER_OLD &&
           (h->blocks <= LARGER_BLOCKS || (double)h->largest >= LARGER_SHARE * (double)h->live);
}

/* Two buffers of exactly one size are not a copy; two texts of nearly one size are. */
static bool is_copy(const struct hs_diagnosis *d, const struct hs_names *names, const struct hs_large_block *b)
{
    uint64_t size = d->failure.size, most = size / COPY_PART > COPY_BYTES ? size / COPY_PART : COPY_BYTES;
    if (is_asking(d, names, b->site))
        return false;
    if (is_text(names, b->site) && is_text(names, d->failure.site))
        return size <= TEXT_TIMES * (uint64_t)b->size && b->size <= TEXT_TIMES * size;
    return b->size != size && difference(b->size, size) <= most;
}

static bool find_copy(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    for (unsigned i = 0; i < w->n_large; i++)
        if (is_copy(d, names, &w->large[i])) {
            set(d, HS_PEAK_COPY, w->large[i].size);
            hs_name_of_site(names, w->large[i].site, HS_KEY_LINE, d->peak_of);
            return true;
        }
    return false;
}

/* Two buffers of exactly one size are two of a kind: that a third one has both sizes is a coincidence of powers of two. Texts and
 * lists of one size are put together. */
static bool may_join(const struct hs_names *names, const struct hs_large_block *a, const struct hs_large_block *b)
{
    static const char *const buffer[] = {"bytearray", NULL};
    return a->size != b->size || !is_kind(names, a->site, buffer);
}

/* Two lists that the requesting line makes larger: the next size of one is twice its own, thus that of both together. */
static bool are_doubling(const struct hs_diagnosis *d, const struct hs_names *names, const struct hs_large_block *a,
                         const struct hs_large_block *b)
{
    return d->asked && d->asked->grown && is_asking(d, names, a->site) && is_asking(d, names, b->site);
}

bool hs_peak_find_text(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    for (unsigned i = 0; i < w->n_large && w->large[i].size >= d->total / PEAK_PART; i++) {
        const struct hs_large_block *b = &w->large[i];
        if (!is_text(names, b->site) || is_asking(d, names, b->site))
            continue;
        d->peak_bytes = b->size;
        hs_name_of_site(names, b->site, HS_KEY_LINE, d->peak_of);
        return true;
    }
    return false;
}

bool hs_peak_find_converted(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    const struct hs_large_block *b = w->large;
    uint64_t size = d->failure.size;
    if (!w->n_large || size < d->total / PEAK_PART || b->size > CONVERTED_TIMES * size ||
        size > CONVERTED_TIMES * (uint64_t)b->size || is_asking(d, names, b->site))
        return false;
    d->peak_bytes = b->size;
    hs_name_of_site(names, b->site, HS_KEY_LINE, d->peak_of);
    return true;
}

static bool find_joined(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    uint64_t size = d->failure.size;
    for (unsigned i = 0; i < w->n_large; i++)
        for (unsigned k = i + 1; k < w->n_large && w->large[k].size >= size / JOINED_PART; k++)
            if (difference((uint64_t)w->large[i].size + w->large[k].size, size) <= JOINED_BYTES &&
                may_join(names, &w->large[i], &w->large[k]) && !are_doubling(d, names, &w->large[i], &w->large[k])) {
                set(d, HS_PEAK_JOINED, (uint64_t)w->large[i].size + w->large[k].size);
                hs_name_of_site(names, w->large[i].site, HS_KEY_LINE, d->peak_of);
                return true;
            }
    return false;
}

/* A text is an object of a few words, and its characters. */
static bool is_head(const struct hs_names *names, const struct hs_site_then *s)
{
    return s->requested == s->blocks * OBJECT_WORDS * hs_reader_info(names->reader)->pointer_bytes;
}

/* The texts of one line that may be parts. */
struct texts {
    uint64_t bytes, blocks;
};

static void add_texts(struct texts *sum, const struct hs_diagnosis *d, const struct hs_failure_state *w,
                      const struct hs_names *names)
{
    static const char *const kinds[] = {"str", "bytes", "bytearray", NULL};
    char name[HS_NAME_MAX];
    for (uint32_t i = 0; i < w->n; i++) {
        const struct hs_site_then *s = &w->site[i];
        if (!s->blocks || !is_kind(names, s->site, kinds) || is_head(names, s))
            continue;
        hs_name_of_site(names, s->site, HS_KEY_LINE, name);
        for (size_t k = 0; k < d->n; k++)
            if (!strcmp(d->held[k].name, name)) {
                sum[k].bytes += s->requested;
                sum[k].blocks += s->blocks;
            }
    }
}

/* Whether parts have this sum: many within an eighth, for what is put between them; few more exactly, since any few blocks have some
 * sum. */
static bool are_parts(struct texts t, uint64_t size)
{
    uint64_t most = t.blocks >= PARTS_BLOCKS ? t.bytes / PARTS_PART : t.bytes / COPY_PART + JOINED_BYTES * t.blocks;
    return t.blocks >= PARTS_LEAST && difference(t.bytes, size) <= most;
}

/* Texts of two lines: their sum is more often right by chance. Each has a terminator; what is put between them may take its place. */
static bool are_pair(struct texts a, struct texts b, uint64_t size)
{
    struct texts t = {a.bytes + b.bytes, a.blocks + b.blocks};
    bool both = a.bytes >= size / JOINED_PART && b.bytes >= size / JOINED_PART;
    uint64_t most = size / PAIR_PART + JOINED_BYTES;
    return both && t.blocks >= PARTS_LEAST && (difference(t.bytes, size) <= most || difference(t.bytes - t.blocks, size) <= most);
}

static bool name_pair(struct hs_diagnosis *d, const struct texts *text)
{
    for (size_t i = 0; i < d->n; i++)
        for (size_t k = 0; k < d->n; k++)
            if (k != i && text[i].bytes >= text[k].bytes && are_pair(text[i], text[k], d->failure.size)) {
                set(d, HS_PEAK_PARTS, text[i].bytes + text[k].bytes);
                snprintf(d->peak_of, sizeof d->peak_of, "%.200s and %.200s", d->held[i].name, d->held[k].name);
                return true;
            }
    return false;
}

static bool find_parts(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    struct texts *text = is_text(names, d->failure.site) ? calloc(d->n + 1, sizeof *text) : NULL;
    bool found = false;
    if (!text)
        return false;
    add_texts(text, d, w, names);
    for (size_t i = 0; i < d->n && !found; i++)
        if ((found = are_parts(text[i], d->failure.size))) {
            set(d, HS_PEAK_PARTS, text[i].bytes);
            snprintf(d->peak_of, sizeof d->peak_of, "%s", d->held[i].name);
        }
    found = found || name_pair(d, text);
    free(text);
    return found;
}

/* What the row itself has just made, by another of its calls, and makes something else from: head + b"".join(parts). */
static bool find_own_source(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    for (unsigned i = 0; i < w->n_large && is_text(names, d->failure.site); i++) {
        const struct hs_large_block *b = &w->large[i];
        bool other = b->site != d->failure.site && is_asking(d, names, b->site) && is_text(names, b->site);
        if (other && d->failure.size <= TEXT_TIMES * (uint64_t)b->size && b->size <= TEXT_TIMES * (uint64_t)d->failure.size) {
            set(d, HS_PEAK_COPY, b->size);
            snprintf(d->peak_of, sizeof d->peak_of, "%s", d->line);
            return true;
        }
    }
    return false;
}

/* Whether the requesting line made lists that were made larger later. */
static bool begins_lists(const struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    static const char *const list[] = {"list", NULL};
    for (uint32_t i = 0; i < w->n; i++)
        if (w->site[i].allocates && w->site[i].resized && is_asking(d, names, w->site[i].site) &&
            is_kind(names, w->site[i].site, list))
            return true;
    return false;
}

bool hs_peak_is_alone(const struct hs_diagnosis *d, const struct hs_live_line *h)
{
    for (size_t i = 0; i < d->n; i++)
        if (&d->held[i] != h && d->held[i].python && d->held[i].blocks && d->held[i].last > h->first)
            return false;
    return true;
}

/* The requesting line fills the heap and began the list itself, and since its oldest block no other line of Python has made
 * a block that is still there. */
static bool is_built(const struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    const struct hs_live_line *h = d->grows;
    return h && h == d->asked && begins_lists(d, w, names) && hs_peak_is_alone(d, h);
}

static bool is_compiled(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    uint64_t live = 0;
    if (!d->asked || !d->asked->python)
        return false;
    for (uint32_t i = 0; i < w->n; i++)
        if (w->site[i].live && is_compiler(names, w->site[i].site) && is_asking(d, names, w->site[i].site))
            live += w->site[i].live;
    set(d, HS_PEAK_NONE, live);
    return is_compiler(names, d->failure.site) ? live >= d->total / COMPILED_PART : live > d->asked->live / 2;
}

void hs_peak_find(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    bool large = d->failure.size >= d->total / PEAK_PART, grown = d->asked && d->asked->grown;
    if (large && !grown && (find_parts(d, w, names) || find_joined(d, w, names) || find_own_source(d, w, names)))
        return;
    if (is_larger(d))
        set(d, HS_PEAK_LARGER, d->asked->largest);
    else if (is_compiled(d, w, names))
        set(d, HS_PEAK_COMPILED, d->peak_bytes);
    else if (is_built(d, w, names))
        set(d, HS_PEAK_BUILT, d->grows->live);
    else if (large && (!grown || (!find_parts(d, w, names) && !find_joined(d, w, names))))
        find_copy(d, w, names);
}
