/* SPDX-License-Identifier: MIT
 *
 * What the files of this folder share that use libbabeltrace2. Without that library (HS_BT is 0) they are empty, and
 * bt_missing.c stands in.
 */
#ifndef HS_BABELTRACE2_BT_INTERNAL_H
#define HS_BABELTRACE2_BT_INTERNAL_H

#if defined HS_WITHOUT_BABELTRACE2 || !__has_include(<babeltrace2/babeltrace.h>)
#define HS_BT 0
#else
#define HS_BT 1

#include <babeltrace2/babeltrace.h>
#include <stdbool.h>

#include "analysis/babeltrace2/bt.h"
#include "lib/host/util/map.h"

struct hs_bt_wanted;

/* ---- bt_classes.c: what a trace declares ---- */

#define HS_BT_CLASSES_MAX 128

struct hs_bt_component {
    struct hs_bt_job job;
    struct hs_error *error;      /* where the exporter wants it, or NULL */
    struct hs_symbols *symbols;  /* of our own */
    char *input, *heap, *region; /* likewise */
    bt_trace *trace;
    bt_stream_class *stream_class;
    bt_stream *stream;
    bt_event_class *event_class[HS_BT_CLASSES_MAX];
    bt_field_class *shape[HS_BT_CLASSES_MAX];
};

/* Creates the classes, the trace and its stream. */
void hs_bt_declare(struct hs_bt_component *c, bt_self_component *self);
void hs_bt_component_free(struct hs_bt_component *c);

/* ---- bt_iterator.c: what happened, as messages ---- */

bt_message_iterator_class_next_method_status hs_bt_iterator_next(bt_self_message_iterator *self, bt_message_array_const messages,
                                                                 uint64_t capacity, uint64_t *count);
bt_message_iterator_class_initialize_method_status hs_bt_iterator_initialize(bt_self_message_iterator *self,
                                                                             bt_self_message_iterator_configuration *configuration,
                                                                             bt_self_component_port_output *port);
void hs_bt_iterator_finalize(bt_self_message_iterator *self);
bt_message_iterator_class_seek_beginning_method_status hs_bt_iterator_rewind(bt_self_message_iterator *self);
bt_message_iterator_class_can_seek_beginning_method_status hs_bt_iterator_can_rewind(bt_self_message_iterator *self, bt_bool *can);

/* ---- bt_source.c: source.heapstrata.trace ---- */

/* What the exporter hands over instead of parameters. */
struct hs_bt_handover {
    const struct hs_bt_job *job;
    struct hs_error *error;
};

/* Parameters of a component: NULL or false when there is none of that name and type. */
const char *hs_bt_text_param(const bt_value *params, const char *name);
bool hs_bt_flag_param(const bt_value *params, const char *name);

/* `data` is a struct hs_bt_handover, or NULL when the parameters count. */
bt_component_class_initialize_method_status hs_bt_source_initialize(bt_self_component_source *self_source,
                                                                    bt_self_component_source_configuration *configuration,
                                                                    const bt_value *params, void *data);
void hs_bt_source_finalize(bt_self_component_source *self);

/* ---- bt_graph.c: what both graphs need ---- */

/* Fills *out with the first cause that the library kept, or with `what`. Returns its code. */
int hs_bt_take_error(struct hs_error *out, const char *what);
int hs_bt_find_plugin(const char *name, const bt_plugin **plugin, struct hs_error *error);

/* ---- bt_listener.c: events of CTF traces, handed to a listener ---- */

struct hs_bt_ear {
    const struct hs_bt_listener *listener;
    struct hs_bt_wanted *known;
    uint32_t n, room;
    struct hs_map map; /* from a class's address to what is known of it */
    bt_message_iterator *messages;
};

bt_component_class_sink_graph_is_configured_method_status hs_bt_listen_begin(struct hs_bt_ear *ear, bt_self_component_sink *self);
bt_component_class_sink_consume_method_status hs_bt_listen(struct hs_bt_ear *ear);
void hs_bt_listen_end(struct hs_bt_ear *ear);
void *hs_bt_data_of_sink(bt_self_component_sink *self);

#endif
#endif
