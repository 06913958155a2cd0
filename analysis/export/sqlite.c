/* SPDX-License-Identifier: MIT
 *
 * A SQLite database: a table for each kind of event, and tables of the blocks' lifetimes, the sites and the
 * facts about the trace. Views have all records in order, and the heap's figures. Enumerations are text.
 */
#include "analysis/export/export.h"
#include "analysis/export/places.h"

#if defined HS_WITHOUT_SQLITE3 || !__has_include(<sqlite3.h>)

static const char *const missing = "SQLite (Debian: libsqlite3-dev)";

static int run(const struct hs_export_job *job, struct hs_error *error)
{
    (void)job;
    (void)error;
    return HS_ERR_ARG;
}

#else

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static const char *const missing = NULL;

struct database {
    sqlite3 *db;
    sqlite3_stmt **insert; /* by class */
    uint64_t lost;
    char sql[4096];
};

/* ---- texts ---- */

static void add(struct database *d, const char *text)
{
    size_t length = strlen(d->sql);
    if (length + strlen(text) < sizeof d->sql)
        strcpy(d->sql + length, text);
}

/* The table of a class: "alloc" for "heapstrata:alloc", "libc_malloc" for "lttng_ust_libc:malloc", "blocks" for
 * "heapstrata:block". */
static void add_table(struct database *d, const struct hs_event_stream_class *class)
{
    const char *colon = strchr(class->name, ':');
    add(d, class->set == HS_EVENT_STREAM_LIBC ? "libc_" : "");
    add(d, colon + 1);
    add(d, class->set == HS_EVENT_STREAM_BLOCKS ? "s" : "");
}

/* A block has no `ns`: `born` and `died` are its times. */
static const char *const columns_of_all = "ns INTEGER, boot INTEGER, thread INTEGER, ",
                         *const columns_of_blocks = "boot INTEGER, thread INTEGER, ";

/* Whether the field has no column here: the table of sites has the fields of a site, and all tables have boot and thread. */
static bool told_by_site(const struct hs_event_stream_class *class, const char *name)
{
    static const char *const where[] = {"file", "function", "line", "native", "kind"};
    bool has_site = class->n_fields > 1 && !strcmp(class->field[1].name, "site");
    for (size_t i = 0; has_site && i < sizeof where / sizeof *where; i++)
        if (!strcmp(name, where[i]))
            return true;
    return !strcmp(name, "boot") || !strcmp(name, "thread");
}

/* ---- statements ---- */

static int run_sql(struct database *d, const char *sql) { return sqlite3_exec(d->db, sql, NULL, NULL, NULL); }

static int make_table(struct database *d, unsigned index)
{
    const struct hs_event_stream_class *class = hs_event_stream_class(index);
    const char *between = "";
    d->sql[0] = '\0';
    add(d, "CREATE TABLE \"");
    add_table(d, class);
    add(d, "\" (");
    add(d, class->set == HS_EVENT_STREAM_BLOCKS ? columns_of_blocks : columns_of_all);
    for (unsigned i = 0; i < class->n_fields; i++) {
        bool text = hs_event_stream_is_text(class->field[i].type) || hs_event_stream_field_is_word(index, i);
        if (told_by_site(class, class->field[i].name))
            continue;
        add(d, between);
        add(d, "\"");
        add(d, class->field[i].name);
        add(d, text ? "\" TEXT" : "\" INTEGER");
        between = ", ";
    }
    add(d, ")");
    return run_sql(d, d->sql);
}

static int make_insert(struct database *d, unsigned index)
{
    const struct hs_event_stream_class *class = hs_event_stream_class(index);
    d->sql[0] = '\0';
    add(d, "INSERT INTO \"");
    add_table(d, class);
    add(d, class->set == HS_EVENT_STREAM_BLOCKS ? "\" VALUES (?, ?" : "\" VALUES (?, ?, ?");
    for (unsigned i = 0; i < class->n_fields; i++)
        add(d, told_by_site(class, class->field[i].name) ? "" : ", ?");
    add(d, ")");
    return sqlite3_prepare_v2(d->db, d->sql, -1, &d->insert[index], NULL);
}

