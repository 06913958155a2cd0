/* SPDX-License-Identifier: MIT
 *
 * Whether the heap is nearly full, and whether it could be larger on this chip.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define QUOTED_TOO 3u /* further lines about the same failure that are quoted */
#define NEARLY 0.95   /* share of the heap in use */

static void limits(struct hs_finding *f, const struct hs_doctor_input *p)
{
    const struct hs_chip *chip = p->facts.chip;
    if (p->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON)
        hs_finding_evidence(f, "CircuitPython's heap has " HS_CIRCUITPYTHON_HEAP " (" HS_CIRCUITPYTHON_HEAP_SOURCE ")");
    else if (chip)
        hs_finding_evidence(f, "%s: %" PRIu32 " KB inside; MicroPython's heap is %s (%s)", chip->name, chip->internal / 1024,
                            chip->heap, chip->heap_source);
}

/* A full heap that may grow is no fault: a note, and only where there is nothing else to say. */
static struct hs_finding *new_nearly_full(const struct hs_meminfo *d, struct hs_findings *findings)
{
    uint64_t split = d->has & HS_MEMINFO_SPLIT ? d->max_new_split : 0;
    double used = (double)d->used, percent = 100 * used / (double)d->total;
    if (used >= NEARLY * (double)(d->total + split))
        return hs_finding_new(findings, "HS-HEAP-NEARLY-FULL", HS_SEVERITY_WARNING, "%.1f%% of the heap is in use or garbage",
                              percent);
    if (used < NEARLY * (double)d->total || findings->n)
        return NULL;
    return hs_finding_new(findings, "HS-HEAP-NEARLY-FULL", HS_SEVERITY_NOTE,
                          "%.1f%% of the present heap is in use or garbage, and it can grow by %" PRIu64 " bytes at once",
                          percent, split);
}

static void nearly_full(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_meminfo *d = &p->meminfo.dump[p->facts.n_sound - 1];
    struct hs_finding *f = d->total ? new_nearly_full(d, findings) : NULL;
    if (!f)
        return;
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
    const struct hs_meminfo *best = p->facts.n_sound ? &p->meminfo.dump[0] : NULL;
    for (size_t i = 0; i < p->facts.n_sound && p->meminfo.dump[i].line < line; i++)
        best = &p->meminfo.dump[i];
    return best;
}

static void judge(struct hs_finding *f, const struct hs_meminfo *d, uint64_t size)
{
    uint64_t run = d->max_free * d->granule, split = d->has & HS_MEMINFO_SPLIT ? d->max_new_split : 0;
    uint64_t longest = split > run ? split : run;
    bool enough = hs_is_in_pieces(&(struct hs_failure){.size = (uint32_t)size, .free = d->free + split}, d->total + split);
    const char *verdict = size > d->total + split  ? "more than the whole heap has"
                          : size > d->free + split ? "not so many bytes were free"
                          : longest < size         ? (enough ? "enough was free, but in pieces"
                                                             : "the heap is nearly full, and what is free is in pieces")
                          : run < size             ? "the heap could still grow by enough then: it could not when it failed"
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
    const struct hs_doctor_line *frame;     /* the innermost frame; NULL: no traceback */
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
    const char *typed = NULL; /* the newest line that was */
    for (size_t back = 2; strstr(frame->text, "\"<stdin>\"") && !typed && back <= 4 && back <= at; back++) {
        typed = strstr(p->line[at - back].text, ">>> ");
        if (typed && (!strncmp(typed + 4, "import ", 7) || !strncmp(typed + 4, "from ", 5)))
            return &p->line[at - back];
    }
    return NULL;
}

/* Whether a frame is of a library that makes connections. */
static bool is_network_frame(const char *text)
{
    static const char *const libraries[] = {
        "adafruit_requests", "adafruit_connection_manager", "adafruit_esp32spi",  "adafruit_minimqtt",
        "_get_socket",       "adafruit_wiznet5k",           "adafruit_httpserver"};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (hs_is_frame(text) && strstr(text, libraries[i]))
            return true;
    return false;
}

/* CircuitPython: C code raises a MemoryError without words for memory that it takes outside of Python's heap. */
static bool is_of_c_code(const struct hs_doctor_input *p, const struct failure *failure)
{
    return failure->wordless && !failure->importing && failure->frame && p->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON &&
           !strstr(failure->line->text, "%u");
}

