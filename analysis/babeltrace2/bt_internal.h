/* SPDX-License-Identifier: MIT
 *
 * Declarations that the files with libbabeltrace2 share. Without that library (HS_BT is 0) these files are empty, and
 * bt_missing.c replaces them.
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
    struct hs_error *error;      /* the exporter's, or NULL */
    struct hs_symbols *symbols;  /* owned */
    char *input, *heap, *region; /* owned */
    bt_trace *trace;
    bt_stream_class *stream_class;
    bt_stream *stream;
    bt_event_class *event_class[HS_BT_CLASSES_MAX];
    bt_field_class *shape[HS_BT_CLASSES_MAX];
};

/* Creates the classes, the trace and its stream. */
void hs_bt_declare(struct hs_bt_component *c, bt_self_component *self);
void hs_bt_component_free(struct hs_bt_component *c);

/* ---- bt_iterator.c: the events as messages ---- */

bt_message_iterator_class_next_method_status hs_bt_iterator_next(bt_self_message_iterator *self, bt_message_array_const messages,
                                                                 uint64_t capacity, uint64_t *count);
bt_message_iterator_class_initialize_method_status hs_bt_iterator_initialize(bt_self_message_iterator *self,
                                                                             bt_self_message_iterator_configuration *configuration,
                                                                             bt_self_component_port_output *port);
void hs_bt_iterator_finalize(bt_self_message_iterator *self);
bt_message_iterator_class_seek_beginning_method_status hs_bt_iterator_rewind(bt_self_message_iterator *self);
bt_message_iterator_class_can_seek_beginning_method_status hs_bt_iterator_can_rewind(bt_self_message_iterator *self, bt_bool *can);

/* ---- bt_source.c: source.heapstrata.trace ---- */

/* What the exporter passes instead of parameters. */
struct hs_bt_handover {
    const struct hs_bt_job *job;
    struct hs_error *error;
};

/* Parameters of a component: NULL or false when none has this name and type. */
const char *hs_bt_text_param(const bt_value *params, const char *name);
bool hs_bt_flag_param(const bt_value *params, const char *name);

/* `data` is a struct hs_bt_handover; NULL: use the parameters. */
bt_component_class_initialize_method_status hs_bt_source_initialize(bt_self_component_source *self_source,
                                                                    bt_self_component_source_configuration *configuration,
                                                                    const bt_value *params, void *data);
void hs_bt_source_finalize(bt_self_component_source *self);

/* ---- bt_graph.c: shared by both graphs ---- */

/* Fills *out with the first cause that the library reports, or with `what`. Returns its code. */
int hs_bt_take_error(struct hs_error *out, const char *what);
int hs_bt_find_plugin(const char *name, const bt_plugin **plugin, struct hs_error *error);

/* ---- bt_listener.c: passes events of CTF traces to a listener ---- */

struct hs_bt_ear {
    const struct hs_bt_listener *listener;
    struct hs_bt_wanted *known;
    uint32_t n, room;
    struct hs_map map; /* from a class's address to its index in `known` */
    bt_message_iterator *messages;
    uint64_t heard, most; /* messages; more than `most` are an error, 0: no limit */
};

bt_component_class_sink_graph_is_configured_method_status hs_bt_listen_begin(struct hs_bt_ear *ear, bt_self_component_sink *self);
bt_component_class_sink_consume_method_status hs_bt_listen(struct hs_bt_ear *ear);
void hs_bt_listen_end(struct hs_bt_ear *ear);
void *hs_bt_data_of_sink(bt_self_component_sink *self);

#endif
#endif
