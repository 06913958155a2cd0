/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace2/bt_report.h"

#if defined HS_WITHOUT_BABELTRACE2 || !__has_include(<babeltrace2/babeltrace.h>)

const char *const hs_bt_missing = "libbabeltrace2 (Debian: libbabeltrace2-dev)";

int hs_bt_write_ctf(const struct hs_bt_job *job, struct hs_error *error)
{
    (void)job;
    (void)error;
    return HS_ERR_ARG;
}

int hs_bt_read_ctf(const char *const *folder, unsigned n, const struct hs_bt_listener *listener, struct hs_error *error)
{
    (void)folder;
    (void)n;
    (void)listener;
    (void)error;
    return HS_ERR_ARG;
}

#else

#include <babeltrace2/babeltrace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const hs_bt_missing = NULL;

/* ---- the component: what a trace declares ---- */

#define CLASSES_MAX 128

struct component {
    struct hs_bt_job job;
    struct hs_error *error;      /* where the exporter wants it, or NULL */
    struct hs_symbols *symbols;  /* of our own */
    char *input, *heap, *region; /* likewise */
    bt_trace *trace;
    bt_stream_class *stream_class;
    bt_stream *stream;
    bt_event_class *event_class[CLASSES_MAX];
    bt_field_class *shape[CLASSES_MAX];
};

static bt_field_class *field_class(bt_trace_class *trace_class, enum hs_event_stream_type type)
{
    static const uint8_t bits[] = {
        [HS_EVENT_STREAM_U8] = 8, [HS_EVENT_STREAM_U32] = 32, [HS_EVENT_STREAM_U64] = 64, [HS_EVENT_STREAM_HEX] = 64, [HS_EVENT_STREAM_INT] = 64,
    };
    if (type == HS_EVENT_STREAM_TEXT)
        return bt_field_class_string_create(trace_class);
    bt_field_class *fc = type == HS_EVENT_STREAM_INT ? bt_field_class_integer_signed_create(trace_class)
                                              : bt_field_class_integer_unsigned_create(trace_class);
    bt_field_class_integer_set_field_value_range(fc, bits[type]);
    if (type == HS_EVENT_STREAM_HEX)
        bt_field_class_integer_set_preferred_display_base(fc, BT_FIELD_CLASS_INTEGER_PREFERRED_DISPLAY_BASE_HEXADECIMAL);
    return fc;
}

static void append_member(bt_field_class *structure, const char *name, bt_field_class *member)
{
    bt_field_class_structure_append_member(structure, name, member);
    bt_field_class_put_ref(member);
}

static void declare_event(struct component *c, bt_trace_class *trace_class, unsigned index)
{
    const struct hs_event_stream_class *class = hs_event_stream_class(index);
    if (!class->name || !(class->set & c->job.sets))
        return;
    bt_field_class *payload = bt_field_class_structure_create(trace_class);
    for (unsigned i = 0; i < class->n_fields; i++)
        append_member(payload, class->field[i].name, field_class(trace_class, class->field[i].type));
    bt_event_class *event_class = bt_event_class_create(c->stream_class);
    bt_event_class_set_name(event_class, class->name);
    bt_event_class_set_payload_field_class(event_class, payload);
    bt_field_class_put_ref(payload);
    c->event_class[index] = event_class;
}

/* Trace Compass takes a trace for one of LTTng's, and analyses it, by these. */
static void set_environment(struct component *c)
{
    bt_trace_set_environment_entry_string(c->trace, "domain", "ust");
    bt_trace_set_environment_entry_string(c->trace, "tracer_name", "lttng-ust");
    bt_trace_set_environment_entry_integer(c->trace, "tracer_major", 2);
    bt_trace_set_environment_entry_integer(c->trace, "tracer_minor", 13);
    bt_trace_set_environment_entry_string(c->trace, "exported_by", "heapstrata " HS_VERSION);
}

static void declare_stream(struct component *c, bt_self_component *self, bt_trace_class *trace_class)
{
    bt_clock_class *clock = bt_clock_class_create(self);
    bt_clock_class_set_name(clock, "monotonic");
    bt_clock_class_set_description(clock, "nanoseconds since the trace's first record");
    bt_clock_class_set_frequency(clock, 1000000000);
    bt_clock_class_set_origin_is_unix_epoch(clock, BT_FALSE);
    c->stream_class = bt_stream_class_create(trace_class);
    bt_stream_class_set_default_clock_class(c->stream_class, clock);
    bt_clock_class_put_ref(clock);
    bt_stream_class_set_supports_packets(c->stream_class, BT_TRUE, BT_TRUE, BT_TRUE);
    bt_stream_class_set_supports_discarded_events(c->stream_class, BT_TRUE, BT_TRUE);
    bt_field_class *context = bt_field_class_structure_create(trace_class);
    append_member(context, "vtid", field_class(trace_class, HS_EVENT_STREAM_U32));
    append_member(context, "procname", field_class(trace_class, HS_EVENT_STREAM_TEXT));
    bt_stream_class_set_event_common_context_field_class(c->stream_class, context);
    bt_field_class_put_ref(context);
}

static void declare_all(struct component *c, bt_self_component *self)
{
    bt_trace_class *trace_class = bt_trace_class_create(self);
    declare_stream(c, self, trace_class);
    for (unsigned i = 0; i < hs_event_stream_classes() && i < CLASSES_MAX; i++)
        declare_event(c, trace_class, i);
    c->trace = bt_trace_create(trace_class);
    set_environment(c);
    c->stream = bt_stream_create(c->stream_class, c->trace);
    bt_trace_class_put_ref(trace_class);
}

