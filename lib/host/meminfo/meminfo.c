/* SPDX-License-Identifier: MIT
 *
 * Finds the output of mem_info() in a text.
 *
 * A dump begins with its "GC: total:" line. Map lines must be consecutive: the offset in front of each line is the size of
 * the granules before it. Two map lines, or the total, give the size of a granule.
 */
#include "lib/host/meminfo/meminfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/input/lines.h"
#include "lib/host/util/array.h"
#include "lib/host/util/clean_text.h"

#define LINE_GRANULES 64u
#define GRANULES_ALL (1u << 30) /* most granules of all dumps */
#define WORDS_MAX 64u           /* most bytes of the commands that were run before a dump */
#define NUMBER_MAX (UINT64_C(1) << 40)

enum room { ROOM_DUMPS, ROOM_AREAS, ROOM_RUNS, ROOM_WORDS, ROOM_FAILURES };

/* The state of the scan. */
struct scan {
    struct hs_meminfo_log *log;
    struct hs_line_reader lines;
    struct hs_meminfo *dump;      /* the current one, NULL before the first */
    struct hs_meminfo_area *area; /* the current one, NULL between areas */
    uint64_t stack, stack_limit;  /* from the "stack:" line before the dump */
    bool stack_seen, banner;      /* since the last dump */
    uint64_t origin, mask;        /* offset of the area's first line, and the bits of an offset that are printed */
    bool placed;                  /* `origin` and `mask` are known */
    uint64_t granules;            /* of all dumps so far */
    char since[WORDS_MAX];        /* commands that were run since the last dump */
    size_t since_len;
    char said[WORDS_MAX]; /* the last line that is not from mem_info() */
    size_t said_len;
    struct {
        enum hs_meminfo_what what; /* of the line "HS:S" after the last dump */
        uint32_t milliseconds;
        uint64_t every; /* of the line "HS:I" after the last dump, plus 1; 0: none */
        char label[WORDS_MAX];
        size_t label_len;
    } sample;
    struct {
        const char *file, *function; /* of the last line of a traceback; not terminated */
        size_t file_len, function_len;
        uint32_t line;
    } frame;
    struct hs_meminfo_failure failure; /* size 0: none since the last dump */
    struct {
        uint64_t offset, granules; /* of the last line, and how many granules from there are shown */
        uint64_t free;             /* granules, up to its end */
        uint32_t granule;          /* bytes, by the first two lines; 0: not known */
        bool begun;
    } shown;
    int err;
};

/* --- growing arrays ----------------------------------------------------------------------------------- */

#define ADD(s, items, n, room) note_lack(s, hs_array_add((s)->log->items, (s)->log->n, (s)->log->room))

static void *note_lack(struct scan *s, void *item)
{
    if (!item)
        s->err = HS_ERR_MEMORY;
    return item;
}

static struct hs_meminfo_run *new_run(struct scan *s)
{
    struct hs_meminfo_run *run = ADD(s, run, n_runs, room[ROOM_RUNS]);
    if (run)
        s->area->n_runs++;
    return run;
}

static void put_word(struct scan *s, char c)
{
    char *word = ADD(s, words, n_words, room[ROOM_WORDS]);
    if (word)
        *word = c;
}

/* --- parsing a line ----------------------------------------------------------------------------------- */

/* Length of a blank at the start of a text, also of a no-break space as in web pages (U+00A0); 0: none. */
static size_t blank_at(const char *text, size_t n)
{
    return n && (*text == ' ' || *text == '\t' || *text == ';') ? 1 : n > 1 && !memcmp(text, "\xc2\xa0", 2) ? 2 : 0;
}

static const char *find(const struct hs_line_reader *l, const char *from, const char *text)
{
    const char *end = l->line + l->len;
    return from && from <= end ? memmem(from, (size_t)(end - from), text, strlen(text)) : NULL;
}

/* Parses the number after `text` and blanks. Moves *from to the byte after it. */
static bool number_behind(const struct hs_line_reader *l, const char **from, const char *text, uint64_t *value)
{
    const char *at = find(l, *from, text), *end = l->line + l->len;
    if (!at)
        return false;
    at += strlen(text);
    for (size_t blank; (blank = blank_at(at, (size_t)(end - at)));)
        at += blank;
    const char *first = at;
    uint64_t n = 0;
    for (; at < end && *at >= '0' && *at <= '9' && n < NUMBER_MAX; at++)
        n = n * 10 + (uint64_t)(*at - '0');
    if (at == first || n >= NUMBER_MAX)
        return false;
    *value = n;
    *from = at;
    return true;
}

