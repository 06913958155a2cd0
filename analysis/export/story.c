/* SPDX-License-Identifier: MIT
 *
 * Records in, tellings out. What an event class has for fields, and where their values come from, is one
 * table that is made of records.def and the rows below.
 */
#include "analysis/export/story.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/export/places.h"
#include "analysis/measure/fragmentation.h"
#include "analysis/measure/timeline.h"
#include "analysis/present/recordview.h"

/* ---- classes ---- */

/* Where a value comes from. */
enum source {
    FROM_MEMBER, /* of the record, at `offset`, of `width` bytes */
    FROM_DATA,   /* of the record, as text */
    FROM_NUMBER, FROM_SITE, FROM_POS, FROM_OLD, FROM_GRANULES, FROM_PTR, FROM_OLD_PTR, FROM_REGION,
    FROM_FILE, FROM_FUNCTION, FROM_LINE, FROM_NATIVE, FROM_KIND,
    FROM_VERDICT, FROM_FREE, FROM_LARGEST, FROM_FREED, FROM_FREED_BYTES, FROM_PAUSE,
};

struct origin {
    uint8_t source, offset, width, is_signed;
};

enum { MALLOC, FREE, CALLOC, REALLOC, MEMALIGN, POSIX_MEMALIGN, LIBC_CLASSES, HEAP = LIBC_CLASSES, LIVE, FIRST_KIND };
#define CLASSES (FIRST_KIND + HS_KIND_END)

struct extra {
    const char *name;
    enum hs_story_type type;
    enum source source;
};

#define WHERE \
    {"file", HS_STORY_TEXT, FROM_FILE}, {"function", HS_STORY_TEXT, FROM_FUNCTION}, {"line", HS_STORY_U32, FROM_LINE}, \
    {"native", HS_STORY_TEXT, FROM_NATIVE}, {"kind", HS_STORY_TEXT, FROM_KIND}

/* What the host adds to the fields of a record. */
static const struct extra extras[HS_KIND_END][12] = {
    [HS_ALLOC] = {{"granules", HS_STORY_U32, FROM_GRANULES}, {"ptr", HS_STORY_HEX, FROM_PTR},
                  {"region", HS_STORY_TEXT, FROM_REGION}, WHERE},
    [HS_FREE] = {{"ptr", HS_STORY_HEX, FROM_OLD_PTR}, {"region", HS_STORY_TEXT, FROM_REGION}, WHERE},
    [HS_REALLOC] = {{"granules", HS_STORY_U32, FROM_GRANULES}, {"old_ptr", HS_STORY_HEX, FROM_OLD_PTR},
                    {"ptr", HS_STORY_HEX, FROM_PTR}, {"region", HS_STORY_TEXT, FROM_REGION}, WHERE},
    [HS_FAIL] = {{"verdict", HS_STORY_TEXT, FROM_VERDICT}, {"free", HS_STORY_U64, FROM_FREE},
                 {"largest_free", HS_STORY_U64, FROM_LARGEST}, WHERE},
    [HS_SWEEP] = {{"freed", HS_STORY_U32, FROM_FREED}},
    [HS_COLLECT_END] = {{"pause_ns", HS_STORY_U64, FROM_PAUSE}, {"freed_bytes", HS_STORY_U64, FROM_FREED_BYTES}},
};