/* The first failure of the Python heap. Later ones are of a program that is already ending. */
static struct failure find_failure(const struct hs_doctor_input *p)
{
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *text = p->line[i].text;
        enum hs_memory_error error = hs_doctor_memory_error(p, i);
        struct failure failure = {.line = &p->line[i], .wordless = error == HS_MEMORY_ERROR_WORDLESS};
        if (!error)
            continue;
        failure.locked = strstr(text, "heap is locked");
        failure.sized = !failure.locked && hs_number_after(text, "allocating", &failure.size);
        failure.importing = importing(p, failure.line);
        failure.frame = i && hs_is_frame(p->line[i - 1].text) ? &p->line[i - 1] : NULL;
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

static void advise_pieces(struct hs_finding *f)
{
    hs_finding_next(
        f, "work in smaller pieces: one buffer that is reused, readinto() in place of read(), a part of the picture at a time");
}

/* ---- a request larger than the heap ---- */

#define NEGATIVE (UINT64_C(1) << 31) /* no supported heap is that large: the size is a negative number or an overflow */

/* What shows that no collection could have helped. */
struct limit {
    uint64_t bytes;                    /* 0: nothing shows it */
    const struct hs_doctor_line *line; /* of the call; NULL: not a call */
    unsigned dump;                     /* line of the dump; 0: not a dump */
};

/* gc.mem_free() and gc.mem_alloc() together; one of them shows no limit. */
static struct limit limit_by_calls(const struct hs_doctor_input *p)
{
    struct hs_text_call free = hs_doctor_input_call(p, "gc.mem_free()", 0), used = hs_doctor_input_call(p, "gc.mem_alloc()", 0);
    struct limit limit = {.line = free.line};
    if (!used.line)
        return (struct limit){.bytes = 0};
    for (; free.line; free = hs_doctor_input_call(p, "gc.mem_free()", (size_t)(free.line - p->line) + 1))
        limit.bytes = free.value + used.value > limit.bytes ? free.value + used.value : limit.bytes;
    return limit;
}

static struct limit limit_of(const struct hs_doctor_input *p, const struct failure *failure)
{
    const struct hs_meminfo *d = dump_near(p, failure->line->number);
    const struct hs_chip *chip = p->facts.chip;
    if (d)
        return (struct limit){.bytes = d->total + (d->has & HS_MEMINFO_SPLIT ? d->max_new_split : 0), .dump = d->line};
    struct limit limit = limit_by_calls(p);
    if (limit.bytes)
        return limit;
    return (struct limit){.bytes = chip && !chip->psram ? chip->internal : 0};
}

static void too_small(const struct hs_doctor_input *p, const struct failure *failure, const struct limit *limit,
                      struct hs_findings *findings)
{
    const struct hs_meminfo *d = limit->dump ? dump_near(p, failure->line->number) : NULL;
    bool negative = failure->size >= NEGATIVE;
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-TOO-SMALL", HS_SEVERITY_PROBLEM,
                                          negative ? "a size was requested that no heap has"
                                                   : "more was requested at once than the whole heap has");
    hs_finding_quote(f, failure->line);
    hs_finding_quote(f, failure->importing);
    if (d)
        judge(f, d, failure->size);
    else if (limit->line)
        hs_finding_evidence(f, "line %u: gc.mem_free() and gc.mem_alloc() show a heap of %" PRIu64 " bytes at most",
                            limit->line->number, limit->bytes);
    limits(f, p);
    if (negative) {
        hs_finding_next(f, "look at how the size is computed: a negative number, or a multiplication that overflows");
        return;
    }
    hs_finding_next(f, "look at how the size is computed, if it is not meant: a negative width or length, a wrong unit");
    advise_pieces(f);
    if (p->facts.chip && p->facts.chip->psram && limit->bytes < 1u << 20)
        hs_finding_next(f, "or use a board and a build with PSRAM: %s (%s)", p->facts.chip->name, p->facts.chip->psram);
    else
        hs_finding_next(f,
                        "or use a board with more RAM: no collection, and no other order of allocations, makes room for it here");
}

static bool is_too_large(const struct hs_doctor_input *p, const struct failure *failure, struct limit *limit)
{
    *limit = limit_of(p, failure);
    return failure->sized && (failure->size >= NEGATIVE || (limit->bytes && failure->size > limit->bytes));
}