static bool is_cell(char c) { return c == HS_MEMINFO_FREE || c == '=' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* A line of the map: an offset of at least five digits, a colon, a blank, and granules up to the end of the line. */
struct cells {
    uint64_t offset;
    unsigned digits;
    const char *cell;
    size_t n;
};

static bool offset_before(const struct hs_line_reader *l, const char *colon, struct cells *c)
{
    const char *at = colon;
    while (at > l->line && colon - at < 17 && hs_hex_digit((uint8_t)at[-1]) >= 0)
        at--;
    c->digits = (unsigned)(colon - at);
    c->offset = 0;
    for (const char *digit = at; digit < colon; digit++)
        c->offset = c->offset << 4 | (uint64_t)hs_hex_digit((uint8_t)*digit);
    return c->digits >= 5 && c->digits <= 16;
}

static bool find_cells(const struct hs_line_reader *l, struct cells *c)
{
    const char *end = l->line + l->len;
    if (l->len < 8)
        return false;
    /* from the end of the line: other text in front of the map may be long, the map is not */
    const char *at = end;
    while (at > l->line && is_cell(at[-1]))
        at--;
    c->cell = at;
    c->n = (size_t)(end - at);
    return c->n && c->n <= LINE_GRANULES && at - l->line >= 7 && at[-1] == ' ' && at[-2] == ':' && offset_before(l, at - 2, c);
}

/* --- what is shown of the map, whole or not ----------------------------------------------------------- */

#define OFFSET_MASK UINT64_C(0xfffff) /* bits of an offset that are always printed */

static void show_free(struct scan *s, uint64_t granules)
{
    struct hs_meminfo_part *p = &s->dump->part;
    s->shown.free += granules;
    s->shown.granules += granules;
    p->shown += granules;
    p->longest_free = s->shown.free > p->longest_free ? s->shown.free : p->longest_free;
}

/* Whether a line's offset is that of the first line of a map, or follows on the line before. */
static bool is_next(struct scan *s, const struct cells *c)
{
    uint64_t distance = (c->offset - s->shown.offset) & OFFSET_MASK;
    if (!s->shown.begun) /* old versions print the end of the address */
        return !c->offset || (s->area && !((s->area->base ^ c->offset) & OFFSET_MASK));
    if (!s->shown.granule)
        s->shown.granule = distance == LINE_GRANULES * 32 && s->shown.granules == LINE_GRANULES ? 32 : 16;
    return distance == ((s->shown.granules * s->shown.granule) & OFFSET_MASK);
}

static void show_cells(struct scan *s, const struct cells *c)
{
    struct hs_meminfo_part *p = &s->dump->part;
    if (!is_next(s, c)) {
        p->no_begin |= !s->shown.begun;
        p->gap |= s->shown.begun;
        s->shown.free = 0;
    }
    s->shown.begun = true;
    s->shown.offset = c->offset;
    s->shown.granules = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (c->cell[i] == HS_MEMINFO_FREE) {
            show_free(s, 1);
            continue;
        }
        s->shown.free = 0;
        s->shown.granules++;
        p->shown++;
        p->used++;
        p->blocks += c->cell[i] != '=';
    }
}

/* --- the map ------------------------------------------------------------------------------------------ */

static void fault(struct scan *s, const char *why)
{
    if (!s->dump->fault) {
        s->dump->fault = why;
        s->dump->fault_line = s->lines.number;
    }
    s->area = NULL;
}

static void put_free(struct scan *s, uint32_t granules)
{
    struct hs_meminfo_run *last = s->area->n_runs ? &s->log->run[s->log->n_runs - 1] : NULL;
    if (!last || last->letter != HS_MEMINFO_FREE) {
        last = new_run(s);
        if (!last)
            return;
        *last = (struct hs_meminfo_run){.letter = HS_MEMINFO_FREE};
    }
    last->granules += granules;
}

static void put_cell(struct scan *s, char c)
{
    if (c == HS_MEMINFO_FREE) {
        put_free(s, 1);
        return;
    }
    struct hs_meminfo_run *run = s->area->n_runs ? &s->log->run[s->log->n_runs - 1] : NULL;
    if (c != '=') {
        run = new_run(s);
        if (run)
            *run = (struct hs_meminfo_run){.granules = 1, .letter = c};
    } else if (run && run->letter != HS_MEMINFO_FREE) {
        run->granules++;
    } else {
        fault(s, "a block's tail follows no head");
    }
}

