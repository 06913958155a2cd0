/* SPDX-License-Identifier: MIT
 *
 * Converts records to stream items. One table, made from records.def and the rows below, has the fields of each
 * event class and the sources of their values.
 */
#include "analysis/export/event_stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export/holdings.h"
#include "analysis/export/places.h"
#include "analysis/sites/estimates.h"
#include "analysis/time/timeline.h"
#include "lib/assertion.h"
#include "lib/host/util/array.h"

/* ---- classes ---- */

/* The source of a value. */
enum source {
    FROM_MEMBER, /* of the record, at `offset`, of `width` bytes */
    FROM_TEXT,   /* of the record's bytes, as text */
    FROM_LIST,   /* of the record's bytes, as a list of numbers */
    FROM_NUMBER,
    FROM_SITE,
    FROM_POS,
    FROM_OLD,
    FROM_GRANULES,
    FROM_PTR,
    FROM_OLD_PTR,
    FROM_REGION,
    FROM_FILE,
    FROM_FUNCTION,
    FROM_LINE,
    FROM_NATIVE,
    FROM_KIND,
    FROM_VERDICT,
    FROM_FREE,
    FROM_LARGEST,
    FROM_ASKED,
    FROM_FREED,
    FROM_FREED_BYTES,
    FROM_PAUSE,
};

struct origin {
    uint8_t source, offset, width, is_signed;
};

enum {
    MALLOC,
    FREE,
    CALLOC,
    REALLOC,
    MEMALIGN,
    POSIX_MEMALIGN,
    LIBC_CLASSES,
    HEAP = LIBC_CLASSES,
    USAGE,
    LIVE,
    BLOCK,
    FIRST_KIND
};
#define CLASSES (FIRST_KIND + HS_KIND_END)

struct extra {
    const char *name;
    enum hs_event_stream_type type;
    enum source source;
};

#define WHERE \
    {"file", HS_EVENT_STREAM_TEXT, FROM_FILE}, {"function", HS_EVENT_STREAM_TEXT, FROM_FUNCTION}, \
        {"line", HS_EVENT_STREAM_U32, FROM_LINE}, {"native", HS_EVENT_STREAM_TEXT, FROM_NATIVE}, \
    { \
        "kind", HS_EVENT_STREAM_TEXT, FROM_KIND \
    }

/* Fields that the host adds to a record, besides those of its site. */
static const struct extra extras[HS_KIND_END][6] = {
    [HS_ALLOC] = {{"granules", HS_EVENT_STREAM_U32, FROM_GRANULES},
                  {"ptr", HS_EVENT_STREAM_HEX, FROM_PTR},
                  {"region", HS_EVENT_STREAM_TEXT, FROM_REGION}},
    [HS_FREE] = {{"ptr", HS_EVENT_STREAM_HEX, FROM_OLD_PTR}, {"region", HS_EVENT_STREAM_TEXT, FROM_REGION}},
    [HS_REALLOC] = {{"granules", HS_EVENT_STREAM_U32, FROM_GRANULES},
                    {"old_ptr", HS_EVENT_STREAM_HEX, FROM_OLD_PTR},
                    {"ptr", HS_EVENT_STREAM_HEX, FROM_PTR},
                    {"region", HS_EVENT_STREAM_TEXT, FROM_REGION}},
    [HS_FAIL] = {{"verdict", HS_EVENT_STREAM_TEXT, FROM_VERDICT},
                 {"free", HS_EVENT_STREAM_U64, FROM_FREE},
                 {"largest_free", HS_EVENT_STREAM_U64, FROM_LARGEST},
                 {"heap_asked", HS_EVENT_STREAM_TEXT, FROM_ASKED}},
    [HS_SWEEP] = {{"freed", HS_EVENT_STREAM_U32, FROM_FREED}},
    [HS_COLLECT_END] = {{"pause_ns", HS_EVENT_STREAM_U64, FROM_PAUSE}, {"freed_bytes", HS_EVENT_STREAM_U64, FROM_FREED_BYTES}},
};
static const struct extra where[] = {WHERE};

#define UNKNOWN_KIND 0 /* not the kind of a record: used for all kinds that this version does not know */