/* The views. "records": number, time and kind of all records in order. */
static int make_view(struct database *d)
{
    const char *between = "CREATE VIEW records AS ";
    d->sql[0] = '\0';
    for (unsigned i = 0; i < hs_event_stream_classes(); i++) {
        const struct hs_event_stream_class *class = hs_event_stream_class(i);
        if (!d->insert[i] || class->set != HS_EVENT_STREAM_RECORDS || class->sample)
            continue;
        add(d, between);
        add(d, "SELECT record, ns, boot, thread, '");
        add_table(d, class);
        add(d, "' AS event FROM \"");
        add_table(d, class);
        add(d, "\"");
        between = " UNION ALL ";
    }
    add(d, " ORDER BY record");
    int error = run_sql(d, d->sql);
    return error ? error
                 : run_sql(d, "CREATE VIEW figures AS SELECT ns, boot, known, used, free, largest_free, peak FROM heap "
                              "UNION ALL SELECT ns, boot, known, used, free, NULL, peak FROM usage ORDER BY ns");
}

static int make_all(struct database *d, unsigned sets)
{
    int error = run_sql(d, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;"
                           "CREATE TABLE sites (site INTEGER PRIMARY KEY, file TEXT, function TEXT, line INTEGER, native TEXT, "
                           "kind TEXT);"
                           "CREATE TABLE trace (name TEXT PRIMARY KEY, value);");
    for (unsigned i = 0; !error && i < hs_event_stream_classes(); i++) {
        const struct hs_event_stream_class *class = hs_event_stream_class(i);
        if (!class->name || !(class->set & sets))
            continue;
        error = make_table(d, i);
        if (!error)
            error = make_insert(d, i);
    }
    return error || !(sets & HS_EVENT_STREAM_RECORDS) ? error : make_view(d);
}

/* ---- rows ---- */

static void bind_field(sqlite3_stmt *insert, int column, const struct hs_stream_item *t, unsigned i)
{
    const char *word = hs_event_stream_word(t->class, i, t->value[i].u);
    if (t->none >> i & 1)
        sqlite3_bind_null(insert, column);
    else if (word)
        sqlite3_bind_text(insert, column, word, -1, SQLITE_STATIC);
    else if (hs_event_stream_is_text(hs_event_stream_class(t->class)->field[i].type))
        sqlite3_bind_text(insert, column, t->value[i].s, -1, SQLITE_TRANSIENT);
    else
        sqlite3_bind_int64(insert, column, t->value[i].i);
}

static int emit(void *context, const struct hs_stream_item *t)
{
    struct database *d = context;
    if (t->kind == HS_STREAM_ITEM_LOSS)
        d->lost += t->count;
    if (t->kind != HS_STREAM_ITEM_EVENT)
        return HS_OK;
    const struct hs_event_stream_class *class = hs_event_stream_class(t->class);
    sqlite3_stmt *insert = d->insert[t->class];
    int column = 1;
    if (class->set != HS_EVENT_STREAM_BLOCKS)
        sqlite3_bind_int64(insert, column++, (int64_t)t->ns);
    sqlite3_bind_int64(insert, column++, t->boot);
    sqlite3_bind_int64(insert, column++, t->thread);
    for (unsigned i = 0; i < class->n_fields; i++)
        if (!told_by_site(class, class->field[i].name))
            bind_field(insert, column++, t, i);
    int done = sqlite3_step(insert);
    sqlite3_reset(insert);
    return done == SQLITE_DONE ? HS_OK : HS_ERR_IO;
}

