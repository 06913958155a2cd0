/* SPDX-License-Identifier: MIT
 *
 * Pools that were empty, nearly empty or far too large, and the number of elements that would have been enough.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"
#include "analysis/time/summary.h"

/* lwIP stops the program when this pool is empty. */
static bool is_vital(const struct hs_pool *pool) { return !strcmp(pool->name, "SYS_TIMEOUT"); }

/* Elements needed in this run: a refused request would have taken one more. */
static uint32_t needed(const struct hs_pool *pool) { return pool->peak + (pool->refused != 0); }

/* The number of further requests after a refusal is unknown, especially if it ended the program. Twice the known need
 * is the next size to try. */
static uint32_t size_after_refusal(const struct hs_pool *pool) { return 2 * needed(pool); }

static uint32_t with_reserve(uint32_t peak) { return peak + (peak + 3) / 4; }

static void suggest(struct hs_finding *f, const struct hs_pool *pool, uint32_t size, const char *why)
{
    char option[HS_NAME_MAX];
    int64_t bytes = (int64_t)hs_pool_bytes(pool, size) - (int64_t)hs_pool_bytes(pool, pool->size);
    hs_finding_next(f, "#define %s %" PRIu32 " in lwipopts.h instead of %" PRIu32 ": %+" PRId64 " bytes of RAM; %s",
                    hs_pool_option(pool, option), size, pool->size, bytes, why);
}

/* The largest holders, in one note. */
static void name_holders(const struct hs_doctor_input *input, const struct hs_pool *pool, struct hs_finding *f)
{
    size_t n, at = 0;
    char text[HS_NOTE_LEN] = "";
    struct hs_pool_share *share = hs_pool_worst(pool, input->names, &n);
    for (size_t i = 0; i < n && at < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%" PRIu32 " %s", i ? ", " : "", share[i].elements, share[i].name);
    if (n)
        hs_finding_evidence(f, "its elements were held by: %s", text);
    hs_pool_shares_free(share, n);
}

static double seconds(const struct hs_doctor_input *input, uint64_t ticks) { return hs_seconds(input->reader, ticks); }

/* ---- a pool that refused ---- */

/* No later record is from the program itself. */
static bool ended_there(const struct hs_doctor_input *input, const struct hs_pool *pool)
{
    return input->model->number - pool->refused_last <= 3; /* a stop adds up to two records */
}

static bool is_fatal(const struct hs_doctor_input *input, const struct hs_pool *pool)
{
    return pool->refused && (is_vital(pool) || ended_there(input, pool));
}

static void exhausted(const struct hs_doctor_input *input, const struct hs_pool *pool, struct hs_findings *findings)
{
    char name[HS_NAME_MAX];
    struct hs_finding *f = hs_finding_new(findings, "HS-POOL-EMPTY",
                                          is_fatal(input, pool) ? HS_SEVERITY_PROBLEM : HS_SEVERITY_WARNING,
                                          "lwIP's pool %s, of %" PRIu32 " elements, was empty when %" PRIu64 " request%s came",
                                          pool->name, pool->size, pool->refused, pool->refused == 1 ? "" : "s");
    hs_finding_evidence(f, "the first was refused at %.3f s: %s", seconds(input, pool->worst_time),
                        hs_pool_holder_name(pool, input->names, pool->refused_site, name));
    name_holders(input, pool, f);
    hs_finding_evidence(f, "the smallest size that could have been enough for what this run shows is %" PRIu32 "%s", needed(pool),
                        ended_there(input, pool) ? "; the run ends here, so what would have come later is not known"
                                                 : "; the program continued without it");
    suggest(f, pool, size_after_refusal(pool), "twice what is known to be needed is a safe next step");
    hs_finding_next(f,
                    "then record again under load: heapstrata pools shows the most that was needed, and doctor the size for it");
}

/* The number of the region around the interpreter's heap, out of which lwIP takes its elements; the number of regions if there
 * is none. */
static unsigned around(const struct hs_doctor_input *input)
{
    unsigned n = hs_reader_regions(input->reader);
    for (unsigned i = 0; i < n; i++)
        if (hs_reader_region(input->reader, i)->within)
            return hs_reader_region(input->reader, i)->within - 1u;
    return n;
}

/* How to see who holds the heap that had no room. */
static void name_heap(const struct hs_doctor_input *input, struct hs_finding *f)
{
    unsigned number = around(input);
    if (number >= hs_reader_regions(input->reader)) {
        hs_finding_next(
            f, "heapstrata report --live names who holds that heap; heapstrata timeline shows whether it grew all along");
        return;
    }
    const struct hs_region *heap = hs_reader_region(input->reader, number);
    struct hs_space space = hs_space_of_region(input->model, input->reader, number);
    hs_finding_evidence(f,
                        "that heap, '%s', had at most %" PRIu64 " of %" PRIu64
                        " bytes in use: the interpreter's heap grows out of it, and takes what lwIP then lacks",
                        heap->name, space.peak, space.size);
    hs_finding_next(f, "connect before the program fills the memory, or let it hold less: a collection gives those areas of the "
                       "interpreter's heap back that are empty");
    hs_finding_next(f, "heapstrata report --heap %s --live names who holds it; heapstrata timeline --heap %s shows when it grew",
                    heap->name, heap->name);
}

/* The elements come from a heap, so the heap was full. */
static void heap_exhausted(const struct hs_doctor_input *input, const struct hs_pool *pool, struct hs_findings *findings)
{
    char name[HS_NAME_MAX];
    struct hs_finding *f = hs_finding_new(findings, "HS-POOL-HEAP", HS_SEVERITY_PROBLEM,
                                          "%" PRIu64
                                          " request%s of lwIP for a %s found no room in the heap that it takes them from",
                                          pool->refused, pool->refused == 1 ? "" : "s", pool->name);
    hs_finding_evidence(f, "the first was refused at %.3f s: %s", seconds(input, pool->worst_time),
                        hs_pool_holder_name(pool, input->names, pool->refused_site, name));
    for (unsigned i = 0; i < input->pools->n; i++) {
        const struct hs_pool *p = &input->pools->pool[i];
        if (p->now)
            hs_finding_evidence(f, "%s: %" PRIu32 " in use at the end, %" PRIu64 " bytes", p->name, p->now,
                                hs_pool_bytes(p, p->now));
    }
    hs_finding_next(
        f, "with MEMP_MEM_MALLOC a pool has no size of its own, and its MEMP_NUM_ option does nothing: the heap must be larger "
           "(MEM_SIZE, or that of the allocator that mem_malloc uses), or others must hold less of it");
    name_heap(input, f);
}

/* ---- a pool that was nearly empty ---- */

static bool is_nearly_full(const struct hs_pool *pool)
{
    return pool->peak + 1 >= pool->size && 4 * (uint64_t)pool->peak >= 3 * (uint64_t)pool->size;
}

static void nearly(const struct hs_doctor_input *input, const struct hs_pool *pool, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-POOL-TIGHT", HS_SEVERITY_WARNING,
                                          "lwIP's pool %s had %s: %" PRIu32 " of %" PRIu32 " elements were in use at %.3f s",
                                          pool->name, pool->peak == pool->size ? "none left" : "one left", pool->peak, pool->size,
                                          seconds(input, pool->worst_time));
    name_holders(input, pool, f);
    hs_finding_evidence(f, "the smallest size that was enough in this run is %" PRIu32, pool->peak);
    suggest(f, pool, with_reserve(pool->peak), "a quarter more than was needed");
}