static const struct hs_event_stream_class libc_classes[LIBC_CLASSES] = {
    [MALLOC] = {"lttng_ust_libc:malloc", {{"size", HS_EVENT_STREAM_U64}, {"ptr", HS_EVENT_STREAM_HEX}}, 2, HS_EVENT_STREAM_LIBC},
    [FREE] = {"lttng_ust_libc:free", {{"ptr", HS_EVENT_STREAM_HEX}}, 1, HS_EVENT_STREAM_LIBC},
    [CALLOC] = {"lttng_ust_libc:calloc",
                {{"nmemb", HS_EVENT_STREAM_U64}, {"size", HS_EVENT_STREAM_U64}, {"ptr", HS_EVENT_STREAM_HEX}},
                3,
                HS_EVENT_STREAM_LIBC},
    [REALLOC] = {"lttng_ust_libc:realloc",
                 {{"in_ptr", HS_EVENT_STREAM_HEX}, {"size", HS_EVENT_STREAM_U64}, {"ptr", HS_EVENT_STREAM_HEX}},
                 3,
                 HS_EVENT_STREAM_LIBC},
    [MEMALIGN] = {"lttng_ust_libc:memalign",
                  {{"alignment", HS_EVENT_STREAM_U64}, {"size", HS_EVENT_STREAM_U64}, {"ptr", HS_EVENT_STREAM_HEX}},
                  3,
                  HS_EVENT_STREAM_LIBC},
    [POSIX_MEMALIGN] = {"lttng_ust_libc:posix_memalign",
                        {{"out_ptr", HS_EVENT_STREAM_HEX},
                         {"alignment", HS_EVENT_STREAM_U64},
                         {"size", HS_EVENT_STREAM_U64},
                         {"result", HS_EVENT_STREAM_INT}},
                        4,
                        HS_EVENT_STREAM_LIBC},
};

/* `known`: 0 unknown now, these are the last known figures; 1 from the layout; 2 from a summary, which has no
 * requested bytes. */
static const struct hs_event_stream_class heap_class = {
    "heapstrata:heap",
    {{"record", HS_EVENT_STREAM_U64},
     {"known", HS_EVENT_STREAM_U8},
     {"used", HS_EVENT_STREAM_U64},
     {"requested", HS_EVENT_STREAM_U64},
     {"free", HS_EVENT_STREAM_U64},
     {"largest_free", HS_EVENT_STREAM_U64},
     {"free_runs", HS_EVENT_STREAM_U64},
     {"blocks", HS_EVENT_STREAM_U64},
     {"fragmentation_permille", HS_EVENT_STREAM_U32},
     {"peak", HS_EVENT_STREAM_U64},
     {"boots", HS_EVENT_STREAM_U32}},
    11,
    HS_EVENT_STREAM_RECORDS,
    true,
};

/* `known` is 3: from a summary that has only these figures. */
static const struct hs_event_stream_class usage_class = {
    "heapstrata:usage",
    {{"record", HS_EVENT_STREAM_U64},
     {"known", HS_EVENT_STREAM_U8},
     {"used", HS_EVENT_STREAM_U64},
     {"free", HS_EVENT_STREAM_U64},
     {"peak", HS_EVENT_STREAM_U64},
     {"boots", HS_EVENT_STREAM_U32}},
    6,
    HS_EVENT_STREAM_RECORDS,
    true,
};

/* `block` is the number of the record that allocated the block, the same after a resize; `taken` are the allocated bytes. */
static const struct hs_event_stream_class block_class = {
    "heapstrata:block",
    {{"block", HS_EVENT_STREAM_U64},
     {"site", HS_EVENT_STREAM_U32},
     {"bytes", HS_EVENT_STREAM_U64},
     {"taken", HS_EVENT_STREAM_U64},
     {"ptr", HS_EVENT_STREAM_HEX},
     {"region", HS_EVENT_STREAM_TEXT},
     {"born", HS_EVENT_STREAM_U64},
     {"came", HS_EVENT_STREAM_TEXT},
     {"died", HS_EVENT_STREAM_U64},
     {"how", HS_EVENT_STREAM_TEXT}},
    10,
    HS_EVENT_STREAM_BLOCKS,
    true,
};
enum { BLOCK_SITE = 1, BLOCK_DIED = 8, BLOCK_HOW = 9, HEAP_REQUESTED = 3, HEAP_RUNS = 6, HEAP_BLOCKS = 7 };

static const struct hs_event_stream_class live_class = {
    "heapstrata:live",
    {{"record", HS_EVENT_STREAM_U64}, {"kind", HS_EVENT_STREAM_TEXT}, {"bytes", HS_EVENT_STREAM_U64}},
    3,
    HS_EVENT_STREAM_RECORDS,
    true,
};

/* Filled once, the same for every stream. */
static struct hs_event_stream_class classes[CLASSES];
static struct origin origins[HS_KIND_END][HS_EVENT_STREAM_FIELDS];
static const struct hs_words *words[HS_KIND_END][HS_EVENT_STREAM_FIELDS];
static char class_names[HS_KIND_END][32];

