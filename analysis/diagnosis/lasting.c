/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/lasting.h"

#include <string.h>

#include "analysis/time/summary.h"

#define RESERVE 1.8 /* multiple of the usual request that is free, in pieces, when it finds no room: measured, 1.2 to 3.4 */
#define RESERVE_BLOCKS 6.0 /* and this multiple of a block that stays: what such blocks leave of a piece is too short */
#define RESERVE_MOST 4.0   /* together at most this multiple of the usual request */
#define ONE_RUN 0.5        /* share of the free bytes in one run: they are not in pieces */
#define TABLE_RESERVE 1.1  /* the same of the next size of a table, which is one of the largest blocks */
#define TABLE_LEAST 256u   /* bytes: smaller tables always find room */
#define TABLE_JUMP 1.2     /* a table's next size is at least this multiple */
#define TABLE_SIZES 24u    /* steps at most that are looked at */
#define ONE_SHARE 0.4      /* share of the line's bytes that one thing has which is made larger: its old value may be there too */
#define ONE_ROOM 3.0       /* old and new lie side by side, then the next one does not fit before them: each may take a third */
#define VALUE_FALLS 1.2    /* of what only becomes larger two values were live, if less is live afterwards */
#define MOVED_ROOM 2.0     /* a block that is resized moves between two places */
#define IN_PLACE 0.9       /* share of the free bytes in one run where a block is resized in place, */
#define OTHERS 0.05        /* and what others keep grows by this share of its rate at most: else it comes to be in the way */
#define FIRST_COLUMN 1u    /* index 0 is for blocks of unknown sites */

static double used_at(const struct hs_growth *g, unsigned k) { return (double)g->moment[k].used; }

static double live_at(const struct hs_growth *g, unsigned k, uint32_t site)
{
    return site && site < g->moment[k].n ? (double)g->moment[k].live[site] : 0;
}

bool hs_may_refer(const struct hs_names *names, uint32_t site)
{
    static const char *const kinds[] = {"list", "dict table", "set", "deque"};
    char kind[HS_NAME_MAX];
    bool is = !names->symbols;
    hs_name_of_site(names, site, HS_KEY_KIND, kind);
    for (size_t i = 0; !is && i < sizeof kinds / sizeof *kinds; i++)
        is = !strcmp(kinds[i], kind);
    return is;
}

/* Moments by time in ticks, or by collections. */
struct axis {
    const struct hs_growth *g;
    unsigned first;
    bool time;
};

static double at(const struct axis *a, unsigned k)
{
    return a->time ? (double)(a->g->moment[k].elapsed - a->g->moment[0].elapsed) : (double)k * (double)a->g->stride;
}

/* Least-squares slope. */
static double slope(const struct axis *a, const double *value)
{
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (unsigned i = a->first; i < a->g->n; i++) {
        double x = at(a, i), y = value[i];
        n++, sx += x, sy += y, sxx += x * x, sxy += x * y;
    }
    double under = n * sxx - sx * sx;
    return under > 0 ? (n * sxy - sx * sy) / under : 0;
}

/* ---- the table of the list, dict or set that keeps the data ---- */

struct table {
    uint32_t site;  /* index in a moment's live bytes; 0: none */
    double bytes;   /* by now */
    double times;   /* its next size is this multiple */
    double kept;    /* bytes of the line when it last became larger */
    bool same_line; /* the line makes it, too */
};

