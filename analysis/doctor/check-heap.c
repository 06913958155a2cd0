/* SPDX-License-Identifier: MIT
 *
 * Whether the heap is nearly full, and whether it could be larger on this chip.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define NEARLY 0.95 /* share of the heap in use */

static void limits(struct hs_finding *f, const struct hs_doctor_input *p)
{
    const struct hs_chip *chip = p->facts.chip;
    if (p->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON)
        hs_finding_evidence(f, "CircuitPython's heap has " HS_CIRCUITPYTHON_HEAP " (" HS_CIRCUITPYTHON_HEAP_SOURCE ")");
    else if (chip)
        hs_finding_evidence(f, "%s: %" PRIu32 " KB inside; MicroPython's heap is %s (%s)", chip->name, chip->internal / 1024,
                            chip->heap, chip->heap_source);
}

static void nearly_full(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_meminfo *d = &p->meminfo.dump[p->meminfo.n - 1];
    uint64_t reach = d->total + (d->has & HS_MEMINFO_SPLIT ? d->max_new_split : 0);
    if (!d->total || (double)d->used < NEARLY * (double)reach)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-NEARLY-FULL", HS_SEVERITY_WARNING,
                                          "%.1f%% of the heap is in use or garbage", 100 * (double)d->used / (double)d->total);
    hs_finding_evidence(f, "line %u: %" PRIu64 " of %" PRIu64 " bytes", d->line, d->used, d->total);
    if (d->has & HS_MEMINFO_LONGEST)
        hs_finding_evidence(f, "the longest free run has %" PRIu64 " bytes", d->max_free * d->granule);
    if (d->has & HS_MEMINFO_SPLIT)
        hs_finding_evidence(f, "it may still grow by a piece of %" PRIu64 " bytes, when a collection does not free enough",
                            d->max_new_split);
    limits(f, p);
    hs_finding_next(f, "call gc.collect() before mem_info(): what it frees was garbage");
}

/* The last dump before a failure, or else the first one after it. */
static const struct hs_meminfo *dump_near(const struct hs_doctor_input *p, unsigned line)
{
    const struct hs_meminfo *best = p->meminfo.n ? &p->meminfo.dump[0] : NULL;
    for (size_t i = 0; i < p->meminfo.n && p->meminfo.dump[i].line < line; i++)
        best = &p->meminfo.dump[i];
    return best;
}

static void judge(struct hs_finding *f, const struct hs_meminfo *d, uint64_t size)
{
    uint64_t longest = d->max_free * d->granule, split = d->has & HS_MEMINFO_SPLIT ? d->max_new_split : 0;
    longest = split > longest ? split : longest;
    const char *verdict = size > d->total + split  ? "more than the whole heap has"
                          : size > d->free + split ? "not so many bytes were free"
                          : longest < size         ? "enough was free, but in pieces"
                                                   : "a free run was long enough then: more was in use when it failed";
    if (d->has & HS_MEMINFO_LONGEST || size > d->free + split)
        hs_finding_evidence(f, "mem_info in line %u: %" PRIu64 " of %" PRIu64 " bytes free, %" PRIu64 " at most in one piece: %s",
                            d->line, d->free, d->total, d->has & HS_MEMINFO_LONGEST ? longest : d->free, verdict);
}

/* ---- a MemoryError ---- */

/* A failure in the text. */
struct failure {
    const struct hs_doctor_line *line;
    bool locked;                            /* "heap is locked" */
    bool wordless;                          /* no memory was left for the message, or for the number in it */
    bool sized;                             /* `size` is known */
    uint64_t size;                          /* requested bytes */
    const struct hs_doctor_line *importing; /* the frame of a module that was being imported; NULL: none */
};

/* Whether a traceback line is module-level code. */
static bool is_module_frame(const char *text) { return strstr(text, "File \"") && strstr(text, "in <module>"); }

static bool is_main_frame(const char *text)
{
    return strstr(text, "\"<stdin>\"") || strstr(text, "\"main.py\"") || strstr(text, "\"code.py\"") ||
           strstr(text, "\"boot.py\"");
}

/* The line of an import that was running: the innermost frame is module-level code that another frame called; or the
 * typed line was an import, and none of the module's code had run. */
static const struct hs_doctor_line *importing(const struct hs_doctor_input *p, const struct hs_doctor_line *error)
{
    size_t at = (size_t)(error - p->line);
    const struct hs_doctor_line *frame = at ? &p->line[at - 1] : NULL;
    if (!frame || !is_module_frame(frame->text))
        return NULL;
    if (at > 1 && strstr(p->line[at - 2].text, "File \"") && !is_main_frame(frame->text))
        return frame;
    for (size_t back = 2; strstr(frame->text, "\"<stdin>\"") && back <= 4 && back <= at; back++)
        if (strstr(p->line[at - back].text, ">>> import ") || strstr(p->line[at - back].text, ">>> from "))
            return &p->line[at - back];
    return NULL;
}

/* The first failure of the Python heap. Later ones are of a program that is already ending. */
static struct failure find_failure(const struct hs_doctor_input *p)
{
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *text = p->line[i].text;
        enum hs_memory_error error = hs_memory_error_in(text, i ? p->line[i - 1].text : NULL);
        struct failure failure = {.line = &p->line[i], .wordless = error == HS_MEMORY_ERROR_WORDLESS};
        if (!error)
            continue;
        failure.locked = strstr(text, "heap is locked");
        failure.sized = !failure.locked && hs_number_after(text, "allocating", &failure.size);
        failure.importing = importing(p, failure.line);
        return failure;
    }
    return (struct failure){.line = NULL};
}

