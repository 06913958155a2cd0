/* SPDX-License-Identifier: MIT
 *
 * Converts dumps of mem_info() to a trace. Recording is stopped except at the time of each dump, which becomes a
 * snapshot, or a summary if it has only figures. The trace has no allocations.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/input/fail.h"
#include "lib/host/meminfo/meminfo.h"
#include "lib/host/replay/packets.h"
#include "lib/varint.h"

/* The data of the record that is being filled. */
struct piece {
    uint8_t data[HS_PACKETS_DATA];
    uint32_t len;
    uint32_t pos; /* its first granule */
};

#define HELPER_BLOCKS 256u     /* more have no name */
#define HS_MEMINFO_FAILURES 8u /* only the first ones have a place */

struct own_block {
    uint32_t pos, granules;
};

struct teller {
    struct hs_packets packets;
    const struct hs_meminfo_log *log;
    uint64_t time;
    uint32_t site[128];                        /* by letter; 0: not used */
    uint32_t place[HS_MEMINFO_FAILURES];       /* by failure */
    unsigned regions;                          /* of this boot so far */
    const struct hs_meminfo *bare;             /* the dump before HeapStrata's helper was loaded; NULL: none in this boot */
    const struct hs_meminfo *before;           /* the last dump */
    uint64_t own;                              /* bytes of the helper */
    struct own_block own_block[HELPER_BLOCKS]; /* ascending; `own_blocks` */
    unsigned own_blocks;
    uint32_t helper; /* site of these blocks */
    struct piece piece;
};

#define HS_CLOCK 0x1fffffffu /* the board's milliseconds wrap here, or at a multiple of it */

static void put(struct teller *t, struct hs_record record)
{
    record.time = t->time;
    hs_packets_put(&t->packets, &record);
}

static unsigned shift_of(const struct hs_meminfo *d)
{
    unsigned shift = 0;
    while (d->granule >> (shift + 1))
        shift++;
    return shift;
}

/* --- a dump with a map -------------------------------------------------------------------------------- */

static void put_run(struct piece *p, uint8_t tag, uint32_t n, uint32_t most)
{
    p->data[p->len++] = (uint8_t)(tag | (n < most ? n : most));
    if (n >= most)
        p->len = (uint32_t)(hs_put_u32(p->data + p->len, n - most) - p->data);
}

/* Writes the area's runs in the encoding of FORMAT.md, chapter 4, in as many records as necessary. */
static void tell_snapshot(struct teller *t, const struct hs_meminfo_area *area, uint32_t first, uint8_t part)
{
    struct piece *p = &t->piece;
    uint32_t pos = first;
    *p = (struct piece){.pos = first};
    for (size_t i = 0; i < area->n_runs; i++) {
        const struct hs_meminfo_run *run = &t->log->run[area->run + i];
        if (run->letter == HS_MEMINFO_FREE)
            put_run(p, 0, run->granules - 1, 127);
        else
            put_run(p, 0x80, run->granules - 1, 63);
        pos += run->granules;
        bool last = i + 1 == area->n_runs;
        if (!last && p->len + 8 < sizeof p->data)
            continue;
        uint8_t which = (uint8_t)((part & HS_SNAPSHOT_FIRST) | (last ? part & HS_SNAPSHOT_LAST : 0));
        put(t, (struct hs_record){.kind = HS_SNAPSHOT,
                                  .snapshot = {.pos = p->pos, .end = pos, .part = which, .runs = {p->data, p->len}}});
        part &= 2;
        p->len = 0;
        p->pos = pos;
    }
}

static void put_holders(struct teller *t, char letter)
{
    const struct piece *p = &t->piece;
    put(t, (struct hs_record){.kind = HS_HOLDER,
                              .holder = {.site = t->site[(int)letter], .pos = p->pos, .further = {p->data, p->len}}});
}

/* --- HeapStrata's helper -------------------------------------------------------------------------------- */

