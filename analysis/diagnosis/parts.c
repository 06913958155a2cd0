/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/parts.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/reach.h"

#define SMALL_TIMES 4u   /* what is kept is at least this multiple of what is shown */
#define ELEMENT_BYTES 8u /* maximum size of an element, where it may be more than a byte */
#define KEPT_LEAST 256u  /* bytes: less is not worth a copy */

#define NONE UINT32_MAX

struct work {
    const struct hs_parts_question *q;
    const struct hs_python *p;
    uint64_t *shown; /* by block: bytes that views show of it */
};

/* ---- slices in a source ---- */

/* Tokens `from` to `to`, exclusive. */
struct span {
    uint32_t from, to;
};

static uint32_t length(struct span s) { return s.to - s.from; }

/* The row of the only place at which a global gets its value, or a variable of function `scope`; NONE: it is a parameter, or has several. */
static uint32_t only_value(const struct work *k, uint32_t name, uint32_t scope)
{
    const struct hs_python *p = k->p;
    uint32_t found = NONE;
    for (uint32_t i = 0; i < p->n; i++) {
        bool same = hs_python_same(p, i, name) && k->q->local[i] == (scope != HS_PYTHON_MODULE);
        if (same && scope != HS_PYTHON_MODULE && p->token[i].row == p->scope[scope].head)
            return NONE;
        if (!same || !hs_python_binds(p, i) || (scope != HS_PYTHON_MODULE && p->row[p->token[i].row].scope != scope))
            continue;
        const struct hs_python_row *r = &p->row[p->token[i].row];
        if (found != NONE || r->scope != scope || i != r->first || !hs_python_is(p, i + 1, "="))
            return NONE;
        found = p->token[i].row;
    }
    return found;
}

/* The value of a number, or of a global that is set once: NAME = 8, NAME = const(8). False: it is none. */
static bool number(const struct work *k, struct span s, uint64_t *value)
{
    const struct hs_python *p = k->p;
    uint32_t at = s.from;
    if (length(s) != 1)
        return false;
    if (p->token[at].kind == HS_PYTHON_NAME) {
        uint32_t row = k->q->local[at] ? NONE : only_value(k, at, HS_PYTHON_MODULE);
        bool plain = row != NONE && p->row[row].n == 3;
        if (!plain && (row == NONE || p->row[row].n != 6 || !hs_python_is(p, p->row[row].first + 2, "const")))
            return false;
        at = p->row[row].first + (plain ? 2 : 4);
    }
    *value = strtoull(p->token[at].at, NULL, 0);
    return p->token[at].kind == HS_PYTHON_VALUE && p->token[at].at[0] >= '0' && p->token[at].at[0] <= '9';
}

/* Where a local variable is set once, to the place of something in the first bytes: end = bytes(page[:400]).find(b"<"). Sets *most to their
 * number. Where find() finds nothing, -1, the program itself is wrong. */
static bool found_within(const struct work *k, struct span s, uint64_t *most)
{
    const struct hs_python *p = k->p;
    bool local = length(s) == 1 && p->token[s.from].kind == HS_PYTHON_NAME && k->q->local[s.from];
    uint32_t row = local ? only_value(k, s.from, p->row[p->token[s.from].row].scope) : NONE;
    if (row == NONE)
        return false;
    uint32_t end = p->row[row].first + p->row[row].n, at = p->row[row].first + 2;
    bool copy = hs_python_is(p, at, "bytes") && hs_python_is(p, at + 1, "(");
    at += copy ? 2 : 0;
    bool first = at + 5 < end && p->token[at].kind == HS_PYTHON_NAME && hs_python_is(p, at + 1, "[") &&
                 hs_python_is(p, at + 2, ":") && number(k, (struct span){at + 3, at + 4}, most) && hs_python_is(p, at + 4, "]");
    at += 5;
    if (!first || (copy && !hs_python_is(p, at, ")")))
        return false;
    at += copy;
    return at + 5 == end && hs_python_is(p, at, ".") && hs_python_is(p, at + 1, "find") && hs_python_is(p, at + 2, "(") &&
           hs_python_is(p, at + 4, ")");
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

/* The number of elements of [low:high] at most. False: it is not known, so it may be all. */
static bool part_size(const struct work *k, struct span low, struct span high, uint64_t *size)
{
    const struct hs_python *p = k->p;
    uint64_t from = 0, to = 0;
    if (!length(high))
        return hs_python_is(p, low.from, "-") && number(k, (struct span){low.from + 1, low.to}, size) && *size;
    if (number(k, high, &to) || found_within(k, high, &to)) {
        from = number(k, low, &from) ? from : 0;
        *size = to > from ? to - from : 1;
        return true;
    }
    return length(low) && length(high) == length(low) + 2 && begins_with(p, high, low) && hs_python_is(p, high.to - 2, "+") &&
           number(k, (struct span){high.to - 1, high.to}, size);
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

/* The elements of the largest slice in the row at most. False: there is none, or one may show all. */
static bool row_shows(const struct work *k, uint32_t row, uint64_t *size)
{
    const struct hs_python *p = k->p;
    uint32_t end = p->row[row].first + p->row[row].n;
    bool found = false;
    *size = 0;
    for (uint32_t i = p->row[row].first + 1; i < end; i++) {
        struct span low, high;
        uint64_t own;
        bool subscript = hs_python_is(p, i, "[") &&
                         (p->token[i - 1].kind == HS_PYTHON_NAME || hs_python_is(p, i - 1, ")") || hs_python_is(p, i - 1, "]"));
        if (!subscript || !slice_ends(p, i, end, &low, &high))
            continue;
        if (!part_size(k, low, high, &own))
            return false;
        found = true;
        *size = own > *size ? own : *size;
    }
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
        return row_shows(k, row, size);
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
}

static bool shows_little(const struct work *k, const struct hs_part *part)
{
    uint32_t to = k->q->holders->to[part->edge];
    return k->shown[to] * SMALL_TIMES <= k->q->holders->any.bytes[to];
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
    bool done = k.shown && collect(&k, parts);
    free(k.shown);
    return done ? HS_OK : HS_ERR_MEMORY;
}

void hs_parts_free(struct hs_parts *parts)
{
    free(parts->part);
    *parts = (struct hs_parts){.n = 0};
}