static const struct hs_story_class libc_classes[LIBC_CLASSES] = {
    [MALLOC] = {"lttng_ust_libc:malloc", {{"size", HS_STORY_U64}, {"ptr", HS_STORY_HEX}}, 2, HS_STORY_LIBC},
    [FREE] = {"lttng_ust_libc:free", {{"ptr", HS_STORY_HEX}}, 1, HS_STORY_LIBC},
    [CALLOC] = {"lttng_ust_libc:calloc",
                {{"nmemb", HS_STORY_U64}, {"size", HS_STORY_U64}, {"ptr", HS_STORY_HEX}}, 3, HS_STORY_LIBC},
    [REALLOC] = {"lttng_ust_libc:realloc",
                 {{"in_ptr", HS_STORY_HEX}, {"size", HS_STORY_U64}, {"ptr", HS_STORY_HEX}}, 3, HS_STORY_LIBC},
    [MEMALIGN] = {"lttng_ust_libc:memalign",
                  {{"alignment", HS_STORY_U64}, {"size", HS_STORY_U64}, {"ptr", HS_STORY_HEX}}, 3, HS_STORY_LIBC},
    [POSIX_MEMALIGN] = {"lttng_ust_libc:posix_memalign",
                        {{"out_ptr", HS_STORY_HEX}, {"alignment", HS_STORY_U64}, {"size", HS_STORY_U64},
                         {"result", HS_STORY_INT}}, 4, HS_STORY_LIBC},
};

static const struct hs_story_class heap_class = {
    "heapstrata:heap",
    {{"record", HS_STORY_U64}, {"known", HS_STORY_U8}, {"used", HS_STORY_U64}, {"requested", HS_STORY_U64},
     {"free", HS_STORY_U64}, {"largest_free", HS_STORY_U64}, {"free_runs", HS_STORY_U64}, {"blocks", HS_STORY_U64},
     {"fragmentation_permille", HS_STORY_U32}}, 9, HS_STORY_RECORDS, true,
};

static const struct hs_story_class live_class = {
    "heapstrata:live", {{"record", HS_STORY_U64}, {"kind", HS_STORY_TEXT}, {"bytes", HS_STORY_U64}}, 3, HS_STORY_RECORDS, true,
};

/* Filled once, the same for every story. */
static struct hs_story_class classes[CLASSES];
static struct origin origins[HS_KIND_END][HS_STORY_FIELDS];
static char class_names[HS_KIND_END][32];

static void add_field(unsigned kind, struct hs_story_field field, struct origin origin)
{
    struct hs_story_class *class = &classes[FIRST_KIND + kind];
    if (class->n_fields == HS_STORY_FIELDS)
        return;
    origins[kind][class->n_fields] = origin;
    class->field[class->n_fields++] = field;
}

static void add_member(unsigned kind, const struct hs_field *field, bool event)
{
    struct origin origin = { FROM_MEMBER, field->offset, field->width, field->wire == HS_WIRE_S };
    enum hs_story_type type = field->wire == HS_WIRE_S ? HS_STORY_INT : field->width == 8 ? HS_STORY_U64 :
                              field->width == 1 ? HS_STORY_U8 : HS_STORY_U32;
    if (field->wire == HS_WIRE_B) {
        if (!hs_field_is_text(field))
            return; /* packed; what it says is told by the events of the blocks */
        type = HS_STORY_TEXT;
        origin.source = FROM_DATA;
    } else if (field->offset == offsetof(struct hs_record, address)) {
        type = HS_STORY_HEX;
    } else if (field->offset == offsetof(struct hs_record, site)) {
        origin.source = FROM_SITE; /* the reader's number, which stands for one place in the whole trace */
    } else if (event && field->offset == offsetof(struct hs_record, pos)) {
        origin.source = FROM_POS;
    } else if (event && field->offset == offsetof(struct hs_record, old)) {
        origin.source = FROM_OLD;
    }
    add_field(kind, (struct hs_story_field){ field->name, type }, origin);
}