/* The last gc.mem_free() before a line. */
static struct hs_text_call call_before(const struct hs_doctor_input *p, const struct hs_doctor_line *line)
{
    struct hs_text_call last = {.line = NULL}, call = hs_doctor_input_call(p, "gc.mem_free()", 0);
    for (; call.line && call.line < line; call = hs_doctor_input_call(p, "gc.mem_free()", (size_t)(call.line - p->line) + 1))
        last = call;
    return last;
}

/* A line in which a person says what gc.mem_free() is. */
static struct hs_text_call said_free(const struct hs_doctor_input *p)
{
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *at = strstr(p->line[i].text, "mem_free");
        struct hs_text_call said = {.line = &p->line[i]};
        if (at && hs_number_said(at + strlen("mem_free"), &said.value))
            return said;
    }
    return (struct hs_text_call){.line = NULL};
}

/* Figures that a person remembers, of a time that the text does not tell. */
static void describe_said(struct hs_finding *f, const struct failure *failure, const struct hs_text_call *said)
{
    struct hs_failure then = {.size = (uint32_t)failure->size, .free = said->value};
    if (failure->size > said->value)
        hs_finding_evidence(f, "line %u says that %" PRIu64 " bytes are free: not so many as were requested", said->line->number,
                            said->value);
    else if (hs_is_in_pieces(&then, 0))
        hs_finding_evidence(f,
                            "line %u says that %" PRIu64 " bytes are free, and %" PRIu64
                            " were refused: the free bytes are in pieces, as far as the text tells",
                            said->line->number, said->value, failure->size);
}

/* How much memory a line of a program's own says is free: also "mem free pre gc: 47616 B post gc: 47744 B", and "mem: 173536" next to
 * what is allocated. */
static bool printed_free_in(const struct hs_doctor_input *p, size_t i, uint64_t *bytes)
{
    const char *text = p->line[i].text, *post = strstr(text, "post gc: ");
    if (post && strstr(text, "free") && hs_number_after(post, "post gc: ", bytes))
        return true;
    if (hs_free_in(text, bytes))
        return true;
    bool beside = (i && hs_message_in(p->line[i - 1].text, "Alloc ")) ||
                  (i + 1 < p->n_lines && hs_message_in(p->line[i + 1].text, "Alloc "));
    return beside && hs_message_in(text, "mem: ") && hs_number_after(text, "mem: ", bytes);
}

/* The last figure of free memory that a program printed before a line. */
static struct hs_text_call printed_before(const struct hs_doctor_input *p, const struct hs_doctor_line *line)
{
    struct hs_text_call printed = {.line = NULL};
    for (size_t i = (size_t)(line - p->line); i-- > 0 && !printed.line;)
        if (printed_free_in(p, i, &printed.value))
            printed.line = &p->line[i];
    return printed;
}

static void describe_printed(struct hs_finding *f, const struct failure *failure, const struct hs_text_call *printed)
{
    struct hs_failure then = {.size = (uint32_t)failure->size, .free = printed->value};
    if (failure->size > printed->value)
        hs_finding_evidence(f, "line %u: %" PRIu64 " bytes were free: not so many as were requested", printed->line->number,
                            printed->value);
    else if (hs_is_in_pieces(&then, 0))
        hs_finding_evidence(f,
                            "line %u: %" PRIu64 " bytes were free, and %" PRIu64
                            " were refused: the free space is in pieces, or much was allocated after that line",
                            printed->line->number, printed->value, failure->size);
}

/* A list that append() finds full requests twice its size at once. */
static void describe_list(struct hs_finding *f, const struct hs_doctor_input *p, const struct failure *failure)
{
    uint64_t size = failure->size;
    if (size < 1024 || size & (size - 1) || !hs_doctor_input_line(p, ".append(", 0))
        return;
    hs_finding_evidence(f, "%" PRIu64 " bytes is a size that lists have: append() on a full list requests twice its size at once",
                        size);
    hs_finding_next(f, "see whether the loop with append() ends, and bound the list's length");
}