/* The largest table that became larger in the moments that count. */
static struct table find_table(const struct hs_growth *g, unsigned first, const struct hs_names *names,
                               const struct hs_lasting_line *line)
{
    struct table best = {.site = 0};
    char name[HS_NAME_MAX];
    for (uint32_t s = FIRST_COLUMN; !g->sampled && s < g->moment[g->n - 1].n; s++) {
        double bytes = live_at(g, g->n - 1, s);
        unsigned jump = 0;
        if (bytes < TABLE_LEAST || bytes <= best.bytes || g->site[s].blocks != 1 || !hs_may_refer(names, s - 1))
            continue;
        for (unsigned k = first + 1; k < g->n; k++)
            jump = live_at(g, k - 1, s) > 0 && live_at(g, k, s) > TABLE_JUMP * live_at(g, k - 1, s) ? k : jump;
        if (!jump)
            continue;
        best = (struct table){.site = s, .bytes = bytes, .times = live_at(g, jump, s) / live_at(g, jump - 1, s)};
        best.same_line = !strcmp(hs_name_of_site(names, s - 1, HS_KEY_LINE, name), line->name);
        best.kept = ((double)line->live[jump] + (double)line->live[jump - 1]) / 2;
        best.kept -= best.same_line ? (live_at(g, jump, s) + live_at(g, jump - 1, s)) / 2 : 0;
    }
    return best;
}

/* From the last moment on. */
struct until {
    double is;     /* negative: never */
    bool by_table; /* the table's next size decides */
};

/* Until less than `reserve` is free, or the table needs a size for which there is no room. */
static struct until until_full(const struct axis *a, const struct hs_lasting_line *line, struct table table, double reserve)
{
    const struct hs_growth *g = a->g;
    double value[HS_GROWTH_MOMENTS], kept[HS_GROWTH_MOMENTS], free = (double)g->moment[g->n - 1].free, next = table.kept;
    for (unsigned k = 0; k < g->n; k++) {
        double of_table = live_at(g, k, table.site);
        value[k] = used_at(g, k) - of_table;
        kept[k] = (double)line->live[k] - (table.same_line ? of_table : 0);
    }
    double all = slope(a, value), own = slope(a, kept), rate = all > own ? all : own;
    if (rate <= 0)
        return (struct until){.is = -1};
    for (unsigned i = 0; table.site && own > 0 && table.kept > 0 && i < TABLE_SIZES; i++) {
        next *= table.times;
        double when = (next - kept[g->n - 1]) / own, full = (free - reserve) / rate;
        when = when > 0 ? when : 0;
        if (full <= when)
            break;
        if (free - rate * when < TABLE_RESERVE * table.times * table.bytes)
            return (struct until){when, .by_table = true};
        free -= (table.times - 1) * table.bytes;
        table.bytes *= table.times;
    }
    return (struct until){.is = free > reserve ? (free - reserve) / rate : 0};
}

/* Until the longest free run is too short for the usual request at least: it becomes shorter as it has done, or by all that grows. */
static double until_short(const struct axis *a, uint64_t longest)
{
    const struct hs_growth *g = a->g;
    double run[HS_GROWTH_MOMENTS], used[HS_GROWTH_MOMENTS], more = (double)longest - g->usual.bytes;
    bool known = true;
    for (unsigned k = 0; k < g->n; k++) {
        run[k] = (double)g->moment[k].longest;
        used[k] = used_at(g, k);
        known = known && (k < a->first || g->moment[k].longest);
    }
    double falls = known ? -slope(a, run) : 0, all = slope(a, used), rate = falls > all ? falls : all;
    return more > 0 && rate > 0 ? more / rate : 0;
}

/* ---- one thing that is made larger ---- */

static bool is_one(const struct hs_growth *g, const struct hs_lasting_line *line)
{
    return (double)line->largest >= ONE_SHARE * (double)line->live[g->n - 1];
}

/* The bytes of one value at each moment: a collection may find the old one beside the new one. */
static void one_value(const struct hs_growth *g, const struct hs_lasting_line *line, double *value)
{
    for (unsigned k = 0; k < g->n; k++) {
        double next = k + 1 < g->n ? (double)line->live[k + 1] : (double)line->largest;
        value[k] = (double)line->live[k] > VALUE_FALLS * next ? (double)line->live[k] / 2 : (double)line->live[k];
    }
}

