/* SPDX-License-Identifier: MIT
 *
 * The head of every report.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draw/head.h"
#include "analysis/draw/level_words.h"
#include "analysis/draw/table.h"

/* Each function returns a count of one kind of loss; 0: none. */
static uint64_t selftest(const struct hs_head *h) { return hs_reader_info(h->reader)->selftest_failed; }
static uint64_t damaged(const struct hs_head *h) { return hs_reader_info(h->reader)->damaged_packets; }
static uint64_t damaged_bytes(const struct hs_head *h) { return damaged(h) ? 0 : hs_reader_info(h->reader)->damaged_bytes; }
static uint64_t lost(const struct hs_head *h) { return hs_reader_info(h->reader)->lost; }
static uint64_t unknown(const struct hs_head *h) { return hs_reader_info(h->reader)->unknown; }
static uint64_t overwritten(const struct hs_head *h) { return hs_reader_info(h->reader)->overwritten; }
static uint64_t diverged(const struct hs_head *h) { return hs_reader_info(h->reader)->diverged; }
static uint64_t unplaced(const struct hs_head *h) { return h->model ? h->model->unplaced : 0; }
static uint64_t appeared(const struct hs_head *h) { return h->model ? h->model->appeared : 0; }
static uint64_t unsynced(const struct hs_head *h) { return h->model && !h->model->synced && !hs_model_summary_only(h->model); }
static uint64_t untracked(const struct hs_head *h) { return h->model ? h->model->levels.untracked : 0; }

static bool has_fact(const struct hs_head *h, const char *key)
{
    const char *value = hs_reader_fact(h->reader, key);
    return value && atoi(value);
}
static uint64_t stackless(const struct hs_head *h) { return has_fact(h, "stackless"); }
static uint64_t wide_objects(const struct hs_head *h)
{
    const char *bytes = hs_reader_fact(h->reader, "object");
    return bytes && (unsigned)atoi(bytes) > hs_reader_info(h->reader)->pointer_bytes;
}

static const struct {
    uint64_t (*count)(const struct hs_head *);
    const char *key, *text;
    bool counted; /* the count is printed after the text */
} warnings[] = {
    {selftest, "selftest_failed", "the recorder's self-test failed: allocations bypass its hooks", false},
    {damaged, "damaged_packets", "damaged or cut packets, left out", true},
    {damaged_bytes, "damaged_bytes", "damaged bytes, left out", true},
    {lost, "lost", "events lost, by the recorder or on the way, not counted here", true},
    {unknown, "unknown", "records of a newer firmware that this version does not know, skipped", true},
    {overwritten, "overwritten", "the trace begins in the middle of the run; packets overwritten", true},
    {diverged, "diverged", "contradictions between the trace and the layout followed until then", true},
    {unplaced, "unplaced", "events while the heap's layout was not known, their blocks left out", true},
    {appeared, "appeared", "blocks known from a snapshot only, without the line that allocated them", true},
    {unsynced, "unsynced", "the heap's layout is unknown at the end: figures of the end are the last known ones", false},
    {untracked, "unfollowed", "samples not tracked (HS_FOLLOWED is too small): live bytes are underestimated", true},
    {stackless, "stackless", "built with MICROPY_STACKLESS: lines are those of the outermost Python function", false},
    {wide_objects, "wide_objects", "objects are larger than addresses (nan-boxing): globals, why and retained miss references",
     false},
};

#define N_WARNINGS (sizeof warnings / sizeof *warnings)

static void sentence(char *text, size_t size, size_t i, uint64_t count)
{
    char number[32];
    hs_format(number, sizeof number, HS_VALUE_COUNT, (struct hs_value){.u = count});
    snprintf(text, size, "%s%s%s", warnings[i].text, warnings[i].counted ? ": " : "", warnings[i].counted ? number : "");
}