static void make_class(unsigned kind, const struct hs_kind_info *info)
{
    struct hs_story_class *class = &classes[FIRST_KIND + kind];
    char *name = class_names[kind];
    strcpy(name, "heapstrata:");
    for (size_t i = 0; info->name[i] && i < 20; i++) {
        char c = info->name[i];
        name[11 + i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    class->name = name;
    class->set = HS_STORY_RECORDS;
    add_field(kind, (struct hs_story_field){"record", HS_STORY_U64}, (struct origin){ .source = FROM_NUMBER });
    for (const struct hs_field *field = info->field; field->name; field++)
        add_member(kind, field, info->area == HS_AREA_EVENT);
    for (const struct extra *extra = extras[kind]; extra->name; extra++)
        add_field(kind, (struct hs_story_field){extra->name, extra->type}, (struct origin){ .source = (uint8_t)extra->source });
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
    classes[HEAP] = heap_class;
    classes[LIVE] = live_class;
    memcpy(classes, libc_classes, sizeof libc_classes);
}

unsigned hs_story_classes(void)
{
    return CLASSES;
}

const struct hs_story_class *hs_story_class(unsigned index)
{
    make_classes();
    return &classes[index];
}

/* ---- the story ---- */

#define PACKET_RECORDS 8192u /* a packet is closed behind these */
#define SAMPLE_RECORDS 1024u /* the heap is told every so many records, fewer when it is large */

enum stage { STAGE_RECORD, STAGE_CHANGES, STAGE_SAMPLE, STAGE_LIVE };

struct hs_story {
    struct hs_story_config config;
    struct hs_changes *changes;
    struct hs_places places;
    const struct hs_event *event, *end; /* of the batch */
    enum stage stage;
    size_t at_change;
    uint64_t now, now_ticks;   /* of the event at hand */
    uint64_t closed;           /* when the packet before ended */
    uint64_t lost, told_lost;  /* LOSS: to be told; told so far */
    uint64_t loss_until;
    uint64_t packet_records, unsampled;
    uint64_t pause;            /* of the collection that ended last, ticks */
    unsigned declared;         /* classes declared so far */
    bool open, closing, any, brief, done, waits, sampled_end, tail;
    uint64_t *live, *told_live; /* bytes of each kind of block, at the last sample; as told last */
    size_t at_live;            /* kind to be told next */
    char *text;                /* of the record at hand */
    size_t text_room;
    union hs_story_value value[HS_STORY_FIELDS];
};

struct hs_story *hs_story_new(const struct hs_story_config *config)
{
    struct hs_story *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    make_classes();
    s->config = *config;
    s->places = (struct hs_places){ .reader = config->reader, .symbols = config->symbols };
    s->declared = config->declare ? 0 : LIBC_CLASSES;
    s->changes = hs_changes_new();
    s->at_live = hs_block_kind_count();
    s->live = calloc(s->at_live, sizeof *s->live);
    s->told_live = calloc(s->at_live, sizeof *s->told_live);
    if (s->changes && s->live && s->told_live)
        return s;
    hs_story_free(s);
    return NULL;
}

void hs_story_free(struct hs_story *s)
{
    if (!s)
        return;
    hs_changes_free(s->changes);
    hs_places_free(&s->places);
    free(s->live);
    free(s->told_live);
    free(s->text);
    free(s);
}

const struct hs_model *hs_story_model(const struct hs_story *s)
{
    return s->changes->model;
}

static uint64_t to_ns(const struct hs_story *s, uint64_t ticks)
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

static const char *text_of(struct hs_story *s, const struct hs_record *record)
{
    if (record->data_len + 1 > s->text_room) {
        char *grown = realloc(s->text, record->data_len + 1);
        if (!grown)
            return "";
        s->text = grown;
        s->text_room = record->data_len + 1;
    }
    if (record->data_len)
        memcpy(s->text, record->data, record->data_len);
    s->text[record->data_len] = '\0';
    return s->text;
}

static uint64_t address(const struct hs_story *s, unsigned region, uint32_t pos)
{
    const struct hs_region_state *r = &s->changes->model->region[region];
    if (pos == HS_POS_IMPLIED)
        return 0;
    if (r->present && pos - r->first < r->granules)
        return s->changes->base[region] + ((uint64_t)(pos - r->first) << r->shift);
    return hs_changes_address(s->changes, pos);
}

static const struct hs_failure *failure(const struct hs_story *s)
{
    const struct hs_model *m = s->changes->model;
    static const struct hs_failure none = { .verdict = HS_VERDICT_UNKNOWN };
    return m->n_failures ? &m->failure[(m->n_failures - 1) % HS_FAILURES_KEPT] : &none;
}

static union hs_story_value value_of(struct hs_story *s, const struct hs_event *e, struct origin origin)
{
    const struct hs_place *place = origin.source >= FROM_FILE && origin.source <= FROM_KIND ?
        hs_place_of(&s->places, e->site) : NULL;
    switch ((enum source)origin.source) {
    case FROM_MEMBER:   return (union hs_story_value){ .u = member(e, origin) };
    case FROM_DATA:     return (union hs_story_value){ .s = text_of(s, e->record) };
    case FROM_NUMBER:   return (union hs_story_value){ .u = e->number };
    case FROM_SITE:     return (union hs_story_value){ .u = e->site };
    case FROM_POS:      return (union hs_story_value){ .u = e->pos };
    case FROM_OLD:      return (union hs_story_value){ .u = e->old };
    case FROM_GRANULES: return (union hs_story_value){ .u = e->granules == HS_POS_IMPLIED ? 0 : e->granules };
    case FROM_PTR:      return (union hs_story_value){ .u = address(s, e->region, e->pos) };
    case FROM_OLD_PTR:  return (union hs_story_value){ .u = address(s, e->region, e->old) };
    case FROM_REGION:   return (union hs_story_value){ .s = s->changes->model->region[e->region].name };
    case FROM_FILE:     return (union hs_story_value){ .s = place->file };
    case FROM_FUNCTION: return (union hs_story_value){ .s = place->function };
    case FROM_LINE:     return (union hs_story_value){ .u = place->line };
    case FROM_NATIVE:   return (union hs_story_value){ .s = place->native };
    case FROM_KIND:     return (union hs_story_value){ .s = place->kind };
    case FROM_VERDICT:  return (union hs_story_value){ .s = hs_verdict_name(failure(s)->verdict) };
    case FROM_FREE:     return (union hs_story_value){ .u = failure(s)->free };
    case FROM_LARGEST:  return (union hs_story_value){ .u = failure(s)->largest_free };
    case FROM_FREED:    return (union hs_story_value){ .u = e->n_freed };
    case FROM_FREED_BYTES: return (union hs_story_value){ .u = s->changes->model->collection_freed };
    case FROM_PAUSE:    return (union hs_story_value){ .u = to_ns(s, s->pause) };
    }
    return (union hs_story_value){0};
}

/* ---- tellings ---- */

static void tell_event(const struct hs_story *s, struct hs_telling *t, unsigned class)
{
    *t = (struct hs_telling){ .kind = HS_TELLING_EVENT, .class = class, .ns = s->now, .value = s->value };
    if (s->event != s->end) {
        t->thread = s->event->thread;
        t->boot = s->event->boot;
    }
}

static void tell_record(struct hs_story *s, struct hs_telling *t)
{
    const struct hs_event *e = s->event;
    unsigned n = classes[FIRST_KIND + e->kind].n_fields;
    for (unsigned i = 0; i < n; i++)
        s->value[i] = value_of(s, e, origins[e->kind][i]);
    tell_event(s, t, FIRST_KIND + e->kind);
}

static void tell_change(struct hs_story *s, struct hs_telling *t, const struct hs_block_change *change)
{
    switch ((enum hs_change_kind)change->kind) {
    case HS_CHANGE_TAKEN:
        s->value[0].u = change->bytes;
        s->value[1].u = change->address;
        tell_event(s, t, MALLOC);
        return;
    case HS_CHANGE_FREED:
        s->value[0].u = change->address;
        tell_event(s, t, FREE);
        return;
    case HS_CHANGE_RESIZED:
        s->value[0].u = change->old_address;
        s->value[1].u = change->bytes;
        s->value[2].u = change->address;
        tell_event(s, t, REALLOC);
        return;
    }
}

/* Blocks that nobody saw come are of the last kind, "other". */
static void count_live(struct hs_story *s)
{
    const struct hs_model *m = s->changes->model;
    size_t n = hs_block_kind_count();
    memset(s->live, 0, n * sizeof *s->live);
    for (uint32_t i = 0; i < m->n_sums; i++) {
        if (!m->sum[i].live)
            continue;
        uint32_t kind = hs_place_of(&s->places, i - 1)->kind_number;
        s->live[kind < n ? kind : n - 1] += m->sum[i].live;
    }
    s->at_live = 0;
}

static void tell_heap(struct hs_story *s, struct hs_telling *t)
{
    const struct hs_model *m = s->changes->model;
    struct hs_layout layout = hs_model_layout(m, HS_ALL_REGIONS);
    double share = hs_external_fragmentation((struct hs_free_figures){ layout.free, layout.largest_free });
    uint64_t figures[] = { m->number, m->synced, layout.used, layout.requested, layout.free, layout.largest_free,
                           layout.free_runs, layout.blocks, (uint64_t)(share * 1000 + 0.5) };
    _Static_assert(sizeof figures / sizeof *figures <= HS_STORY_FIELDS, "values");
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        s->value[i].u = figures[i];
    s->unsampled = 0;
    count_live(s);
    tell_event(s, t, HEAP);
}

/* The next kind of block whose live bytes are not what was told last. False when there is none. */
static bool tell_live(struct hs_story *s, struct hs_telling *t)
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
    tell_event(s, t, LIVE);
    return true;
}

static bool wants_sample(const struct hs_story *s)
{
    uint64_t kinds = UINT64_C(1) << HS_COLLECT_END | UINT64_C(1) << HS_MARK | UINT64_C(1) << HS_FAIL |
                     UINT64_C(1) << HS_REGION | UINT64_C(1) << HS_RESET;
    uint64_t every = s->changes->model->n_granules / 4;
    if (!(s->config.sets & HS_STORY_RECORDS))
        return false;
    return kinds >> s->event->kind & 1 || s->unsampled >= (every > SAMPLE_RECORDS ? every : SAMPLE_RECORDS);
}

static void declare(struct hs_story *s, struct hs_telling *t)
{
    memset(s->value, 0, sizeof s->value);
    tell_event(s, t, s->declared++);
}

/* ---- batches and packets ---- */

static void count_loss(struct hs_story *s, uint64_t until)
{
    uint64_t lost = hs_reader_info(s->config.reader)->lost;
    s->lost = lost - s->told_lost;
    s->told_lost = lost;
    s->loss_until = until;
}

static void begin_batch(struct hs_story *s, long n)
{
    uint64_t first = hs_event_elapsed(s->changes->model, s->event);
    uint64_t last = first + (s->end[-1].time - s->event->time);
    uint64_t now = to_ns(s, first);
    count_loss(s, to_ns(s, last));
    s->closing = s->open && (s->brief || s->lost || s->packet_records >= PACKET_RECORDS);
    s->brief = s->lost != 0; /* so that its end is known when the loss is told */
    s->packet_records = s->closing ? 0 : s->packet_records;
    s->packet_records += (uint64_t)n;
    if (!s->closing)
        s->now = now;
    s->now_ticks = first;
    s->stage = STAGE_RECORD;
}

static int next_batch(struct hs_story *s)
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

/* What frames the events of a batch. True when there was something to tell. */
static bool tell_frame(struct hs_story *s, struct hs_telling *t)
{
    if (s->closing) {
        *t = (struct hs_telling){ .kind = HS_TELLING_PACKET_END, .ns = s->now };
        s->closed = s->now;
        s->closing = s->open = false;
        s->now = to_ns(s, s->now_ticks);
        return true;
    }
    if (s->lost) {
        *t = (struct hs_telling){ .kind = HS_TELLING_LOSS, .ns = s->any ? s->closed : s->now,
                                  .until = s->loss_until, .count = s->lost };
        s->lost = 0;
        return true;
    }
    if (!s->open) {
        *t = (struct hs_telling){ .kind = HS_TELLING_PACKET, .ns = s->now };
        s->open = s->any = true;
        return true;
    }
    return false;
}

/* Behind the last event: the heap, the packet's end, what was lost last. True when there was something to tell. */
static bool tell_end(struct hs_story *s, struct hs_telling *t)
{
    if (!s->any && s->declared < LIBC_CLASSES)
        return tell_frame(s, t);
    if (s->open && s->declared < LIBC_CLASSES) {
        declare(s, t);
        return true;
    }
    if (s->any && !s->sampled_end && s->config.sets & HS_STORY_RECORDS) {
        s->sampled_end = true;
        tell_heap(s, t);
        return true;
    }
    if (s->open && tell_live(s, t))
        return true;
    s->closing = s->open;
    s->now_ticks = hs_model_elapsed(s->changes->model);
    if (s->open)
        return tell_frame(s, t);
    count_loss(s, s->now);
    bool told = s->lost || s->tail;
    s->tail = s->lost != 0; /* a loss wants a packet behind it, though an empty one */
    return told && tell_frame(s, t);
}

/* ---- events ---- */

static int feed(struct hs_story *s)
{
    const struct hs_model *m = s->changes->model;
    uint64_t began = m->collecting;
    int error = hs_changes_feed(s->changes, s->event);
    s->pause = s->event->kind == HS_COLLECT_END && s->event->time > began ? s->event->time - began : 0;
    s->now_ticks = hs_model_elapsed(m);
    s->at_change = 0;
    s->unsampled++;
    return error;
}

/* One stage of the event at hand; *told says whether it told something. */
static int tell_stage(struct hs_story *s, struct hs_telling *t, bool *told)
{
    switch (s->stage) {
    case STAGE_RECORD:
        s->stage = s->config.sets & HS_STORY_LIBC ? STAGE_CHANGES : STAGE_SAMPLE;
        s->now = to_ns(s, hs_event_elapsed(s->changes->model, s->event));
        int error = feed(s);
        if (error)
            return error;
        *told = s->config.sets & HS_STORY_RECORDS && classes[FIRST_KIND + s->event->kind].name;
        if (*told)
            tell_record(s, t);
        break;
    case STAGE_CHANGES:
        *told = s->at_change < s->changes->n;
        if (*told)
            tell_change(s, t, &s->changes->change[s->at_change++]);
        else
            s->stage = STAGE_SAMPLE;
        break;
    case STAGE_SAMPLE:
        *told = wants_sample(s);
        if (*told)
            tell_heap(s, t);
        s->stage = STAGE_LIVE;
        break;
    case STAGE_LIVE:
        *told = tell_live(s, t);
        if (*told)
            break;
        s->stage = STAGE_RECORD;
        s->event++;
        break;
    }
    return HS_OK;
}

int hs_story_next(struct hs_story *s, struct hs_telling *t)
{
    bool told = false;
    int error = HS_OK;
    while (!error && !told) {
        if (s->waits) {
            s->waits = false;
            *t = (struct hs_telling){ .kind = HS_TELLING_WAIT, .ns = s->now };
            return HS_OK;
        } else if (s->event == s->end && !s->done) {
            error = next_batch(s);
        } else if (s->done) {
            if (!tell_end(s, t))
                *t = (struct hs_telling){ .kind = HS_TELLING_END, .ns = s->now, .model = s->changes->model,
                                          .reader = s->config.reader };
            return HS_OK;
        } else if (tell_frame(s, t)) {
            return HS_OK;
        } else if (s->declared < LIBC_CLASSES) {
            declare(s, t);
            return HS_OK;
        } else {
            error = tell_stage(s, t, &told);
        }
    }
    return error;
}
