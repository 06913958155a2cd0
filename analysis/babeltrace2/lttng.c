/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace2/lttng.h"

#include <stdio.h>
#include <string.h>

enum want {
    MALLOC,
    FREE,
    CALLOC,
    REALLOC,
    MEMALIGN,
    POSIX_MEMALIGN,
    STATEDUMP,
    BIN_INFO,
    SOINFO,
    LIB_LOAD,
    DLOPEN,
    PROCNAME,
    OUR_ALLOC,
    OUR_REALLOC,
    OUR_FREE,
    OUR_FAIL,
    OUR_MARK,
    OUR_SWEEP,
    OUR_REGION,
    OUR_COLLECT,
    OUR_COLLECT_END,
};

enum context { VTID, VPID, IP, NAME, EXPORTED };
static const char *const contexts[HS_BT_FIELDS] = {
    [VTID] = "vtid", [VPID] = "vpid", [IP] = "ip", [NAME] = "procname", [EXPORTED] = "exported_by",
};

#define OUR_FIELDS \
    { \
        "size", "ptr", "file", "function", "line", "native" \
    }
enum our_field { OUR_SIZE, OUR_PTR, OUR_FILE, OUR_FUNCTION, OUR_LINE, OUR_NATIVE };

static const struct hs_bt_want wants[] = {
    [MALLOC] = {"lttng_ust_libc:malloc", {"size", "ptr"}},
    [FREE] = {"lttng_ust_libc:free", {"ptr"}},
    [CALLOC] = {"lttng_ust_libc:calloc", {"nmemb", "size", "ptr"}},
    [REALLOC] = {"lttng_ust_libc:realloc", {"in_ptr", "size", "ptr"}},
    [MEMALIGN] = {"lttng_ust_libc:memalign", {"size", "ptr"}},
    [POSIX_MEMALIGN] = {"lttng_ust_libc:posix_memalign", {"out_ptr", "size", "result"}},
    [STATEDUMP] = {"lttng_ust_statedump:start", {NULL}},
    [BIN_INFO] = {"lttng_ust_statedump:bin_info", {"baddr", "memsz", "path", "is_pic"}},
    [SOINFO] = {"lttng_ust_statedump:soinfo", {"baddr", "memsz", "sopath"}},
    [LIB_LOAD] = {"lttng_ust_lib:load", {"baddr", "memsz", "path"}},
    [DLOPEN] = {"lttng_ust_dl:dlopen", {"baddr", "memsz", "path"}},
    [PROCNAME] = {"lttng_ust_statedump:procname", {"procname"}},
    [OUR_ALLOC] = {"heapstrata:alloc", OUR_FIELDS},
    [OUR_REALLOC] = {"heapstrata:realloc", OUR_FIELDS},
    [OUR_FREE] = {"heapstrata:free", {"ptr"}},
    [OUR_FAIL] = {"heapstrata:fail", OUR_FIELDS},
    [OUR_MARK] = {"heapstrata:mark", {"label"}},
    [OUR_SWEEP] = {"heapstrata:sweep", {"pos"}},
    [OUR_REGION] = {"heapstrata:region", {"base", "granules", "shift", "name"}},
    [OUR_COLLECT] = {"heapstrata:collect", {"cause"}},
    [OUR_COLLECT_END] = {"heapstrata:collect_end", {"pause_ns"}},
};

static uint64_t number(const struct hs_bt_event *e, unsigned i) { return e->has >> i & 1 ? e->field[i].u : 0; }

static const char *text(const struct hs_bt_event *e, unsigned i)
{
    const char *s = e->has >> i & 1 ? e->field[i].s : "";
    return strcmp(s, "-") ? s : ""; /* our exporter writes "-" for an empty text */
}

static bool has(const struct hs_bt_event *e, enum context context) { return e->has_context >> context & 1; }

/* ---- process and thread ---- */

static void enter_process(struct hs_lttng *l, const struct hs_bt_event *e, uint32_t pid)
{
    if (l->any && pid == l->pid)
        return;
    l->pid = pid;
    l->process = hs_importer_process(l->intake, pid, has(e, NAME) ? e->context[NAME].s : NULL);
}

static void enter_thread(struct hs_lttng *l, const struct hs_bt_event *e, uint32_t thread)
{
    if (l->any && thread == l->thread)
        return;
    l->thread = thread;
    hs_importer_thread(l->intake, thread, has(e, NAME) ? e->context[NAME].s : NULL);
}

static void enter(struct hs_lttng *l, const struct hs_bt_event *e)
{
    enter_process(l, e, has(e, VPID) ? (uint32_t)e->context[VPID].u : 0);
    enter_thread(l, e, has(e, VTID) ? (uint32_t)e->context[VTID].u : 0);
    l->any = true;
    l->ours |= has(e, EXPORTED);
}