/* Counts `more` granules. False when the area or all dumps are too large. */
static bool admit(struct scan *s, uint64_t more)
{
    if (more > HS_MEMINFO_GRANULES || s->area->granules + more > HS_MEMINFO_GRANULES) {
        fault(s, "the map is of more granules than any heap has");
        return false;
    }
    s->granules += more;
    if (s->granules > GRANULES_ALL)
        s->err = HS_ERR_FULL;
    s->area->granules += (uint32_t)more;
    return !s->err;
}

/* Whether the line's offset is the size of the granules so far; computes the granule's size if it is unknown. */
static bool follows(struct scan *s, const struct cells *c)
{
    uint64_t so_far = s->area->granules;
    if (!so_far && !s->placed) {
        s->origin = c->offset;
        s->mask = c->digits < 16 ? (UINT64_C(1) << 4 * c->digits) - 1 : UINT64_MAX;
        s->placed = true;
        return true;
    }
    uint64_t distance = (c->offset - s->origin) & s->mask;
    if (!s->dump->granule && so_far && distance % so_far == 0) {
        uint64_t granule = distance / so_far;
        if (granule >= 4 && granule <= 128 && !(granule & (granule - 1)))
            s->dump->granule = (uint32_t)granule;
    }
    return s->dump->granule && ((so_far * s->dump->granule) & s->mask) == distance;
}

static void take_cells(struct scan *s, const struct cells *c)
{
    if (!follows(s, c)) {
        fault(s, "a line of the map does not follow on the one before it");
        return;
    }
    if (s->area->granules % LINE_GRANULES) {
        fault(s, "the line before this one is cut");
        return;
    }
    if (!admit(s, c->n))
        return;
    for (size_t i = 0; i < c->n && s->area && !s->err; i++)
        put_cell(s, c->cell[i]);
    s->dump->last_line = s->lines.number;
}

/* "(108 lines all free)". If it is the area's first line, the area's offsets start at 0. */
static bool take_elided(struct scan *s)
{
    const char *at = find(&s->lines, s->lines.line, " lines all free)");
    uint64_t n;
    while (at && at > s->lines.line && at[-1] >= '0' && at[-1] <= '9')
        at--;
    if (!at || at == s->lines.line || *--at != '(' || !number_behind(&s->lines, &at, "(", &n))
        return false;
    if (s->dump && n <= HS_MEMINFO_GRANULES / LINE_GRANULES) {
        s->shown.begun = true;
        show_free(s, n * LINE_GRANULES);
    }
    if (s->area && s->area->granules % LINE_GRANULES)
        fault(s, "the line before this one is cut");
    if (!s->area || !admit(s, n * LINE_GRANULES))
        return true;
    if (!s->placed) {
        s->placed = true;
        s->origin = 0;
        s->mask = 0xfffff;
    }
    put_free(s, (uint32_t)(n * LINE_GRANULES));
    s->dump->last_line = s->lines.number;
    return true;
}

static bool has_area(const struct scan *s, uint64_t base)
{
    for (size_t i = 0; i < s->dump->n_areas; i++)
        if (s->log->area[s->dump->area + i].base == base)
            return true;
    return false;
}

static void begin_area(struct scan *s, uint64_t base)
{
    struct hs_meminfo_log *log = s->log;
    struct hs_meminfo_area *area = ADD(s, area, n_areas, room[ROOM_AREAS]);
    if (!area)
        return;
    s->area = area;
    *s->area = (struct hs_meminfo_area){.base = base, .run = log->n_runs};
    s->dump->n_areas++;
    s->placed = false;
    s->shown.begun = false;
    s->shown.free = s->shown.granules = 0;
}

static void begin_dump(struct scan *s);

static bool take_layout(struct scan *s)
{
    static const char words[] = "GC memory layout; from ";
    const char *at = find(&s->lines, s->lines.line, words), *end = s->lines.line + s->lines.len;
    uint64_t base = 0;
    if (!at)
        return false;
    at += strlen(words);
    if (end - at > 2 && at[0] == '0' && (at[1] | 0x20) == 'x')
        at += 2;
    for (int n = 0; at < end && n < 16 && hs_hex_digit((uint8_t)*at) >= 0; n++)
        base = base << 4 | (uint64_t)hs_hex_digit((uint8_t)*at++);
    if (!s->dump || has_area(s, base))
        begin_dump(s);
    if (!s->err)
        begin_area(s, base);
    return true;
}