unsigned hs_head_warnings(const struct hs_head *head, FILE *out, const char *prefix)
{
    char text[160];
    unsigned n = 0;
    for (size_t i = 0; i < N_WARNINGS; i++) {
        uint64_t count = warnings[i].count(head);
        if (!count)
            continue;
        sentence(text, sizeof text, i, count);
        fprintf(out, "%swarning: %s\n", prefix, text);
        n++;
    }
    return n;
}

static const char *fact(const struct hs_head *head, const char *key, const char *otherwise)
{
    const char *value = hs_reader_fact(head->reader, key);
    return value ? value : otherwise;
}

/* The surrounding heap that contains the interpreter's heap; its figures are not part of the report. */
static void around_text(const struct hs_head *head, FILE *out, const char *prefix)
{
    char name[HS_REGION_NAME + 32], size[32], used[32], peak[32];
    for (unsigned i = 0; i < hs_reader_regions(head->reader); i++) {
        const struct hs_around *a = hs_reader_around(head->reader, i);
        const struct hs_region *region = hs_reader_region(head->reader, i);
        if (!a)
            continue;
        hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){.s = region->name});
        hs_format(size, sizeof size, HS_VALUE_COUNT, (struct hs_value){.u = (uint64_t)region->granules << region->shift});
        hs_format(used, sizeof used, HS_VALUE_COUNT, (struct hs_value){.u = a->used});
        hs_format(peak, sizeof peak, HS_VALUE_COUNT, (struct hs_value){.u = a->peak});
        fprintf(out, "%sheap %s around it: %s of %s bytes used, %s at most; shown by --heap %.*s\n", prefix, name, used, size,
                peak, (int)strcspn(name, "/"), name);
    }
}

/* The last mark with the sizes of CircuitPython's stacks, which older traces have instead of the fact; NULL if there is none. */
static const char *marked_stacks(const struct hs_head *head)
{
    static const char begin[] = HS_MARK_SUPERVISOR "pystack ";
    for (uint64_t i = head->model ? head->model->n_marks_kept : 0; i--;) {
        const char *label = head->model->mark[i].label;
        if (label && !strncmp(label, begin, sizeof begin - 1))
            return label + sizeof HS_MARK_SUPERVISOR - 1;
    }
    return NULL;
}

static const char *stacks_of(const struct hs_head *head) { return fact(head, "stacks", marked_stacks(head)); }

static void stacks_text(const struct hs_head *head, FILE *out, const char *prefix)
{
    const char *stacks = stacks_of(head);
    char shown[128];
    if (stacks)
        fprintf(out, "%sbytes of CircuitPython's stacks: %s\n", prefix,
                hs_format(shown, sizeof shown, HS_VALUE_TEXT, (struct hs_value){.s = stacks}));
}

/* What the recorder takes of the traced heap, where it takes something. */
struct own_memory {
    uint64_t taken, places, heap;
    bool set; /* by a setting, not by the heap's size */
};

static uint64_t number(const struct hs_head *head, const char *key) { return strtoull(fact(head, key, "0"), NULL, 10); }

static struct own_memory own_memory(const struct hs_head *head)
{
    bool set = fact(head, "set-in-heap", NULL);
    return (struct own_memory){number(head, "taken"), number(head, "sites"), number(head, set ? "set-in-heap" : "sized-by-heap"),
                               set};
}

static void own_memory_text(const struct hs_head *head, FILE *out, const char *prefix)
{
    struct own_memory own = own_memory(head);
    char taken[32], places[32], heap[32];
    if (!own.taken)
        return;
    hs_format(taken, sizeof taken, HS_VALUE_COUNT, (struct hs_value){.u = own.taken});
    hs_format(places, sizeof places, HS_VALUE_COUNT, (struct hs_value){.u = own.places});
    hs_format(heap, sizeof heap, HS_VALUE_COUNT, (struct hs_value){.u = own.heap});
    fprintf(out, "%sthe recorder's ring and table of %s sites take %s of the heap's %s bytes%s\n", prefix, places, taken, heap,
            own.set ? ", by HEAPSTRATA_RING_SIZE in settings.toml" : "");
}