/* ---- calls ---- */

/* The site and requested bytes of our last event are valid for events with the same time. */
static struct hs_import_call call_of(struct hs_lttng *l, const struct hs_bt_event *e, enum hs_call_kind kind)
{
    struct hs_import_call call = {.kind = (uint8_t)kind, .ns = e->ns, .thread = l->thread, .process = l->process};
    if (has(e, IP))
        call.place = hs_importer_place(l->intake, &(struct hs_call_place){"", "", 0, l->process, e->context[IP].u});
    else if (l->place && l->asked_at == e->ns)
        call.place = l->place;
    call.asked = l->asked_at == e->ns ? l->asked : 0;
    return call;
}

static void on_alloc(struct hs_lttng *l, const struct hs_bt_event *e)
{
    struct hs_import_call call = call_of(l, e, HS_CALL_ALLOC);
    unsigned ptr = e->want == CALLOC ? 2 : e->want == POSIX_MEMALIGN ? 0 : 1;
    unsigned size = ptr == 1 ? 0 : 1;
    call.ptr = number(e, ptr);
    call.size = number(e, size);
    if (e->want == CALLOC && __builtin_mul_overflow(number(e, 0), call.size, &call.size))
        call.size = UINT64_MAX;
    if (e->want == POSIX_MEMALIGN && number(e, 2)) /* it failed: out_ptr has an old value */
        call.ptr = 0;
    if (call.ptr || call.size)
        hs_importer_put(l->intake, &call);
}

static void on_free(struct hs_lttng *l, const struct hs_bt_event *e)
{
    struct hs_import_call call = call_of(l, e, l->sweeping ? HS_CALL_SWEPT : HS_CALL_FREE);
    call.old = number(e, 0);
    if (call.old)
        hs_importer_put(l->intake, &call);
}

static void on_realloc(struct hs_lttng *l, const struct hs_bt_event *e)
{
    struct hs_import_call call = call_of(l, e, HS_CALL_REALLOC);
    call.old = number(e, 0);
    call.size = number(e, 1);
    call.ptr = number(e, 2);
    if (call.old || call.size || call.ptr)
        hs_importer_put(l->intake, &call);
}

/* ---- programs ---- */

/* Another program runs in the process: all blocks are freed. */
static uint16_t exec(struct hs_lttng *l, uint64_t ns)
{
    hs_importer_put(l->intake,
                    &(struct hs_import_call){.kind = HS_CALL_END, .ns = ns, .thread = l->thread, .process = l->process});
    l->process = hs_importer_exec(l->intake, l->pid);
    hs_importer_process(l->intake, l->pid, l->name);
    return l->process;
}

static void on_object(struct hs_lttng *l, const struct hs_bt_event *e)
{
    const char *path = text(e, 2);
    struct hs_call_object object = {
        .path = path,
        .base = number(e, 0),
        .size = number(e, 1),
        .process = l->process,
        .moved = e->want != BIN_INFO || !(e->has & 8) || number(e, 3),
    };
    if (*path != '/')
        return;
    if (l->stated) {
        l->stated = false;
        if (hs_importer_has_objects(l->intake, l->process) && !hs_importer_has_object(l->intake, &object))
            object.process = exec(l, e->ns);
    }
    hs_importer_object(l->intake, &object);
}

/* A process lists its objects when tracing starts, when it runs another program, and on request. The first object shows
 * whether it is another program. */
static void on_statedump(struct hs_lttng *l, const struct hs_bt_event *e) { l->stated = has(e, VPID); }

static void on_name(struct hs_lttng *l, const struct hs_bt_event *e)
{
    snprintf(l->name, sizeof l->name, "%s", text(e, 0));
    if (!hs_importer_has_objects(l->intake, l->process))
        hs_importer_process(l->intake, l->pid, l->name);
}

/* ---- our own records ---- */

static uint32_t our_place(struct hs_lttng *l, const struct hs_bt_event *e)
{
    const char *function = text(e, OUR_FUNCTION), *native = text(e, OUR_NATIVE);
    struct hs_call_place place = {
        .file = text(e, OUR_FILE),
        .function = *function ? function : native,
        .line = (uint32_t)number(e, OUR_LINE),
    };
    return *place.function ? hs_importer_place(l->intake, &place) : 0;
}

static void on_ours(struct hs_lttng *l, const struct hs_bt_event *e)
{
    l->records += e->want == OUR_SWEEP || e->want == OUR_ALLOC;
    l->sweeping = e->want == OUR_SWEEP; /* the exporter writes the frees of a sweep after it */
    l->asked_at = e->ns;
    l->asked = e->want == OUR_FREE || e->want == OUR_SWEEP ? 0 : number(e, OUR_SIZE);
    l->place = e->want == OUR_FREE || e->want == OUR_SWEEP ? 0 : our_place(l, e);
}