/* A line of the map. A map may have no "from" line: MicroPython builds for comparing dumps do not print it. */
static bool take_map_line(struct scan *s)
{
    struct cells c;
    if (!s->dump || !find_cells(&s->lines, &c))
        return false;
    if (!s->area && !s->dump->n_areas && !s->dump->fault && !c.offset)
        begin_area(s, 0);
    else if (!s->area && !s->dump->n_areas)
        fault(s, "the first lines of the map are missing");
    show_cells(s, &c);
    if (s->area && !s->err)
        take_cells(s, &c);
    return true;
}

/* --- figures ------------------------------------------------------------------------------------------ */

static void keep_words(struct scan *s)
{
    bool run = s->since_len > 0;
    const char *text = s->sample.what ? s->sample.label : run ? s->since : s->said;
    size_t len = s->sample.what ? s->sample.label_len : run ? s->since_len : s->said_len;
    s->dump->since = s->log->n_words;
    for (size_t i = 0; i < len && !s->err; i++)
        put_word(s, text[i]);
    s->dump->since_len = s->log->n_words - s->dump->since;
    s->since_len = s->said_len = 0;
}

static void keep_failure(struct scan *s)
{
    struct hs_meminfo_failure *failure = ADD(s, failure, n_failures, room[ROOM_FAILURES]);
    if (!failure)
        return;
    *failure = s->failure;
    s->dump->failure = (unsigned)s->log->n_failures;
}

/* A MemoryError that the script has caught is not the state of the heap that a later sample shows. */
static void keep_sample(struct scan *s)
{
    s->dump->what = s->sample.what;
    s->dump->milliseconds = s->sample.milliseconds;
    if (s->sample.what == HS_MEMINFO_RAISED && s->failure.size)
        keep_failure(s);
    s->dump->every = s->sample.every;
    s->sample.what = HS_MEMINFO_PLAIN;
    s->sample.every = 0;
    s->failure.size = 0;
}

static void begin_dump(struct scan *s)
{
    struct hs_meminfo_log *log = s->log;
    struct hs_meminfo *dump = ADD(s, dump, n, room[ROOM_DUMPS]);
    s->area = NULL;
    if (!dump)
        return;
    s->dump = dump;
    *s->dump = (struct hs_meminfo){
        .line = s->lines.number,
        .last_line = s->lines.number,
        .area = log->n_areas,
        .has = s->stack_seen ? HS_MEMINFO_STACK : 0,
        .stack = s->stack,
        .stack_limit = s->stack_limit,
        .anew = s->banner && log->n > 1,
    };
    s->stack_seen = s->banner = false;
    s->shown.begun = false;
    s->shown.granule = 0;
    s->shown.free = s->shown.granules = 0;
    keep_words(s);
    keep_sample(s);
}

static bool take_totals(struct scan *s)
{
    const char *at = find(&s->lines, s->lines.line, "GC: total:");
    uint64_t total, used, free_bytes, split;
    if (!at || !number_behind(&s->lines, &at, "total:", &total) || !number_behind(&s->lines, &at, "used:", &used) ||
        !number_behind(&s->lines, &at, "free:", &free_bytes))
        return false;
    begin_dump(s);
    if (s->err)
        return true;
    s->dump->has |= HS_MEMINFO_TOTALS;
    s->dump->total = total;
    s->dump->used = used;
    s->dump->free = free_bytes;
    if (number_behind(&s->lines, &at, "max new split:", &split)) {
        s->dump->has |= HS_MEMINFO_SPLIT;
        s->dump->max_new_split = split;
    }
    return true;
}

static bool take_counts(struct scan *s)
{
    const char *at = s->lines.line;
    struct hs_meminfo *d = s->dump;
    uint64_t ones, twos, block, run;
    if (!d || !number_behind(&s->lines, &at, "1-blocks:", &ones) || !number_behind(&s->lines, &at, "2-blocks:", &twos) ||
        !number_behind(&s->lines, &at, "max blk sz:", &block))
        return false;
    d->has |= HS_MEMINFO_COUNTS;
    d->blocks_1 = ones;
    d->blocks_2 = twos;
    d->max_block = block;
    if (number_behind(&s->lines, &at, "max free sz:", &run)) {
        d->has |= HS_MEMINFO_LONGEST;
        d->max_free = run;
    }
    d->last_line = s->lines.number;
    return true;
}

