/* SPDX-License-Identifier: MIT */
#include "analysis/doctor/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/whatif/smallest.h"

#define SEARCH_STEPS 200000u /* a search replays a program about 30 times, so longer programs are not searched */

#define FINAL_STEPS 64u /* a final size is found to this part of what was requested */
#define MORE 1.05       /* times the heap's size; less more is soon used up by what was not requested yet */
#define LESS 0.95       /* of a heap's size; smaller savings are not reported */

static void release(struct hs_trial_boot *boot)
{
    hs_program_free(&boot->program);
    free(boot);
}

static void forget_obsolete(struct hs_trials *t, const struct hs_failure_watch *watch)
{
    unsigned n = 0;
    for (unsigned i = 0; i < t->n; i++)
        if (hs_failure_watch_has(watch, t->boot[i]->boot))
            t->boot[n++] = t->boot[i];
        else
            release(t->boot[i]);
    t->n = n;
}

void hs_trials_end_boot(struct hs_trials *t, struct hs_program *program, const struct hs_model *m,
                        const struct hs_failure_watch *watch)
{
    forget_obsolete(t, watch);
    bool kept = t->n < HS_DIAGNOSES && hs_failure_watch_has(watch, m->boot);
    struct hs_trial_boot *boot = kept ? calloc(1, sizeof *boot) : NULL;
    if (!boot) {
        hs_program_free(program);
        return;
    }
    *boot = (struct hs_trial_boot){.program = *program, .boot = m->boot, .replays = hs_program_replays(program, m)};
    *program = (struct hs_program){.boots = program->boots};
    t->boot[t->n++] = boot;
}

void hs_trials_free(struct hs_trials *t)
{
    while (t->n)
        release(t->boot[--t->n]);
}

/* The boot of a failure; NULL: it cannot be replayed. */
static struct hs_trial_boot *boot_of(const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    for (unsigned i = 0; input->trials && i < input->trials->n; i++)
        if (input->trials->boot[i]->boot == d->failure.boot && input->trials->boot[i]->replays)
            return input->trials->boot[i];
    return NULL;
}