static void free_component(struct component *c)
{
    for (unsigned i = 0; i < CLASSES_MAX; i++)
        bt_event_class_put_ref(c->event_class[i]);
    bt_stream_put_ref(c->stream);
    bt_stream_class_put_ref(c->stream_class);
    bt_trace_put_ref(c->trace);
    hs_symbols_close(c->symbols);
    free(c->input);
    free(c->heap);
    free(c->region);
    free(c);
}

/* ---- the iterator: what happened ---- */

struct iterator {
    struct component *component;
    struct hs_reader *reader;
    struct hs_event_stream *story;
    bt_packet *packet;
    char process[HS_EVENT_STREAM_PROCESS]; /* its name; "" until the first event */
    bool begun, ended, waits;
};

static void close_story(struct iterator *it)
{
    hs_event_stream_free(it->story);
    if (it->reader && it->component->error)
        *it->component->error = *hs_reader_error(it->reader);
    if (it->reader)
        hs_reader_close(it->reader);
    bt_packet_put_ref(it->packet);
    it->story = NULL;
    it->reader = NULL;
    it->packet = NULL;
    it->begun = it->ended = it->waits = false;
}

static int open_story(struct iterator *it, struct hs_error *error)
{
    const struct hs_bt_job *job = &it->component->job;
    it->reader = hs_reader_open(job->input, error);
    if (!it->reader)
        return error->code;
    if (job->follow)
        hs_reader_follow(it->reader);
    hs_reader_select(it->reader, &job->selection);
    it->story = hs_event_stream_new(&(struct hs_event_stream_config){
        .reader = it->reader, .symbols = job->symbols, .sets = job->sets,
        .declare = job->folder && job->sets & HS_EVENT_STREAM_LIBC, /* sink.ctf.fs leaves out classes without events */
    });
    if (it->story)
        return HS_OK;
    snprintf(error->text, sizeof error->text, "%s: %s", job->input, hs_strerror(HS_ERR_MEMORY));
    return error->code = HS_ERR_MEMORY;
}

/* In a written trace no text is empty: babeltrace2 2.0.4, reading one, shows what an earlier event had there. */
#define NO_TEXT "-"

static void set_field(bt_field *field, enum hs_event_stream_type type, union hs_event_stream_value value)
{
    switch (type) {
    case HS_EVENT_STREAM_TEXT: bt_field_string_set_value(field, value.s); break;
    case HS_EVENT_STREAM_INT:  bt_field_integer_signed_set_value(field, value.i); break;
    default:            bt_field_integer_unsigned_set_value(field, value.u); break;
    }
}

static bt_message *event_message(struct iterator *it, bt_self_message_iterator *self, const struct hs_stream_item *t)
{
    const struct hs_event_stream_class *class = hs_event_stream_class(t->class);
    bt_message *message = bt_message_event_create_with_packet_and_default_clock_snapshot(
        self, it->component->event_class[t->class], it->packet, t->ns);
    if (!message)
        return NULL;
    bt_event *event = bt_message_event_borrow_event(message);
    bt_field *context = bt_event_borrow_common_context_field(event);
    bt_field *payload = bt_event_borrow_payload_field(event);
    if (!*it->process)
        hs_event_stream_process(it->story, it->process);
    bt_field_integer_unsigned_set_value(bt_field_structure_borrow_member_field_by_index(context, 0), t->thread);
    bt_field_string_set_value(bt_field_structure_borrow_member_field_by_index(context, 1), it->process);
    bool written = it->component->job.folder != NULL;
    for (unsigned i = 0; i < class->n_fields; i++) {
        bool empty = written && class->field[i].type == HS_EVENT_STREAM_TEXT && !*t->value[i].s;
        set_field(bt_field_structure_borrow_member_field_by_index(payload, i), class->field[i].type,
                  empty ? (union hs_event_stream_value){ .s = NO_TEXT } : t->value[i]);
    }
    return message;
}

static bt_message *packet_message(struct iterator *it, bt_self_message_iterator *self, const struct hs_stream_item *t)
{
    if (t->kind == HS_STREAM_ITEM_PACKET_END)
        return bt_message_packet_end_create_with_default_clock_snapshot(self, it->packet, t->ns);
    bt_packet_put_ref(it->packet);
    it->packet = bt_packet_create(it->component->stream);
    return it->packet ? bt_message_packet_beginning_create_with_default_clock_snapshot(self, it->packet, t->ns) : NULL;
}

static bt_message *loss_message(const struct iterator *it, bt_self_message_iterator *self, const struct hs_stream_item *t)
{
    bt_message *message = bt_message_discarded_events_create_with_default_clock_snapshots(
        self, it->component->stream, t->ns, t->until);
    if (message)
        bt_message_discarded_events_set_count(message, t->count);
    return message;
}

static bt_message *message_of(struct iterator *it, bt_self_message_iterator *self, const struct hs_stream_item *t)
{
    switch (t->kind) {
    case HS_STREAM_ITEM_EVENT:
        return event_message(it, self, t);
    case HS_STREAM_ITEM_PACKET:
    case HS_STREAM_ITEM_PACKET_END:
        return packet_message(it, self, t);
    case HS_STREAM_ITEM_LOSS:
        return loss_message(it, self, t);
    case HS_STREAM_ITEM_WAIT:
        break;
    case HS_STREAM_ITEM_END:
        it->ended = true;
        return bt_message_stream_end_create(self, it->component->stream);
    }
    return NULL;
}