static bool take_stack(struct scan *s)
{
    const char *at = find(&s->lines, s->lines.line, "stack: ");
    uint64_t used, limit = 0;
    if (!at || !number_behind(&s->lines, &at, "stack:", &used))
        return false;
    number_behind(&s->lines, &at, "out of", &limit);
    s->stack = used;
    s->stack_limit = limit;
    s->stack_seen = true;
    return true;
}

/* --- other lines -------------------------------------------------------------------------------------- */

/* Appends a text, cut to the room that is left, but not inside a character. */
static void add_words(char *to, size_t *len, const char *text, size_t n)
{
    n = hs_text_fit(n, text, WORDS_MAX - *len);
    memcpy(to + *len, text, n);
    *len += n;
}

static void trim(const char **text, size_t *n)
{
    size_t blank;
    while ((blank = blank_at(*text, *n))) {
        *text += blank;
        *n -= blank;
    }
    while (*n && ((blank = blank_at(*text + *n - 1, 1)) || (*n > 1 && (blank = blank_at(*text + *n - 2, 2)) == 2)))
        *n -= blank;
}

/* --- samples ------------------------------------------------------------------------------------------ */

static const char *const whats[HS_MEMINFO_WHATS] = {
    [HS_MEMINFO_BARE] = "bare",           [HS_MEMINFO_START] = "start",       [HS_MEMINFO_TIME] = "time",
    [HS_MEMINFO_MARK] = "mark",           [HS_MEMINFO_SNAPSHOT] = "snapshot", [HS_MEMINFO_BEFORE] = "before",
    [HS_MEMINFO_IMPORT] = "import",       [HS_MEMINFO_RAISED] = "raised",     [HS_MEMINFO_END] = "end",
    [HS_MEMINFO_COLLECTED] = "collected",
};

static enum hs_meminfo_what what_of(const char *word, size_t n)
{
    for (unsigned i = HS_MEMINFO_BARE; i < HS_MEMINFO_WHATS; i++)
        if (strlen(whats[i]) == n && !memcmp(whats[i], word, n))
            return (enum hs_meminfo_what)i;
    return HS_MEMINFO_PLAIN;
}

/* The mark's label: of a mark its own, of other samples what they are, of a MemoryError its text. */
static void label_sample(struct scan *s, const char *name, size_t n)
{
    static const char *const words[HS_MEMINFO_WHATS] = {
        [HS_MEMINFO_START] = "start",    [HS_MEMINFO_BEFORE] = "before import ",
        [HS_MEMINFO_IMPORT] = "import ", [HS_MEMINFO_RAISED] = "raised",
        [HS_MEMINFO_END] = "end",        [HS_MEMINFO_COLLECTED] = "after a collection",
    };
    const char *word = words[s->sample.what];
    s->sample.label_len = 0;
    char failed[WORDS_MAX];
    if (s->sample.what == HS_MEMINFO_RAISED && s->failure.size) {
        snprintf(failed, sizeof failed, "MemoryError: allocating %u bytes", (unsigned)s->failure.size);
        word = failed;
    } else if (s->sample.what == HS_MEMINFO_RAISED && s->said_len) {
        word = NULL;
        add_words(s->sample.label, &s->sample.label_len, s->said, s->said_len);
    }
    if (word)
        add_words(s->sample.label, &s->sample.label_len, word, strlen(word));
    if (s->sample.what != HS_MEMINFO_RAISED)
        add_words(s->sample.label, &s->sample.label_len, name, n);
}

static bool ends_with(const struct hs_line_reader *l, const char *word)
{
    size_t n = strlen(word);
    return l->len >= n && !memcmp(l->line + l->len - n, word, n);
}

/* "HS:E 1434", or without a time. */
static bool take_sample_end(struct scan *s)
{
    const char *at = s->lines.line;
    uint64_t milliseconds;
    if (!number_behind(&s->lines, &at, "HS:E ", &milliseconds))
        return ends_with(&s->lines, "HS:E");
    if (s->dump)
        s->dump->milliseconds_end = (uint32_t)milliseconds;
    return true;
}

