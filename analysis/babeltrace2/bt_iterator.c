/* SPDX-License-Identifier: MIT
 *
 * A trace as messages of babeltrace2: events, packets, losses.
 */
#include "analysis/babeltrace2/bt_internal.h"

#if HS_BT

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct iterator {
    struct hs_bt_component *component;
    struct hs_reader *reader;
    struct hs_event_stream *events;
    bt_packet *packet;
    char process[HS_EVENT_STREAM_PROCESS]; /* its name; "" until the first event */
    bool begun, ended, waits;
};

static void close_events(struct iterator *it)
{
    hs_event_stream_free(it->events);
    if (it->reader && it->component->error)
        *it->component->error = *hs_reader_error(it->reader);
    if (it->reader)
        hs_reader_close(it->reader);
    bt_packet_put_ref(it->packet);
    it->events = NULL;
    it->reader = NULL;
    it->packet = NULL;
    it->begun = it->ended = it->waits = false;
}

static int open_events(struct iterator *it, struct hs_error *error)
{
    const struct hs_bt_job *job = &it->component->job;
    it->reader = hs_reader_open(job->input, error);
    if (!it->reader)
        return error->code;
    if (job->follow)
        hs_reader_follow(it->reader);
    hs_reader_select(it->reader, &job->selection);
    it->events = hs_event_stream_new(&(struct hs_event_stream_config){
        .reader = it->reader,
        .symbols = job->symbols,
        .sets = job->sets,
        .declare = job->folder && job->sets & HS_EVENT_STREAM_LIBC, /* sink.ctf.fs does not declare classes without events */
    });
    if (it->events)
        return HS_OK;
    snprintf(error->text, sizeof error->text, "%s: %s", job->input, hs_strerror(HS_ERR_MEMORY));
    return error->code = HS_ERR_MEMORY;
}

/* Written instead of an empty text: babeltrace2 2.0.4 reads an empty text as the text of an earlier event. */
#define NO_TEXT "-"

static void set_field(bt_field *field, enum hs_event_stream_type type, union hs_event_stream_value value)
{
    switch (type) {
    case HS_EVENT_STREAM_TEXT:
    case HS_EVENT_STREAM_LIST: bt_field_string_set_value(field, value.s); break;
    case HS_EVENT_STREAM_INT: bt_field_integer_signed_set_value(field, value.i); break;
    default: bt_field_integer_unsigned_set_value(field, value.u); break;
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
        hs_event_stream_process(it->events, it->process);
    bt_field_integer_unsigned_set_value(bt_field_structure_borrow_member_field_by_index(context, 0), t->thread);
    bt_field_string_set_value(bt_field_structure_borrow_member_field_by_index(context, 1), it->process);
    bool written = it->component->job.folder != NULL;
    for (unsigned i = 0; i < class->n_fields; i++) {
        bool empty = written && hs_event_stream_is_text(class->field[i].type) && !*t->value[i].s;
        set_field(bt_field_structure_borrow_member_field_by_index(payload, i), class->field[i].type,
                  empty ? (union hs_event_stream_value){.s = NO_TEXT} : t->value[i]);
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
    bt_message *message = bt_message_discarded_events_create_with_default_clock_snapshots(self, it->component->stream, t->ns,
                                                                                          t->until);
    if (message)
        bt_message_discarded_events_set_count(message, t->count);
    return message;
}

static bt_message *message_of(struct iterator *it, bt_self_message_iterator *self, const struct hs_stream_item *t)
{
    switch (t->kind) {
    case HS_STREAM_ITEM_EVENT: return event_message(it, self, t);
    case HS_STREAM_ITEM_PACKET:
    case HS_STREAM_ITEM_PACKET_END: return packet_message(it, self, t);
    case HS_STREAM_ITEM_LOSS: return loss_message(it, self, t);
    case HS_STREAM_ITEM_WAIT: break;
    case HS_STREAM_ITEM_END: it->ended = true; return bt_message_stream_end_create(self, it->component->stream);
    }
    return NULL;
}

/* The next message; NULL on an error, or if there is none yet (`it->waits`). */
static bt_message *next_message(struct iterator *it, bt_self_message_iterator *self)
{
    struct hs_stream_item item;
    it->waits = false;
    if (!it->begun) {
        it->begun = true;
        return bt_message_stream_beginning_create(self, it->component->stream);
    }
    int error = hs_event_stream_next(it->events, &item);
    it->waits = !error && item.kind == HS_STREAM_ITEM_WAIT;
    if (!error)
        return message_of(it, self, &item);
    const struct hs_error *why = hs_reader_error(it->reader);
    bt_current_thread_error_append_cause_from_message_iterator(self, __FILE__, __LINE__, "%s",
                                                               why->code ? why->text : hs_strerror(error));
    return NULL;
}

bt_message_iterator_class_next_method_status hs_bt_iterator_next(bt_self_message_iterator *self, bt_message_array_const messages,
                                                                 uint64_t capacity, uint64_t *count)
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

bt_message_iterator_class_initialize_method_status hs_bt_iterator_initialize(bt_self_message_iterator *self,
                                                                             bt_self_message_iterator_configuration *configuration,
                                                                             bt_self_component_port_output *port)
{
    struct hs_error error = {0};
    struct iterator *it = calloc(1, sizeof *it);
    (void)port;
    bt_self_message_iterator_configuration_set_can_seek_forward(configuration, BT_TRUE);
    if (!it)
        return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_MEMORY_ERROR;
    it->component = bt_self_component_get_data(bt_self_message_iterator_borrow_component(self));
    if (open_events(it, &error)) {
        bt_current_thread_error_append_cause_from_message_iterator(self, __FILE__, __LINE__, "%s", error.text);
        close_events(it);
        free(it);
        return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
    }
    bt_self_message_iterator_set_data(self, it);
    return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

void hs_bt_iterator_finalize(bt_self_message_iterator *self)
{
    struct iterator *it = bt_self_message_iterator_get_data(self);
    close_events(it);
    free(it);
}

/* With this, the library itself can seek to a time, from the start of the trace. */
bt_message_iterator_class_seek_beginning_method_status hs_bt_iterator_rewind(bt_self_message_iterator *self)
{
    struct iterator *it = bt_self_message_iterator_get_data(self);
    struct hs_error error = {0};
    close_events(it);
    if (!open_events(it, &error))
        return BT_MESSAGE_ITERATOR_CLASS_SEEK_BEGINNING_METHOD_STATUS_OK;
    bt_current_thread_error_append_cause_from_message_iterator(self, __FILE__, __LINE__, "%s", error.text);
    return BT_MESSAGE_ITERATOR_CLASS_SEEK_BEGINNING_METHOD_STATUS_ERROR;
}

bt_message_iterator_class_can_seek_beginning_method_status hs_bt_iterator_can_rewind(bt_self_message_iterator *self, bt_bool *can)
{
    const struct iterator *it = bt_self_message_iterator_get_data(self);
    *can = strcmp(it->component->job.input, "-") != 0;
    return BT_MESSAGE_ITERATOR_CLASS_CAN_SEEK_BEGINNING_METHOD_STATUS_OK;
}

#endif