/* The next message; NULL on an error, or when there is none for now: `it->waits` says which. */
static bt_message *next_message(struct iterator *it, bt_self_message_iterator *self)
{
    struct hs_stream_item telling;
    it->waits = false;
    if (!it->begun) {
        it->begun = true;
        return bt_message_stream_beginning_create(self, it->component->stream);
    }
    int error = hs_event_stream_next(it->story, &telling);
    it->waits = !error && telling.kind == HS_STREAM_ITEM_WAIT;
    if (!error)
        return message_of(it, self, &telling);
    const struct hs_error *why = hs_reader_error(it->reader);
    bt_current_thread_error_append_cause_from_message_iterator(self, __FILE__, __LINE__, "%s",
                                                              why->code ? why->text : hs_strerror(error));
    return NULL;
}

static bt_message_iterator_class_next_method_status iterator_next(bt_self_message_iterator *self,
    bt_message_array_const messages, uint64_t capacity, uint64_t *count)
{
    struct iterator *it = bt_self_message_iterator_get_data(self);
    uint64_t n = 0;
    while (n < capacity && !it->ended) {
        bt_message *message = next_message(it, self);
        if (it->waits)
            break;
        if (!message) {
            while (n)
                bt_message_put_ref(messages[--n]);
            return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_ERROR;
        }
        messages[n++] = message;
    }
    *count = n;
    if (!n && it->waits)
        return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_AGAIN;
    return n ? BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK : BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_END;
}

static bt_message_iterator_class_initialize_method_status iterator_initialize(bt_self_message_iterator *self,
    bt_self_message_iterator_configuration *configuration, bt_self_component_port_output *port)
{
    struct hs_error error = {0};
    struct iterator *it = calloc(1, sizeof *it);
    (void)port;
    bt_self_message_iterator_configuration_set_can_seek_forward(configuration, BT_TRUE);
    if (!it)
        return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_MEMORY_ERROR;
    it->component = bt_self_component_get_data(bt_self_message_iterator_borrow_component(self));
    if (open_story(it, &error)) {
        bt_current_thread_error_append_cause_from_message_iterator(self, __FILE__, __LINE__, "%s", error.text);
        close_story(it);
        free(it);
        return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
    }
    bt_self_message_iterator_set_data(self, it);
    return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static void iterator_finalize(bt_self_message_iterator *self)
{
    struct iterator *it = bt_self_message_iterator_get_data(self);
    close_story(it);
    free(it);
}

/* Seeking a time is then done by the library, from the beginning on. */
static bt_message_iterator_class_seek_beginning_method_status iterator_rewind(bt_self_message_iterator *self)
{
    struct iterator *it = bt_self_message_iterator_get_data(self);
    struct hs_error error = {0};
    close_story(it);
    if (!open_story(it, &error))
        return BT_MESSAGE_ITERATOR_CLASS_SEEK_BEGINNING_METHOD_STATUS_OK;
    bt_current_thread_error_append_cause_from_message_iterator(self, __FILE__, __LINE__, "%s", error.text);
    return BT_MESSAGE_ITERATOR_CLASS_SEEK_BEGINNING_METHOD_STATUS_ERROR;
}

static bt_message_iterator_class_can_seek_beginning_method_status iterator_can_rewind(bt_self_message_iterator *self,
                                                                                     bt_bool *can)
{
    const struct iterator *it = bt_self_message_iterator_get_data(self);
    *can = strcmp(it->component->job.input, "-") != 0;
    return BT_MESSAGE_ITERATOR_CLASS_CAN_SEEK_BEGINNING_METHOD_STATUS_OK;
}

/* ---- source.heapstrata.trace ---- */

static const char *text_param(const bt_value *params, const char *name)
{
    const bt_value *value = bt_value_map_borrow_entry_value_const(params, name);
    return value && bt_value_get_type(value) == BT_VALUE_TYPE_STRING ? bt_value_string_get(value) : NULL;
}

static bool flag_param(const bt_value *params, const char *name)
{
    const bt_value *value = bt_value_map_borrow_entry_value_const(params, name);
    return value && bt_value_is_bool(value) && bt_value_bool_get(value);
}

static const char *input_param(const bt_value *params)
{
    const bt_value *inputs = bt_value_map_borrow_entry_value_const(params, "inputs");
    if (!inputs || bt_value_get_type(inputs) != BT_VALUE_TYPE_ARRAY || bt_value_array_get_length(inputs) != 1)
        return NULL;
    const bt_value *input = bt_value_array_borrow_element_by_index_const(inputs, 0);
    return bt_value_get_type(input) == BT_VALUE_TYPE_STRING ? bt_value_string_get(input) : NULL;
}

static const struct {
    const char *name;
    unsigned sets;
} set_names[] = {{"records", HS_EVENT_STREAM_RECORDS}, {"libc", HS_EVENT_STREAM_LIBC}, {"both", HS_EVENT_STREAM_RECORDS | HS_EVENT_STREAM_LIBC}};

static unsigned sets_named(const char *name)
{
    for (size_t i = 0; i < sizeof set_names / sizeof *set_names; i++)
        if (!strcmp(set_names[i].name, name))
            return set_names[i].sets;
    return 0;
}

/* Without either: all regions, those that lie within others too. */
static bool take_selection(struct component *c, const bt_value *params)
{
    const char *heap = text_param(params, "heap"), *region = text_param(params, "region");
    c->job.selection.heap = c->heap = heap ? strdup(heap) : NULL;
    c->job.selection.region = c->region = region ? strdup(region) : NULL;
    return (!heap || c->heap) && (!region || c->region);
}

/* Fills the job from the parameters a user gave; returns what is wrong, or NULL. */
static const char *read_params(struct component *c, const bt_value *params, struct hs_error *error)
{
    const char *input = input_param(params), *events = text_param(params, "events"), *elf = text_param(params, "elf");
    c->job.follow = flag_param(params, "follow");
    c->job.sets = events ? sets_named(events) : HS_EVENT_STREAM_RECORDS;
    if (!input)
        return "parameter `inputs`: exactly one trace file is wanted";
    if (!c->job.sets)
        return "parameter `events`: records, libc or both";
    c->input = strdup(input);
    c->job.input = c->input;
    if (elf && !(c->symbols = hs_symbols_open(elf, error)))
        return error->text;
    c->job.symbols = c->symbols;
    return take_selection(c, params) && c->input ? NULL : hs_strerror(HS_ERR_MEMORY);
}

/* What the exporter hands over instead of parameters. */
struct handover {
    const struct hs_bt_job *job;
    struct hs_error *error;
};

static bt_component_class_initialize_method_status source_initialize(bt_self_component_source *self_source,
    bt_self_component_source_configuration *configuration, const bt_value *params, void *data)
{
    bt_self_component *self = bt_self_component_source_as_self_component(self_source);
    const struct handover *handover = data;
    struct component *c = calloc(1, sizeof *c);
    struct hs_error error = {0};
    const char *problem = NULL;
    (void)configuration;
    if (!c)
        return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_MEMORY_ERROR;
    if (handover) {
        c->job = *handover->job;
        c->error = handover->error;
    } else {
        problem = read_params(c, params, &error);
    }
    if (problem) {
        bt_current_thread_error_append_cause_from_component(self, __FILE__, __LINE__, "%s", problem);
        free_component(c);
        return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
    }
    declare_all(c, self);
    bt_self_component_set_data(self, c);
    bt_self_component_source_add_output_port(self_source, "out", NULL, NULL);
    return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static void source_finalize(bt_self_component_source *self)
{
    free_component(bt_self_component_get_data(bt_self_component_source_as_self_component(self)));
}

/* ---- the exporter's graph ---- */

/* The causes that the library kept, the first of them: later ones only say who passed it on. */
static int take_error(struct hs_error *out, const char *what)
{
    const bt_error *error = bt_current_thread_take_error();
    out->code = out->code ? out->code : HS_ERR_IO;
    if (!error) {
        snprintf(out->text, sizeof out->text, "libbabeltrace2: %s", what);
        return out->code;
    }
    uint64_t n = bt_error_get_cause_count(error);
    if (n)
        snprintf(out->text, sizeof out->text, "%s", bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, 0)));
    bt_error_release(error);
    return out->code;
}