/* "softmodules/router.py:49 frame_packet" of a frame; false: it is written in another way. */
static bool place_in(const char *frame, char *place, size_t size)
{
    const char *name = strstr(frame, "File \""), *end = name ? strchr(name + 6, '"') : NULL,
               *in = end ? strstr(end, ", in ") : NULL;
    uint64_t number;
    if (!in || !hs_number_after(end, ", line ", &number))
        return false;
    snprintf(place, size, "%.*s:%" PRIu64 " %.60s", (int)(end - name - 6), name + 6, number, in + 5);
    return true;
}

/* For a text without a dump: what to type, one line in each step. */
static void advise_dump(struct hs_finding *f)
{
    hs_finding_next(f, "see what the heap is like: type the next three lines at the board's prompt, soon after the failure");
    hs_finding_next(f, "import gc, micropython");
    hs_finding_next(f, "gc.collect()");
    hs_finding_next(f, "micropython.mem_info(1)");
    hs_finding_next(f, "save all that was printed as console.log, then: heapstrata doctor console.log");
}

/* Later failures that requested more, as of another start. */
static void quote_later(struct hs_finding *f, const struct hs_doctor_input *p, const struct failure *failure)
{
    uint64_t most = failure->size, size;
    for (size_t i = (size_t)(failure->line - p->line) + 1; i < p->n_lines && failure->sized; i++)
        if (hs_doctor_memory_error(p, i) && hs_number_after(p->line[i].text, "allocating", &size) && size > most) {
            hs_finding_quote(f, &p->line[i]);
            most = size;
        }
}

static void failed(const struct hs_doctor_input *p, const struct failure *failure, struct hs_findings *findings)
{
    struct limit limit;
    if (is_too_large(p, failure, &limit)) {
        too_small(p, failure, &limit, findings);
        return;
    }
    const char *what =
        failure->importing
            ? "memory ran out while a module was imported: its source is compiled on the board, which needs memory besides the code"
        : is_of_c_code(p, failure) ? "an allocation failed, probably outside of Python's heap: the exception has no words"
        : failure->wordless        ? "an allocation failed, and no memory was left even for the message"
                                   : "an allocation failed";
    char place[160];
    bool placed = failure->sized && !failure->importing && failure->frame && place_in(failure->frame->text, place, sizeof place);
    struct hs_finding *f = placed ? hs_finding_new(findings, "HS-HEAP-FAILED", HS_SEVERITY_PROBLEM,
                                                   "an allocation of %" PRIu64 " bytes failed at %s", failure->size, place)
                                  : hs_finding_new(findings, "HS-HEAP-FAILED", HS_SEVERITY_PROBLEM, "%s", what);
    const struct hs_meminfo *d = dump_near(p, failure->line->number);
    hs_finding_quote(f, failure->line);
    hs_finding_quote(f, failure->importing ? failure->importing : failure->frame);
    struct hs_text_call free = call_before(p, failure->line);
    struct hs_text_call said = said_free(p);
    bool exceeds = !d && failure->sized && free.line && failure->size > free.value;
    bool unbroken = !d && failure->sized && free.line && !exceeds;
    if (d && failure->sized)
        judge(f, d, failure->size);
    if (exceeds)
        hs_finding_evidence(f, "line %u: gc.mem_free() is %" PRIu64 ": not so many bytes were free", free.line->number,
                            free.value);
    if (unbroken)
        hs_finding_evidence(f, "line %u: gc.mem_free() is %" PRIu64 ": so many bytes were free then, but hardly in one piece",
                            free.line->number, free.value);
    if (!d && failure->sized && !free.line && said.line)
        describe_said(f, failure, &said);
    if (!d && !free.line)
        hs_finding_figures(f, p, failure->line);
    struct hs_text_call printed = printed_before(p, failure->line);
    bool shown = !d && failure->sized && !free.line && !said.line && printed.line;
    bool pieces = shown && failure->size <= printed.value;
    if (shown)
        describe_printed(f, failure, &printed);
    quote_later(f, p, failure);
    if (is_of_c_code(p, failure))
        hs_finding_evidence(
            f, "the buffers of displays, RGB matrices, audio, sockets and TLS are outside of Python's heap; where none "
               "of them is made, no memory was left even for the message");
    else if (failure->wordless)
        hs_finding_evidence(
            f,
            "the text of a MemoryError needs memory too: without it the heap was full to the last granule, or it was locked (in an interrupt handler)");
    limits(f, p);
    if (is_of_c_code(p, failure))
        hs_finding_next(
            f, "make what that line makes smaller (bit_depth, width, height, buffer_size), or make it first, before Python's "
               "heap grows into that memory");
    if (failure->importing)
        advise_import(f);
    else if (exceeds)
        advise_pieces(f);
    else if (unbroken || pieces)
        hs_finding_next(f, "allocate a large buffer first, before imports and other data split the free space, and reuse it");
    if (failure->sized)
        describe_list(f, p, failure);
    if (p->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON && !d)
        hs_finding_next(
            f, "paste gc.mem_alloc() and gc.mem_free(), called after gc.collect(): most boards have no micropython.mem_info(). "
               "mem_free() also counts what the heap can still grow by");
    else if (!d)
        advise_dump(f);
    hs_finding_next(f,
                    "%srecord it (heapstrata record --serial PORT main.py): heapstrata doctor then shows which lines hold the "
                    "memory and what is between the free runs",
                    d ? "" : "or ");
}