static void add_field(unsigned kind, struct hs_event_stream_field field, struct origin origin)
{
    struct hs_event_stream_class *class = &classes[FIRST_KIND + kind];
    HS_ASSERT(class->n_fields < HS_EVENT_STREAM_FIELDS);
    origins[kind][class->n_fields] = origin;
    words[kind][class->n_fields] = origin.source == FROM_MEMBER ? hs_words_of(kind, field.name) : NULL;
    class->field[class->n_fields++] = field;
}

/* The exporters' type of a record's field. */
static enum hs_event_stream_type type_of(const struct hs_field *field)
{
    switch (field->type) {
    case HS_TYPE_caller: return HS_EVENT_STREAM_INT;
    case HS_TYPE_address: return HS_EVENT_STREAM_HEX;
    case HS_TYPE_text:
    case HS_TYPE_rest: return HS_EVENT_STREAM_TEXT;
    case HS_TYPE_numbers: return HS_EVENT_STREAM_LIST;
    default: return field->width == 1 ? HS_EVENT_STREAM_U8 : HS_EVENT_STREAM_U32;
    }
}

static enum source source_of(const struct hs_field *field, bool event)
{
    switch (field->type) {
    case HS_TYPE_site: return FROM_SITE; /* the reader's number: the same site in the whole trace */
    case HS_TYPE_text:
    case HS_TYPE_rest: return FROM_TEXT;
    case HS_TYPE_numbers: return FROM_LIST;
    case HS_TYPE_granule: return event ? FROM_POS : FROM_MEMBER;
    case HS_TYPE_block: return FROM_OLD;
    default: return FROM_MEMBER;
    }
}

/* Skips packed bytes: the events of the blocks have the same contents. */
static void add_member(unsigned kind, const struct hs_field *field, bool event)
{
    struct origin origin = {(uint8_t)source_of(field, event), field->offset, field->width, field->wire == HS_WIRE_S};
    if (field->type != HS_TYPE_bytes)
        add_field(kind, (struct hs_event_stream_field){field->name, type_of(field)}, origin);
}

static void add_extra(unsigned kind, const struct extra *extra)
{
    add_field(kind, (struct hs_event_stream_field){extra->name, extra->type}, (struct origin){.source = (uint8_t)extra->source});
}