static const bt_component_source *add_source(bt_graph *graph, const struct handover *handover)
{
    const bt_component_source *source = NULL;
    bt_message_iterator_class *iterators = bt_message_iterator_class_create(iterator_next);
    bt_message_iterator_class_set_initialize_method(iterators, iterator_initialize);
    bt_message_iterator_class_set_finalize_method(iterators, iterator_finalize);
    bt_component_class_source *class = bt_component_class_source_create("trace", iterators);
    bt_component_class_source_set_initialize_method(class, source_initialize);
    bt_component_class_source_set_finalize_method(class, source_finalize);
    bt_graph_add_source_component_with_initialize_method_data(graph, class, "trace", NULL, (void *)handover,
                                                             BT_LOGGING_LEVEL_NONE, &source);
    bt_component_class_source_put_ref(class);
    bt_message_iterator_class_put_ref(iterators);
    return source;
}

static const bt_component_sink *add_sink(bt_graph *graph, const bt_plugin *ctf, const char *folder)
{
    const bt_component_sink *sink = NULL;
    bt_value *params = bt_value_map_create();
    bt_value_map_insert_string_entry(params, "path", folder);
    bt_value_map_insert_bool_entry(params, "assume-single-trace", BT_TRUE);
    bt_value_map_insert_bool_entry(params, "quiet", BT_TRUE);
    unsigned minor = bt_version_get_minor();
    if (bt_version_get_major() > 2 || minor > 0)
        bt_value_map_insert_string_entry(params, "ctf-version", "1");
    bt_graph_add_sink_component(graph, bt_plugin_borrow_sink_component_class_by_name_const(ctf, "fs"), "ctf", params,
                                BT_LOGGING_LEVEL_NONE, &sink);
    bt_value_put_ref(params);
    return sink;
}

static int run_graph(bt_graph *graph, const bt_plugin *ctf, const struct handover *handover)
{
    const bt_component_source *source = add_source(graph, handover);
    if (!source)
        return take_error(handover->error, "no source");
    const bt_component_sink *sink = add_sink(graph, ctf, handover->job->folder);
    if (!sink)
        return take_error(handover->error, "no sink.ctf.fs");
    if (bt_graph_connect_ports(graph, bt_component_source_borrow_output_port_by_index_const(source, 0),
                               bt_component_sink_borrow_input_port_by_index_const(sink, 0), NULL))
        return take_error(handover->error, "cannot connect source and sink");
    return bt_graph_run(graph) ? take_error(handover->error, "the graph does not run") : HS_OK;
}

static int find_plugin(const char *name, const bt_plugin **plugin, struct hs_error *error)
{
    if (!bt_plugin_find(name, BT_TRUE, BT_FALSE, BT_TRUE, BT_TRUE, BT_FALSE, plugin))
        return HS_OK;
    error->code = HS_ERR_ARG;
    return take_error(error, "its plugins `ctf` and `utils` are not installed (Debian: libbabeltrace2-0)");
}