/* "HS:I 1000" */
static bool take_interval(struct scan *s)
{
    const char *at = s->lines.line;
    uint64_t milliseconds;
    if (!number_behind(&s->lines, &at, "HS:I ", &milliseconds) || milliseconds > UINT32_MAX)
        return false;
    s->sample.every = milliseconds + 1;
    return true;
}

/* "HS:S 1234 mark loaded", "HS:E 1434", and what heapstrata.track() prints. */
static bool take_sample(struct scan *s)
{
    const char *at = find(&s->lines, s->lines.line, "HS:S "), *end = s->lines.line + s->lines.len;
    uint64_t milliseconds;
    if (!at || !number_behind(&s->lines, &at, "HS:S ", &milliseconds))
        return take_sample_end(s) || take_interval(s) || ends_with(&s->lines, "HS:K") || find(&s->lines, s->lines.line, "HS:T ");
    size_t n = (size_t)(end - at);
    trim(&at, &n);
    const char *blank = memchr(at, ' ', n);
    size_t word = blank ? (size_t)(blank - at) : n;
    enum hs_meminfo_what what = what_of(at, word);
    if (!what)
        return false;
    s->sample.what = what;
    s->sample.milliseconds = (uint32_t)milliseconds;
    at += word;
    n -= word;
    trim(&at, &n);
    label_sample(s, at, n);
    return true;
}

/* Up to the next quotation mark, or the end of the line. */
static size_t quoted(const struct hs_line_reader *l, const char *from)
{
    const char *end = l->line + l->len, *quote = memchr(from, '"', (size_t)(end - from));
    return (size_t)((quote ? quote : end) - from);
}

/* '  File "main.py", line 47, in main' */
static bool take_frame(struct scan *s)
{
    static const char file[] = "File \"", in[] = ", in ";
    const char *at = find(&s->lines, s->lines.line, file), *name, *function;
    uint64_t line;
    if (!at)
        return false;
    name = at += strlen(file);
    if (!number_behind(&s->lines, &at, "\", line ", &line) || !(function = find(&s->lines, at, in)))
        return false;
    function += strlen(in);
    s->frame.file = name;
    s->frame.file_len = quoted(&s->lines, name);
    s->frame.function = function;
    s->frame.function_len = (size_t)(s->lines.line + s->lines.len - function);
    s->frame.line = line < UINT32_MAX ? (uint32_t)line : 0;
    return false; /* the text of the line may be the label of a dump */
}

static void copy_name(char *to, size_t size, const char *text, size_t n)
{
    n = hs_text_fit(n, text, size - 1);
    if (n)
        memcpy(to, text, n);
    to[n] = '\0';
}

/* "MemoryError: memory allocation failed, allocating 12288 bytes" below a traceback. */
static bool take_failure(struct scan *s)
{
    const char *at = find(&s->lines, s->lines.line, "MemoryError: memory allocation failed");
    uint64_t size;
    if (!at || !number_behind(&s->lines, &at, "allocating ", &size) || !size || size > UINT32_MAX)
        return false;
    s->failure.size = (uint32_t)size;
    s->failure.line = s->frame.line;
    size_t most = sizeof s->failure.file - 1, cut = s->frame.file_len > most ? s->frame.file_len - most : 0;
    while (cut < s->frame.file_len && (s->frame.file[cut] & 0xc0) == 0x80) /* within a UTF-8 character */
        cut++;
    const char *file = s->frame.file_len ? s->frame.file + cut : ""; /* "": no frame is above it */
    copy_name(s->failure.file, sizeof s->failure.file, file, s->frame.file_len - cut);
    copy_name(s->failure.function, sizeof s->failure.function, s->frame.function, s->frame.function_len);
    s->frame.file_len = s->frame.function_len = s->frame.line = 0;
    return false;
}

/* Keeps what was typed at a prompt, without comments and without the call of mem_info(). */
static bool take_prompt(struct scan *s)
{
    const char *at = find(&s->lines, s->lines.line, ">>> "), *end = s->lines.line + s->lines.len, *next;
    if (!at)
        return find(&s->lines, s->lines.line, ">>>") != NULL;
    while ((next = find(&s->lines, at + 1, ">>> ")))
        at = next;
    at += 4;
    const char *hash = memchr(at, '#', (size_t)(end - at));
    size_t n = (size_t)((hash ? hash : end) - at);
    trim(&at, &n);
    if (!n || memmem(at, n, "mem_info(", 9) || memmem(at, n, "import micropython", 18) == at)
        return true;
    if (s->since_len)
        add_words(s->since, &s->since_len, "; ", 2);
    add_words(s->since, &s->since_len, at, n);
    return true;
}