/* ---- the system's heap ---- */

static bool is_espressif(const struct hs_doctor_input *p)
{
    return p->facts.chip ? !strncmp(p->facts.chip->name, "ESP32", 5) : hs_doctor_input_is_esp(p);
}

static void advise_system(struct hs_finding *f, const struct hs_doctor_input *p)
{
    if (p->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON) {
        hs_finding_next(
            f,
            "connect before large Python objects are made: CircuitPython's heap grows into the memory that sockets and TLS need");
        if (hs_doctor_input_line(p, "esp32spi", 0))
            hs_finding_next(f, "an ESP32 at SPI (AirLift) has the sockets and TLS in its own memory, and few of them: close each "
                               "response, and reset it by esp.reset() when connections stay open");
        if (is_espressif(p) || hs_doctor_input_line(p, "espidf.", 0))
            hs_finding_next(
                f, "espidf.heap_caps_get_free_size() and espidf.heap_caps_get_largest_free_block() show what is left, but "
                   "count PSRAM too, and WiFi and TLS want internal memory");
    } else if (is_espressif(p)) {
        hs_finding_next(
            f,
            "look at the system's heap just before: esp32.idf_heap_info(esp32.HEAP_DATA) lists each region's size, free bytes and largest piece; "
            "TLS wants some 40 KB, parts of it in one piece");
        hs_finding_next(f, "connect early, before the Python heap has grown into what is left, and keep the connection");
    } else {
        if (!p->facts.chip)
            hs_finding_next(f, "on an ESP32 esp32.idf_heap_info(esp32.HEAP_DATA) shows what the system's heap has");
        hs_finding_next(
            f,
            "%ssockets and TLS take their memory from the system's heap or from lwIP's pools, which the build sizes (MEM_SIZE, MEMP_NUM_... in lwipopts.h)",
            p->facts.chip ? "" : "elsewhere ");
    }
    hs_finding_next(f, "close every response and socket, also after an error: each keeps its buffers until then");
}

/* A MemoryError without words of CircuitPython in a library that makes connections. */
static const struct hs_doctor_line *wordless_of_network(const struct hs_doctor_input *p)
{
    struct failure failure = find_failure(p);
    return failure.line && is_of_c_code(p, &failure) && is_network_frame(failure.frame->text) ? failure.line : NULL;
}

/* "OSError: 16" is EBUSY, or MPI_ALLOC_FAILED of Mbed TLS: in a library that makes connections it is the latter. */
static bool is_short_tls_error(const struct hs_doctor_input *p, size_t i)
{
    static const char *const libraries[] = {"requests", "ssl", "tls", "mqtt", "http", "socket"};
    const char *text = p->line[i].text;
    if (!i || p->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON ||
        (!hs_exception_in(text, "OSError: 16") && !hs_exception_in(text, "OSError: -16")))
        return false;
    for (size_t j = i; j-- > 0 && hs_is_frame(p->line[j].text);)
        for (size_t k = 0; k < sizeof libraries / sizeof *libraries; k++)
            if (strstr(p->line[j].text, libraries[k]))
                return true;
    return false;
}

