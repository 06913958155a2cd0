/* SPDX-License-Identifier: MIT
 *
 * The babeltrace2 plugin, with the component sink.heapstrata.report.
 */
#include "analysis/babeltrace2/bt_internal.h"

#if HS_BT

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/babeltrace2/bt_report.h"

struct reporter {
    struct hs_bt_ear ear;
    struct hs_bt_report *report;
};

static uint64_t number_param(const bt_value *params, const char *name, uint64_t otherwise)
{
    const bt_value *value = bt_value_map_borrow_entry_value_const(params, name);
    if (value && bt_value_is_signed_integer(value) && bt_value_integer_signed_get(value) >= 0)
        return (uint64_t)bt_value_integer_signed_get(value);
    return value && bt_value_is_unsigned_integer(value) ? bt_value_integer_unsigned_get(value) : otherwise;
}

/* An unknown parameter is an error: it must not be ignored silently. */
static bt_value_map_foreach_entry_const_func_status is_known(const char *name, const bt_value *value, void *data)
{
    static const char *const known[] = {"sort", "elf", "limit", "live", "peak", "json"};
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
        .sort = hs_bt_text_param(params, "sort"),
        .elf = hs_bt_text_param(params, "elf"),
        .limit = number_param(params, "limit", 40),
        .weight = hs_bt_flag_param(params, "live")   ? HS_WEIGHT_LIVE
                  : hs_bt_flag_param(params, "peak") ? HS_WEIGHT_PEAK
                                                     : HS_WEIGHT_BYTES,
        .json = hs_bt_flag_param(params, "json"),
    };
    bt_value_map_foreach_entry_const(params, is_known, &unknown);
    if (!unknown)
        return hs_bt_report_new(&options, error);
    snprintf(error->text, sizeof error->text, "no such parameter: `%s`. There are sort, limit, elf, live, peak and json", unknown);
    return NULL;
}

static bt_component_class_initialize_method_status report_initialize(bt_self_component_sink *self_sink,
                                                                     bt_self_component_sink_configuration *configuration,
                                                                     const bt_value *params, void *data)
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
    struct reporter *r = hs_bt_data_of_sink(self);
    return hs_bt_listen_begin(&r->ear, self);
}

static bt_component_class_sink_consume_method_status report_consume(bt_self_component_sink *self)
{
    struct reporter *r = hs_bt_data_of_sink(self);
    struct hs_error error = {0};
    bt_component_class_sink_consume_method_status status = hs_bt_listen(&r->ear);
    if (status != BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END || !hs_bt_report_print(r->report, stdout, &error))
        return status;
    bt_current_thread_error_append_cause_from_component(bt_self_component_sink_as_self_component(self), __FILE__, __LINE__, "%s",
                                                        error.text);
    return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_ERROR;
}

static void report_finalize(bt_self_component_sink *self)
{
    struct reporter *r = hs_bt_data_of_sink(self);
    hs_bt_listen_end(&r->ear);
    hs_bt_report_free(r->report);
    free(r);
}

/* ---- the plugin ---- */

/* How certain the component is that it can read a file; babeltrace2 queries this before it uses the component. */
static bt_component_class_query_method_status source_query(bt_self_component_class_source *self,
                                                           bt_private_query_executor *executor, const char *object,
                                                           const bt_value *params, void *data, const bt_value **result)
{
    const char *type = hs_bt_text_param(params, "type"), *input = hs_bt_text_param(params, "input");
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
BT_PLUGIN_SOURCE_COMPONENT_CLASS(trace, hs_bt_iterator_next);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_DESCRIPTION(trace, "Reads a HeapStrata trace (.hst, stream or memory image).");
BT_PLUGIN_SOURCE_COMPONENT_CLASS_HELP(
    trace,
    "Parameters: inputs (one file); events: records (default), libc or both; elf: firmware to name native functions from; heap, "
    "region: only events of that; follow: yes, to wait at the end of a file that is being written until its writer is done.");
BT_PLUGIN_SOURCE_COMPONENT_CLASS_INITIALIZE_METHOD(trace, hs_bt_source_initialize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_FINALIZE_METHOD(trace, hs_bt_source_finalize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_QUERY_METHOD(trace, source_query);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD(trace, hs_bt_iterator_initialize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_FINALIZE_METHOD(trace, hs_bt_iterator_finalize);
BT_PLUGIN_SOURCE_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_SEEK_BEGINNING_METHODS(trace, hs_bt_iterator_rewind,
                                                                               hs_bt_iterator_can_rewind);
BT_PLUGIN_SINK_COMPONENT_CLASS(report, report_consume);
BT_PLUGIN_SINK_COMPONENT_CLASS_DESCRIPTION(report, "Shows which lines requested memory, and which hold live blocks.");
BT_PLUGIN_SINK_COMPONENT_CLASS_HELP(
    report,
    "Takes the events of LTTng's wrapper of the C library (lttng_ust_libc:*). Parameters: sort (line, function, file, native, thread, "
    "or several with commas in between); limit (rows, default 40, 0: all); live or peak (yes: rank by that); elf (FILE or "
    "FILE@ADDRESS to take names from); json (yes).");
BT_PLUGIN_SINK_COMPONENT_CLASS_INITIALIZE_METHOD(report, report_initialize);
BT_PLUGIN_SINK_COMPONENT_CLASS_GRAPH_IS_CONFIGURED_METHOD(report, report_configured);
BT_PLUGIN_SINK_COMPONENT_CLASS_FINALIZE_METHOD(report, report_finalize);

#endif