static struct hs_setting setting(const struct hs_doctor_input *input, const struct hs_program *p, double death)
{
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

static uint64_t smallest(const struct hs_doctor_input *input, const struct hs_program *program, double death)
{
    struct hs_smallest found;
    const struct hs_heap_size size = {.micropython = program->micropython, .shift = program->shift};
    struct hs_setting set = setting(input, program, death);
    set.granules = hs_heap_granules(&size, program->bytes);
    return program->n <= SEARCH_STEPS && !hs_smallest_find(&found, program, &set, &size) ? found.bytes : 0;
}

/* A heap that was not enough is no answer: the blocks that a trace begins with are placed anew in a heap of another size, without
 * the gaps that they had. */
static uint64_t smallest_of_boot(const struct hs_doctor_input *input, struct hs_trial_boot *boot, const struct hs_diagnosis *d)
{
    if (!boot->searched)
        boot->smallest = smallest(input, &boot->program, HS_DEATH_EARLY);
    boot->searched = true;
    return boot->smallest > d->total ? boot->smallest : 0;
}

uint64_t hs_heap_with_tables(const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    const struct hs_trial_boot *boot = boot_of(input, d);
    if (!boot || !boot->program.micropython || !d->total)
        return 0;
    const struct hs_heap_size size = {.micropython = true, .shift = boot->program.shift};
    return hs_heap_bytes(&size, (uint32_t)(d->total >> size.shift));
}

struct hs_least_heap hs_smallest_heap(const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    struct hs_trial_boot *boot = boot_of(input, d);
    struct hs_least_heap least = {.early = boot ? smallest_of_boot(input, boot, d) : 0};
    if ((double)least.early < MORE * (double)d->total)
        return (struct hs_least_heap){.early = 0};
    least.late = smallest(input, &boot->program, HS_DEATH_LATE);
    return least;
}

static struct hs_trial replay_both(const struct hs_doctor_input *input, struct hs_trial_boot *boot, const struct hs_diagnosis *d,
                                   const struct hs_program *changed)
{
    const struct hs_program *p = &boot->program;
    bool late = enough(changed, setting(input, p, HS_DEATH_LATE));
    struct hs_trial trial = {.ran = true, .helps = late || enough(changed, setting(input, p, HS_DEATH_EARLY)), .early = !late};
    trial.before = smallest_of_boot(input, boot, d);
    trial.after = trial.before ? smallest(input, changed, HS_DEATH_EARLY) : 0;
    trial.at_most = trial.before ? smallest(input, changed, HS_DEATH_LATE) : 0;
    return trial;
}

struct hs_trial hs_try(const struct hs_doctor_input *input, const struct hs_diagnosis *d, enum hs_edit_kind kind, const char *line)
{
    struct hs_trial trial = {.ran = false};
    struct hs_program changed = {0};
    struct hs_trial_boot *boot = boot_of(input, d);
    bool found = false;
    if (!boot)
        return trial;
    struct hs_edit edit = {.kind = kind, .n_sites = hs_reader_sites(input->reader)};
    bool *site = hs_sites_of_line(input->names, edit.n_sites, line, &found);
    edit.site = site;
    if (found && hs_program_edit(&changed, &boot->program, &edit) == HS_OK)
        trial = replay_both(input, boot, d, &changed);
    hs_program_free(&changed);
    free(site);
    return trial;
}

static bool fits(const struct hs_doctor_input *input, struct hs_trial_boot *boot, const struct hs_edit *edit)
{
    struct hs_program changed = {0};
    bool fits = hs_program_edit(&changed, &boot->program, edit) == HS_OK &&
                enough(&changed, setting(input, &boot->program, HS_DEATH_LATE));
    hs_program_free(&changed);
    return fits;
}

uint32_t hs_try_final_size(const struct hs_doctor_input *input, const struct hs_diagnosis *d, const char *line)
{
    struct hs_trial_boot *boot = boot_of(input, d);
    bool found = false;
    uint32_t low = d->asked ? (uint32_t)d->asked->largest : 0, high = d->failure.size, step = high / FINAL_STEPS + 1;
    if (!boot || !low || low >= high || boot->program.n > SEARCH_STEPS)
        return 0;
    struct hs_edit edit = {.kind = HS_EDIT_FINAL_SIZE, .n_sites = hs_reader_sites(input->reader), .final = low};
    bool *site = hs_sites_of_line(input->names, edit.n_sites, line, &found);
    edit.site = site;
    bool any = found && fits(input, boot, &edit);
    while (any && high - low > step) {
        edit.final = low + (high - low) / 2;
        if (fits(input, boot, &edit))
            low = edit.final;
        else
            high = edit.final;
    }
    free(site);
    return any ? low : 0;
}

struct hs_trial hs_try_blocks(const struct hs_doctor_input *input, const struct hs_diagnosis *d, enum hs_edit_kind kind,
                              const struct hs_block_set *set)
{
    struct hs_trial trial = {.ran = false};
    struct hs_program changed = {0};
    struct hs_trial_boot *boot = boot_of(input, d);
    if (!boot || !set->n)
        return trial;
    struct hs_edit edit = {.kind = kind, .n_sites = hs_reader_sites(input->reader), .born = set->born, .n_born = set->n};
    if (hs_program_edit(&changed, &boot->program, &edit) == HS_OK)
        trial = replay_both(input, boot, d, &changed);
    hs_program_free(&changed);
    return trial;
}

static uint32_t step_of_failure(const struct hs_program *p, const struct hs_failure *f)
{
    uint32_t i = 0;
    while (i < p->n && p->step[i].number < f->number)
        i++;
    return i;
}

static bool lasts(const struct hs_program *p, const struct hs_life *life, uint32_t failed)
{
    return p->step[life->born].kind == HS_STEP_ALLOC && life->born < failed && (life->swept == HS_NEVER || life->swept > failed);
}

void hs_trial_find_lasting(struct hs_block_set *set, const struct hs_doctor_input *input, const struct hs_diagnosis *d,
                           const char *const *line, size_t n)
{
    const struct hs_trial_boot *boot = boot_of(input, d);
    const struct hs_program *p = boot ? &boot->program : NULL;
    *set = (struct hs_block_set){.born = p ? calloc((size_t)p->n_blocks + 1, sizeof *set->born) : NULL};
    uint32_t sites = set->born ? hs_reader_sites(input->reader) : 0, failed = set->born ? step_of_failure(p, &d->failure) : 0;
    bool found, *taken = set->born ? calloc((size_t)p->n_blocks + 1, sizeof *taken) : NULL;
    for (size_t k = 0; taken && k < n; k++) {
        bool *site = hs_sites_of_line(input->names, sites, line[k], &found);
        for (uint32_t i = 0; site && i < p->n_blocks; i++) {
            uint32_t of = p->step[p->block[i].born].site;
            taken[i] = taken[i] || (of < sites && site[of] && lasts(p, &p->block[i], failed));
        }
        free(site);
    }
    for (uint32_t i = 0; taken && i < p->n_blocks; i++)
        if (taken[i])
            set->born[set->n++] = p->step[p->block[i].born].number;
    free(taken);
}

bool hs_trial_saves(const struct hs_trial *t) { return t->before && t->at_most && t->at_most < LESS * (double)t->before; }

/* Both bounds where they differ: garbage dies between two collections, where in between is not known. */
static void word_heap(const struct hs_trial *t, char *text, size_t size)
{
    bool falls = t->before && t->after && t->after < LESS * (double)t->before;
    bool surely = hs_trial_saves(t);
    uint64_t to = surely && !(falls && t->after < LESS * (double)t->at_most) ? t->at_most : t->after;
    text[0] = '\0';
    if (!falls && !surely)
        return;
    int n = snprintf(text, size, "the smallest heap falls from %" PRIu64 " to %" PRIu64 " bytes%s", t->before, to,
                     to == t->at_most ? "" : " at best");
    if (to != t->at_most && t->at_most && t->at_most < t->before)
        snprintf(text + n, size - (size_t)n, ", %" PRIu64 " at worst", t->at_most);
    else if (to != t->at_most && t->at_most)
        snprintf(text + n, size - (size_t)n, ", and at worst it does not fall");
}

const char *hs_trial_words(const struct hs_trial *t, char *text)
{
    char heap[120];
    word_heap(t, heap, sizeof heap);
    text[0] = '\0';
    if (t->ran && (t->helps || heap[0]))
        snprintf(text, HS_NOTE_LEN, ": tried on this trace, %s%s%s%s%s", t->helps ? "no allocation fails up to its end" : "",
                 t->helps && t->early ? " at best (the trace does not show when garbage was let go of)" : "",
                 t->helps && heap[0] ? ", and " : "", heap, t->helps ? "" : "; alone not enough for this heap");
    return text;
}
