/* SPDX-License-Identifier: MIT
 *
 * heapstrata resets: each boot of the trace, how it ended, and its last allocations.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/sites/names.h"
#include "analysis/time/summary.h"
#include "analysis/draw/json.h"
#include "analysis/draw/table.h"

struct args {
    struct hs_common common;
    uint64_t last;
};

/* The part of an event that is shown. */
struct step {
    uint64_t time;
    uint32_t site, size;
    uint8_t kind;
};

#define SUPERVISED_MAX 64u  /* bytes of a text */
#define SUPERVISED_KEPT 16u /* how many of a boot are kept: the last ones */

/* An action of the supervisor during a boot, from a mark of the hooks. */
struct supervised {
    uint64_t time;
    char text[SUPERVISED_MAX];
};

struct resets {
    const struct args *args;
    struct hs_reader *reader;
    struct hs_model *model;
    struct hs_names names;
    struct hs_json *json;
    struct step *step; /* the last args->last events of the boot, in a ring: index is the event's number modulo args->last */
    uint64_t n_steps, records;
    struct supervised supervised[SUPERVISED_KEPT];
    uint64_t n_supervised;
    uint32_t boot;        /* 0: none yet */
    uint64_t began, time; /* ticks, of the boot's first and last event */
    bool stopped;         /* recording was stopped, and no record follows */
};

enum { OUT_OF_MEMORY = 1 };

static const char *const causes[] = {"unknown cause", "power-on",   "software",      "watchdog",
                                     "panic",         "deep sleep", "the reset pin", "brownout"};

/* ---- one boot ---- */

static const struct hs_failure *last_failure(const struct resets *r)
{
    const struct hs_model *m = r->model;
    const struct hs_failure *failure = m->n_failures ? &m->failure[(m->n_failures - 1) % HS_FAILURES_KEPT] : NULL;
    return failure && failure->boot == r->boot ? failure : NULL;
}

static const struct step *step_at(const struct resets *r, uint64_t number) { return &r->step[number % r->args->last]; }

static uint64_t first_step(const struct resets *r) { return r->n_steps > r->args->last ? r->n_steps - r->args->last : 0; }

static double before_end(const struct resets *r, uint64_t time) { return hs_seconds(r->reader, r->time - time); }

static uint64_t first_supervised(const struct resets *r)
{
    return r->n_supervised > SUPERVISED_KEPT ? r->n_supervised - SUPERVISED_KEPT : 0;
}

static void text_of_supervised(const struct resets *r)
{
    char shown[4 * SUPERVISED_MAX];
    for (uint64_t i = first_supervised(r); i < r->n_supervised; i++) {
        const struct supervised *s = &r->supervised[i % SUPERVISED_KEPT];
        printf("  %12.6f s  supervisor: %s\n", -before_end(r, s->time),
               hs_format(shown, sizeof shown, HS_VALUE_TEXT, (struct hs_value){.s = s->text}));
    }
}

static void json_of_supervised(const struct resets *r)
{
    hs_json_array(r->json, "supervisor");
    for (uint64_t i = first_supervised(r); i < r->n_supervised; i++) {
        const struct supervised *s = &r->supervised[i % SUPERVISED_KEPT];
        hs_json_object(r->json, NULL);
        hs_json_real(r->json, "seconds_before_end", before_end(r, s->time));
        hs_json_text(r->json, "what", s->text);
        hs_json_end(r->json);
    }
    hs_json_end(r->json);
}

#define PLACE_AT 36 /* column of a step's site */

static void text_of_steps(const struct resets *r)
{
    char name[HS_NAME_MAX], shown[HS_NAME_MAX];
    for (uint64_t i = first_step(r); i < r->n_steps; i++) {
        const struct step *s = step_at(r, i);
        printf("  %12.6f s  %-7s %8" PRIu32 "  %s\n", -before_end(r, s->time), hs_kind_info(s->kind)->name, s->size,
               hs_fit_after(hs_format(shown, sizeof shown, HS_VALUE_TEXT,
                                      (struct hs_value){.s = hs_name_of_site(&r->names, s->site, HS_KEY_LINE, name)}),
                            PLACE_AT));
    }
}