static int put_site(sqlite3_stmt *insert, uint32_t site, const struct hs_site_text *place)
{
    sqlite3_bind_int64(insert, 1, site);
    sqlite3_bind_text(insert, 2, place->file, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(insert, 3, place->function, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(insert, 4, place->line);
    sqlite3_bind_text(insert, 5, place->native, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(insert, 6, place->kind, -1, SQLITE_TRANSIENT);
    int done = sqlite3_step(insert);
    sqlite3_reset(insert);
    return done == SQLITE_DONE ? SQLITE_OK : done;
}

static int put_sites(struct database *d, const struct hs_reader *reader, struct hs_symbols *symbols)
{
    struct hs_site_texts places = {.reader = reader, .symbols = symbols};
    sqlite3_stmt *insert = NULL;
    int error = sqlite3_prepare_v2(d->db, "INSERT INTO sites VALUES (?, ?, ?, ?, ?, ?)", -1, &insert, NULL);
    for (uint32_t site = 0; !error && site < hs_reader_sites(reader); site++)
        if (hs_reader_site(reader, site))
            error = put_site(insert, site, hs_site_text_of(&places, site));
    sqlite3_finalize(insert);
    hs_site_texts_free(&places);
    return error;
}

static int put_facts(struct database *d, const struct hs_reader *reader)
{
    const struct hs_trace_info *info = hs_reader_info(reader);
    const struct {
        const char *name;
        uint64_t value;
    } facts[] = {
        {"ticks_per_second", info->hz},
        {"pointer_bytes", info->pointer_bytes},
        {"boots", info->boots},
        {"packets", info->packets},
        {"records", info->records},
        {"lost", d->lost},
        {"overwritten", info->overwritten_records},
    };
    sqlite3_stmt *insert = NULL;
    int error = sqlite3_prepare_v2(d->db, "INSERT INTO trace VALUES (?, ?)", -1, &insert, NULL);
    for (size_t i = 0; !error && i < sizeof facts / sizeof *facts; i++) {
        sqlite3_bind_text(insert, 1, facts[i].name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 2, (int64_t)facts[i].value);
        error = sqlite3_step(insert) == SQLITE_DONE ? SQLITE_OK : SQLITE_ERROR;
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    return error;
}

/* ---- all ---- */

static int fill(struct database *d, const struct hs_export_job *asked, struct hs_error *error)
{
    struct hs_reader *reader = NULL;
    struct hs_export_job with_blocks = *asked;
    const struct hs_export_job *job = &with_blocks;
    with_blocks.sets |= asked->sets & HS_EVENT_STREAM_RECORDS ? HS_EVENT_STREAM_BLOCKS : 0;
    int status = make_all(d, job->sets) ? HS_ERR_IO : HS_OK;
    if (!status)
        status = hs_export_emit_all(job, emit, d, &reader, error);
    if (!status && (put_sites(d, reader, job->symbols) || put_facts(d, reader) || run_sql(d, "COMMIT")))
        status = HS_ERR_IO;
    if (reader)
        hs_reader_close(reader);
    return status;
}

static int run(const struct hs_export_job *job, struct hs_error *error)
{
    struct database d = {.insert = calloc(hs_event_stream_classes(), sizeof *d.insert)};
    int status = d.insert && !sqlite3_open(job->path, &d.db) ? fill(&d, job, error) : HS_ERR_IO;
    if (status && !error->code)
        hs_export_fail(error, status, "SQLite: %s", d.db ? sqlite3_errmsg(d.db) : "out of memory");
    for (unsigned i = 0; d.insert && i < hs_event_stream_classes(); i++)
        sqlite3_finalize(d.insert[i]);
    if (sqlite3_close(d.db) && !status)
        status = hs_export_fail(error, HS_ERR_IO, "SQLite: cannot close");
    free(d.insert);
    return status;
}

#endif

const struct hs_exporter hs_exporter_sqlite = {
    .name = "sqlite",
    .summary = "a database, for SQL",
    .shape = HS_EXPORT_FILE,
    .binary = true,
    .missing = &missing,
    .takes_sets = true,
    .run = run,
};