/* ---- pools that are far too large ---- */

/* Twice the need. */
static uint32_t enough(const struct hs_pool *pool) { return pool->peak ? 2 * pool->peak : 1; }

static uint64_t spare(const struct hs_pool *pool)
{
    bool idle = pool->size && 4 * (uint64_t)pool->peak <= pool->size && enough(pool) < pool->size;
    return idle ? hs_pool_bytes(pool, pool->size - enough(pool)) : 0;
}

static int by_spare(const void *a, const void *b)
{
    const struct hs_pool *x = *(const struct hs_pool *const *)a, *y = *(const struct hs_pool *const *)b;
    if (spare(x) != spare(y))
        return spare(x) < spare(y) ? 1 : -1;
    return x < y ? -1 : x > y; /* both are in one array */
}

static void idle(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    const struct hs_pool *list[HS_POOL_LIMIT];
    unsigned n = 0;
    uint64_t bytes = 0;
    for (unsigned i = 0; i < input->pools->n; i++)
        if (spare(&input->pools->pool[i])) {
            list[n] = &input->pools->pool[i];
            bytes += spare(list[n++]);
        }
    if (!n)
        return;
    qsort(list, n, sizeof *list, by_spare);
    struct hs_finding *f = hs_finding_new(findings, "HS-POOL-IDLE", HS_SEVERITY_WARNING,
                                          "%u of lwIP's pools %s never more than a quarter full: %" PRIu64
                                          " bytes could be given back",
                                          n, n == 1 ? "was" : "were", bytes);
    for (unsigned i = 0; i < n; i++) {
        hs_finding_evidence(f, "%s: at most %" PRIu32 " of %" PRIu32 " elements of %" PRIu32 " bytes", list[i]->name,
                            list[i]->peak, list[i]->size, list[i]->element);
        suggest(f, list[i], enough(list[i]), "if this run had all the load that there will be");
    }
}

static void unmeasured(struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-POOL-UNMEASURED", HS_SEVERITY_NOTE,
                                          "the trace has more than %u pools: the others were not examined", HS_POOL_LIMIT);
    hs_finding_next(f, "heapstrata pools --region NAME shows the pools of one heap");
}

static void look(const struct hs_doctor_input *input, struct hs_findings *findings)
{
    bool fatal = false;
    if (!input->pools || hs_reader_info(input->reader)->selftest_failed) /* then the figures cover only some of the requests */
        return;
    for (unsigned i = 0; i < input->pools->n; i++) {
        const struct hs_pool *pool = &input->pools->pool[i];
        fatal = fatal || is_fatal(input, pool);
        if (pool->refused && pool->size)
            exhausted(input, pool, findings);
        else if (pool->refused)
            heap_exhausted(input, pool, findings);
        else if (pool->size && is_nearly_full(pool))
            nearly(input, pool, findings);
    }
    if (input->pools->cut)
        unmeasured(findings);
    if (!fatal) /* the need of a program that ended early is unknown */
        idle(input, findings);
}

const struct hs_check hs_check_pools = {.name = "pools", .look = look};