int hs_bt_write_ctf(const struct hs_bt_job *job, struct hs_error *error)
{
    const struct handover handover = { job, error };
    const bt_plugin *ctf = NULL;
    if (find_plugin("ctf", &ctf, error))
        return error->code;
    bt_graph *graph = bt_graph_create(0);
    int status = graph ? run_graph(graph, ctf, &handover) : HS_ERR_MEMORY;
    struct hs_error first = *error;
    bt_graph_put_ref(graph); /* writes the metadata, and finalizes the iterator */
    if (status)
        *error = first;
    bt_plugin_put_ref(ctf);
    return status;
}

/* ---- events of CTF traces, to a listener ---- */

enum where { NOT_THERE, IN_PAYLOAD, IN_CONTEXT, IN_COMMON, IN_ENVIRONMENT };

/* Where a value is found. */
struct path {
    uint8_t where;    /* enum where */
    uint8_t type;     /* enum hs_event_stream_type: U64, INT or TEXT */
    uint16_t index;   /* of the member */
    union hs_event_stream_value constant; /* IN_ENVIRONMENT */
};

#define NOT_WANTED UINT32_MAX

/* What is known of an event class, once it has been met. */
struct wanted {
    const bt_event_class *class;
    uint32_t want; /* NOT_WANTED */
    struct path field[HS_BT_FIELDS], context[HS_BT_FIELDS];
};

struct ear {
    const struct hs_bt_listener *listener;
    struct wanted *known; /* open addressing by the class's address, `room` a power of two */
    size_t n, room;
    bt_message_iterator *messages;
};

static struct wanted *known_slot(struct wanted *known, size_t room, const bt_event_class *class)
{
    size_t at = (size_t)((uintptr_t)class * 0x9e3779b97f4a7c15u >> 20) & (room - 1);
    while (known[at].class && known[at].class != class)
        at = (at + 1) & (room - 1);
    return &known[at];
}

static bool know_more(struct ear *ear)
{
    size_t room = ear->room ? 2 * ear->room : 64;
    struct wanted *known = calloc(room, sizeof *known);
    if (!known)
        return false;
    for (size_t i = 0; i < ear->room; i++)
        if (ear->known[i].class)
            *known_slot(known, room, ear->known[i].class) = ear->known[i];
    free(ear->known);
    ear->known = known;
    ear->room = room;
    return true;
}

/* Kinds of fields that have a value here; enumerations are integers too. */
static bool type_of(const bt_field_class *fc, uint8_t *type)
{
    bt_field_class_type is = bt_field_class_get_type(fc);
    *type = is == BT_FIELD_CLASS_TYPE_STRING ? HS_EVENT_STREAM_TEXT :
            bt_field_class_type_is(is, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER) ? HS_EVENT_STREAM_INT : HS_EVENT_STREAM_U64;
    return is == BT_FIELD_CLASS_TYPE_STRING || bt_field_class_type_is(is, BT_FIELD_CLASS_TYPE_INTEGER);
}

static bool find_member(const bt_field_class *structure, enum where where, const char *name, struct path *path)
{
    uint64_t n = structure ? bt_field_class_structure_get_member_count(structure) : 0;
    for (uint64_t i = 0; i < n; i++) {
        const bt_field_class_structure_member *member = bt_field_class_structure_borrow_member_by_index_const(structure, i);
        if (strcmp(bt_field_class_structure_member_get_name(member), name) ||
            !type_of(bt_field_class_structure_member_borrow_field_class_const(member), &path->type))
            continue;
        path->where = (uint8_t)where;
        path->index = (uint16_t)i;
        return true;
    }
    return false;
}

static bool find_entry(const bt_trace *trace, const char *name, struct path *path)
{
    const bt_value *value = bt_trace_borrow_environment_entry_value_by_name_const(trace, name);
    if (!value)
        return false;
    path->where = IN_ENVIRONMENT;
    path->type = HS_EVENT_STREAM_TEXT;
    if (bt_value_is_string(value)) {
        path->constant.s = bt_value_string_get(value); /* lives as long as the trace, and that as long as its classes */
    } else if (bt_value_is_signed_integer(value)) {
        path->type = HS_EVENT_STREAM_INT;
        path->constant.i = bt_value_integer_signed_get(value);
    } else {
        path->where = NOT_THERE;
    }
    return path->where != NOT_THERE;
}

static void find_contexts(const struct ear *ear, const bt_event *event, struct wanted *w)
{
    const bt_stream_class *stream_class = bt_event_class_borrow_stream_class_const(w->class);
    const bt_field_class *specific = bt_event_class_borrow_specific_context_field_class_const(w->class);
    const bt_field_class *common = bt_stream_class_borrow_event_common_context_field_class_const(stream_class);
    for (unsigned i = 0; i < HS_BT_FIELDS && ear->listener->context[i]; i++) {
        const char *name = ear->listener->context[i];
        if (!find_member(specific, IN_CONTEXT, name, &w->context[i]) && !find_member(common, IN_COMMON, name, &w->context[i]))
            find_entry(bt_stream_borrow_trace_const(bt_event_borrow_stream_const(event)), name, &w->context[i]);
    }
}

static void meet(const struct ear *ear, const bt_event *event, struct wanted *w)
{
    const bt_field_class *payload = bt_event_class_borrow_payload_field_class_const(w->class);
    const char *name = bt_event_class_get_name(w->class);
    w->want = NOT_WANTED;
    for (unsigned i = 0; name && i < ear->listener->n; i++)
        if (!strcmp(name, ear->listener->want[i].event))
            w->want = i;
    if (w->want == NOT_WANTED)
        return;
    const struct hs_bt_want *want = &ear->listener->want[w->want];
    for (unsigned i = 0; i < HS_BT_FIELDS && want->field[i]; i++)
        find_member(payload, IN_PAYLOAD, want->field[i], &w->field[i]);
    find_contexts(ear, event, w);
}