static void locked(const struct failure *failure, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-LOCKED", HS_SEVERITY_PROBLEM,
                                          "memory was asked for while the heap was locked");
    hs_finding_quote(f, failure->line);
    hs_finding_next(f, "an interrupt handler must not allocate: allocate before, or use micropython.schedule()");
}

static void advise_import(struct hs_finding *f)
{
    hs_finding_next(
        f,
        "compile it before: mpy-cross FILE.py makes FILE.mpy, which takes less memory to import, since nothing is compiled on the board");
    hs_finding_next(f, "or freeze the module into the firmware: its code then stays in flash");
    hs_finding_next(f, "import the largest modules first, and call gc.collect() between imports");
}

static void failed(const struct hs_doctor_input *p, const struct failure *failure, struct hs_findings *findings)
{
    const char *what =
        failure->importing
            ? "memory ran out while a module was imported: its source is compiled on the board, which needs memory besides the code"
        : failure->wordless ? "an allocation failed, and no memory was left even for the message"
                            : "an allocation failed";
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-FAILED", HS_SEVERITY_PROBLEM, "%s", what);
    const struct hs_meminfo *d = dump_near(p, failure->line->number);
    hs_finding_quote(f, failure->line);
    hs_finding_quote(f, failure->importing);
    if (d && failure->sized)
        judge(f, d, failure->size);
    if (failure->wordless)
        hs_finding_evidence(
            f,
            "the text of a MemoryError needs memory too: without it the heap was full to the last granule, or it was locked (in an interrupt handler)");
    limits(f, p);
    if (failure->importing)
        advise_import(f);
    if (p->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON && !d)
        hs_finding_next(
            f, "paste gc.mem_alloc() and gc.mem_free(), called after gc.collect(): most boards have no micropython.mem_info(). "
               "mem_free() also counts what the heap can still grow by");
    hs_finding_next(f, "record it: heapstrata shows which lines hold the memory and what is between the free runs");
}

/* ---- the system's heap ---- */

static bool is_espressif(const struct hs_doctor_input *p) { return p->facts.chip && !strncmp(p->facts.chip->name, "ESP32", 5); }

static void advise_system(struct hs_finding *f, const struct hs_doctor_input *p)
{
    if (is_espressif(p)) {
        hs_finding_next(
            f,
            "look at the system's heap just before: esp32.idf_heap_info(esp32.HEAP_DATA) lists each region's size, free bytes and largest piece; "
            "TLS wants some 40 KB, parts of it in one piece");
        hs_finding_next(f, "connect early, before the Python heap has grown into what is left, and keep the connection");
    } else {
        hs_finding_next(
            f,
            "sockets and TLS take their memory from the system's heap or from lwIP's pools, which the build sizes (MEM_SIZE, MEMP_NUM_... in lwipopts.h)");
    }
    hs_finding_next(f, "close every response and socket, also after an error: each keeps its buffers until then");
}

static void system_heap(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *line = NULL;
    for (size_t i = 0; i < p->n_lines && !line; i++)
        line = hs_system_error_in(p->line[i].text) ? &p->line[i] : NULL;
    if (!line)
        return;
    struct hs_text_call free = hs_doctor_input_call(p, "gc.mem_free()", 0);
    struct hs_finding *f = hs_finding_new(
        findings, "HS-SYSTEM-HEAP", HS_SEVERITY_PROBLEM,
        "the system's heap had no room, not Python's: sockets, TLS, WiFi and threads take their memory there");
    hs_finding_quote(f, line);
    if (free.line)
        hs_finding_evidence(f, "line %u: gc.mem_free() is %" PRIu64 ", which is of the Python heap alone", free.line->number,
                            free.value);
    advise_system(f, p);
}

/* ---- live data that grow ---- */

#define LOOKS_LEAST 4u /* minimum number of readings, each after a collection, for a trend */

/* gc.mem_free() after collections: if it falls each time, some memory is retained each time. */
static void growing(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct hs_text_call first = hs_doctor_input_call(p, "gc.mem_free()", 0), last = first, next;
    unsigned looks = first.line != NULL;
    while (last.line && (next = hs_doctor_input_call(p, "gc.mem_free()", (size_t)(last.line - p->line) + 1)).line) {
        if (next.value >= last.value ||
            !hs_doctor_input_collects(p, last.line->number + (strstr(next.line->text, "gc.collect()") == NULL), next.line->number))
            return;
        last = next;
        looks++;
    }
    if (looks < LOOKS_LEAST)
        return;
    uint64_t each = (first.value - last.value) / (looks - 1);
    struct hs_finding *f = hs_finding_new(
        findings, "HS-HEAP-GROWING", HS_SEVERITY_WARNING,
        "live data grow: each of %u looks after a collection found less free memory than the one before", looks);
    hs_finding_evidence(f, "gc.mem_free() fell from %" PRIu64 " (line %u) to %" PRIu64 " (line %u), %" PRIu64 " bytes a time",
                        first.value, first.line->number, last.value, last.line->number, each);
    if (each)
        hs_finding_evidence(f, "at that rate memory lasts for %" PRIu64 " times more", last.value / each);
    hs_finding_next(f, "record it: heapstrata compare shows by line what stays between two marks");
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct failure failure = find_failure(p);
    if (failure.line)
        failure.locked ? locked(&failure, findings) : failed(p, &failure, findings);
    system_heap(p, findings);
    growing(p, findings);
    if (p->meminfo.n)
        nearly_full(p, findings);
}

const struct hs_check hs_check_heap = {.name = "heap", .look = look};
