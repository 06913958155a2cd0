/* SPDX-License-Identifier: MIT
 *
 * Reads CTF with a graph: one source.ctf.fs per folder, a muxer and a listener.
 */
#include "analysis/babeltrace2/bt_internal.h"

#if HS_BT

#include <stdio.h>

#include "analysis/babeltrace2/limits.h"

static bt_component_class_initialize_method_status listener_initialize(bt_self_component_sink *self,
                                                                       bt_self_component_sink_configuration *configuration,
                                                                       const bt_value *params, void *data)
{
    (void)configuration;
    (void)params;
    bt_self_component_set_data(bt_self_component_sink_as_self_component(self), data);
    bt_self_component_sink_add_input_port(self, "in", NULL, NULL);
    return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static bt_component_class_sink_graph_is_configured_method_status listener_configured(bt_self_component_sink *self)
{
    return hs_bt_listen_begin(hs_bt_data_of_sink(self), self);
}

static bt_component_class_sink_consume_method_status listener_consume(bt_self_component_sink *self)
{
    return hs_bt_listen(hs_bt_data_of_sink(self));
}

static void listener_finalize(bt_self_component_sink *self) { hs_bt_listen_end(hs_bt_data_of_sink(self)); }

static const bt_component_sink *add_listener(bt_graph *graph, struct hs_bt_ear *ear)
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

/* The state of reading. */
struct reading {
    const char *const *folder; /* `n` */
    unsigned n;
    const bt_plugin *ctf, *utils;
    struct hs_bt_ear *ear;
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
        return hs_bt_take_error(r->error, "no muxer");
    for (unsigned i = 0; i < r->n; i++) {
        const bt_component_source *source = add_folder(graph, r->ctf, r->folder[i], i);
        if (!source || !connect_all(graph, source, muxer, &used))
            return hs_bt_take_error(r->error, "no source.ctf.fs");
    }
    if (bt_graph_connect_ports(graph, bt_component_filter_borrow_output_port_by_index_const(muxer, 0),
                               bt_component_sink_borrow_input_port_by_index_const(sink, 0), NULL))
        return hs_bt_take_error(r->error, "cannot connect source and sink");
    if (!bt_graph_run(graph))
        return HS_OK;
    hs_bt_take_error(r->error, "the graph does not run");
    if (r->ear->most && r->ear->heard > r->ear->most)
        snprintf(r->error->text, sizeof r->error->text, "is damaged: more events come than its files have room for");
    return r->error->code;
}

int hs_bt_read_ctf(const char *const *folder, unsigned n, const struct hs_bt_listener *listener, struct hs_error *error)
{
    struct hs_bt_ear ear = {.listener = listener, .most = listener->bytes ? hs_bt_most_messages(listener->bytes) : 0};
    struct reading r = {.folder = folder, .n = n, .ear = &ear, .error = error};
    int status = hs_bt_find_plugin("ctf", &r.ctf, error);
    if (!status)
        status = hs_bt_find_plugin("utils", &r.utils, error);
    if (listener->bytes)
        hs_bt_limit(listener->bytes);
    bt_graph *graph = status ? NULL : bt_graph_create(0);
    if (!status)
        status = graph ? run_reading(graph, &r) : HS_ERR_MEMORY;
    bt_graph_put_ref(graph);
    hs_bt_limit_end();
    bt_plugin_put_ref(r.ctf);
    bt_plugin_put_ref(r.utils);
    return status;
}

#endif