static struct wanted *wanted_of(struct ear *ear, const bt_event *event)
{
    const bt_event_class *class = bt_event_borrow_class_const(event);
    if (2 * (ear->n + 1) > ear->room && !know_more(ear))
        return NULL;
    struct wanted *w = known_slot(ear->known, ear->room, class);
    if (w->class)
        return w;
    w->class = class;
    ear->n++;
    meet(ear, event, w);
    return w;
}

static union hs_event_stream_value value_at(const struct path *path, const bt_field *const structure[])
{
    const bt_field *field;
    if (path->where == IN_ENVIRONMENT)
        return path->constant;
    field = bt_field_structure_borrow_member_field_by_index_const(structure[path->where], path->index);
    switch (path->type) {
    case HS_EVENT_STREAM_TEXT: return (union hs_event_stream_value){ .s = bt_field_string_get_value(field) };
    case HS_EVENT_STREAM_INT:  return (union hs_event_stream_value){ .i = bt_field_integer_signed_get_value(field) };
    default:            return (union hs_event_stream_value){ .u = bt_field_integer_unsigned_get_value(field) };
    }
}

static unsigned values_at(const struct path *path, const bt_field *const structure[], union hs_event_stream_value *value)
{
    unsigned has = 0;
    for (unsigned i = 0; i < HS_BT_FIELDS; i++) {
        if (path[i].where == NOT_THERE)
            continue;
        value[i] = value_at(&path[i], structure);
        has |= 1u << i;
    }
    return has;
}

static uint64_t ns_of(const bt_clock_snapshot *snapshot)
{
    int64_t ns;
    return snapshot && !bt_clock_snapshot_get_ns_from_origin(snapshot, &ns) ? (uint64_t)ns : 0;
}

static bool hear_event(struct ear *ear, const bt_message *message)
{
    const bt_event *event = bt_message_event_borrow_event_const(message);
    struct wanted *w = wanted_of(ear, event);
    if (!w || w->want == NOT_WANTED)
        return w;
    bool timed = bt_stream_class_borrow_default_clock_class_const(bt_event_class_borrow_stream_class_const(w->class));
    const bt_field *const structure[] = {
        [IN_PAYLOAD] = bt_event_borrow_payload_field_const(event),
        [IN_CONTEXT] = bt_event_borrow_specific_context_field_const(event),
        [IN_COMMON] = bt_event_borrow_common_context_field_const(event),
    };
    struct hs_bt_event heard = {
        .want = w->want, .ns = timed ? ns_of(bt_message_event_borrow_default_clock_snapshot_const(message)) : 0,
    };
    heard.has = values_at(w->field, structure, heard.field);
    heard.has_context = values_at(w->context, structure, heard.context);
    ear->listener->event(ear->listener->data, &heard);
    return true;
}

static void hear_loss(struct ear *ear, const bt_message *message)
{
    uint64_t n = 0;
    const bt_stream_class *class = bt_stream_borrow_class_const(bt_message_discarded_events_borrow_stream_const(message));
    if (bt_message_discarded_events_get_count(message, &n) == BT_PROPERTY_AVAILABILITY_NOT_AVAILABLE || n > UINT32_MAX)
        n = 1; /* at least; LTTng's counter may step back, and the difference is then no number */
    bool timed = bt_stream_class_discarded_events_have_default_clock_snapshots(class);
    uint64_t ns = timed ? ns_of(bt_message_discarded_events_borrow_end_default_clock_snapshot_const(message)) : 0;
    ear->listener->lost(ear->listener->data, ns, n);
}

static bool hear(struct ear *ear, const bt_message *message)
{
    switch (bt_message_get_type(message)) {
    case BT_MESSAGE_TYPE_EVENT:
        return hear_event(ear, message);
    case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
        hear_loss(ear, message);
        return true;
    default:
        return true;
    }
}

/* The next batch of messages. */
static bt_component_class_sink_consume_method_status listen(struct ear *ear)
{
    bt_message_array_const messages;
    uint64_t n;
    bool heard = true;
    bt_message_iterator_next_status status = bt_message_iterator_next(ear->messages, &messages, &n);
    if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
        return (bt_component_class_sink_consume_method_status)status; /* the values are the same: END, AGAIN, errors */
    for (uint64_t i = 0; i < n; i++) {
        heard = heard && hear(ear, messages[i]);
        bt_message_put_ref(messages[i]);
    }
    return heard ? BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK : BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_MEMORY_ERROR;
}

static bt_component_class_sink_graph_is_configured_method_status begin_listening(struct ear *ear, bt_self_component_sink *self)
{
    bt_self_component_port_input *port = bt_self_component_sink_borrow_input_port_by_index(self, 0);
    return (bt_component_class_sink_graph_is_configured_method_status)
        bt_message_iterator_create_from_sink_component(self, port, &ear->messages);
}

static void stop_listening(struct ear *ear)
{
    bt_message_iterator_put_ref(ear->messages);
    free(ear->known);
    ear->known = NULL;
    ear->messages = NULL;
    ear->n = ear->room = 0;
}

/* ---- the importer's graph: source.ctf.fs for each folder, a muxer, a listener ---- */

static void *data_of_sink(bt_self_component_sink *self)
{
    return bt_self_component_get_data(bt_self_component_sink_as_self_component(self));
}