/* A walk over the blocks of a dump, in address order. */
struct walk {
    const struct hs_meminfo_log *log;
    const struct hs_meminfo *dump;
    size_t area, run;
    uint32_t pos, granules; /* of the current block */
    char letter;
};

static bool next_block(struct walk *w)
{
    w->pos += w->granules;
    w->granules = 0;
    for (; w->area < w->dump->n_areas; w->area++, w->run = 0) {
        const struct hs_meminfo_area *area = &w->log->area[w->dump->area + w->area];
        while (w->run < area->n_runs) {
            const struct hs_meminfo_run *run = &w->log->run[area->run + w->run++];
            if (run->letter == HS_MEMINFO_FREE) {
                w->pos += run->granules;
                continue;
            }
            w->granules = run->granules;
            w->letter = run->letter;
            return true;
        }
    }
    return false;
}

/* The helper's blocks are those that the bare heap does not have. */
static void find_helper(struct teller *t, const struct hs_meminfo *d)
{
    struct walk bare = {.log = t->log, .dump = t->bare}, now = {.log = t->log, .dump = d};
    bool more = next_block(&bare);
    while (next_block(&now) && t->own_blocks < HELPER_BLOCKS) {
        while (more && bare.pos < now.pos)
            more = next_block(&bare);
        if (more && bare.pos == now.pos && bare.granules == now.granules)
            continue;
        t->own_block[t->own_blocks++] = (struct own_block){now.pos, now.granules};
    }
}

/* Leaves out what a later dump does not have: garbage of the helper's start that the collector found later. */
static void keep_helper(struct teller *t, const struct hs_meminfo *d)
{
    struct walk now = {.log = t->log, .dump = d};
    bool more = next_block(&now);
    unsigned kept = 0;
    for (unsigned i = 0; i < t->own_blocks; i++) {
        while (more && now.pos < t->own_block[i].pos)
            more = next_block(&now);
        if (more && now.pos == t->own_block[i].pos && now.granules == t->own_block[i].granules)
            t->own_block[kept++] = t->own_block[i];
    }
    t->own_blocks = kept;
}

static void choose_helper(struct teller *t, const struct hs_meminfo *d)
{
    const struct hs_meminfo *end = t->log->dump + t->log->n;
    find_helper(t, d);
    for (const struct hs_meminfo *later = d + 1; later < end && !later->anew; later++)
        if (later->has & HS_MEMINFO_MAP)
            keep_helper(t, later);
    for (unsigned i = 0; i < t->own_blocks; i++)
        t->own += (uint64_t)t->own_block[i].granules * d->granule;
}

static void tell_helper(struct teller *t)
{
    char *text = (char *)t->piece.data;
    size_t size = sizeof t->piece.data, len;
    len = (size_t)snprintf(text, size, "helper=%llu bytes of the heap; its blocks:", (unsigned long long)t->own);
    for (unsigned i = 0; i < t->own_blocks; i++)
        len += (size_t)snprintf(text + len, size - len, " %u", (unsigned)t->own_block[i].pos);
    put(t, (struct hs_record){.kind = HS_FACT, .fact.fact = {text, (uint32_t)len}});
}

static void put_helper(struct teller *t)
{
    uint8_t further[5 * HELPER_BLOCKS];
    uint8_t *end = further;
    for (unsigned i = 1; i < t->own_blocks; i++)
        end = hs_put_u32(end, t->own_block[i].pos - t->own_block[i - 1].pos);
    if (t->own_blocks)
        put(t, (struct hs_record){
                   .kind = HS_HOLDER,
                   .holder = {.site = t->helper, .pos = t->own_block[0].pos, .further = {further, (uint32_t)(end - further)}}});
}

/* The first sample says what the helper takes. */
static void measure_helper(struct teller *t, const struct hs_meminfo *d)
{
    if (!t->bare)
        return;
    t->own = 0;
    if (t->bare->has & d->has & HS_MEMINFO_MAP)
        choose_helper(t, d);
    else
        t->own = d->used > t->bare->used ? d->used - t->bare->used : 0;
    if (t->own)
        tell_helper(t);
    t->bare = NULL;
}