static void own_memory_json(const struct hs_head *head, struct hs_json *json)
{
    struct own_memory own = own_memory(head);
    if (!own.taken)
        return;
    hs_json_object(json, "recorder");
    hs_json_uint(json, "bytes", own.taken);
    hs_json_uint(json, "heap_bytes", own.heap);
    hs_json_uint(json, "places", own.places);
    hs_json_bool(json, "set", own.set);
    hs_json_end(json);
}

/* What a build without HEAPSTRATA_WITHOUT would also record. */
static void without_text(const struct hs_head *head, FILE *out, const char *prefix)
{
    const char *parts = fact(head, "without", NULL);
    char shown[128];
    if (parts)
        fprintf(out, "%sthe firmware was built without:%s\n", prefix,
                hs_format(shown, sizeof shown, HS_VALUE_TEXT, (struct hs_value){.s = parts}));
}

void hs_head_text(const struct hs_head *head, FILE *out, const char *prefix)
{
    const struct hs_trace_info *info = hs_reader_info(head->reader);
    char system[256], port[64];
    hs_format(system, sizeof system, HS_VALUE_TEXT, (struct hs_value){.s = fact(head, "system", "unknown firmware")});
    hs_format(port, sizeof port, HS_VALUE_TEXT, (struct hs_value){.s = fact(head, "port", "unknown port")});
    fprintf(out, "%sfirmware: %s, %s, %u-bit, build %016" PRIx64, prefix, system, port, 8 * info->pointer_bytes, info->build_id);
    if (info->boots > 1)
        fprintf(out, ", %u boots", info->boots);
    fputc('\n', out);
    hs_levels_text(head, out, prefix);
    around_text(head, out, prefix);
    stacks_text(head, out, prefix);
    own_memory_text(head, out, prefix);
    without_text(head, out, prefix);
    hs_head_warnings(head, out, prefix);
}

static void around_json(const struct hs_head *head, struct hs_json *json)
{
    hs_json_array(json, "around");
    for (unsigned i = 0; i < hs_reader_regions(head->reader); i++) {
        const struct hs_around *a = hs_reader_around(head->reader, i);
        const struct hs_region *region = hs_reader_region(head->reader, i);
        if (!a)
            continue;
        hs_json_object(json, NULL);
        hs_json_text(json, "name", region->name);
        hs_json_uint(json, "bytes", (uint64_t)region->granules << region->shift);
        hs_json_uint(json, "used_bytes", a->used);
        hs_json_uint(json, "peak_bytes", a->peak);
        hs_json_uint(json, "blocks", a->blocks);
        hs_json_end(json);
    }
    hs_json_end(json);
}

static void json_warning(struct hs_json *json, size_t i, uint64_t count)
{
    char text[160];
    sentence(text, sizeof text, i, count);
    hs_json_object(json, NULL);
    hs_json_text(json, "what", warnings[i].key);
    hs_json_uint(json, "count", count);
    hs_json_text(json, "text", text);
    hs_json_end(json);
}

void hs_head_json(const struct hs_head *head, struct hs_json *json)
{
    const struct hs_trace_info *info = hs_reader_info(head->reader);
    hs_json_text(json, "file", head->path);
    hs_json_text(json, "firmware", fact(head, "system", NULL));
    hs_json_text(json, "port", fact(head, "port", NULL));
    hs_json_hex(json, "build_id", info->build_id);
    hs_json_uint(json, "pointer_bytes", info->pointer_bytes);
    hs_levels_json(head, json);
    around_json(head, json);
    if (stacks_of(head))
        hs_json_text(json, "stacks", stacks_of(head));
    own_memory_json(head, json);
    if (fact(head, "without", NULL))
        hs_json_text(json, "without", fact(head, "without", NULL) + 1);
    hs_json_array(json, "warnings");
    for (size_t i = 0; i < N_WARNINGS; i++) {
        uint64_t count = warnings[i].count(head);
        if (count)
            json_warning(json, i, count);
    }
    hs_json_end(json);
}