/* An error of TLS names what had no room; any other one is a number. */
static const struct hs_doctor_line *system_error(const struct hs_doctor_input *p)
{
    const struct hs_doctor_line *first = wordless_of_network(p);
    for (size_t i = 0; i < p->n_lines; i++) {
        if (hs_tls_error_in(p->line[i].text) || is_short_tls_error(p, i))
            return &p->line[i];
        if (!first && hs_system_error_in(p->line[i].text))
            first = &p->line[i];
    }
    return first;
}

/* ---- the PIO of an RP2040 ---- */

/* Whether a frame is in code about the PIO, by its file or function: "hx711_pio.py"; "gpio" is something else. */
static bool is_pio_frame(const char *text)
{
    const char *at = hs_is_frame(text) ? strstr(text, "File \"") : NULL;
    for (; at && (at = strpbrk(at + 1, "pP"));)
        if ((!strncmp(at, "pio", 3) || !strncmp(at, "PIO", 3)) && !strchr("gG", at[-1]))
            return true;
    return false;
}

/* ENOMEM of code about the PIO: there is no room for a program in it. */
static bool pio_full(const struct hs_doctor_input *p, const struct hs_doctor_line *line, struct hs_findings *findings)
{
    const struct hs_doctor_line *frame = line > p->line ? line - 1 : NULL;
    bool other = p->facts.chip && strncmp(p->facts.chip->name, "RP", 2) != 0;
    if (other || !strstr(line->text, "ENOMEM") || !frame || !is_pio_frame(frame->text))
        return false;
    struct hs_finding *f = hs_finding_new(
        findings, "HS-PIO-FULL", HS_SEVERITY_PROBLEM,
        "probably the PIO had no room for one more program: it has 32 instructions, this is not RAM");
    hs_finding_quote(f, line);
    hs_finding_quote(f, frame);
    hs_finding_evidence(f,
                        "the state machines of a PIO share its 32 instructions; rp2.StateMachine() raises ENOMEM when a program "
                        "does not fit beside those that are there");
    hs_finding_next(f, "call rp2.PIO(0).remove_program() before the state machine is made: it removes programs that are left "
                       "there (rp2.PIO(1) for state machines 4 to 7)");
    hs_finding_next(f, "or use a state machine of the other PIO, or shorter programs");
    return true;
}

static void system_heap(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *line = p->facts.computer ? NULL : system_error(p);
    unsigned quoted = 0;
    if (!line || pio_full(p, line, findings))
        return;
    struct hs_text_call free = hs_doctor_input_call(p, "gc.mem_free()", 0);
    struct hs_finding *f = hs_finding_new(
        findings, "HS-SYSTEM-HEAP", HS_SEVERITY_PROBLEM,
        "the system's heap had no room, not Python's: sockets, TLS, WiFi and %s take their memory there",
        p->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON ? "buffers of displays and audio" : "threads");
    hs_finding_quote(f, line);
    if (line > p->line && hs_is_frame(line[-1].text))
        hs_finding_quote(f, line - 1);
    if (is_short_tls_error(p, (size_t)(line - p->line)))
        hs_finding_evidence(f, "16 is MBEDTLS_ERR_MPI_ALLOC_FAILED here: TLS found no memory for a large number");
    else if (hs_tls_error_in(line->text) && !strstr(line->text, "MBEDTLS"))
        hs_finding_evidence(f, "the number is of Mbed TLS: an allocation failed in it");
    for (size_t i = 0; i < p->n_lines && quoted < QUOTED_TOO; i++) {
        bool too = &p->line[i] != line && (hs_idf_failure_in(p->line[i].text) || hs_system_error_in(p->line[i].text));
        hs_finding_quote(f, too ? &p->line[i] : NULL);
        quoted += too;
    }
    hs_finding_figures(f, p, line);
    if (line == wordless_of_network(p))
        hs_finding_evidence(f, "the exception has no words: C code raised it for memory that it takes outside of Python's heap");
    if (free.line)
        hs_finding_evidence(f, "line %u: gc.mem_free() is %" PRIu64 ", which is of the Python heap alone", free.line->number,
                            free.value);
    advise_system(f, p);
}

