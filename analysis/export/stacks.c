/* SPDX-License-Identifier: MIT */
#include "analysis/export/export.h"
#include "analysis/export/stacks.h"
#include "analysis/sites/estimates.h"

#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"
#include "lib/host/util/map.h"

static bool append_frame(struct hs_stacks *s, const char *name, const struct hs_frame *frame)
{
    struct hs_stack_frame *to = hs_array_add(s->frame, s->n_frames, s->room_frames);
    if (!to)
        return false;
    *to = (struct hs_stack_frame){
        .name = strdup(name),
        .function = strdup(frame->function),
        .file = strdup(frame->file),
        .line = frame->line,
    };
    return to->name && to->function && to->file && hs_map_add(&s->map, hs_hash_text(name), (uint32_t)s->n_frames - 1);
}

/* The number of a frame, known or new. Returns false when out of memory. */
static bool number_frame(struct hs_stacks *s, const struct hs_frame *frame, uint32_t *number)
{
    char buffer[HS_NAME_MAX];
    const char *name = hs_name_of_frame(frame, HS_KEY_LINE, buffer);
    struct hs_map_search search = hs_map_search(&s->map, hs_hash_text(name));
    while (hs_map_next(&s->map, &search))
        if (!strcmp(s->frame[search.number].name, name)) {
            *number = search.number;
            return true;
        }
    *number = (uint32_t)s->n_frames;
    return append_frame(s, name, frame);
}

static bool add_stack(struct hs_stacks *s, uint32_t site, const struct hs_names *names)
{
    struct hs_frame frame[HS_DEPTH_MAX];
    struct hs_symbol native;
    struct hs_stack *stack = &s->stack[s->n];
    unsigned n = hs_frames_of_site(names, site, frame, &native);
    stack->site = site;
    stack->frame = malloc(n * sizeof *stack->frame);
    if (!stack->frame)
        return false;
    s->n++;
    stack->n = n;
    for (unsigned i = 0; i < n; i++)
        if (!number_frame(s, &frame[n - 1 - i], &stack->frame[i]))
            return false;
    return true;
}

uint64_t hs_stacks_weight(const struct hs_stacks *s, enum hs_weight weight)
{
    uint64_t all = 0;
    for (size_t i = 0; i < s->n; i++)
        all += hs_weight_of(&s->stack[i].sum, weight);
    return all;
}

int hs_stacks_need(const struct hs_stacks *s, const struct hs_export_job *job, unsigned weights, struct hs_error *error)
{
    static const char *const instead[] = {
        [HS_WEIGHT_BYTES] = "requests were not recorded; --weight live has what is live",
        [HS_WEIGHT_LIVE] = "nothing is live at the end; --weight bytes has what was requested",
        [HS_WEIGHT_PEAK] = "nothing was held at any moment",
    };
    unsigned there = 0;
    for (unsigned w = HS_WEIGHT_BYTES; w <= HS_WEIGHT_PEAK; w++)
        there |= hs_stacks_weight(s, (enum hs_weight)w) ? 1u << w : 0;
    if (there & weights)
        return HS_OK;
    bool none = !there || weights & (weights - 1);
    return hs_export_fail(error, HS_ERR_ARG, "%s: %s", job->input,
                          none ? "the trace has no allocation and no live block" : instead[__builtin_ctz(weights)]);
}

static uint64_t rest(uint64_t whole, uint64_t part) { return whole > part ? whole - part : 0; }

/* Bytes of a summary that belong to no stack: their allocations were not recorded. */
static bool add_rest(struct hs_stacks *s, const struct hs_model *m)
{
    struct hs_region_summary told = hs_model_summary(m, HS_ALL_REGIONS);
    struct hs_stack *stack = &s->stack[s->n];
    s->told = hs_model_summary_only(m) && told.known;
    uint64_t live = s->told ? rest(told.used, hs_stacks_weight(s, HS_WEIGHT_LIVE)) : 0;
    uint64_t at_peak = m->levels.peak > m->peak ? rest(m->levels.peak, hs_stacks_weight(s, HS_WEIGHT_PEAK)) : 0;
    if (!(live | at_peak))
        return true;
    *stack = (struct hs_stack){.site = HS_SITE_UNKNOWN, .n = 1, .sum = {.live = live, .at_peak = at_peak}};
    stack->frame = malloc(sizeof *stack->frame);
    if (!stack->frame)
        return false;
    s->n++;
    s->rest = stack;
    hs_sum_add(&s->total, &stack->sum);
    return number_frame(s, &(struct hs_frame){.file = "", .function = "(not recorded)"}, stack->frame);
}

int hs_stacks_build(struct hs_stacks *s, const struct hs_model *model, const struct hs_names *names)
{
    *s = (struct hs_stacks){0};
    s->stack = calloc(model->n_sums + 1u, sizeof *s->stack);
    for (uint32_t i = 0; s->stack && i < model->n_sums; i++) {
        struct hs_site_sum sum = hs_sum_at_end(model, &model->sum[i]);
        if (!(hs_all_bytes(&sum) | hs_all_live(&sum) | sum.at_peak))
            continue;
        s->stack[s->n].sum = sum;
        if (!add_stack(s, i - 1, names))
            return HS_ERR_MEMORY;
        hs_sum_add(&s->total, &sum);
    }
    return s->stack && add_rest(s, model) ? HS_OK : HS_ERR_MEMORY;
}

void hs_stacks_free(struct hs_stacks *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->stack[i].frame);
    for (size_t i = 0; i < s->n_frames; i++) {
        free((char *)s->frame[i].name);
        free((char *)s->frame[i].function);
        free((char *)s->frame[i].file);
    }
    hs_map_free(&s->map);
    free(s->stack);
    free(s->frame);
}

int hs_stacks_of_job(struct hs_stacks *s, const struct hs_export_job *job, struct hs_error *error)
{
    struct hs_reader *reader = NULL;
    struct hs_model *model = NULL;
    *s = (struct hs_stacks){0};
    int status = hs_export_replay(job, &reader, &model, error);
    if (!status && hs_stacks_build(s, model, &(struct hs_names){.reader = reader, .symbols = job->symbols}))
        status = hs_export_fail(error, HS_ERR_MEMORY, "%s: %s", job->input, hs_strerror(HS_ERR_MEMORY));
    hs_model_free(model);
    if (reader)
        hs_reader_close(reader);
    return status;
}
