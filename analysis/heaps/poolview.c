/* SPDX-License-Identifier: MIT */
#include "analysis/heaps/poolview.h"

#include <inttypes.h>
#include <string.h>

#include "analysis/time/summary.h"
#include "analysis/draw/chart.h"
#include "analysis/draw/table.h"

static const struct hs_column columns[] = {
    {"Size", "size", HS_VALUE_COUNT},       {"Now", "now", HS_VALUE_COUNT},         {"Most", "most", HS_VALUE_COUNT},
    {"Allocated", "taken", HS_VALUE_COUNT}, {"Refused", "refused", HS_VALUE_COUNT}, {"Element", "element_bytes", HS_VALUE_BYTES},
    {"Bytes", "bytes", HS_VALUE_BYTES},     {"Pool", "pool", HS_VALUE_TEXT},        {"Set by", "option", HS_VALUE_TEXT},
};

static double seconds(const struct hs_poolview *v, uint64_t ticks) { return hs_seconds(v->head.reader, ticks); }

static struct hs_table *make_table(const struct hs_poolview *v)
{
    struct hs_table *table = hs_table_new(columns, sizeof columns / sizeof *columns);
    char option[HS_NAME_MAX];
    for (unsigned i = 0; table && i < v->pools->n; i++) {
        const struct hs_pool *p = &v->pools->pool[i];
        bool limited = p->size != 0;
        hs_table_add(table, (const struct hs_value[]){{.u = p->size, .none = !limited},
                                                      {.u = p->now},
                                                      {.u = p->peak},
                                                      {.u = p->taken},
                                                      {.u = p->refused},
                                                      {.u = p->element},
                                                      {.u = hs_pool_bytes(p, limited ? p->size : p->peak)},
                                                      {.s = p->name},
                                                      {.s = limited ? hs_pool_option(p, option) : "", .none = !limited}});
    }
    return table;
}

/* ---- text ---- */

static void worst_moment(const struct hs_poolview *v, const struct hs_pool *p, const struct hs_terminal *terminal, FILE *out)
{
    size_t n;
    char name[HS_NAME_MAX], when[32];
    struct hs_pool_share *share = hs_pool_worst(p, v->names, &n);
    hs_format(when, sizeof when, HS_VALUE_SECONDS, (struct hs_value){.d = seconds(v, p->worst_time)});
    hs_hue(out, terminal, p->refused ? HS_HUE_RED : HS_HUE_NONE);
    fprintf(out, "\n%s, %s at %s:\n", p->name, p->refused ? "when it first refused" : "when it was fullest", when);
    hs_hue(out, terminal, HS_HUE_NONE);
    for (size_t i = 0; i < n && i < v->limit; i++)
        fprintf(out, "%8" PRIu32 "  %s\n", share[i].elements, share[i].name);
    if (n > v->limit)
        fprintf(out, "          %zu more not shown (--limit 0 shows all)\n", n - (size_t)v->limit);
    if (p->refused)
        fprintf(out, " refused  %s%s\n", hs_pool_holder_name(p, v->names, p->refused_site, name),
                p->refused > 1 ? ", the first of several" : "");
    hs_pool_shares_free(share, n);
}

void hs_poolview_text(const struct hs_poolview *v, const struct hs_terminal *terminal, FILE *out)
{
    struct hs_table *table = make_table(v);
    fprintf(out, "# Pools in '%s'\n", v->head.path);
    hs_head_text(&v->head, out, "# ");
    fputs("# size, now, most: elements; refused: requests that found none free; bytes: of all elements, of a pool without\n"
          "# a size those in use at most\n#\n",
          out);
    if (table)
        hs_table_text(table, out, (struct hs_table_style){.color = terminal->color});
    hs_table_free(table);
    for (unsigned i = 0; i < v->pools->n; i++)
        if (v->pools->pool[i].peak || v->pools->pool[i].refused)
            worst_moment(v, &v->pools->pool[i], terminal, out);
}

void hs_poolview_csv(const struct hs_poolview *v, FILE *out)
{
    struct hs_table *table = make_table(v);
    if (table)
        hs_table_csv(table, out);
    hs_table_free(table);
}

/* ---- JSON ---- */

static void holders_json(const struct hs_poolview *v, const struct hs_pool *p, struct hs_json *json)
{
    size_t n;
    struct hs_pool_share *share = hs_pool_worst(p, v->names, &n);
    hs_json_array(json, "holders");
    for (size_t i = 0; i < n && i < v->limit; i++) {
        hs_json_object(json, NULL);
        hs_json_text(json, "name", share[i].name);
        hs_json_uint(json, "elements", share[i].elements);
        hs_json_end(json);
    }
    hs_json_end(json);
    hs_pool_shares_free(share, n);
}