static void on_fail(struct hs_lttng *l, const struct hs_bt_event *e)
{
    struct hs_import_call call = {.kind = HS_CALL_FAIL, .ns = e->ns, .thread = l->thread, .process = l->process};
    call.place = our_place(l, e);
    call.size = number(e, OUR_SIZE);
    hs_importer_put(l->intake, &call);
}

static void on_mark(struct hs_lttng *l, const struct hs_bt_event *e)
{
    struct hs_import_call call = {.kind = HS_CALL_MARK, .ns = e->ns, .thread = l->thread, .process = l->process};
    call.place = hs_importer_place(l->intake, &(struct hs_call_place){"", text(e, 0), 0, 0, 0});
    hs_importer_put(l->intake, &call);
}

static void on_region(struct hs_lttng *l, const struct hs_bt_event *e)
{
    struct hs_declared_region region = {.begin = number(e, 0),
                                        .bytes = number(e, 1) << (number(e, 2) & 31),
                                        .process = l->process,
                                        .shift = (uint8_t)number(e, 2)};
    snprintf(region.name, sizeof region.name, "%s", text(e, 3));
    hs_importer_region(l->intake, &region);
    l->regions |= region.begin != 0;
}

static void on_collection(struct hs_lttng *l, const struct hs_bt_event *e)
{
    struct hs_import_call call = {.ns = e->ns, .thread = l->thread, .process = l->process};
    call.kind = e->want == OUR_COLLECT ? HS_CALL_COLLECT : HS_CALL_COLLECT_END;
    call.size = e->want == OUR_COLLECT ? number(e, 0) : 0;
    l->sweeping = false;
    hs_importer_put(l->intake, &call);
}

static void (*const handlers[])(struct hs_lttng *, const struct hs_bt_event *) = {
    [MALLOC] = on_alloc,
    [FREE] = on_free,
    [CALLOC] = on_alloc,
    [REALLOC] = on_realloc,
    [MEMALIGN] = on_alloc,
    [POSIX_MEMALIGN] = on_alloc,
    [STATEDUMP] = on_statedump,
    [BIN_INFO] = on_object,
    [SOINFO] = on_object,
    [LIB_LOAD] = on_object,
    [DLOPEN] = on_object,
    [PROCNAME] = on_name,
    [OUR_ALLOC] = on_ours,
    [OUR_REALLOC] = on_ours,
    [OUR_FREE] = on_ours,
    [OUR_SWEEP] = on_ours,
    [OUR_FAIL] = on_fail,
    [OUR_MARK] = on_mark,
    [OUR_REGION] = on_region,
    [OUR_COLLECT] = on_collection,
    [OUR_COLLECT_END] = on_collection,
};

static void on_event(void *data, const struct hs_bt_event *e)
{
    struct hs_lttng *l = data;
    enter(l, e);
    handlers[e->want](l, e);
}

static void on_lost(void *data, uint64_t ns, uint64_t events)
{
    struct hs_lttng *l = data;
    hs_importer_put(l->intake, &(struct hs_import_call){.kind = HS_CALL_LOST, .ns = ns, .size = events, .thread = l->thread});
}

void hs_lttng_begin(struct hs_lttng *l, struct hs_importer *intake)
{
    *l = (struct hs_lttng){.intake = intake};
    l->listener = (struct hs_bt_listener){
        .want = wants,
        .n = sizeof wants / sizeof *wants,
        .context = contexts,
        .data = l,
        .event = on_event,
        .lost = on_lost,
    };
}

int hs_lttng_write(struct hs_lttng *l, const struct hs_lttng_output *output, struct hs_error *error)
{
    const struct hs_importer_options options = {
        .fd = output->fd,
        .origin = !l->ours     ? "Linux, by LTTng"
                  : l->regions ? "CTF, by heapstrata export"
                               : "CTF, by heapstrata export; heap size from blocks",
        .elf = output->elf,
    };
    if (hs_importer_stats(l->intake).calls)
        return hs_importer_write(l->intake, &options, error);
    error->code = HS_ERR_KIND;
    snprintf(
        error->text, sizeof error->text, "%s",
        l->records
            ? "has HeapStrata's own records only, which do not tell each block that a collection frees: --events both (of "
              "source.heapstrata.trace: events=\"both\") reports that too"
            : "has no events lttng_ust_libc:malloc, free and so on: run the program with LD_PRELOAD=liblttng-ust-libc-wrapper.so, and "
              "enable 'lttng_ust_libc:*'");
    return HS_ERR_KIND;
}
