/* SPDX-License-Identifier: MIT
 *
 * heapstrata dump: print a trace by records, by definitions or by packets.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analysis/cmd/cmd.h"
#include "analysis/dump/dump_chunks.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/time_spec.h"
#include "analysis/sites/names.h"
#include "analysis/draw/recordview.h"
#include "analysis/draw/table.h"
#include "lib/host/util/array.h"

struct args {
    struct hs_common common;
    const char *from, *to;
    struct hs_list kind, site;
    bool raw, dict, packets;
};

static const struct hs_option options[] = {
    {"from", 0, "WHEN", HS_OPT_TEXT, offsetof(struct args, from),
     "begin at a time, record:N, mark:LABEL (the last of that label) or mark:LABEL#2"},
    {"to", 0, "WHEN", HS_OPT_TEXT, offsetof(struct args, to), "stop after a time, record:N, mark:LABEL or mark:LABEL#2"},
    {"kind", 'k', "KIND[,KIND]", HS_OPT_LIST, offsetof(struct args, kind), "only records of this kind: alloc, sweep, ..."},
    {"site", 's', "SITE", HS_OPT_LIST, offsetof(struct args, site),
     "only records of this site: its number, or a part of its name such as main.py:12"},
    {"raw", 0, NULL, HS_OPT_FLAG, offsetof(struct args, raw), "fields as recorded: places not resolved"},
    {"dict", 0, NULL, HS_OPT_FLAG, offsetof(struct args, dict), "the dictionary: strings, sites, contexts, facts"},
    {"packets", 0, NULL, HS_OPT_FLAG, offsetof(struct args, packets), "the packets, and what is damaged between them"},
    {0},
};

struct dump {
    const struct args *args;
    struct hs_reader *reader;
    struct hs_names names;
    struct hs_clock clock;
    struct hs_range range;
    struct hs_json *json;
    bool kind[HS_KIND_END];
    uint8_t *site; /* [n_sites] 1: matches, 2: does not, 0: not yet checked */
    uint32_t n_sites;
    bool any; /* something was shown */
};

enum { STOP = 1 };

/* ---- filters ---- */

static bool choose_kind(struct dump *d, const char *name, size_t length)
{
    bool found = false;
    for (unsigned kind = 0; kind < HS_KIND_END; kind++) {
        const struct hs_kind_info *info = hs_kind_info_any(kind);
        if (strlen(info->name) == length && !strncasecmp(info->name, name, length))
            d->kind[kind] = found = true;
    }
    if (found)
        return true;
    hs_complain("no such kind of record: '%.*s'", (int)length, name);
    return false;
}

static bool choose_kinds(struct dump *d)
{
    const struct hs_list *list = &d->args->kind;
    memset(d->kind, !list->n, sizeof d->kind);
    for (unsigned i = 0; i < list->n; i++) {
        for (const char *word = list->item[i]; *word; word += *word == ',') {
            size_t length = strcspn(word, ",");
            if (!choose_kind(d, word, length))
                return false;
            word += length;
        }
    }
    return true;
}

static bool site_fits(const struct dump *d, uint32_t site)
{
    char name[HS_NAME_MAX];
    hs_name_of_site(&d->names, site, HS_KEY_LINE, name);
    for (unsigned i = 0; i < d->args->site.n; i++) {
        const char *wanted = d->args->site.item[i];
        char *end;
        unsigned long number = strtoul(wanted, &end, 10);
        if (end != wanted && !*end ? number == site : strstr(name, wanted) != NULL)
            return true;
    }
    return false;
}

static bool grow_sites(struct dump *d, uint32_t site)
{
    return site < HS_SITE_LIMIT && hs_array_fill(d->site, d->n_sites, site + 1, 0);
}

static bool site_wanted(struct dump *d, uint32_t site)
{
    if (site >= d->n_sites && !grow_sites(d, site))
        return site_fits(d, site);
    if (!d->site[site])
        d->site[site] = site_fits(d, site) ? 1 : 2;
    return d->site[site] == 1;
}

static bool is_wanted(struct dump *d, const struct hs_event *e)
{
    if (e->kind >= HS_KIND_END || !d->kind[e->kind])
        return false;
    return !d->args->site.n || (hs_record_names_site(e->record) && site_wanted(d, e->site));
}

/* ---- one record ---- */

/* The record with its implied places resolved, and with the site number that --dict shows. */
static struct hs_record resolve(const struct hs_event *e, bool raw)
{
    struct hs_record record = *e->record;
    if (raw)
        return record;
    if (hs_record_names_site(&record))
        record.any.site = e->site;
    if (hs_kind_info_any(e->kind)->area != HS_AREA_EVENT)
        return record;
    record.flags = 0;
    record.event.pos = e->pos;
    record.event.old = e->old;
    return record;
}

static bool places_block(const struct hs_event *e)
{
    return (e->kind == HS_ALLOC || e->kind == HS_REALLOC) && e->pos != HS_POS_IMPLIED;
}

/* Address of the block of the event; 0: none. */
static uint64_t address(const struct dump *d, const struct hs_event *e)
{
    uint32_t pos = places_block(e) ? e->pos : e->kind == HS_FREE ? e->old : HS_POS_IMPLIED;
    const struct hs_region *region = pos == HS_POS_IMPLIED ? NULL : hs_reader_region(d->reader, e->region);
    return region ? region->base + ((uint64_t)(pos - region->first) << region->shift) : 0;
}

