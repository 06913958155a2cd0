/* SPDX-License-Identifier: MIT
 *
 * A sink that passes selected events of CTF traces to a listener.
 */
#include "analysis/babeltrace2/bt_internal.h"

#if HS_BT

#include <stdlib.h>
#include <string.h>

#include "analysis/babeltrace2/limits.h"
#include "lib/host/util/array.h"

#define PROGRESS 1000u /* messages */

enum where { NOT_THERE, IN_PAYLOAD, IN_CONTEXT, IN_COMMON, IN_ENVIRONMENT };

/* The location of a value in an event. */
struct path {
    uint8_t where;                        /* enum where */
    uint8_t type;                         /* enum hs_event_stream_type: U64, INT or TEXT */
    uint16_t index;                       /* of the member */
    union hs_event_stream_value constant; /* IN_ENVIRONMENT */
};

#define NOT_WANTED UINT32_MAX

/* An event class that was seen, and the locations of its values. */
struct hs_bt_wanted {
    const bt_event_class *class;
    uint32_t want; /* NOT_WANTED */
    struct path field[HS_BT_FIELDS], context[HS_BT_FIELDS];
};

/* False for a type of field that is not supported; enumerations are integers too. */
static bool type_of(const bt_field_class *fc, uint8_t *type)
{
    bt_field_class_type is = bt_field_class_get_type(fc);
    *type = is == BT_FIELD_CLASS_TYPE_STRING                                 ? HS_EVENT_STREAM_TEXT
            : bt_field_class_type_is(is, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER) ? HS_EVENT_STREAM_INT
                                                                             : HS_EVENT_STREAM_U64;
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
        path->constant.s = bt_value_string_get(value); /* valid as long as the trace, which is valid as long as its classes */
    } else if (bt_value_is_signed_integer(value)) {
        path->type = HS_EVENT_STREAM_INT;
        path->constant.i = bt_value_integer_signed_get(value);
    } else {
        path->where = NOT_THERE;
    }
    return path->where != NOT_THERE;
}

static void find_contexts(const struct hs_bt_ear *ear, const bt_event *event, struct hs_bt_wanted *w)
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

static void meet(const struct hs_bt_ear *ear, const bt_event *event, struct hs_bt_wanted *w)
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

static struct hs_bt_wanted *wanted_of(struct hs_bt_ear *ear, const bt_event *event)
{
    const bt_event_class *class = bt_event_borrow_class_const(event);
    struct hs_map_search search = hs_map_search(&ear->map, (uintptr_t) class);
    while (hs_map_next(&ear->map, &search))
        if (ear->known[search.number].class == class)
            return &ear->known[search.number];
    if (!hs_array_more(ear->known, ear->n, ear->room) || !hs_map_add(&ear->map, (uintptr_t) class, ear->n))
        return NULL;
    struct hs_bt_wanted *w = &ear->known[ear->n++];
    *w = (struct hs_bt_wanted){.class = class};
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
    case HS_EVENT_STREAM_TEXT: return (union hs_event_stream_value){.s = bt_field_string_get_value(field)};
    case HS_EVENT_STREAM_INT: return (union hs_event_stream_value){.i = bt_field_integer_signed_get_value(field)};
    default: return (union hs_event_stream_value){.u = bt_field_integer_unsigned_get_value(field)};
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

static bool hear_event(struct hs_bt_ear *ear, const bt_message *message)
{
    const bt_event *event = bt_message_event_borrow_event_const(message);
    struct hs_bt_wanted *w = wanted_of(ear, event);
    if (!w || w->want == NOT_WANTED)
        return w;
    bool timed = bt_stream_class_borrow_default_clock_class_const(bt_event_class_borrow_stream_class_const(w->class));
    const bt_field *const structure[] = {
        [IN_PAYLOAD] = bt_event_borrow_payload_field_const(event),
        [IN_CONTEXT] = bt_event_borrow_specific_context_field_const(event),
        [IN_COMMON] = bt_event_borrow_common_context_field_const(event),
    };
    struct hs_bt_event heard = {
        .want = w->want,
        .ns = timed ? ns_of(bt_message_event_borrow_default_clock_snapshot_const(message)) : 0,
    };
    heard.has = values_at(w->field, structure, heard.field);
    heard.has_context = values_at(w->context, structure, heard.context);
    ear->listener->event(ear->listener->data, &heard);
    return true;
}

static void hear_loss(struct hs_bt_ear *ear, const bt_message *message)
{
    uint64_t n = 0;
    const bt_stream_class *class = bt_stream_borrow_class_const(bt_message_discarded_events_borrow_stream_const(message));
    if (bt_message_discarded_events_get_count(message, &n) == BT_PROPERTY_AVAILABILITY_NOT_AVAILABLE || n > UINT32_MAX)
        n = 1; /* at least one; LTTng's counter may decrease, and the difference is then invalid */
    bool timed = bt_stream_class_discarded_events_have_default_clock_snapshots(class);
    uint64_t ns = timed ? ns_of(bt_message_discarded_events_borrow_end_default_clock_snapshot_const(message)) : 0;
    ear->listener->lost(ear->listener->data, ns, n);
}

static bool hear(struct hs_bt_ear *ear, const bt_message *message)
{
    switch (bt_message_get_type(message)) {
    case BT_MESSAGE_TYPE_EVENT: return hear_event(ear, message);
    case BT_MESSAGE_TYPE_DISCARDED_EVENTS: hear_loss(ear, message); return true;
    default: return true;
    }
}

/* Reads the next batch of messages. */
bt_component_class_sink_consume_method_status hs_bt_listen(struct hs_bt_ear *ear)
{
    bt_message_array_const messages;
    uint64_t n;
    bool heard = true;
    bt_message_iterator_next_status status = bt_message_iterator_next(ear->messages, &messages, &n);
    if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
        return (bt_component_class_sink_consume_method_status)status; /* the values are the same: END, AGAIN, errors */
    if (ear->heard / PROGRESS != (ear->heard + n) / PROGRESS)
        hs_bt_progress();
    ear->heard += n;
    for (uint64_t i = 0; i < n; i++) {
        heard = heard && hear(ear, messages[i]);
        bt_message_put_ref(messages[i]);
    }
    if (ear->most && ear->heard > ear->most)
        return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_ERROR;
    return heard ? BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK : BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_MEMORY_ERROR;
}

bt_component_class_sink_graph_is_configured_method_status hs_bt_listen_begin(struct hs_bt_ear *ear, bt_self_component_sink *self)
{
    bt_self_component_port_input *port = bt_self_component_sink_borrow_input_port_by_index(self, 0);
    return (bt_component_class_sink_graph_is_configured_method_status)bt_message_iterator_create_from_sink_component(
        self, port, &ear->messages);
}

void hs_bt_listen_end(struct hs_bt_ear *ear)
{
    bt_message_iterator_put_ref(ear->messages);
    hs_map_free(&ear->map);
    free(ear->known);
    ear->known = NULL;
    ear->messages = NULL;
    ear->n = ear->room = 0;
}

void *hs_bt_data_of_sink(bt_self_component_sink *self)
{
    return bt_self_component_get_data(bt_self_component_sink_as_self_component(self));
}

#endif