static bool take_banner(struct scan *s)
{
    const char *at = find(&s->lines, s->lines.line, "MicroPython v"), *adafruit;
    if (find(&s->lines, s->lines.line, "soft reboot") || find(&s->lines, s->lines.line, "ESP-ROM:")) {
        s->banner = true;
        return true;
    }
    if (!at)
        at = (adafruit = find(&s->lines, s->lines.line, "CircuitPython ")) && find(&s->lines, adafruit, " on ") ? adafruit : NULL;
    if (!at || !find(&s->lines, at, "; "))
        return false;
    size_t n = (size_t)(s->lines.line + s->lines.len - at), most = sizeof s->log->system - 1;
    trim(&at, &n);
    if (!s->log->system[0])
        memcpy(s->log->system, at, n < most ? n : most);
    s->banner = true;
    return true;
}

/* Keeps the last line that the program printed before the dump, for dumps without typed commands. */
static void take_other(struct scan *s)
{
    const char *at = s->lines.line;
    size_t n = s->lines.len;
    trim(&at, &n);
    if (!n || find(&s->lines, at, "mem: total=") || find(&s->lines, at, "Type \"help()\"") || (n == 4 && !memcmp(at, "None", 4)))
        return;
    s->said_len = 0;
    add_words(s->said, &s->said_len, at, n);
}

static void take_line(struct scan *s)
{
    static bool (*const takers[])(struct scan *) = {
        take_sample, take_frame,    take_failure, take_totals, take_counts, take_layout,
        take_elided, take_map_line, take_stack,   take_banner, take_prompt,
    };
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (takers[i](s))
            return;
    take_other(s);
}

/* --- validation --------------------------------------------------------------------------------------- */

struct sums {
    uint64_t granules, used, ones, twos, block, run;
};

static struct sums sum_up(const struct hs_meminfo_log *log, const struct hs_meminfo *d)
{
    struct sums sum = {0};
    for (size_t a = 0; a < d->n_areas; a++) {
        const struct hs_meminfo_area *area = &log->area[d->area + a];
        sum.granules += area->granules;
        for (size_t i = 0; i < area->n_runs; i++) {
            const struct hs_meminfo_run *run = &log->run[area->run + i];
            bool is_free = run->letter == HS_MEMINFO_FREE;
            sum.used += is_free ? 0 : run->granules;
            sum.ones += !is_free && run->granules == 1;
            sum.twos += !is_free && run->granules == 2;
            uint64_t *most = is_free ? &sum.run : &sum.block;
            *most = run->granules > *most ? run->granules : *most;
        }
    }
    return sum;
}

/* How the map contradicts the figures; NULL: it does not. */
static const char *disagreement(const struct hs_meminfo *d, const struct sums *sum)
{
    if (d->has & HS_MEMINFO_TOTALS && sum->granules * d->granule != d->total)
        return "the map is not of as many bytes as the total says: lines are missing";
    if (d->has & HS_MEMINFO_TOTALS && sum->used * d->granule != d->used)
        return "the map shows other used bytes than the figures";
    if (d->has & HS_MEMINFO_COUNTS && (sum->ones != d->blocks_1 || sum->twos != d->blocks_2 || sum->block != d->max_block))
        return "the map shows other blocks than the figures";
    if (d->has & HS_MEMINFO_LONGEST && sum->run != d->max_free)
        return "the map shows another longest free run than the figures";
    return NULL;
}

static void judge(const struct hs_meminfo_log *log, struct hs_meminfo *d)
{
    struct sums sum = sum_up(log, d);
    if (!d->n_areas || d->fault || !sum.granules)
        return;
    if (d->has & HS_MEMINFO_TOTALS && d->total % sum.granules == 0) {
        uint64_t granule = d->total / sum.granules;
        if (!d->granule && granule >= 4 && granule <= 128 && !(granule & (granule - 1)))
            d->granule = (uint32_t)granule;
    }
    if (!d->granule)
        d->granule = 16;
    d->fault = disagreement(d, &sum);
    d->fault_line = d->last_line;
    if (d->fault)
        return;
    d->has |= HS_MEMINFO_MAP;
    if (d->has & HS_MEMINFO_TOTALS)
        return;
    d->total = sum.granules * d->granule;
    d->used = sum.used * d->granule;
    d->free = d->total - d->used;
    d->max_free = sum.run;
    d->has |= HS_MEMINFO_TOTALS | HS_MEMINFO_LONGEST;
}