static bt_component_class_initialize_method_status listener_initialize(bt_self_component_sink *self,
    bt_self_component_sink_configuration *configuration, const bt_value *params, void *data)
{
    (void)configuration;
    (void)params;
    bt_self_component_set_data(bt_self_component_sink_as_self_component(self), data);
    bt_self_component_sink_add_input_port(self, "in", NULL, NULL);
    return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static bt_component_class_sink_graph_is_configured_method_status listener_configured(bt_self_component_sink *self)
{
    return begin_listening(data_of_sink(self), self);
}

static bt_component_class_sink_consume_method_status listener_consume(bt_self_component_sink *self)
{
    return listen(data_of_sink(self));
}

static void listener_finalize(bt_self_component_sink *self)
{
    stop_listening(data_of_sink(self));
}

static const bt_component_sink *add_listener(bt_graph *graph, struct ear *ear)
{
    const bt_component_sink *sink = NULL;
    bt_component_class_sink *class = bt_component_class_sink_create("listener", listener_consume);
    bt_component_class_sink_set_initialize_method(class, listener_initialize);
    bt_component_class_sink_set_graph_is_configured_method(class, listener_configured);
    bt_component_class_sink_set_finalize_method(class, listener_finalize);
    bt_graph_add_sink_component_with_initialize_method_data(graph, class, "listener", NULL, ear, BT_LOGGING_LEVEL_NONE, &sink);
    bt_component_class_sink_put_ref(class);
    return sink;
}

static const bt_component_source *add_folder(bt_graph *graph, const bt_plugin *ctf, const char *folder, unsigned number)
{
    const bt_component_source *source = NULL;
    bt_value *params = bt_value_map_create(), *inputs = NULL;
    char name[32];
    snprintf(name, sizeof name, "trace%u", number);
    bt_value_map_insert_empty_array_entry(params, "inputs", &inputs);
    bt_value_array_append_string_element(inputs, folder);
    bt_graph_add_source_component(graph, bt_plugin_borrow_source_component_class_by_name_const(ctf, "fs"), name, params,
                                  BT_LOGGING_LEVEL_NONE, &source);
    bt_value_put_ref(params);
    return source;
}

static bool connect_all(bt_graph *graph, const bt_component_source *source, const bt_component_filter *muxer, uint64_t *used)
{
    uint64_t n = bt_component_source_get_output_port_count(source);
    for (uint64_t i = 0; i < n; i++, ++*used)
        if (bt_graph_connect_ports(graph, bt_component_source_borrow_output_port_by_index_const(source, i),
                                   bt_component_filter_borrow_input_port_by_index_const(muxer, *used), NULL))
            return false;
    return true;
}

/* What it takes to read. */
struct reading {
    const char *const *folder; /* `n` */
    unsigned n;
    const bt_plugin *ctf, *utils;
    struct ear *ear;
    struct hs_error *error;
};

static int run_reading(bt_graph *graph, const struct reading *r)
{
    const bt_component_filter *muxer = NULL;
    uint64_t used = 0;
    bt_graph_add_filter_component(graph, bt_plugin_borrow_filter_component_class_by_name_const(r->utils, "muxer"), "muxer", NULL,
                                  BT_LOGGING_LEVEL_NONE, &muxer);
    const bt_component_sink *sink = muxer ? add_listener(graph, r->ear) : NULL;
    if (!sink)
        return take_error(r->error, "no muxer");
    for (unsigned i = 0; i < r->n; i++) {
        const bt_component_source *source = add_folder(graph, r->ctf, r->folder[i], i);
        if (!source || !connect_all(graph, source, muxer, &used))
            return take_error(r->error, "no source.ctf.fs");
    }
    if (bt_graph_connect_ports(graph, bt_component_filter_borrow_output_port_by_index_const(muxer, 0),
                               bt_component_sink_borrow_input_port_by_index_const(sink, 0), NULL))
        return take_error(r->error, "cannot connect source and sink");
    return bt_graph_run(graph) ? take_error(r->error, "the graph does not run") : HS_OK;
}

int hs_bt_read_ctf(const char *const *folder, unsigned n, const struct hs_bt_listener *listener, struct hs_error *error)
{
    struct ear ear = { .listener = listener };
    struct reading r = { .folder = folder, .n = n, .ear = &ear, .error = error };
    int status = find_plugin("ctf", &r.ctf, error);
    if (!status)
        status = find_plugin("utils", &r.utils, error);
    bt_graph *graph = status ? NULL : bt_graph_create(0);
    if (!status)
        status = graph ? run_reading(graph, &r) : HS_ERR_MEMORY;
    bt_graph_put_ref(graph);
    bt_plugin_put_ref(r.ctf);
    bt_plugin_put_ref(r.utils);
    return status;
}

/* ---- sink.heapstrata.report ---- */

struct reporter {
    struct ear ear;
    struct hs_bt_report *report;
};

static uint64_t number_param(const bt_value *params, const char *name, uint64_t otherwise)
{
    const bt_value *value = bt_value_map_borrow_entry_value_const(params, name);
    if (value && bt_value_is_signed_integer(value) && bt_value_integer_signed_get(value) >= 0)
        return (uint64_t)bt_value_integer_signed_get(value);
    return value && bt_value_is_unsigned_integer(value) ? bt_value_integer_unsigned_get(value) : otherwise;
}

/* A name that is not known is a mistake, of which nothing should depend silently. */
static bt_value_map_foreach_entry_const_func_status is_known(const char *name, const bt_value *value, void *data)
{
    static const char *const known[] = { "sort", "elf", "limit", "live", "peak", "json" };
    (void)value;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i], name))
            return BT_VALUE_MAP_FOREACH_ENTRY_CONST_FUNC_STATUS_OK;
    *(const char **)data = name;
    return BT_VALUE_MAP_FOREACH_ENTRY_CONST_FUNC_STATUS_INTERRUPT;
}

