/* SPDX-License-Identifier: MIT
 *
 * The file format of speedscope.app: three profiles over the same frames.
 */
#include "analysis/export/export.h"
#include "analysis/export/stacks.h"
#include "analysis/draw/json.h"

static const struct {
    enum hs_weight weight;
    const char *name;
} profiles[] = {
    {HS_WEIGHT_BYTES, "bytes requested"},
    {HS_WEIGHT_PEAK, "live at the peak"},
    {HS_WEIGHT_LIVE, "live at the end"},
};

static void put_frames(struct hs_json *json, const struct hs_stacks *stacks)
{
    hs_json_object(json, "shared");
    hs_json_array(json, "frames");
    for (size_t i = 0; i < stacks->n_frames; i++) {
        const struct hs_stack_frame *frame = &stacks->frame[i];
        hs_json_object(json, NULL);
        hs_json_text(json, "name", frame->function[0] ? frame->function : frame->name);
        if (frame->line) {
            hs_json_text(json, "file", frame->file);
            hs_json_uint(json, "line", frame->line);
        }
        hs_json_end(json);
    }
    hs_json_end(json);
    hs_json_end(json);
}

static void put_samples(struct hs_json *json, const struct hs_stacks *stacks, enum hs_weight weight)
{
    hs_json_array(json, "samples");
    for (size_t i = 0; i < stacks->n; i++) {
        const struct hs_stack *stack = &stacks->stack[i];
        if (!hs_weight_of(&stack->sum, weight))
            continue;
        hs_json_array(json, NULL);
        for (unsigned k = 0; k < stack->n; k++)
            hs_json_uint(json, NULL, stack->frame[k]);
        hs_json_end(json);
    }
    hs_json_end(json);
    hs_json_array(json, "weights");
    for (size_t i = 0; i < stacks->n; i++)
        if (hs_weight_of(&stacks->stack[i].sum, weight))
            hs_json_uint(json, NULL, hs_weight_of(&stacks->stack[i].sum, weight));
    hs_json_end(json);
}

/* Only profiles with samples: an empty profile would mean that nothing was allocated. */
static void put_profiles(struct hs_json *json, const struct hs_stacks *stacks)
{
    bool asked = hs_stacks_weight(stacks, HS_WEIGHT_BYTES) != 0;
    hs_json_array(json, "profiles");
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        char name[64];
        if (!hs_stacks_weight(stacks, profiles[i].weight))
            continue;
        snprintf(name, sizeof name, "%s%s", profiles[i].name, asked ? "" : " (requests were not recorded)");
        hs_json_object(json, NULL);
        hs_json_text(json, "type", "sampled");
        hs_json_text(json, "name", name);
        hs_json_text(json, "unit", "bytes");
        hs_json_uint(json, "startValue", 0);
        hs_json_uint(json, "endValue", hs_stacks_weight(stacks, profiles[i].weight));
        put_samples(json, stacks, profiles[i].weight);
        hs_json_end(json);
    }
    hs_json_end(json);
}

static int run(const struct hs_export_job *job, struct hs_error *error)
{
    struct hs_stacks stacks;
    struct hs_json *json = hs_json_new();
    int status = json ? hs_stacks_of_job(&stacks, job, error) : hs_export_fail(error, HS_ERR_MEMORY, "out of memory");
    if (!json)
        return status;
    if (!status)
        status = hs_stacks_need(&stacks, job, 7, error);
    if (!status) {
        hs_json_object(json, NULL);
        hs_json_text(json, "$schema", "https://www.speedscope.app/file-format-schema.json");
        hs_json_text(json, "exporter", "heapstrata " HS_VERSION);
        hs_json_text(json, "name", job->input);
        hs_json_uint(json, "activeProfileIndex", 0);
        put_frames(json, &stacks);
        put_profiles(json, &stacks);
        hs_json_end(json);
        if (hs_json_print(json, job->out, false))
            status = hs_export_fail(error, HS_ERR_MEMORY, "out of memory");
    }
    hs_json_free(json);
    hs_stacks_free(&stacks);
    return status;
}

const struct hs_exporter hs_exporter_speedscope = {
    .name = "speedscope",
    .summary = "stacks for speedscope.app: requested, at the peak, at the end",
    .run = run,
};