static void make_class(unsigned kind, const struct hs_kind_info *info)
{
    struct hs_event_stream_class *class = &classes[FIRST_KIND + kind];
    char *name = class_names[kind];
    strcpy(name, "heapstrata:");
    for (size_t i = 0; info->name[i] && i < 20; i++) {
        char c = info->name[i];
        name[11 + i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    class->name = name;
    class->set = HS_EVENT_STREAM_RECORDS;
    add_field(kind, (struct hs_event_stream_field){"record", HS_EVENT_STREAM_U64}, (struct origin){.source = FROM_NUMBER});
    for (const struct hs_field *field = info->field; field->name; field++)
        add_member(kind, field, info->area == HS_AREA_EVENT);
    for (const struct extra *extra = extras[kind]; extra->name; extra++)
        add_extra(kind, extra);
    bool names_site = false;
    for (const struct hs_field *field = info->field; field->name; field++)
        names_site |= field->type == HS_TYPE_site;
    for (size_t i = 0; names_site && i < sizeof where / sizeof *where; i++)
        add_extra(kind, &where[i]);
}

static void make_classes(void)
{
    if (classes[MALLOC].name)
        return;
    for (unsigned kind = 0; kind < HS_KIND_END; kind++) {
        const struct hs_kind_info *info = hs_kind_info(kind);
        if (info && (info->area == HS_AREA_EVENT || info->area == HS_AREA_PACKET))
            make_class(kind, info);
    }
    make_class(UNKNOWN_KIND, hs_kind_info_any(UNKNOWN_KIND));
    classes[HEAP] = heap_class;
    classes[USAGE] = usage_class;
    classes[LIVE] = live_class;
    classes[BLOCK] = block_class;
    memcpy(classes, libc_classes, sizeof libc_classes);
}

unsigned hs_event_stream_classes(void) { return CLASSES; }

const struct hs_event_stream_class *hs_event_stream_class(unsigned index)
{
    make_classes();
    return &classes[index];
}

bool hs_event_stream_field_is_word(unsigned class, unsigned field)
{
    return class >= FIRST_KIND && words[class - FIRST_KIND][field];
}

const char *hs_event_stream_word(unsigned class, unsigned field, uint64_t value)
{
    return hs_event_stream_field_is_word(class, field) ? hs_word(words[class - FIRST_KIND][field], value) : NULL;
}

/* ---- the stream ---- */

#define PACKET_RECORDS 8192u /* a packet is closed after this many records */
#define SAMPLE_SHARE 64u     /* emit a sample when used or longest free bytes have changed by 1/64 of the heap */

enum stage { STAGE_RECORD, STAGE_CHANGES, STAGE_BLOCKS, STAGE_SAMPLE, STAGE_LIVE };

struct hs_event_stream {
    struct hs_event_stream_config config;
    struct hs_changes *changes;
    struct hs_holdings holdings;
    struct hs_site_texts places;
    struct hs_heap_figures sampled;     /* of the last sample */
    const struct hs_event *event, *end; /* of the batch */
    enum stage stage;
    size_t at_change;
    uint64_t now, now_ticks;  /* of the current event */
    uint64_t closed;          /* end time of the last packet */
    uint64_t lost, told_lost; /* LOSS: to be emitted; emitted so far */
    uint64_t loss_until;
    uint64_t packet_records;
    uint64_t pause;       /* of the last collection, in ticks */
    unsigned declared;    /* classes declared so far */
    uint32_t boots, boot; /* number of boots so far; the last one */
    bool open, closing, any, brief, done, waits, sampled_any, sampled_end, tail;
    uint64_t *live, *told_live; /* bytes of each kind of block: at the last sample; last emitted */
    size_t at_live;             /* next kind to emit */
    char *text;                 /* of the current record */
    size_t text_room;
    union hs_event_stream_value value[HS_EVENT_STREAM_FIELDS];
};

struct hs_event_stream *hs_event_stream_new(const struct hs_event_stream_config *config)
{
    struct hs_event_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    make_classes();
    s->config = *config;
    s->places = (struct hs_site_texts){.reader = config->reader, .symbols = config->symbols};
    s->declared = config->declare ? 0 : LIBC_CLASSES;
    s->changes = hs_changes_new();
    s->holdings.changes = s->changes;
    s->at_live = hs_block_kind_count();
    s->live = calloc(s->at_live, sizeof *s->live);
    s->told_live = calloc(s->at_live, sizeof *s->told_live);
    if (s->changes && s->live && s->told_live)
        return s;
    hs_event_stream_free(s);
    return NULL;
}

void hs_event_stream_free(struct hs_event_stream *s)
{
    if (!s)
        return;
    hs_changes_free(s->changes);
    hs_holdings_free(&s->holdings);
    hs_site_texts_free(&s->places);
    free(s->live);
    free(s->told_live);
    free(s->text);
    free(s);
}

const struct hs_model *hs_event_stream_model(const struct hs_event_stream *s) { return s->changes->model; }

void hs_event_stream_process(const struct hs_event_stream *s, char name[HS_EVENT_STREAM_PROCESS])
{
    const char *exe = hs_reader_fact(s->config.reader, "exe"), *system = hs_reader_fact(s->config.reader, "system");
    const char *slash = exe ? strrchr(exe, '/') : NULL;
    const char *whole = slash ? slash + 1 : exe && *exe ? exe : system && *system ? system : "firmware";
    snprintf(name, HS_EVENT_STREAM_PROCESS, "%.*s", (int)strcspn(whole, " ,"), whole);
}

static uint64_t to_ns(const struct hs_event_stream *s, uint64_t ticks)
{
    uint64_t hz = hs_reader_info(s->config.reader)->hz;
    if (hz == 1000000000 || !hz)
        return ticks;
    return ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz;
}

/* ---- values of a record ---- */

static uint64_t member(const struct hs_event *e, struct origin origin)
{
    uint64_t value = 0;
    memcpy(&value, (const char *)e->record + origin.offset, origin.width);
    unsigned unused = 64 - 8u * origin.width;
    return origin.is_signed ? (uint64_t)((int64_t)(value << unused) >> unused) : value;
}

/* The buffer for a text of a record, with room for `n` bytes; NULL: out of memory. */
static char *text_room(struct hs_event_stream *s, size_t n)
{
    if (!hs_array_reserve(s->text, s->text_room, n))
        return NULL;
    return s->text;
}

static struct hs_data data_of(const struct hs_event *e, struct origin origin)
{
    struct hs_data data;
    memcpy(&data, (const char *)e->record + origin.offset, sizeof data);
    return data;
}

static const char *text_of(struct hs_event_stream *s, struct hs_data data)
{
    char *text = text_room(s, (size_t)data.len + 1);
    if (!text)
        return "";
    if (data.len)
        memcpy(text, data.data, data.len);
    text[data.len] = '\0';
    return text;
}

/* "[1,2,3]". A number of n bytes has at most 3 n digits. */
static const char *list_of(struct hs_event_stream *s, struct hs_data numbers)
{
    char *text = text_room(s, 4 * (size_t)numbers.len + 3), *at = text;
    uint64_t value;
    if (!text)
        return "[]";
    for (*at++ = '['; hs_next_number(&numbers, &value);)
        at += sprintf(at, "%s%" PRIu64, at == text + 1 ? "" : ",", value);
    strcpy(at, "]");
    return text;
}

static uint64_t address(const struct hs_event_stream *s, unsigned region, uint32_t pos)
{
    const struct hs_region_state *r = &s->changes->model->region[region];
    if (pos == HS_POS_IMPLIED)
        return 0;
    if (r->present && pos - r->first < r->granules)
        return s->changes->base[region] + ((uint64_t)(pos - r->first) << r->shift);
    return hs_changes_address(s->changes, pos);
}

static const struct hs_failure *failure(const struct hs_event_stream *s)
{
    const struct hs_model *m = s->changes->model;
    static const struct hs_failure none = {.verdict = HS_VERDICT_UNKNOWN};
    return m->n_failures ? &m->failure[(m->n_failures - 1) % HS_FAILURES_KEPT] : &none;
}

static union hs_event_stream_value value_of(struct hs_event_stream *s, const struct hs_event *e, struct origin origin)
{
    const struct hs_site_text *place = origin.source >= FROM_FILE && origin.source <= FROM_KIND
                                           ? hs_site_text_of(&s->places, e->site)
                                           : NULL;
    switch ((enum source)origin.source) {
    case FROM_MEMBER: return (union hs_event_stream_value){.u = member(e, origin)};
    case FROM_TEXT: return (union hs_event_stream_value){.s = text_of(s, data_of(e, origin))};
    case FROM_LIST: return (union hs_event_stream_value){.s = list_of(s, data_of(e, origin))};
    case FROM_NUMBER: return (union hs_event_stream_value){.u = e->number};
    case FROM_SITE: return (union hs_event_stream_value){.u = e->site};
    case FROM_POS: return (union hs_event_stream_value){.u = e->pos};
    case FROM_OLD: return (union hs_event_stream_value){.u = e->old};
    case FROM_GRANULES: return (union hs_event_stream_value){.u = e->granules == HS_POS_IMPLIED ? 0 : e->granules};
    case FROM_PTR: return (union hs_event_stream_value){.u = address(s, e->region, e->pos)};
    case FROM_OLD_PTR: return (union hs_event_stream_value){.u = address(s, e->region, e->old)};
    case FROM_REGION: return (union hs_event_stream_value){.s = s->changes->model->region[e->region].name};
    case FROM_FILE: return (union hs_event_stream_value){.s = place->file};
    case FROM_FUNCTION: return (union hs_event_stream_value){.s = place->function};
    case FROM_LINE: return (union hs_event_stream_value){.u = place->line};
    case FROM_NATIVE: return (union hs_event_stream_value){.s = place->native};
    case FROM_KIND: return (union hs_event_stream_value){.s = place->kind};
    case FROM_VERDICT: return (union hs_event_stream_value){.s = hs_verdict_name(failure(s)->verdict)};
    case FROM_FREE: return (union hs_event_stream_value){.u = failure(s)->free};
    case FROM_LARGEST: return (union hs_event_stream_value){.u = failure(s)->largest_free};
    case FROM_ASKED:
        return (union hs_event_stream_value){
            .s = e->record->fail.cause < HS_FAIL_REGION(0) ? "" : s->changes->model->region[e->region].name};
    case FROM_FREED: return (union hs_event_stream_value){.u = e->n_freed};
    case FROM_FREED_BYTES: return (union hs_event_stream_value){.u = s->changes->model->collection_freed};
    case FROM_PAUSE: return (union hs_event_stream_value){.u = to_ns(s, s->pause)};
    }
    return (union hs_event_stream_value){0};
}

/* ---- items ---- */

static void emit_event(const struct hs_event_stream *s, struct hs_stream_item *t, unsigned class)
{
    *t = (struct hs_stream_item){.kind = HS_STREAM_ITEM_EVENT, .class = class, .ns = s->now, .value = s->value};
    if (s->event != s->end) {
        t->thread = s->event->thread;
        t->boot = s->event->boot;
    } else {
        t->boot = s->boot;
    }
}

static void emit_record(struct hs_event_stream *s, struct hs_stream_item *t)
{
    const struct hs_event *e = s->event;
    unsigned kind = hs_kind_info(e->kind) ? e->kind : UNKNOWN_KIND, n = classes[FIRST_KIND + kind].n_fields;
    for (unsigned i = 0; i < n; i++)
        s->value[i] = value_of(s, e, origins[kind][i]);
    emit_event(s, t, FIRST_KIND + kind);
}

/* The event has the thread that allocated the block first. */
static void emit_change(struct hs_event_stream *s, struct hs_stream_item *t, const struct hs_block_change *change)
{
    unsigned thread = (unsigned)change->block.thread;
    switch ((enum hs_change_kind)change->kind) {
    case HS_CHANGE_TAKEN:
        s->value[0].u = change->bytes;
        s->value[1].u = change->address;
        emit_event(s, t, MALLOC);
        break;
    case HS_CHANGE_FREED:
        s->value[0].u = change->address;
        emit_event(s, t, FREE);
        break;
    case HS_CHANGE_RESIZED:
        s->value[0].u = change->old_address;
        s->value[1].u = change->bytes;
        s->value[2].u = change->address;
        emit_event(s, t, REALLOC);
        break;
    }
    t->thread = thread;
}

static void emit_holding(struct hs_event_stream *s, struct hs_stream_item *t, const struct hs_holding *holding)
{
    const struct hs_live_block *b = &holding->block;
    bool over = *holding->how;
    uint64_t at = address(s, holding->region, holding->pos);
    const union hs_event_stream_value values[] = {
        {.u = b->number},
        {.u = b->site},
        {.u = b->size},
        {.u = holding->bytes},
        {.u = at},
        {.s = s->changes->model->region[holding->region].name},
        {.u = holding->born},
        {.s = holding->came},
        {.u = holding->died},
        {.s = holding->how},
    };
    _Static_assert(sizeof values / sizeof *values <= HS_EVENT_STREAM_FIELDS, "values");
    memcpy(s->value, values, sizeof values);
    emit_event(s, t, BLOCK);
    t->thread = b->thread;
    t->none = (b->site == HS_SITE_UNKNOWN ? 1u << BLOCK_SITE : 0) | (over ? 0 : 1u << BLOCK_DIED | 1u << BLOCK_HOW);
}

/* Blocks whose allocation was not recorded have the last kind, "other"; at levels above "full" these are all used bytes that
 * the samples do not cover. */
static void count_live(struct hs_event_stream *s)
{
    const struct hs_model *m = s->changes->model;
    size_t n = hs_block_kind_count();
    bool told = s->sampled.told;
    uint64_t sum = 0;
    memset(s->live, 0, n * sizeof *s->live);
    for (uint32_t i = 0; i < m->n_sums; i++) {
        uint64_t live = told ? hs_rounded(m->sum[i].sampled.live) : m->sum[i].live;
        if (!live)
            continue;
        uint32_t kind = hs_site_text_of(&s->places, i - 1)->kind_number;
        s->live[kind < n ? kind : n - 1] += live;
        sum += live;
    }
    if (told && s->sampled.heap.used > sum)
        s->live[n - 1] += s->sampled.heap.used - sum;
    s->at_live = 0;
}

static unsigned fill_heap(struct hs_event_stream *s, const struct hs_heap_figures *f)
{
    const struct hs_space_stats *h = &f->heap;
    double share = hs_external_fragmentation((struct hs_free_figures){h->free, h->largest_free});
    const union hs_event_stream_value heap[] = {
        {s->changes->model->number},
        {!f->known ? 0
         : f->told ? 2
                   : 1},
        {h->used},
        {h->requested},
        {h->free},
        {h->largest_free},
        {h->free_runs},
        {h->blocks},
        {(uint64_t)(share * 1000 + 0.5)},
        {f->peak},
        {s->boots},
    };
    const union hs_event_stream_value usage[] = {{s->changes->model->number}, {3}, {h->used}, {h->free}, {f->peak}, {s->boots}};
    _Static_assert(sizeof heap / sizeof *heap <= HS_EVENT_STREAM_FIELDS, "values");
    memcpy(s->value, h->no_longest ? usage : heap, h->no_longest ? sizeof usage : sizeof heap);
    return h->no_longest ? USAGE : HEAP;
}

/* Emits the current figures; false when no figures are known yet. */
static bool emit_heap(struct hs_event_stream *s, struct hs_stream_item *t)
{
    struct hs_heap_figures *f = &s->sampled;
    if (!hs_changes_figures(s->changes, f))
        return false;
    s->sampled_any = true;
    count_live(s);
    unsigned class = fill_heap(s, f);
    emit_event(s, t, class);
    if (class == HEAP)
        t->none = (f->told ? 1u << HEAP_REQUESTED : 0) | (f->no_counts ? 1u << HEAP_RUNS | 1u << HEAP_BLOCKS : 0);
    return true;
}

/* Emits the next kind of block whose live bytes have changed. False when there is none. */
static bool emit_live(struct hs_event_stream *s, struct hs_stream_item *t)
{
    size_t n = hs_block_kind_count();
    while (s->at_live < n && s->live[s->at_live] == s->told_live[s->at_live])
        s->at_live++;
    if (s->at_live == n)
        return false;
    s->told_live[s->at_live] = s->live[s->at_live];
    s->value[0].u = s->changes->model->number;
    s->value[1].s = hs_block_kind(s->at_live)->name;
    s->value[2].u = s->live[s->at_live];
    emit_event(s, t, LIVE);
    return true;
}

static bool moved(uint64_t now, uint64_t before, uint64_t total)
{
    return (now > before ? now - before : before - now) * SAMPLE_SHARE >= total;
}

/* Whether the figures have changed enough since the last sample. Faster than computing all of them. */
static bool has_moved(const struct hs_event_stream *s)
{
    const struct hs_freespace *space = s->changes->space;
    const struct hs_heap_figures *last = &s->sampled;
    return !s->sampled_any || last->known != s->changes->model->synced ||
           moved(hs_freespace_used(space), last->heap.used, space->total) ||
           moved(space->largest, last->heap.largest_free, space->total);
}

/* The summaries of all regions are consecutive records; one sample follows the last of them. */
static bool is_last_summary(const struct hs_event_stream *s)
{
    return s->event->kind == HS_SUMMARY && (s->event + 1 == s->end || s->event[1].kind != HS_SUMMARY);
}

static bool wants_sample(const struct hs_event_stream *s)
{
    uint64_t kinds = UINT64_C(1) << HS_COLLECT | UINT64_C(1) << HS_COLLECT_END | UINT64_C(1) << HS_MARK | UINT64_C(1) << HS_FAIL |
                     UINT64_C(1) << HS_REGION | UINT64_C(1) << HS_REGION_END | UINT64_C(1) << HS_RESET;
    if (!(s->config.sets & HS_EVENT_STREAM_RECORDS))
        return false;
    if (hs_model_summary_only(s->changes->model))
        return is_last_summary(s);
    return kinds >> s->event->kind & 1 || has_moved(s);
}

static void declare(struct hs_event_stream *s, struct hs_stream_item *t)
{
    memset(s->value, 0, sizeof s->value);
    emit_event(s, t, s->declared++);
}

/* ---- batches and packets ---- */

static void count_loss(struct hs_event_stream *s, uint64_t until)
{
    uint64_t lost = hs_reader_info(s->config.reader)->lost;
    s->lost = lost - s->told_lost;
    s->told_lost = lost;
    s->loss_until = until;
}

static void begin_batch(struct hs_event_stream *s, long n)
{
    uint64_t first = hs_event_elapsed(s->changes->model, s->event);
    uint64_t last = first + (s->end[-1].time - s->event->time);
    uint64_t now = to_ns(s, first);
    count_loss(s, to_ns(s, last));
    s->closing = s->open && (s->brief || s->lost || s->packet_records >= PACKET_RECORDS);
    s->brief = s->lost != 0; /* so that the packet's end is known when the loss is emitted */
    s->packet_records = s->closing ? 0 : s->packet_records;
    s->packet_records += (uint64_t)n;
    if (!s->closing)
        s->now = now;
    s->now_ticks = first;
    s->stage = STAGE_RECORD;
}

static int next_batch(struct hs_event_stream *s)
{
    long n = hs_reader_next(s->config.reader, &s->event);
    if (n < 0)
        return (int)n;
    s->end = s->event + n;
    if (n)
        begin_batch(s, n);
    else if (hs_reader_waits(s->config.reader))
        s->waits = true;
    else
        s->done = true;
    return HS_OK;
}

/* Emits packet starts, packet ends and losses around the events of a batch. True when it emitted something. */
static bool emit_frame(struct hs_event_stream *s, struct hs_stream_item *t)
{
    if (s->closing) {
        *t = (struct hs_stream_item){.kind = HS_STREAM_ITEM_PACKET_END, .ns = s->now};
        s->closed = s->now;
        s->closing = s->open = false;
        s->now = to_ns(s, s->now_ticks);
        return true;
    }
    if (s->lost) {
        *t = (struct hs_stream_item){
            .kind = HS_STREAM_ITEM_LOSS, .ns = s->any ? s->closed : s->now, .until = s->loss_until, .count = s->lost};
        s->lost = 0;
        return true;
    }
    if (!s->open) {
        *t = (struct hs_stream_item){.kind = HS_STREAM_ITEM_PACKET, .ns = s->now};
        s->open = s->any = true;
        return true;
    }
    return false;
}

/* After the last event, emits the heap, the packet's end and the last loss. True when it emitted something. */
static bool emit_end(struct hs_event_stream *s, struct hs_stream_item *t)
{
    struct hs_holding holding;
    if (!s->any && s->declared < LIBC_CLASSES)
        return emit_frame(s, t);
    if (s->open && s->declared < LIBC_CLASSES) {
        declare(s, t);
        return true;
    }
    if (s->any && !s->sampled_end && s->config.sets & HS_EVENT_STREAM_RECORDS) {
        s->sampled_end = true;
        if (emit_heap(s, t))
            return true;
    }
    if (s->open && emit_live(s, t))
        return true;
    if (s->open && s->config.sets & HS_EVENT_STREAM_BLOCKS && hs_holdings_rest(&s->holdings, &holding)) {
        emit_holding(s, t, &holding);
        return true;
    }
    s->closing = s->open;
    s->now_ticks = hs_model_elapsed(s->changes->model);
    if (s->open)
        return emit_frame(s, t);
    count_loss(s, s->now);
    bool emitted = s->lost || s->tail;
    s->tail = s->lost != 0; /* a packet, even an empty one, must follow a loss */
    return emitted && emit_frame(s, t);
}

/* ---- events ---- */

static int feed(struct hs_event_stream *s)
{
    const struct hs_model *m = s->changes->model;
    uint64_t began = m->collecting;
    hs_holdings_expect(&s->holdings, s->event, s->now);
    if (!s->boots || s->event->boot != s->boot)
        s->boots++;
    s->boot = s->event->boot;
    int error = hs_changes_feed(s->changes, s->event);
    s->pause = s->event->kind == HS_COLLECT_END && s->event->time > began ? s->event->time - began : 0;
    s->now_ticks = hs_model_elapsed(m);
    s->at_change = 0;
    return error;
}

static bool emit_next_holding(struct hs_event_stream *s, struct hs_stream_item *t)
{
    struct hs_holding holding;
    if (!(s->config.sets & HS_EVENT_STREAM_BLOCKS) || !hs_holdings_next(&s->holdings, &holding))
        return false;
    emit_holding(s, t, &holding);
    return true;
}

/* One stage of the current event; sets *emitted if it emitted something. */
static int emit_stage(struct hs_event_stream *s, struct hs_stream_item *t, bool *emitted)
{
    switch (s->stage) {
    case STAGE_RECORD:
        s->stage = s->config.sets & HS_EVENT_STREAM_LIBC ? STAGE_CHANGES : STAGE_BLOCKS;
        s->now = to_ns(s, hs_event_elapsed(s->changes->model, s->event));
        int error = feed(s);
        if (error)
            return error;
        *emitted = s->config.sets & HS_EVENT_STREAM_RECORDS;
        if (*emitted)
            emit_record(s, t);
        break;
    case STAGE_CHANGES:
        *emitted = s->at_change < s->changes->n;
        if (*emitted)
            emit_change(s, t, &s->changes->change[s->at_change++]);
        else
            s->stage = STAGE_BLOCKS;
        break;
    case STAGE_BLOCKS:
        *emitted = emit_next_holding(s, t);
        if (!*emitted)
            s->stage = STAGE_SAMPLE;
        return s->holdings.short_of_memory ? HS_ERR_MEMORY : HS_OK;
    case STAGE_SAMPLE:
        *emitted = wants_sample(s) && emit_heap(s, t);
        s->stage = STAGE_LIVE;
        break;
    case STAGE_LIVE:
        *emitted = emit_live(s, t);
        if (*emitted)
            break;
        s->stage = STAGE_RECORD;
        s->event++;
        break;
    }
    return HS_OK;
}

int hs_event_stream_next(struct hs_event_stream *s, struct hs_stream_item *t)
{
    bool emitted = false;
    int error = HS_OK;
    while (!error && !emitted) {
        if (s->waits) {
            s->waits = false;
            *t = (struct hs_stream_item){.kind = HS_STREAM_ITEM_WAIT, .ns = s->now};
            return HS_OK;
        } else if (s->event == s->end && !s->done) {
            error = next_batch(s);
        } else if (s->done) {
            if (!emit_end(s, t))
                *t = (struct hs_stream_item){
                    .kind = HS_STREAM_ITEM_END, .ns = s->now, .model = s->changes->model, .reader = s->config.reader};
            return HS_OK;
        } else if (emit_frame(s, t)) {
            return HS_OK;
        } else if (s->declared < LIBC_CLASSES) {
            declare(s, t);
            return HS_OK;
        } else {
            error = emit_stage(s, t, &emitted);
        }
    }
    return error;
}
