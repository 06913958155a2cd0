/* SPDX-License-Identifier: MIT
 *
 * Declares a trace for babeltrace2: event classes, stream, clock, environment.
 */
#include "analysis/babeltrace2/bt_internal.h"

#if HS_BT

#include <stdlib.h>

#include "lib/assertion.h"

static bt_field_class *field_class(bt_trace_class *trace_class, enum hs_event_stream_type type)
{
    static const uint8_t bits[] = {
        [HS_EVENT_STREAM_U8] = 8,   [HS_EVENT_STREAM_U32] = 32, [HS_EVENT_STREAM_U64] = 64,
        [HS_EVENT_STREAM_HEX] = 64, [HS_EVENT_STREAM_INT] = 64,
    };
    if (hs_event_stream_is_text(type))
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

static void declare_event(struct hs_bt_component *c, bt_trace_class *trace_class, unsigned index)
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

/* With these entries, Trace Compass recognises the trace as one of LTTng's and analyses it. */
static void set_environment(struct hs_bt_component *c)
{
    bt_trace_set_environment_entry_string(c->trace, "domain", "ust");
    bt_trace_set_environment_entry_string(c->trace, "tracer_name", "lttng-ust");
    bt_trace_set_environment_entry_integer(c->trace, "tracer_major", 2);
    bt_trace_set_environment_entry_integer(c->trace, "tracer_minor", 13);
    bt_trace_set_environment_entry_string(c->trace, "exported_by", "heapstrata " HS_VERSION);
}

static void declare_stream(struct hs_bt_component *c, bt_self_component *self, bt_trace_class *trace_class)
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

void hs_bt_declare(struct hs_bt_component *c, bt_self_component *self)
{
    bt_trace_class *trace_class = bt_trace_class_create(self);
    declare_stream(c, self, trace_class);
    HS_ASSERT(hs_event_stream_classes() <= HS_BT_CLASSES_MAX);
    for (unsigned i = 0; i < hs_event_stream_classes(); i++)
        declare_event(c, trace_class, i);
    c->trace = bt_trace_create(trace_class);
    set_environment(c);
    c->stream = bt_stream_create(c->stream_class, c->trace);
    bt_trace_class_put_ref(trace_class);
}

void hs_bt_component_free(struct hs_bt_component *c)
{
    for (unsigned i = 0; i < HS_BT_CLASSES_MAX; i++)
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

#endif
