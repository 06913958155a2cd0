/* SPDX-License-Identifier: MIT
 *
 * LVGL, a graphics library: its log says when its own heap, or that of the firmware, has no room.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define EMPTY 75u /* per cent of the heap that are free in one piece: no shortage */

/* "used: 82808 ( 92 %), frag:   1 %, biggest free: 8064": LVGL's own heap, by its last figures. */
struct pool {
    const struct hs_doctor_line *line; /* NULL: no figures */
    uint64_t used, percent, largest, size;
};

static struct pool read_pool(const struct hs_doctor_input *p)
{
    struct pool last = {.line = NULL};
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *at = strstr(p->line[i].text, "used: "), *free = at ? strstr(at, "biggest free: ") : NULL;
        struct pool pool = {.line = &p->line[i]};
        if (free && hs_number_after(at, "used: ", &pool.used) && hs_number_after(at, "(", &pool.percent) &&
            hs_number_after(free, "biggest free: ", &pool.largest) && pool.percent)
            last = pool;
    }
    last.size = last.line ? 100 * last.used / last.percent : 0;
    return last;
}

/* The largest request that failed. */
static const struct hs_doctor_line *largest_request(const struct hs_doctor_input *p, uint64_t *most)
{
    const struct hs_doctor_line *line = NULL;
    uint64_t size;
    *most = 0;
    for (size_t i = 0; i < p->n_lines; i++)
        if (hs_lvgl_failure_in(p->line[i].text, &size) && (!line || size > *most)) {
            line = &p->line[i];
            *most = size;
        }
    return line;
}

static void advise_layer(struct hs_finding *f)
{
    hs_finding_next(f, "a layer (opacity, rotation, scaling, shadows of a whole object) needs a buffer of its own: "
                       "LV_DRAW_LAYER_SIMPLE_BUF_SIZE bounds it, a plain style does without");
}

/* No size of the heap that is near the present one would do. */
static void too_large(const struct hs_doctor_line *line, uint64_t size, const struct pool *pool, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(
        findings, "HS-LVGL-HEAP", HS_SEVERITY_PROBLEM,
        "LVGL asked for %" PRIu64 " bytes at once: more than its whole heap has, some %" PRIu64 " KB", size, pool->size / 1024);
    hs_finding_quote(f, line);
    hs_finding_quote(f, pool->line);
    advise_layer(f);
    hs_finding_next(f,
                    "a slightly larger LV_MEM_SIZE does not help: it must hold the present data and %" PRIu64
                    " bytes in one piece. With PSRAM let LVGL use the firmware's malloc(): LV_USE_STDLIB_MALLOC LV_STDLIB_CLIB",
                    size);
}

/* The heap has room, and refuses. */
static void empty(const struct hs_doctor_line *line, const struct pool *pool, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(
        findings, "HS-LVGL-HEAP", HS_SEVERITY_PROBLEM,
        "LVGL's heap refused a request, and is nearly empty: the size is wrong, or the heap is damaged");
    hs_finding_quote(f, line);
    hs_finding_evidence(f, "line %u: %" PRIu64 " %% are in use, and %" PRIu64 " bytes are free in one piece", pool->line->number,
                        pool->percent, pool->largest);
    hs_finding_next(f, "print the size in lv_mem_alloc(): a negative width or height, or a size that was not set, makes it huge");
    hs_finding_next(
        f, "LV_USE_ASSERT_MEM_INTEGRITY 1 checks the heap at each step, and shows when it was overwritten; LVGL must be called "
           "from one thread, or under one lock");
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    char bytes[32] = "what was requested";
    uint64_t most;
    const struct hs_doctor_line *largest = largest_request(p, &most);
    struct pool pool = read_pool(p);
    if (largest && pool.line && most > pool.size) {
        too_large(largest, most, &pool, findings);
        return;
    }
    if (largest && pool.line && 100 * pool.largest >= EMPTY * pool.size && most <= pool.largest) {
        empty(largest, &pool, findings);
        return;
    }
    for (size_t i = 0; i < p->n_lines; i++) {
        uint64_t size;
        if (!hs_lvgl_failure_in(p->line[i].text, &size))
            continue;
        if (size)
            snprintf(bytes, sizeof bytes, "%" PRIu64 " bytes", size);
        struct hs_finding *f = hs_finding_new(findings, "HS-LVGL-HEAP", HS_SEVERITY_PROBLEM, "LVGL's heap could not give %s",
                                              bytes);
        hs_finding_quote(f, &p->line[i]);
        hs_finding_evidence(
            f, "with its own allocator (LV_USE_STDLIB_MALLOC is LV_STDLIB_BUILTIN) all its objects and buffers are in one "
               "array of LV_MEM_SIZE bytes, 64 KB by default, whatever else is free");
        hs_finding_next(f,
                        "make LV_MEM_SIZE larger, or let LVGL use the firmware's malloc(): LV_USE_STDLIB_MALLOC LV_STDLIB_CLIB");
        advise_layer(f);
        return;
    }
}

const struct hs_check hs_check_lvgl = {.name = "lvgl", .look = look};