/* The granule is unknown without a map. It is copied from other dumps. Else it is 32 if the dump looks like a host's and the
 * longest run then fits in the free space, or 8 if the longest run fits only then, or 16. */
static void guess_granules(struct hs_meminfo_log *log)
{
    uint32_t known = 0;
    for (size_t i = 0; i < log->n; i++)
        known = log->dump[i].has & HS_MEMINFO_MAP ? log->dump[i].granule : known;
    for (size_t i = 0; i < log->n; i++) {
        struct hs_meminfo *d = &log->dump[i];
        bool longest = d->has & HS_MEMINFO_LONGEST;
        bool host = d->stack_limit >= 64000 && longest && d->max_free * 32 <= d->free && (d->total | d->used) % 32 == 0;
        bool small = longest && d->max_free * 16 > d->free && d->max_free * 8 <= d->free;
        if (!d->granule)
            d->granule = known ? known : host ? 32 : small ? 8 : 16;
    }
}

/* Whether two dumps are of different heaps. A heap that has grown keeps its first area; if there are only figures, a heap that
 * can grow prints "max new split". */
static bool is_another(const struct hs_meminfo_log *log, const struct hs_meminfo *a, const struct hs_meminfo *b)
{
    if (a->granule != b->granule)
        return true;
    if (a->has & b->has & HS_MEMINFO_MAP)
        return log->area[a->area].base != log->area[b->area].base || log->area[a->area].granules != log->area[b->area].granules;
    return a->total != b->total && !(a->has & b->has & HS_MEMINFO_SPLIT);
}

/* Whether a sample is the first of a run. Its script may print what looks like a banner. *bare: the run began without the
 * helper. */
static bool begins(const struct hs_meminfo *sample, bool *bare)
{
    bool start = sample->what == HS_MEMINFO_START && !*bare;
    if (sample->what == HS_MEMINFO_BARE || sample->what == HS_MEMINFO_START)
        *bare = sample->what == HS_MEMINFO_BARE;
    return start || sample->what == HS_MEMINFO_BARE;
}

static void find_runs(struct hs_meminfo_log *log)
{
    bool bare = false;
    for (size_t i = 0; i < log->n; i++) {
        struct hs_meminfo *d = &log->dump[i];
        bool first = d->what != HS_MEMINFO_PLAIN && begins(d, &bare);
        log->n_samples += d->what != HS_MEMINFO_PLAIN;
        if (i)
            d->anew = d->what == HS_MEMINFO_PLAIN ? d->anew || is_another(log, d - 1, d) : first;
    }
}

int hs_meminfo_read(struct hs_meminfo_log *log, const uint8_t *text, size_t len)
{
    *log = (struct hs_meminfo_log){.n = 0};
    struct scan s = {.log = log, .lines = {.at = text, .end = text + len}};
    while (!s.err && hs_next_line(&s.lines))
        take_line(&s);
    if (s.err)
        return s.err;
    size_t kept = 0;
    for (size_t i = 0; i < log->n; i++) {
        judge(log, &log->dump[i]);
        if (log->dump[i].has & HS_MEMINFO_TOTALS)
            log->dump[kept++] = log->dump[i];
    }
    log->n = kept;
    guess_granules(log);
    find_runs(log);
    return kept ? HS_OK : HS_ERR_KIND;
}

void hs_meminfo_free(struct hs_meminfo_log *log)
{
    free(log->dump);
    free(log->area);
    free(log->run);
    free(log->words);
    free(log->failure);
    *log = (struct hs_meminfo_log){.n = 0};
}

const char *hs_meminfo_kind(char letter)
{
    static const char *const kinds[128] = {
        ['A'] = "array, bytearray", ['B'] = "function", ['D'] = "dict",   ['F'] = "float", ['L'] = "list",      ['M'] = "module",
        ['S'] = "str, bytes",       ['T'] = "tuple",    ['m'] = "marked", ['q'] = "qstr",  ['Q'] = "qstr pool",
    };
    unsigned index = (unsigned char)letter;
    return index < 128 && kinds[index] ? kinds[index] : "other";
}
