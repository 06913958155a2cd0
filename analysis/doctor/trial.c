/* SPDX-License-Identifier: MIT */
#include "analysis/doctor/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/whatif/smallest.h"

#define SEARCH_STEPS 200000u /* a search replays a program about 30 times, so longer programs are not searched */

#define LESS 0.95 /* of a heap's size; smaller savings are not reported */

/* A replay models one heap of one kind. */
static bool can_replay(const struct hs_doctor_input *input)
{
    const struct hs_program *p = input->trials ? input->trials->program : NULL;
    if (!p || !p->running || p->error || !p->allocated || input->model->levels.last > HS_LEVEL_FULL)
        return false;
    for (unsigned i = 1; i < input->model->n_regions; i++)
        if (input->model->region[i].shift != input->model->region[0].shift ||
            input->model->region[i].placement != input->model->region[0].placement)
            return false;
    return true;
}

static struct hs_setting setting(const struct hs_doctor_input *input, double death)
{
    const struct hs_program *p = input->trials->program;
    bool often = hs_reader_fact(input->reader, "collect-every") != NULL;
    return (struct hs_setting){
        .policy = hs_policy_at(0),
        .shift = p->shift,
        .death = death,
        .stop = true,
        .threshold = often || !p->threshold ? HS_THRESHOLD_NONE : p->threshold << p->shift,
    };
}

static bool enough(const struct hs_program *program, struct hs_setting set)
{
    struct hs_rerun_result result;
    return hs_rerun(&result, program, &set) == HS_OK && !result.failed;
}

static uint64_t smallest(const struct hs_doctor_input *input, const struct hs_program *program)
{
    struct hs_smallest found;
    const struct hs_heap_size size = {.micropython = program->micropython, .shift = program->shift};
    struct hs_setting set = setting(input, HS_DEATH_EARLY);
    set.granules = hs_heap_granules(&size, program->bytes);
    return program->n <= SEARCH_STEPS && !hs_smallest_find(&found, program, &set, &size) ? found.bytes : 0;
}

uint64_t hs_smallest_heap(const struct hs_doctor_input *input)
{
    struct hs_trials *trials = input->trials;
    if (!can_replay(input))
        return 0;
    if (!trials->searched)
        trials->smallest = smallest(input, trials->program);
    trials->searched = true;
    return trials->smallest;
}

static struct hs_trial replay_both(const struct hs_doctor_input *input, const struct hs_program *changed)
{
    bool late = enough(changed, setting(input, HS_DEATH_LATE));
    struct hs_trial trial = {.ran = true, .helps = late || enough(changed, setting(input, HS_DEATH_EARLY)), .early = !late};
    trial.before = hs_smallest_heap(input);
    trial.after = trial.before ? smallest(input, changed) : 0;
    return trial;
}

struct hs_trial hs_try(const struct hs_doctor_input *input, enum hs_edit_kind kind, const char *line)
{
    struct hs_trial trial = {.ran = false};
    struct hs_program changed = {0};
    bool found = false;
    if (!can_replay(input))
        return trial;
    struct hs_edit edit = {.kind = kind, .n_sites = hs_reader_sites(input->reader)};
    bool *site = hs_sites_of_line(input->names, edit.n_sites, line, &found);
    edit.site = site;
    if (found && hs_program_edit(&changed, input->trials->program, &edit) == HS_OK)
        trial = replay_both(input, &changed);
    hs_program_free(&changed);
    free(site);
    return trial;
}

struct hs_trial hs_try_blocks(const struct hs_doctor_input *input, enum hs_edit_kind kind, const struct hs_block_set *set)
{
    struct hs_trial trial = {.ran = false};
    struct hs_program changed = {0};
    if (!can_replay(input) || !set->n)
        return trial;
    struct hs_edit edit = {.kind = kind, .n_sites = hs_reader_sites(input->reader), .born = set->born, .n_born = set->n};
    if (hs_program_edit(&changed, input->trials->program, &edit) == HS_OK)
        trial = replay_both(input, &changed);
    hs_program_free(&changed);
    return trial;
}

const char *hs_trial_words(const struct hs_trial *t, char *text)
{
    char heap[120] = "";
    if (t->before && t->after && t->after < LESS * (double)t->before)
        snprintf(heap, sizeof heap, "the smallest heap falls from %" PRIu64 " to %" PRIu64 " bytes at best", t->before, t->after);
    text[0] = '\0';
    if (t->ran && (t->helps || heap[0]))
        snprintf(text, HS_NOTE_LEN, ": tried on this trace, %s%s%s%s", t->helps ? "no allocation fails" : "",
                 t->helps && t->early ? " if garbage dies early" : "", t->helps && heap[0] ? ", and " : "", heap);
    return text;
}