/* The interval of samples by a timer. */
static void tell_interval(struct teller *t, const struct hs_meminfo *d)
{
    char text[40];
    if (!d->every)
        return;
    int len = snprintf(text, sizeof text, "every=%llu ms", (unsigned long long)d->every - 1);
    put(t, (struct hs_record){.kind = HS_FACT, .fact.fact = {text, (uint32_t)len}});
}

/* Writes the list of blocks with this letter. */
static void tell_holder(struct teller *t, const struct hs_meminfo *d, char letter)
{
    struct piece *p = &t->piece;
    uint32_t pos = 0, before = 0;
    unsigned own = 0;
    bool begun = false;
    *p = (struct piece){.len = 0};
    for (size_t a = 0; a < d->n_areas; a++) {
        const struct hs_meminfo_area *area = &t->log->area[d->area + a];
        for (size_t i = 0; i < area->n_runs; pos += t->log->run[area->run + i++].granules) {
            while (own < t->own_blocks && t->own_block[own].pos < pos)
                own++;
            bool ours = own < t->own_blocks && t->own_block[own].pos == pos;
            if (ours || t->log->run[area->run + i].letter != letter)
                continue;
            if (begun)
                p->len = (uint32_t)(hs_put_u32(p->data + p->len, pos - before) - p->data);
            else
                p->pos = pos;
            begun = true;
            before = pos;
            if (p->len + 8 < sizeof p->data)
                continue;
            put_holders(t, letter);
            begun = false;
            p->len = 0;
        }
    }
    if (begun)
        put_holders(t, letter);
}

/* Writes one area as a region, with the same names as the hooks in MicroPython. */
static void tell_region(struct teller *t, const struct hs_meminfo *d, size_t number, struct hs_record_region region)
{
    char name[24];
    bool one = d->n_areas <= 1;
    int len = one ? snprintf(name, sizeof name, "gc") : snprintf(name, sizeof name, "gc/%zu", number);
    region.region = (uint8_t)number;
    region.shift = (uint8_t)shift_of(d);
    region.placement = HS_PLACE_EXPLICIT | HS_REGION_EXISTING;
    region.name = (struct hs_text){name, (uint32_t)len};
    put(t, (struct hs_record){.kind = HS_REGION, .region = region});
}

/* Ends the regions that only the dump before had: the heap has shrunk. */
static void end_regions(struct teller *t, size_t n)
{
    for (size_t a = n; a < t->regions; a++)
        put(t, (struct hs_record){.kind = HS_REGION_END, .region_end.region = (uint8_t)a});
    t->regions = (unsigned)n;
}

static void tell_regions(struct teller *t, const struct hs_meminfo *d)
{
    uint32_t first = 0;
    end_regions(t, d->n_areas);
    for (size_t a = 0; a < d->n_areas; a++) {
        const struct hs_meminfo_area *area = &t->log->area[d->area + a];
        tell_region(t, d, a, (struct hs_record_region){.first = first, .granules = area->granules, .base = area->base});
        first += area->granules;
    }
}

static void tell_map(struct teller *t, const struct hs_meminfo *d)
{
    uint32_t first = 0;
    put(t, (struct hs_record){.kind = HS_LEVEL, .level.level = HS_LEVEL_FULL});
    tell_regions(t, d);
    for (size_t a = 0; a < d->n_areas; a++) {
        const struct hs_meminfo_area *area = &t->log->area[d->area + a];
        tell_snapshot(t, area, first, (uint8_t)((a ? 0 : 1) | (a + 1 == d->n_areas ? 2 : 0)));
        first += area->granules;
    }
    for (int letter = 0; letter < 128; letter++)
        if (t->site[letter])
            tell_holder(t, d, (char)letter);
    put_helper(t);
}

/* --- a dump without a map, and all dumps --------------------------------------------------------------- */

/* The longest free run; 0, which means "unknown", if it was not printed or is longer than the free space. */
static uint64_t longest_of(const struct hs_meminfo *d, unsigned shift)
{
    return d->has & HS_MEMINFO_LONGEST && d->max_free <= d->free >> shift ? d->max_free : 0;
}

