/* SPDX-License-Identifier: MIT
 *
 * Holds a trace of tests/esp-idf/work.c against what that program knows: verify TRACE TRUTH. Prints what it counted, and
 * what is wrong; exit status 1 when anything is.
 *
 *   lost     a block that is there, and not in the trace, or has another length than one of its size can have
 *   phantom  one that is in the trace, and not there
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/model/model.h"

struct block {
    uint64_t address, size;
    bool seen;
};

static struct block *truth;
static size_t n_truth;
static uint64_t counts[4];
static unsigned wrong;

static int by_address(const void *a, const void *b)
{
    const struct block *x = a, *y = b;
    return x->address < y->address ? -1 : x->address > y->address;
}

static void load(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64, &counts[0], &counts[1], &counts[2], &counts[3]) != 4)
        exit(2);
    truth = calloc(1u << 16, sizeof *truth);
    while (n_truth < 1u << 16 && fscanf(f, "%" SCNu64 "%" SCNu64, &truth[n_truth].address, &truth[n_truth].size) == 2)
        n_truth++;
    fclose(f);
    qsort(truth, n_truth, sizeof *truth, by_address);
}

static void complain(const char *what, uint64_t address, uint64_t size)
{
    if (wrong++ < 10)
        printf("%s: block at 0x%" PRIx64 ", %" PRIu64 " bytes\n", what, address, size);
}

/* The region in which a block is that other regions lie in is no heap of its own. */
static bool holds_region(const struct hs_model *m, uint64_t from, uint64_t to)
{
    for (unsigned i = 0; i < m->n_regions; i++)
        if (m->region[i].present && m->region[i].base > from && m->region[i].base < to)
            return true;
    return false;
}

static void check_block(const struct hs_model *m, const struct hs_region_state *region, uint32_t pos)
{
    const struct hs_live_block *block = &m->block[pos];
    uint64_t header = region->base + ((uint64_t)(pos - region->first) << region->shift);
    uint64_t bytes = (uint64_t)block->granules << region->shift;
    struct block key = {.address = header + 4}, *real = bsearch(&key, truth, n_truth, sizeof *truth, by_address);
    if (holds_region(m, header, header + bytes))
        return;
    if (!real) {
        complain("phantom", header + 4, bytes);
        return;
    }
    real->seen = true;
    uint64_t least = real->size + 4 < 16 ? 16 : (real->size + 7) & ~3ull;
    if (bytes < least || bytes > least + 20 + least / 16) /* a rest, the word in front of an alias, TLSF's classes of size */
        complain("of another length", header + 4, real->size);
}

static void check_count(const char *what, uint64_t seen, uint64_t real)
{
    if (seen == real)
        return;
    wrong++;
    printf("%s: %" PRIu64 " in the trace, %" PRIu64 " in truth\n", what, seen, real);
}

int main(int argc, char **argv)
{
    struct hs_error error;
    const struct hs_event *event;
    long n;
    if (argc != 3)
        return 2;
    load(argv[2]);
    struct hs_reader *reader = hs_reader_open(argv[1], &error);
    struct hs_model *model = hs_model_new(NULL);
    if (!reader) {
        printf("%s\n", error.text);
        return 2;
    }
    while ((n = hs_reader_next(reader, &event)) > 0)
        hs_model_feed(model, event, n);
    const struct hs_trace_info *info = hs_reader_info(reader);
    if (hs_reader_error(reader)->code) {
        wrong++;
        printf("%s\n", hs_reader_error(reader)->text);
    }
    for (unsigned i = 0; i < model->n_regions; i++) {
        const struct hs_region_state *region = &model->region[i];
        uint32_t end = region->first + region->granules;
        for (uint32_t pos = region->first; region->present && (pos = hs_model_next(model, pos, end)) < end; pos++)
            check_block(model, region, pos);
    }
    for (size_t i = 0; i < n_truth; i++)
        if (!truth[i].seen)
            complain("lost", truth[i].address, truth[i].size);
    check_count("contradictions", info->diverged, 0);
    check_count("lost records", info->lost, 0);
    check_count("failures", model->kind[HS_FAIL], counts[3]);
    check_count("resizes", model->kind[HS_REALLOC], counts[2]);
    check_count("frees", model->kind[HS_FREE], counts[1] + 1); /* and that of the self-test */
    printf("%" PRIu64 " events, %zu blocks at the end, %" PRIu64 " allocations, %" PRIu64 " frees, %" PRIu64 " resizes, %" PRIu64
           " failures, %u regions, %.2f bytes an event: %u wrong\n",
           info->events, n_truth, model->kind[HS_ALLOC], model->kind[HS_FREE], model->kind[HS_REALLOC], model->kind[HS_FAIL],
           model->n_regions, info->events ? (double)(info->packet_bytes + info->dict_bytes) / (double)info->events : 0, wrong);
    hs_model_free(model);
    hs_reader_close(reader);
    free(truth);
    return wrong ? 1 : 0;
}
