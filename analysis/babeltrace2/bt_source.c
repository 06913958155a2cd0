/* SPDX-License-Identifier: MIT
 *
 * The component source.heapstrata.trace.
 */
#include "analysis/babeltrace2/bt_internal.h"

#if HS_BT

#include <stdlib.h>
#include <string.h>

const char *hs_bt_text_param(const bt_value *params, const char *name)
{
    const bt_value *value = bt_value_map_borrow_entry_value_const(params, name);
    return value && bt_value_get_type(value) == BT_VALUE_TYPE_STRING ? bt_value_string_get(value) : NULL;
}

bool hs_bt_flag_param(const bt_value *params, const char *name)
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
} set_names[] = {{"records", HS_EVENT_STREAM_RECORDS},
                 {"libc", HS_EVENT_STREAM_LIBC},
                 {"both", HS_EVENT_STREAM_RECORDS | HS_EVENT_STREAM_LIBC}};

static unsigned sets_named(const char *name)
{
    for (size_t i = 0; i < sizeof set_names / sizeof *set_names; i++)
        if (!strcmp(set_names[i].name, name))
            return set_names[i].sets;
    return 0;
}

/* Without a heap and a region: all regions, also nested ones. */
static bool take_selection(struct hs_bt_component *c, const bt_value *params)
{
    const char *heap = hs_bt_text_param(params, "heap"), *region = hs_bt_text_param(params, "region");
    c->job.selection.heap = c->heap = heap ? strdup(heap) : NULL;
    c->job.selection.region = c->region = region ? strdup(region) : NULL;
    return (!heap || c->heap) && (!region || c->region);
}

/* Fills the job from the user's parameters. Returns an error message, or NULL. */
static const char *read_params(struct hs_bt_component *c, const bt_value *params, struct hs_error *error)
{
    const char *input = input_param(params), *events = hs_bt_text_param(params, "events"), *elf = hs_bt_text_param(params, "elf");
    c->job.follow = hs_bt_flag_param(params, "follow");
    c->job.sets = events ? sets_named(events) : HS_EVENT_STREAM_RECORDS;
    if (!input)
        return "parameter `inputs`: exactly one trace file is needed";
    if (!c->job.sets)
        return "parameter `events`: records, libc or both";
    c->input = strdup(input);
    c->job.input = c->input;
    if (elf && !(c->symbols = hs_symbols_open(elf, error)))
        return error->text;
    c->job.symbols = c->symbols;
    return take_selection(c, params) && c->input ? NULL : hs_strerror(HS_ERR_MEMORY);
}

bt_component_class_initialize_method_status hs_bt_source_initialize(bt_self_component_source *self_source,
                                                                    bt_self_component_source_configuration *configuration,
                                                                    const bt_value *params, void *data)
{
    bt_self_component *self = bt_self_component_source_as_self_component(self_source);
    const struct hs_bt_handover *handover = data;
    struct hs_bt_component *c = calloc(1, sizeof *c);
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
        hs_bt_component_free(c);
        return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
    }
    hs_bt_declare(c, self);
    bt_self_component_set_data(self, c);
    bt_self_component_source_add_output_port(self_source, "out", NULL, NULL);
    return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

void hs_bt_source_finalize(bt_self_component_source *self)
{
    hs_bt_component_free(bt_self_component_get_data(bt_self_component_source_as_self_component(self)));
}

#endif