static const struct {
    uint8_t flag;
    const char *name;
} flags[] = {
    {HS_EVENT_UNPLACED, "unplaced"},
    {HS_EVENT_RESYNC, "resync"},
    {HS_EVENT_MOVED, "moved"},
    {HS_EVENT_DIVERGED, "diverged"},
};

static void text_of_event(const struct dump *d, const struct hs_event *e, double at)
{
    char name[HS_NAME_MAX], shown[HS_NAME_MAX];
    struct hs_record record = resolve(e, d->args->raw);
    const struct hs_kind_info *info = hs_kind_info_any(e->kind);
    uint64_t where = address(d, e);
    printf("%9" PRIu64 " %12.6f  %-11s", e->number, at, info->name);
    hs_record_text(&record, stdout);
    if (places_block(e))
        printf(" granules=%" PRIu32, e->granules);
    if (where)
        printf(" at=0x%" PRIx64, where);
    if (e->kind == HS_SWEEP)
        printf(" freed=%" PRIu32, e->n_freed);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (e->flags & flags[i].flag)
            printf(" %s", flags[i].name);
    if (hs_record_names_site(e->record))
        printf("  %s", hs_format(shown, sizeof shown, HS_VALUE_TEXT,
                                 (struct hs_value){.s = hs_name_of_site(&d->names, e->site, HS_KEY_LINE, name)}));
    putchar('\n');
}

static void json_of_event(const struct dump *d, const struct hs_event *e, double at)
{
    char name[HS_NAME_MAX];
    struct hs_record record = resolve(e, d->args->raw);
    const struct hs_kind_info *info = hs_kind_info_any(e->kind);
    uint64_t where = address(d, e);
    hs_json_object(d->json, NULL);
    hs_json_uint(d->json, "event", e->number);
    hs_json_real(d->json, "time_s", at);
    hs_json_uint(d->json, "boot", e->boot);
    hs_json_text(d->json, "kind", info->name);
    hs_record_json(&record, d->json);
    if (places_block(e))
        hs_json_uint(d->json, "granules", e->granules);
    if (where)
        hs_json_hex(d->json, "at", where);
    if (e->kind == HS_SWEEP)
        hs_json_uint(d->json, "freed", e->n_freed);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (e->flags & flags[i].flag)
            hs_json_bool(d->json, flags[i].name, true);
    if (hs_record_names_site(e->record))
        hs_json_text(d->json, "where", hs_name_of_site(&d->names, e->site, HS_KEY_LINE, name));
    hs_json_end(d->json);
    hs_json_print(d->json, stdout, false);
}

static int each(void *context, const struct hs_event *events, long n)
{
    struct dump *d = context;
    for (const struct hs_event *e = events; e < events + n; e++) {
        double at = hs_seconds(d->reader, hs_clock_at(&d->clock, e));
        enum hs_range_place place = hs_range_place(&d->range, e, at);
        if (place == HS_RANGE_AFTER)
            return STOP;
        if (place != HS_RANGE_BEFORE && is_wanted(d, e)) {
            (d->json ? json_of_event : text_of_event)(d, e, at);
            d->any = true;
        }
        if (place == HS_RANGE_LAST)
            return STOP;
    }
    return ferror(stdout);
}

/* ---- command ---- */

static int dump_records(struct dump *d)
{
    int status = d->args->common.elf ? hs_cmd_symbols(&d->names.symbols, &d->args->common, d->reader) : HS_EXIT_OK;
    if (status != HS_EXIT_OK)
        return status;
    d->names.reader = d->reader;
    if (!hs_cmd_replay(d->reader, each, d, &status))
        return status;
    bool found = hs_range_found(&d->range, d->args->common.input, d->reader);
    if (!d->any && found && status == HS_EXIT_OK)
        hs_complain("%s: no record as chosen: 'heapstrata dump --dict' shows the sites, and --kind takes those of FORMAT.md",
                    d->args->common.input);
    return found ? status : HS_EXIT_BAD;
}

static int run_records(const struct args *args)
{
    struct dump d = {.args = args};
    if (!hs_range_parse(&d.range, args->common.input, args->from, args->to) || !choose_kinds(&d))
        return HS_EXIT_BAD;
    if (args->common.json && !(d.json = hs_json_new()))
        return hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    d.reader = hs_cmd_open(args->common.input);
    int status = d.reader ? dump_records(&d) : HS_EXIT_BAD;
    hs_symbols_close(d.names.symbols);
    if (d.reader)
        hs_reader_close(d.reader);
    if (d.json)
        hs_json_free(d.json);
    free(d.site);
    return status;
}

static int run(void *memory)
{
    const struct args *args = memory;
    if (args->dict && args->packets)
        return hs_complain("--dict or --packets, not both");
    if (args->dict || args->packets)
        return hs_dump_chunks(args->common.input, args->dict, args->common.json);
    return run_records(args);
}

const struct hs_cmd hs_cmd_dump = {
    .name = "dump",
    .summary = "print a trace record by record",
    .usage = "[FILE]",
    .about = "One line a record: its number, seconds since the start, kind, fields, and the site. With --json "
             "one JSON object a line. Fields are those of records.def.",
    .examples = "  heapstrata dump --kind fail,mark trace.hst\n"
                "  heapstrata dump --site main.py:12 --from 1.5s --to mark:done trace.hst\n"
                "  heapstrata dump --packets --json trace.hst | jq .crc\n",
    .uses = HS_USES_INPUT | HS_USES_JSON | HS_USES_ELF,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .run = run,
};