static void pool_json(const struct hs_poolview *v, const struct hs_pool *p, struct hs_json *json)
{
    char text[HS_NAME_MAX];
    hs_json_object(json, NULL);
    hs_json_text(json, "pool", p->name);
    if (p->size) {
        hs_json_text(json, "option", hs_pool_option(p, text));
        hs_json_uint(json, "size", p->size);
    } else {
        hs_json_null(json, "option");
        hs_json_null(json, "size");
    }
    hs_json_uint(json, "now", p->now);
    hs_json_uint(json, "most", p->peak);
    hs_json_uint(json, "taken", p->taken);
    hs_json_uint(json, "refused", p->refused);
    hs_json_uint(json, "element_bytes", p->element);
    hs_json_uint(json, "bytes", hs_pool_bytes(p, p->size ? p->size : p->peak));
    hs_json_real(json, "worst_seconds", seconds(v, p->worst_time));
    if (p->refused)
        hs_json_text(json, "refused_first", hs_pool_holder_name(p, v->names, p->refused_site, text));
    holders_json(v, p, json);
    hs_json_end(json);
}

/* An array of all pools, each written by `put`. */
static int print_json(const struct hs_poolview *v, FILE *out,
                      void (*put)(const struct hs_poolview *, const struct hs_pool *, struct hs_json *))
{
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    hs_head_json(&v->head, json);
    if (v->pools->points)
        hs_json_real(json, "span_seconds", seconds(v, v->pools->span));
    hs_json_bool(json, "more_pools", v->pools->cut);
    hs_json_array(json, "pools");
    for (unsigned i = 0; i < v->pools->n; i++)
        put(v, &v->pools->pool[i], json);
    hs_json_end(json);
    hs_json_end(json);
    int error = hs_json_print(json, out, true);
    hs_json_free(json);
    return error;
}

int hs_poolview_json(const struct hs_poolview *v, FILE *out) { return print_json(v, out, pool_json); }

/* ---- series ---- */

#define MARGIN 32u /* columns before a pool's row */

uint32_t hs_poolview_columns(const struct hs_terminal *terminal)
{
    return terminal->width > MARGIN + 8 ? (terminal->width - MARGIN) & ~1u : 8;
}

/* How full, in eighths; if the size of a pool is unknown, relative to its peak. */
static void put_fullness(FILE *out, const struct hs_terminal *terminal, const struct hs_pool *p, uint32_t at)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const letters[] = {" ", ".", ".", ":", "-", "=", "+", "*", "#"};
    uint64_t whole = p->size ? p->size : p->peak ? p->peak : 1;
    unsigned eighths = (unsigned)((8 * (uint64_t)p->most[at] + whole - 1) / whole);
    eighths = eighths > 8 ? 8 : eighths;
    hs_hue(out, terminal, p->refusals[at] ? HS_HUE_RED : p->size && p->most[at] >= p->size ? HS_HUE_YELLOW : HS_HUE_GREEN);
    fputs(p->refusals[at] && !terminal->color ? "!" : (terminal->unicode ? blocks : letters)[eighths], out);
}

void hs_poolview_chart(const struct hs_poolview *v, const struct hs_terminal *terminal, FILE *out)
{
    char of[32], span[32];
    fprintf(out, "# Pools in '%s'\n", v->head.path);
    hs_head_text(&v->head, out, "# ");
    hs_format(span, sizeof span, HS_VALUE_SECONDS, (struct hs_value){.d = seconds(v, v->pools->span)});
    fprintf(out, "# how full, at most, in each %s; %s: a request was refused\n#\n", span, terminal->color ? "red" : "!");
    for (unsigned i = 0; i < v->pools->n; i++) {
        const struct hs_pool *p = &v->pools->pool[i];
        if (p->size)
            snprintf(of, sizeof of, "%u of %u", p->peak, p->size);
        else
            snprintf(of, sizeof of, "%u", p->peak);
        fprintf(out, "%-18.18s%10s  |", p->name, of);
        for (uint32_t at = 0; at < v->pools->n_spans; at++)
            put_fullness(out, terminal, p, at);
        hs_hue(out, terminal, HS_HUE_NONE);
        fputs("|\n", out);
    }
}

void hs_poolview_series_csv(const struct hs_poolview *v, FILE *out)
{
    const struct hs_pools *p = v->pools;
    fputs("time", out);
    for (unsigned i = 0; i < p->n; i++)
        fprintf(out, ",%s,%s_refused", p->pool[i].name, p->pool[i].name);
    fputc('\n', out);
    for (uint32_t at = 0; at < p->n_spans; at++) {
        fprintf(out, "%.6f", seconds(v, at * p->span));
        for (unsigned i = 0; i < p->n; i++)
            fprintf(out, ",%u,%u", p->pool[i].most[at], p->pool[i].refusals[at]);
        fputc('\n', out);
    }
}

static void series_of(const struct hs_poolview *v, const char *key, const uint32_t *value, struct hs_json *json)
{
    hs_json_array(json, key);
    for (uint32_t at = 0; at < v->pools->n_spans; at++)
        hs_json_uint(json, NULL, value[at]);
    hs_json_end(json);
}

static void series_json(const struct hs_poolview *v, const struct hs_pool *p, struct hs_json *json)
{
    hs_json_object(json, NULL);
    hs_json_text(json, "pool", p->name);
    hs_json_uint(json, "size", p->size);
    series_of(v, "most", p->most, json);
    series_of(v, "refused", p->refusals, json);
    hs_json_end(json);
}

int hs_poolview_series_json(const struct hs_poolview *v, FILE *out) { return print_json(v, out, series_json); }