static double until_one_fails(const struct axis *a, const struct hs_lasting_line *line)
{
    const struct hs_growth_moment *last = &a->g->moment[a->g->n - 1];
    double value[HS_GROWTH_MOMENTS], other[HS_GROWTH_MOMENTS], all = (double)last->free + (double)line->live[a->g->n - 1];
    one_value(a->g, line, value);
    for (unsigned k = 0; k < a->g->n; k++)
        other[k] = used_at(a->g, k) - (double)line->live[k];
    double now = value[a->g->n - 1], rate = slope(a, value);
    bool in_place = line->resized && slope(a, other) <= OTHERS * rate && (double)last->longest >= IN_PLACE * (double)last->free;
    double most = in_place ? all : line->resized ? all / MOVED_ROOM : all / ONE_ROOM;
    return rate > 0 ? (most > now ? (most - now) / rate : 0) : -1;
}

/* ---- the answer ---- */

static struct until until(const struct axis *a, const struct hs_names *names, const struct hs_lasting_line *line, double reserve)
{
    if (is_one(a->g, line))
        return (struct until){.is = until_one_fails(a, line)};
    struct until u = until_full(a, line, find_table(a->g, a->first, names, line), reserve);
    double least = reserve > 0 && u.is >= 0 && !u.by_table ? until_short(a, a->g->moment[a->g->n - 1].longest) : 0;
    u.is = u.is > least ? u.is : least;
    return u;
}

/* What the line requests itself is in what it keeps. */
static bool has_usual(const struct hs_growth *g, const struct hs_names *names, const struct hs_lasting_line *line)
{
    char name[HS_NAME_MAX];
    return g->usual.bytes && !is_one(g, line) &&
           strcmp(hs_name_of_site(names, g->usual.site, HS_KEY_LINE, name), line->name) != 0;
}

/* What is free when the usual request finds no room: more than its own bytes where it is in pieces. */
static double reserve_of(const struct hs_growth *g, const struct hs_lasting_line *line)
{
    const struct hs_growth_moment *last = &g->moment[g->n - 1];
    if ((double)last->longest >= ONE_RUN * (double)last->free)
        return g->usual.bytes;
    double block = line->blocks ? (double)line->live[g->n - 1] / (double)line->blocks : 0, most = RESERVE_MOST * g->usual.bytes;
    double bytes = RESERVE * g->usual.bytes + RESERVE_BLOCKS * block;
    return bytes < most ? bytes : most;
}

/* Ticks from the end of the trace on; `ticks` are from the last moment on. What was requested since then is seen in the longest run. */
static double from_end(const struct axis *a, struct until ticks, bool usual)
{
    const struct hs_growth *g = a->g;
    double end = g->model ? (double)hs_model_elapsed(g->model) : 0, last = (double)g->moment[g->n - 1].elapsed;
    double left = ticks.is - (end > last ? end - last : 0), least = 0;
    if (ticks.is < 0)
        return -1;
    if (usual && !ticks.by_table && !g->sampled && g->model && g->model->boot == g->boot)
        least = until_short(a, hs_model_layout_but_pools(g->model).largest_free);
    return left > least ? left : least;
}

void hs_lasting_find(struct hs_growing *growing, const struct hs_growth *g, unsigned first, const struct hs_names *names,
                     const struct hs_lasting_line *line)
{
    struct axis by_time = {g, first, true}, by_collections = {g, first, false};
    bool usual = has_usual(g, names, line);
    double reserve = usual ? reserve_of(g, line) : 0;
    double ticks = from_end(&by_time, until(&by_time, names, line, reserve), usual);
    struct until collections = until(&by_collections, names, line, reserve);
    growing->collections = collections.is;
    growing->lasts = ticks < 0 ? -1 : ticks * hs_seconds(names->reader, 1);
    if (usual && !collections.by_table) {
        growing->usual = g->usual;
        hs_name_of_site(names, g->usual.site, HS_KEY_LINE, growing->requests);
        growing->longest = g->moment[g->n - 1].longest;
    }
}