/* The Pico SDK's malloc() ends the program when its heap is full: "*** PANIC ***", then "Out of memory". */
static void panicked(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    bool panic = false;
    for (size_t i = 0; i < p->n_lines; i++) {
        panic |= hs_message_in(p->line[i].text, "*** PANIC ***") != NULL;
        if (!panic || !hs_exception_in(p->line[i].text, "Out of memory"))
            continue;
        struct hs_finding *f = hs_finding_new(findings, "HS-SYSTEM-HEAP", HS_SEVERITY_PROBLEM,
                                              "malloc() of the Pico SDK found no room, and ends the program then");
        hs_finding_quote(f, &p->line[i]);
        hs_finding_next(f, "mallinfo() shows what the C heap has, which is the RAM between static data and the stack; "
                           "PICO_MALLOC_PANIC=0 lets malloc() return NULL instead");
        return;
    }
}

/* Whether a typed line starts WiFi or Bluetooth, which take most of what the system's heap has. */
static bool starts_radio(const char *typed)
{
    static const char *const calls[] = {"active(True)", "active(1)", "BLE()", "WLAN(", ".connect("};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strstr(typed, calls[i]))
            return true;
    return false;
}

/* MicroPython on an ESP32: drivers of ESP-IDF use a null pointer where an allocation failed. */
static void crashed(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *panic = hs_doctor_input_line(p, "Guru Meditation Error", 0), *typed = panic;
    if (!panic || findings->n || p->facts.framework != HS_FRAMEWORK_MICROPYTHON || strstr(panic->text, "tack"))
        return;
    while (typed > p->line && !strstr(typed->text, ">>> "))
        typed--;
    if (!strstr(typed->text, ">>> ") || !starts_radio(typed->text))
        return;
    struct hs_finding *f = hs_finding_new(
        findings, "HS-SYSTEM-HEAP", HS_SEVERITY_WARNING,
        "the firmware crashed while WiFi or Bluetooth was started: they take much memory of the system's heap, which may have had none");
    hs_finding_quote(f, panic);
    hs_finding_quote(f, typed);
    const struct hs_meminfo *d = dump_near(p, panic->number);
    if (d && d->has & HS_MEMINFO_SPLIT)
        hs_finding_evidence(f,
                            "mem_info in line %u: Python's heap has %" PRIu64 " bytes, and at most %" PRIu64
                            " more were in one piece of the system's heap",
                            d->line, d->total, d->max_new_split);
    hs_finding_next(f, "start WiFi and Bluetooth first, before large Python objects let the Python heap grow into what they need");
    advise_system(f, p);
}

/* The C stack, which each Python call and each callback uses. */
static void recursion(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    static const char *const messages[] = {"RuntimeError: maximum recursion depth exceeded", NULL};
    const struct hs_doctor_line *line = p->facts.computer ? NULL : hs_doctor_input_message(p, messages);
    if (!line)
        return;
    bool handler = hs_doctor_input_line(p, "IRQ callback handler", 0);
    struct hs_finding *f = hs_finding_new(findings, "HS-STACK-FULL", HS_SEVERITY_PROBLEM,
                                          "Python calls were nested too deeply for the stack: this is not the heap");
    hs_finding_quote(f, line);
    if (line > p->line && hs_is_frame(line[-1].text))
        hs_finding_quote(f, line - 1);
    if (handler)
        hs_finding_next(f,
                        "a handler runs on top of what it interrupted: let it note the event only, and do the work in the main "
                        "loop or by micropython.schedule()");
    hs_finding_next(f, "make calls less deep: a loop in place of a function that calls itself, and fewer layers of callbacks");
    hs_finding_next(
        f, "in a thread _thread.stack_size(N) gives more, before start_new_thread(); elsewhere the build sizes the stack");
}

/* Whether the text is a trace as well that has this failure, and thus its line and the heap at that moment. */
static bool is_in_trace(const struct hs_doctor_input *p, const struct failure *failure)
{
    for (unsigned i = 0; p->exam && failure->sized && i < p->exam->diagnoses.n; i++)
        if (p->exam->diagnoses.diagnosis[i].cause && p->exam->diagnoses.diagnosis[i].failure.size == failure->size)
            return true;
    return false;
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct failure failure = find_failure(p);
    if (failure.line && !is_in_trace(p, &failure) && failure.line != wordless_of_network(p))
        failure.locked ? locked(&failure, findings) : failed(p, &failure, findings);
    system_heap(p, findings);
    panicked(p, findings);
    crashed(p, findings);
    recursion(p, findings);
    if (p->facts.n_sound)
        nearly_full(p, findings);
}

const struct hs_check hs_check_heap = {.name = "heap", .look = look};