static struct hs_bt_report *new_report(const bt_value *params, struct hs_error *error)
{
    const char *unknown = NULL;
    const struct hs_bt_report_options options = {
        .sort = text_param(params, "sort"), .elf = text_param(params, "elf"), .limit = number_param(params, "limit", 40),
        .weight = flag_param(params, "live") ? HS_WEIGHT_LIVE : flag_param(params, "peak") ? HS_WEIGHT_PEAK : HS_WEIGHT_BYTES,
        .json = flag_param(params, "json"),
    };
    bt_value_map_foreach_entry_const(params, is_known, &unknown);
    if (!unknown)
        return hs_bt_report_new(&options, error);
    snprintf(error->text, sizeof error->text, "no such parameter: `%s`. There are sort, limit, elf, live, peak and json", unknown);
    return NULL;
}

static bt_component_class_initialize_method_status report_initialize(bt_self_component_sink *self_sink,
    bt_self_component_sink_configuration *configuration, const bt_value *params, void *data)
{
    bt_self_component *self = bt_self_component_sink_as_self_component(self_sink);
    struct reporter *r = calloc(1, sizeof *r);
    struct hs_error error = {0};
    (void)configuration;
    (void)data;
    if (!r)
        return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_MEMORY_ERROR;
    r->report = new_report(params, &error);
    if (!r->report) {
        bt_current_thread_error_append_cause_from_component(self, __FILE__, __LINE__, "%s", error.text);
        free(r);
        return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
    }
    r->ear.listener = hs_bt_report_listener(r->report);
    bt_self_component_set_data(self, r);
    bt_self_component_sink_add_input_port(self_sink, "in", NULL, NULL);
    return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static bt_component_class_sink_graph_is_configured_method_status report_configured(bt_self_component_sink *self)
{
    struct reporter *r = data_of_sink(self);
    return begin_listening(&r->ear, self);
}

static bt_component_class_sink_consume_method_status report_consume(bt_self_component_sink *self)
{
    struct reporter *r = data_of_sink(self);
    struct hs_error error = {0};
    bt_component_class_sink_consume_method_status status = listen(&r->ear);
    if (status != BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END || !hs_bt_report_print(r->report, stdout, &error))
        return status;
    bt_current_thread_error_append_cause_from_component(bt_self_component_sink_as_self_component(self), __FILE__, __LINE__, "%s",
                                                        error.text);
    return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_ERROR;
}

static void report_finalize(bt_self_component_sink *self)
{
    struct reporter *r = data_of_sink(self);
    stop_listening(&r->ear);
    hs_bt_report_free(r->report);
    free(r);
}

/* ---- the plugin ---- */

/* How sure the component is that it can read a file: babeltrace2 asks before it uses one. */
static bt_component_class_query_method_status source_query(bt_self_component_class_source *self,
    bt_private_query_executor *executor, const char *object, const bt_value *params, void *data, const bt_value **result)
{
    const char *type = text_param(params, "type"), *input = text_param(params, "input");
    struct hs_error error;
    (void)self;
    (void)executor;
    (void)data;
    if (strcmp(object, "babeltrace.support-info") || !type || !input)
        return BT_COMPONENT_CLASS_QUERY_METHOD_STATUS_UNKNOWN_OBJECT;
    struct hs_reader *reader = strcmp(type, "file") ? NULL : hs_reader_open(input, &error);
    *result = bt_value_real_create_init(reader ? 0.75 : 0);
    if (reader)
        hs_reader_close(reader);
    return BT_COMPONENT_CLASS_QUERY_METHOD_STATUS_OK;
}

BT_PLUGIN_MODULE();
BT_PLUGIN(heapstrata);
BT_PLUGIN_DESCRIPTION("Allocation traces of microcontroller firmware");
BT_PLUGIN_LICENSE("MIT");
BT_PLUGIN_SOURCE_COMPONENT_CLASS(trace, iterator_next);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_DESCRIPTION(trace, "Reads a HeapStrata trace (.hst, stream or memory image).");
BT_PLUGIN_SOURCE_COMPONENT_CLASS_HELP(trace,
    "Parameters: inputs (one file); events: records (default), libc or both; elf: firmware to name native functions from; heap, "
    "region: only events of that; follow: yes, to wait at the end of a file that is being written until its writer is done.");
BT_PLUGIN_SOURCE_COMPONENT_CLASS_INITIALIZE_METHOD(trace, source_initialize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_FINALIZE_METHOD(trace, source_finalize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_QUERY_METHOD(trace, source_query);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD(trace, iterator_initialize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_FINALIZE_METHOD(trace, iterator_finalize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_SEEK_BEGINNING_METHODS(trace, iterator_rewind, iterator_can_rewind);
BT_PLUGIN_SINK_COMPONENT_CLASS(report, report_consume);
BT_PLUGIN_SINK_COMPONENT_CLASS_DESCRIPTION(report, "Tells who asked for memory, and who holds it.");
BT_PLUGIN_SINK_COMPONENT_CLASS_HELP(report,
    "Takes the events of LTTng's wrapper of the C library (lttng_ust_libc:*). Parameters: sort (line, function, file, native, thread, "
    "or several with commas in between); limit (rows, default 40, 0: all); live or peak (yes: rank by that); elf (FILE or "
    "FILE@ADDRESS to take names from); json (yes).");
BT_PLUGIN_SINK_COMPONENT_CLASS_INITIALIZE_METHOD(report, report_initialize);
BT_PLUGIN_SINK_COMPONENT_CLASS_GRAPH_IS_CONFIGURED_METHOD(report, report_configured);
BT_PLUGIN_SINK_COMPONENT_CLASS_FINALIZE_METHOD(report, report_finalize);

#endif