static void tell_figures(struct teller *t, const struct hs_meminfo *d)
{
    unsigned shift = shift_of(d);
    uint64_t longest = longest_of(d, shift);
    uint64_t granules = d->total >> shift, own = d->used > t->own ? t->own : 0;
    put(t, (struct hs_record){.kind = HS_LEVEL, .level.level = HS_LEVEL_SUMMARY});
    end_regions(t, 1);
    tell_region(t, d, 0,
                (struct hs_record_region){.granules = (uint32_t)(granules && granules < HS_MEMINFO_GRANULES ? granules : 1)});
    put(t, (struct hs_record){.kind = HS_SUMMARY,
                              .summary = {.cause = 2,
                                          .shift = (uint8_t)shift,
                                          .used = (uint32_t)((d->used - own) >> shift),
                                          .free = (uint32_t)(d->free >> shift),
                                          .longest = (uint32_t)longest}});
}

/* The allocation that failed last, by the traceback before the dump. */
static void tell_failure(struct teller *t, const struct hs_meminfo *d)
{
    if (!d->failure)
        return;
    uint32_t site = d->failure <= HS_MEMINFO_FAILURES ? t->place[d->failure - 1] : 0;
    put(t, (struct hs_record){.kind = HS_FAIL, .fail = {.site = site, .size = t->log->failure[d->failure - 1].size}});
}

static void tell_mark(struct teller *t, const struct hs_meminfo *d, size_t number)
{
    char label[32];
    if (d->what == HS_MEMINFO_TIME || d->what == HS_MEMINFO_SNAPSHOT)
        return;
    const char *text = label;
    size_t len = d->since_len;
    if (len)
        text = t->log->words + d->since;
    else
        len = (size_t)snprintf(label, sizeof label, "mem_info %zu", number + 1);
    put(t, (struct hs_record){.kind = HS_MARK, .mark.label = {text, (uint32_t)len}});
}

static bool fits(const struct hs_meminfo *d) { return d->has & HS_MEMINFO_MAP && d->n_areas <= 255; }

/* `again`: there is a boot before, which this one ends. */
static void tell_boot(struct teller *t, bool again)
{
    if (again)
        put(t, (struct hs_record){.kind = HS_LEVEL, .level.level = HS_LEVEL_STOPPED});
    hs_packets_boot(&t->packets);
    t->regions = 0;
    t->time = 0;
    t->own = 0;
    t->own_blocks = 0;
    put(t, (struct hs_record){.kind = HS_RESET, .reset.boot = t->packets.boot});
}

/* By the board's clock, where both dumps have a time of it (0: it has no clock); otherwise a second after the dump before. */
static void advance(struct teller *t, const struct hs_meminfo *d)
{
    if (!t->before)
        return;
    bool timed = d->milliseconds && t->before->milliseconds;
    if (timed)
        t->time += (d->milliseconds - t->before->milliseconds) & HS_CLOCK;
    else if (t->before->what != HS_MEMINFO_BARE)
        t->time += t->log->n_samples ? 1000 : 1;
}

static void tell_dump(struct teller *t, size_t number)
{
    const struct hs_meminfo *d = &t->log->dump[number];
    advance(t, d);
    bool first = !t->packets.boot;
    if (first || d->anew)
        tell_boot(t, !first);
    t->before = d;
    if (d->what == HS_MEMINFO_BARE) {
        t->bare = d;
        return;
    }
    measure_helper(t, d);
    tell_interval(t, d);
    (fits(d) ? tell_map : tell_figures)(t, d);
    tell_failure(t, d);
    tell_mark(t, d, number);
    put(t, (struct hs_record){.kind = HS_LEVEL, .level.level = HS_LEVEL_STOPPED});
}

