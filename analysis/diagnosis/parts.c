/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/parts.h"

#include <stdlib.h>
#include <string.h>

#define SMALL_TIMES 4u   /* what is kept is at least this multiple of what is shown */
#define UNKNOWN_MOST 3u  /* views of one buffer whose sizes are not known: more may show all of it */
#define ELEMENT_BYTES 8u /* maximum size of an element, where it may be more than a byte */
#define KEPT_LEAST 256u  /* bytes: less is not worth a copy */

#define NONE UINT32_MAX

/* ---- slices in a source ---- */

/* Tokens `from` to `to`, exclusive. */
struct span {
    uint32_t from, to;
};

static uint32_t length(struct span s) { return s.to - s.from; }

/* The value of a number, or of a name that the module sets once: NAME = 8, NAME = const(8). False: it is none. */
static bool number(const struct hs_python *p, struct span s, uint64_t *value)
{
    uint32_t found = NONE;
    if (length(s) != 1)
        return false;
    if (p->token[s.from].kind == HS_PYTHON_VALUE && p->token[s.from].at[0] >= '0' && p->token[s.from].at[0] <= '9') {
        *value = strtoull(p->token[s.from].at, NULL, 0);
        return true;
    }
    for (uint32_t r = 0; p->token[s.from].kind == HS_PYTHON_NAME && r < p->n_rows; r++) {
        uint32_t first = p->row[r].first;
        if (p->row[r].n < 3 || !hs_python_same(p, first, s.from) || !hs_python_is(p, first + 1, "="))
            continue;
        uint32_t at = first + 2 + (p->row[r].n == 6 && hs_python_is(p, first + 2, "const") ? 2 : 0);
        if (found != NONE || (p->row[r].n != 3 && at == first + 2) || p->row[r].scope != HS_PYTHON_MODULE)
            return false;
        found = at;
    }
    return found != NONE && p->token[found].kind == HS_PYTHON_VALUE && number(p, (struct span){found, found + 1}, value);
}

static bool begins_with(const struct hs_python *p, struct span s, struct span with)
{
    for (uint32_t i = 0; i < length(with); i++) {
        const struct hs_python_token *a = &p->token[s.from + i], *b = &p->token[with.from + i];
        if (i >= length(s) || a->length != b->length || memcmp(a->at, b->at, a->length) != 0)
            return false;
    }
    return true;
}

/* The number of elements of [low:high]; 0: not known. False: it may be all. */
static bool part_size(const struct hs_python *p, struct span low, struct span high, uint64_t *size)
{
    uint64_t from = 0, to = 0;
    bool begins = !length(low) || number(p, low, &from);
    *size = 0;
    if (!length(high))
        return hs_python_is(p, low.from, "-") && number(p, (struct span){low.from + 1, low.to}, size);
    if (hs_python_is(p, high.from, "-"))
        return false;
    if (begins && number(p, high, &to)) {
        *size = to > from ? to - from : 1;
        return true;
    }
    if (length(low) && length(high) == length(low) + 2 && begins_with(p, high, low) && hs_python_is(p, high.to - 2, "+") &&
        number(p, (struct span){high.to - 1, high.to}, size))
        return true;
    return !begins;
}

/* The ends of the slice whose bracket is token `open`. False: it is an index, a list, or has a step. */
static bool slice_ends(const struct hs_python *p, uint32_t open, uint32_t end, struct span *low, struct span *high)
{
    uint32_t depth = 0, colon = NONE;
    for (uint32_t i = open + 1; i < end; i++) {
        if (!depth && hs_python_is(p, i, "]")) {
            *low = (struct span){open + 1, colon};
            *high = (struct span){colon + 1, i};
            return colon != NONE;
        }
        bool is = !depth && hs_python_is(p, i, ":");
        if ((is && colon != NONE) || hs_python_is(p, i, "lambda"))
            return false;
        colon = is ? i : colon;
        depth += hs_python_is(p, i, "(") || hs_python_is(p, i, "[") || hs_python_is(p, i, "{");
        depth -= depth && (hs_python_is(p, i, ")") || hs_python_is(p, i, "]") || hs_python_is(p, i, "}"));
    }
    return false;
}

/* The elements of the largest slice in the row; 0: not known. False: there is none, or one may show all. */
static bool row_shows(const struct hs_python *p, uint32_t row, uint64_t *size)
{
    uint32_t end = p->row[row].first + p->row[row].n;
    bool found = false, known = true;
    *size = 0;
    for (uint32_t i = p->row[row].first + 1; i < end; i++) {
        struct span low, high;
        uint64_t own;
        bool subscript = hs_python_is(p, i, "[") &&
                         (p->token[i - 1].kind == HS_PYTHON_NAME || hs_python_is(p, i - 1, ")") || hs_python_is(p, i - 1, "]"));
        if (!subscript || !slice_ends(p, i, end, &low, &high))
            continue;
        if (!part_size(p, low, high, &own))
            return false;
        found = true;
        known = known && own;
        *size = own > *size ? own : *size;
    }
    *size = known ? *size : 0;
    return found;
}

static bool row_has(const struct hs_python *p, uint32_t row, const char *word)
{
    for (uint32_t i = p->row[row].first; i < p->row[row].first + p->row[row].n; i++)
        if (hs_python_is(p, i, word))
            return true;
    return false;
}

/* ---- small objects ---- */

struct work {
    const struct hs_parts_question *q;
    const struct hs_python *p;
    uint64_t *shown;   /* by block: bytes that views show of it */
    uint32_t *unknown; /* by block: views of it whose sizes are not known */
};

