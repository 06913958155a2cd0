/* SPDX-License-Identifier: MIT
 *
 * Writes CTF with a graph of source.heapstrata.trace and sink.ctf.fs.
 */
#include "analysis/babeltrace2/bt_internal.h"

#if HS_BT

static const bt_component_source *add_source(bt_graph *graph, const struct hs_bt_handover *handover)
{
    const bt_component_source *source = NULL;
    bt_message_iterator_class *iterators = bt_message_iterator_class_create(hs_bt_iterator_next);
    bt_message_iterator_class_set_initialize_method(iterators, hs_bt_iterator_initialize);
    bt_message_iterator_class_set_finalize_method(iterators, hs_bt_iterator_finalize);
    bt_component_class_source *class = bt_component_class_source_create("trace", iterators);
    bt_component_class_source_set_initialize_method(class, hs_bt_source_initialize);
    bt_component_class_source_set_finalize_method(class, hs_bt_source_finalize);
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

static int run_graph(bt_graph *graph, const bt_plugin *ctf, const struct hs_bt_handover *handover)
{
    const bt_component_source *source = add_source(graph, handover);
    if (!source)
        return hs_bt_take_error(handover->error, "no source");
    const bt_component_sink *sink = add_sink(graph, ctf, handover->job->folder);
    if (!sink)
        return hs_bt_take_error(handover->error, "no sink.ctf.fs");
    if (bt_graph_connect_ports(graph, bt_component_source_borrow_output_port_by_index_const(source, 0),
                               bt_component_sink_borrow_input_port_by_index_const(sink, 0), NULL))
        return hs_bt_take_error(handover->error, "cannot connect source and sink");
    return bt_graph_run(graph) ? hs_bt_take_error(handover->error, "the graph does not run") : HS_OK;
}

int hs_bt_write_ctf(const struct hs_bt_job *job, struct hs_error *error)
{
    const struct hs_bt_handover handover = {job, error};
    const bt_plugin *ctf = NULL;
    if (hs_bt_find_plugin("ctf", &ctf, error))
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

#endif