static void name_kinds(struct teller *t)
{
    for (size_t i = 0; i < t->log->n_runs; i++) {
        char letter = t->log->run[i].letter;
        if (letter != HS_MEMINFO_FREE && !t->site[(int)letter])
            t->site[(int)letter] = hs_packets_site(&t->packets, hs_meminfo_kind(letter));
    }
}

static void name_places(struct teller *t)
{
    for (size_t i = 0; i < t->log->n_failures && i < HS_MEMINFO_FAILURES; i++) {
        const struct hs_meminfo_failure *f = &t->log->failure[i];
        if (f->line)
            t->place[i] = hs_packets_line(&t->packets, &(struct hs_packets_line){f->file, f->function, f->line});
    }
}

/* Whether any dump has a time. */
static bool has_clock(const struct hs_meminfo_log *log)
{
    for (size_t i = 0; i < log->n; i++)
        if (log->dump[i].milliseconds)
            return true;
    return log->n_samples > 0;
}

static void begin(struct teller *t)
{
    const struct hs_meminfo *first = &t->log->dump[0];
    char facts[256];
    size_t len = (size_t)snprintf(facts, sizeof facts, "port=mem_info text") + 1;
    if (!has_clock(t->log))
        len += (size_t)snprintf(facts + len, sizeof facts - len, "clock=none") + 1;
    if (t->log->system[0])
        len += (size_t)snprintf(facts + len, sizeof facts - len, "system=%s", t->log->system) + 1;
    hs_packets_header(&t->packets, &(struct hs_packets_config){.hz = t->log->n_samples ? 1000 : 1,
                                                               .shift = (uint8_t)shift_of(first),
                                                               .wide = first->granule > 16,
                                                               .facts = facts,
                                                               .facts_len = len});
    name_kinds(t);
    if (t->log->n_samples)
        t->helper = hs_packets_site(&t->packets, "HeapStrata's helper");
    name_places(t);
}

/* A feed that first reports the fault of the first ignored map. */
struct told {
    struct hs_feed feed;
    struct hs_feed *inner;
    char text[200];
    bool done;
};

static int next_chunk(struct hs_feed *feed, struct hs_chunk *chunk)
{
    struct told *t = (struct told *)feed;
    if (t->done)
        return t->inner->next(t->inner, chunk);
    t->done = true;
    *chunk = (struct hs_chunk){.kind = HS_CHUNK_DAMAGE, .code = HS_ERR_CHECK, .damaged = 1, .text = t->text};
    return HS_OK;
}

static void close_told(struct hs_feed *feed)
{
    struct told *t = (struct told *)feed;
    t->inner->close(t->inner);
    free(t);
}

static struct hs_feed *tell_faults(struct hs_feed *feed, const struct hs_meminfo_log *log)
{
    size_t faults = 0;
    const struct hs_meminfo *first = NULL;
    for (size_t i = 0; i < log->n; i++) {
        if (log->dump[i].fault && !faults++)
            first = &log->dump[i];
    }
    if (!feed || !first)
        return feed;
    struct told *t = calloc(1, sizeof *t);
    if (!t) {
        feed->close(feed);
        return NULL;
    }
    t->feed = (struct hs_feed){.next = next_chunk, .close = close_told};
    t->inner = feed;
    snprintf(t->text, sizeof t->text,
             "dump in lines %u to %u: map ignored, since at line %u %s; %zu of %zu dumps of mem_info() have totals only",
             first->line, first->last_line, first->fault_line, first->fault, faults, log->n);
    return &t->feed;
}

struct hs_feed *hs_feed_of_meminfo(const struct hs_meminfo_log *log, struct hs_error *error)
{
    struct teller *t = calloc(1, sizeof *t);
    struct hs_feed *feed = NULL;
    if (t) {
        t->log = log;
        begin(t);
        for (size_t i = 0; i < log->n; i++)
            tell_dump(t, i);
        feed = tell_faults(hs_feed_of_packets(&t->packets), log);
    }
    if (!feed)
        hs_fail_with(error, HS_ERR_MEMORY, 0, "%s", hs_strerror(HS_ERR_MEMORY));
    free(t);
    return feed;
}
