/* SPDX-License-Identifier: MIT
 *
 * storm_check TRACE NAMES: at each of the storm's marks, whether the pools are as full by the trace as by lwIP's own lists.
 * NAMES: the pools by memp_t, separated by commas. Prints how many marks were compared.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sites/pools.h"

static struct hs_pools *pools;
static const char *names;
static unsigned long compared, wrong;

static unsigned in_use(const char *name, size_t length)
{
    for (unsigned i = 0; i < pools->n; i++)
        if (strlen(pools->pool[i].name) == length && !memcmp(pools->pool[i].name, name, length))
            return pools->pool[i].now;
    return 0;
}

static void at_mark(const struct hs_event *e)
{
    char label[65];
    const char *name = names, *told = label;
    snprintf(label, sizeof label, "%.*s", (int)e->record->mark.label.len, e->record->mark.label.data);
    for (int pool = 0; *name; pool++) {
        size_t length = strcspn(name, ",");
        unsigned said = (unsigned)strtoul(told, NULL, 10), known = in_use(name, length);
        if (said != known) {
            wrong++;
            fprintf(stderr, "record %llu: %.*s: lwIP has %u in use, the trace %u\n", (unsigned long long)e->number, (int)length,
                    name, said, known);
        }
        told += strcspn(told, ",") + (told[strcspn(told, ",")] == ',');
        name += length + (name[length] == ',');
    }
    compared++;
}

/* Behind a snapshot of a ring all is known again; before the first nothing is. */
static void after(void *context, const struct hs_event *e)
{
    hs_pools_feed(context, e);
    if (e->kind == HS_MARK && pools->model->synced)
        at_mark(e);
}

int main(int argc, char **argv)
{
    struct hs_error error;
    const struct hs_event *events;
    struct hs_reader *reader = argc == 3 ? hs_reader_open(argv[1], &error) : NULL;
    if (!reader)
        return 2;
    names = argv[2];
    pools = hs_pools_new(reader, 0);
    struct hs_model *model = hs_model_new(&(struct hs_model_observer){.context = pools, .after = after});
    pools->model = model;
    for (long n; (n = hs_reader_next(reader, &events)) > 0;)
        hs_model_feed(model, events, n);
    const struct hs_trace_info *info = hs_reader_info(reader);
    printf("%lu compared, %lu wrong, %llu diverged, %llu lost\n", compared, wrong, (unsigned long long)info->diverged,
           (unsigned long long)info->lost);
    return wrong || info->diverged || !compared;
}