static void text_of_boot(const struct resets *r, const char *end)
{
    char name[HS_NAME_MAX], shown[HS_NAME_MAX];
    const struct hs_failure *failure = last_failure(r);
    struct hs_space_stats heap;
    printf("boot %" PRIu32 ": %s", r->boot, end);
    if (hs_knowledge_of(r->model, r->reader).clock)
        printf(" after %.6f s", hs_seconds(r->reader, r->time - r->began));
    else
        fputs(" after a time that is not known", stdout);
    printf(", %" PRIu64 " records\n", r->records);
    if (hs_model_heap(r->model, &heap)) {
        snprintf(shown, sizeof shown, "%" PRIu64, heap.largest_free);
        printf("  heap: %" PRIu64 " bytes used, %" PRIu64 " free, longest free run %s\n", heap.used, heap.free,
               heap.no_longest ? "not known" : shown);
    }
    if (failure)
        printf("  failed %.6f s before the end: %" PRIu32 " bytes requested, %" PRIu64 " free, longest free run %" PRIu64
               ": %s, at %s\n",
               before_end(r, failure->time), failure->size, failure->free, failure->largest_free,
               hs_verdict_name(failure->verdict),
               hs_format(shown, sizeof shown, HS_VALUE_TEXT,
                         (struct hs_value){.s = hs_name_of_site(&r->names, failure->site, HS_KEY_LINE, name)}));
    text_of_supervised(r);
    text_of_steps(r);
    putchar('\n');
}

static void json_of_steps(const struct resets *r)
{
    char name[HS_NAME_MAX];
    hs_json_array(r->json, "last");
    for (uint64_t i = first_step(r); i < r->n_steps; i++) {
        const struct step *s = step_at(r, i);
        hs_json_object(r->json, NULL);
        hs_json_real(r->json, "seconds_before_end", before_end(r, s->time));
        hs_json_text(r->json, "kind", hs_kind_info(s->kind)->name);
        hs_json_uint(r->json, "size", s->size);
        hs_json_text(r->json, "line", hs_name_of_site(&r->names, s->site, HS_KEY_LINE, name));
        hs_json_end(r->json);
    }
    hs_json_end(r->json);
}

static void json_of_boot(const struct resets *r, const char *end)
{
    char name[HS_NAME_MAX];
    const struct hs_failure *failure = last_failure(r);
    struct hs_space_stats heap;
    hs_json_object(r->json, NULL);
    hs_json_uint(r->json, "boot", r->boot);
    hs_json_text(r->json, "end", end);
    if (hs_knowledge_of(r->model, r->reader).clock)
        hs_json_real(r->json, "seconds", hs_seconds(r->reader, r->time - r->began));
    else
        hs_json_null(r->json, "seconds");
    hs_json_uint(r->json, "records", r->records);
    if (hs_model_heap(r->model, &heap)) {
        hs_json_uint(r->json, "used_bytes", heap.used);
        hs_json_uint(r->json, "free_bytes", heap.free);
        if (heap.no_longest)
            hs_json_null(r->json, "largest_free_bytes");
        else
            hs_json_uint(r->json, "largest_free_bytes", heap.largest_free);
    }
    if (failure) {
        hs_json_object(r->json, "failure");
        hs_json_real(r->json, "seconds_before_end", before_end(r, failure->time));
        hs_json_uint(r->json, "asked_bytes", failure->size);
        hs_json_text(r->json, "verdict", hs_verdict_name(failure->verdict));
        hs_json_text(r->json, "line", hs_name_of_site(&r->names, failure->site, HS_KEY_LINE, name));
        hs_json_end(r->json);
    }
    if (r->n_supervised)
        json_of_supervised(r);
    json_of_steps(r);
    hs_json_end(r->json);
    hs_json_print(r->json, stdout, false);
}

/* `cause`: of the reset that ended the boot; NULL at the trace's end. */
static void end_boot(const struct resets *r, const char *cause)
{
    char end[64];
    if (!r->boot)
        return;
    snprintf(end, sizeof end, "%s%s%s",
             r->stopped ? "stopped"
             : cause    ? "cut off"
                        : "still recording",
             cause ? ", reset by " : "", cause ? cause : "");
    (r->json ? json_of_boot : text_of_boot)(r, end);
}

/* ---- boots ---- */

static void begin_boot(struct resets *r, const struct hs_event *e)
{
    uint8_t cause = e->kind == HS_RESET ? e->record->reset.cause : 0;
    end_boot(r, causes[cause < sizeof causes / sizeof *causes ? cause : 0]);
    r->boot = e->boot;
    r->began = e->time;
    r->n_steps = r->records = r->n_supervised = 0;
}