/* The row at which the block was made, with the kind of the block and the C function that made it; NONE: not known. */
static uint32_t origin(const struct work *k, uint32_t block, char *kind, char *native)
{
    uint32_t site = k->q->holders->of->snapshot.block[block].site;
    struct hs_frame call[HS_DEPTH_MAX];
    struct hs_symbol symbol;
    if (site == HS_SITE_UNKNOWN || !hs_frames_of_site(k->q->names, site, call, &symbol) || !call[0].file || !*call[0].file)
        return NONE;
    hs_name_of_site(k->q->names, site, HS_KEY_KIND, kind);
    hs_name_of_site(k->q->names, site, HS_KEY_NATIVE, native);
    return hs_program_text_row(k->q->sources, call[0].file, strlen(call[0].file), call[0].line);
}

/* The reference to the largest thing that is older than the block: what a bytearray itself has is younger. NONE: there is none. */
static uint32_t largest_edge(const struct work *k, uint32_t block)
{
    const struct hs_holders *h = k->q->holders;
    const struct hs_heap_snapshot_block *b = h->of->snapshot.block;
    uint32_t best = NONE;
    for (uint32_t e = h->first[block]; e < h->first[block + 1]; e++)
        if (b[h->to[e]].number < b[block].number && h->any.bytes[h->to[e]] >= KEPT_LEAST &&
            (best == NONE || h->any.bytes[h->to[e]] > h->any.bytes[h->to[best]]))
            best = e;
    return best;
}

static bool find_part(const struct work *k, uint32_t block, struct hs_part *part, uint64_t *size)
{
    char kind[HS_NAME_MAX] = "", native[HS_NAME_MAX] = "";
    uint32_t row = hs_holders_reached(&k->q->holders->any, block) ? origin(k, block, kind, native) : NONE;
    if (row == NONE)
        return false;
    *part = (struct hs_part){.block = block, .edge = largest_edge(k, block), .row = row};
    *size = 0;
    bool view = !strcmp(kind, "bytearray") && (strstr(native, "memoryview") || strstr(native, "subscr"));
    part->kind = view ? HS_PART_VIEW : !strcmp(kind, "regex") ? HS_PART_MATCH : HS_PART_KEYS;
    if (part->edge == NONE)
        return false;
    if (view)
        return row_shows(k->p, row, size);
    if (part->kind == HS_PART_MATCH)
        return !row_has(k->p, row, "compile") && (k->q->asked == NONE || !row_has(k->p, k->q->asked, "group"));
    return !strcmp(kind, "iterator") && row_has(k->p, row, "keys");
}

/* Counts what all views show of each buffer. */
static void count_shown(struct work *k, const struct hs_part *part, uint64_t size)
{
    const struct hs_holders *h = k->q->holders;
    char kind[HS_NAME_MAX] = "", native[HS_NAME_MAX] = "";
    uint32_t to = h->to[part->edge];
    uint32_t row = origin(k, to, kind, native);
    k->shown[to] += size * (row == NONE || row_has(k->p, row, "array") ? ELEMENT_BYTES : 1);
    k->unknown[to] += part->kind == HS_PART_VIEW && !size;
}

static bool shows_little(const struct work *k, const struct hs_part *part)
{
    uint32_t to = k->q->holders->to[part->edge];
    return k->shown[to] * SMALL_TIMES <= k->q->holders->any.bytes[to] && k->unknown[to] <= UNKNOWN_MOST;
}

/* A match has a text, and its characters. */
static bool add_references(const struct work *k, struct hs_parts *parts, struct hs_part part)
{
    const struct hs_holders *h = k->q->holders;
    const struct hs_heap_snapshot_block *b = h->of->snapshot.block;
    for (uint32_t e = h->first[part.block]; e < h->first[part.block + 1]; e++) {
        if (b[h->to[e]].number >= b[part.block].number)
            continue;
        struct hs_part *more = realloc(parts->part, ((size_t)parts->n + 1) * sizeof *more);
        if (!more)
            return false;
        part.edge = e;
        parts->part = more;
        parts->part[parts->n++] = part;
    }
    return true;
}

static bool collect(struct work *k, struct hs_parts *parts)
{
    uint32_t n = k->q->holders->n, kept = 0;
    struct hs_part part;
    uint64_t size;
    for (uint32_t v = 0; v < n; v++) {
        if (!find_part(k, v, &part, &size))
            continue;
        count_shown(k, &part, size);
        if (!add_references(k, parts, part))
            return false;
    }
    for (uint32_t i = 0; i < parts->n; i++)
        if (shows_little(k, &parts->part[i]))
            parts->part[kept++] = parts->part[i];
    parts->n = kept;
    return true;
}

int hs_parts_find(struct hs_parts *parts, const struct hs_parts_question *q)
{
    struct work k = {.q = q, .p = &q->sources->python};
    *parts = (struct hs_parts){.n = 0};
    if (!q->names->symbols)
        return HS_OK;
    k.shown = calloc((size_t)q->holders->n + 1, sizeof *k.shown);
    k.unknown = calloc((size_t)q->holders->n + 1, sizeof *k.unknown);
    bool done = k.shown && k.unknown && collect(&k, parts);
    free(k.shown);
    free(k.unknown);
    return done ? HS_OK : HS_ERR_MEMORY;
}

void hs_parts_free(struct hs_parts *parts)
{
    free(parts->part);
    *parts = (struct hs_parts){.n = 0};
}