/* Stores a mark that the hooks wrote about the supervisor. */
static void take_mark(struct resets *r, const struct hs_event *e)
{
    const size_t begin = sizeof HS_MARK_SUPERVISOR - 1;
    const struct hs_text *label = &e->record->mark.label;
    size_t len = label->len;
    if (len <= begin || memcmp(label->data, HS_MARK_SUPERVISOR, begin))
        return;
    struct supervised *s = &r->supervised[r->n_supervised++ % SUPERVISED_KEPT];
    len = len - begin < sizeof s->text ? len - begin : sizeof s->text - 1;
    memcpy(s->text, label->data + begin, len);
    s->text[len] = 0;
    s->time = e->time;
}

static void take(struct resets *r, const struct hs_event *e)
{
    if (e->boot != r->boot)
        begin_boot(r, e);
    r->time = e->time;
    r->records++;
    if (e->kind != HS_TOTAL)
        r->stopped = e->kind == HS_LEVEL && !e->record->level.level;
    if (e->kind == HS_MARK)
        take_mark(r, e);
    if (e->kind <= HS_REALLOC || e->kind == HS_FAIL || e->kind == HS_SAMPLE)
        r->step[r->n_steps++ % r->args->last] = (struct step){e->time, e->site, e->kind == HS_FREE ? 0 : e->size, e->kind};
}

static int each(void *context, const struct hs_event *events, long n)
{
    struct resets *r = context;
    for (const struct hs_event *e = events; e < events + n; e++) {
        take(r, e);
        if (hs_model_feed(r->model, e, 1))
            return OUT_OF_MEMORY;
    }
    return ferror(stdout);
}

/* The program is named anywhere in the trace, and boots are printed while it is read: a file is read once before. */
static int open_symbols(struct resets *r)
{
    const struct hs_common *common = &r->args->common;
    const struct hs_event *event;
    if (common->elf)
        return hs_cmd_symbols(&r->names.symbols, common, r->reader);
    struct hs_error error = {0};
    struct hs_reader *before = strcmp(common->input, "-") ? hs_reader_open(common->input, &error) : NULL;
    while (before && hs_reader_next(before, &event) > 0)
        continue;
    int status = before ? hs_cmd_symbols(&r->names.symbols, common, before) : HS_EXIT_OK;
    hs_reader_close(before);
    return status;
}

static int show(struct resets *r)
{
    int status = open_symbols(r);
    if (status != HS_EXIT_OK)
        return status;
    r->names.reader = r->reader;
    if (hs_cmd_replay(r->reader, each, r, &status))
        end_boot(r, NULL);
    return status;
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct resets r = {.args = args};
    r.step = calloc(args->last, sizeof *r.step);
    r.model = hs_model_new(NULL);
    r.json = args->common.json ? hs_json_new() : NULL;
    int status = HS_EXIT_BAD;
    if (!r.step || !r.model || (args->common.json && !r.json))
        hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    else if ((r.reader = hs_cmd_open_selected(&args->common, args->common.input)))
        status = show(&r);
    hs_symbols_close(r.names.symbols);
    hs_model_free(r.model);
    if (r.reader)
        hs_reader_close(r.reader);
    if (r.json)
        hs_json_free(r.json);
    free(r.step);
    return status;
}

static const struct args defaults = {.last = 10};

static const struct hs_option options[] = {
    {"last", 'n', "N", HS_OPT_UINT, offsetof(struct args, last), "events to show of each boot (default 10)", NULL, .least = 1,
     .most = 1 << 20},
    {0},
};

const struct hs_cmd hs_cmd_resets = {
    .name = "resets",
    .summary = "list each boot, how it ended, and what it allocated last",
    .usage = "[FILE]",
    .about = "For each boot in a trace: how long it lasted, whether recording was stopped or a reset cut it off and why, "
             "the heap at its end, the last allocation that failed, in CircuitPython each start of the interpreter and why, "
             "and the last events with their lines. Times are "
             "before the boot's end. With --json one JSON object a boot.",
    .examples = "  heapstrata resets ring.bin\n"
                "  heapstrata resets --last 50 board.hst\n",
    .uses = HS_USES_INPUT | HS_USES_JSON | HS_USES_ELF,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .defaults = &defaults,
    .run = run,
};
