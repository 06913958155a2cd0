/* SPDX-License-Identifier: MIT
 *
 * A diagnosis: problems of a heap or of its recording, their evidence, and next steps.
 *
 * Input is a trace, or text: a board's boot log, or text pasted from a terminal. Text with dumps of
 * micropython.mem_info() is a trace as well. A check is one file here that exports one constant table entry, listed in
 * doctor.c:
 *
 *     static void look(const struct hs_doctor_input *input, struct hs_findings *findings)
 *     {
 *         struct hs_finding *f = hs_finding_new(findings, "HS-RING-SMALL", HS_SEVERITY_WARNING, "the ring ...");
 *         hs_finding_evidence(f, "%u of %u packets were overwritten", ...);
 *         hs_finding_next(f, "make the ring larger: -DHS_RING_SIZE=%u", ...);
 *     }
 *     const struct hs_check hs_check_ring = {.name = "ring", .look = look};
 *
 * Codes are stable: scripts rely on them. A code begins with the check's own word, "HS-RING-".
 */
#ifndef HS_DOCTOR_H
#define HS_DOCTOR_H

#include "analysis/diagnosis/exam.h"
#include "analysis/doctor/chips.h"
#include "analysis/sites/caps.h"
#include "analysis/sites/pools.h"
#include "lib/host/meminfo/meminfo.h"

/* ---- input ---- */

/* A line of the text. */
struct hs_doctor_line {
    const char *text; /* terminated; without trailing blanks */
    unsigned number;  /* from 1 */
};

/* The firmware of the input: advice uses its terms. */
enum hs_framework {
    HS_FRAMEWORK_UNKNOWN,
    HS_FRAMEWORK_MICROPYTHON,
    HS_FRAMEWORK_CIRCUITPYTHON,
    HS_FRAMEWORK_ESP8266, /* Arduino's core for the ESP8266 */
    HS_FRAMEWORK_ARDUINO, /* this and the next ones are based on ESP-IDF */
    HS_FRAMEWORK_ESPHOME,
    HS_FRAMEWORK_IDF,
};

/* Consecutive lines of one kind. */
struct hs_understood {
    const char *kind;  /* "ESP-IDF's boot log" */
    unsigned from, to; /* line numbers, inclusive */
};

#define HS_UNDERSTOOD 12u /* only the first ones are kept */

/* Facts that the input contains; hs_doctor_input_recognise fills them. */
struct hs_doctor_input_facts {
    const struct hs_chip *chip;             /* NULL: not named */
    const struct hs_doctor_line *chip_line; /* the line that names it; NULL: the trace does */
    char system[160];                       /* "MicroPython v1.23.0 on 2024-06-02; Generic ESP32S3 module with ESP32S3", or "" */
    enum hs_framework framework;
    bool computer;  /* a program on a computer printed it: only messages that no such program prints count */
    size_t n_sound; /* the first dumps of `meminfo`: their figures agree with each other; the others follow */
    struct hs_understood understood[HS_UNDERSTOOD];
    unsigned n_understood;                 /* total, also those that are not kept */
    const struct hs_doctor_line *unlinked; /* says that the hooks are not linked; NULL: none */
    bool known;                            /* the input contains something that a check can judge */
};

struct hs_trials; /* trial.h */

struct hs_doctor_input {
    const char *path;
    const struct hs_reader *reader;    /* at its end; NULL: the input is not a trace */
    const struct hs_model *model;      /* at the trace's end; NULL likewise */
    const struct hs_pools *pools;      /* likewise */
    const struct hs_caps_flow *flow;   /* likewise */
    const struct hs_names *names;      /* of the trace's sites; NULL likewise */
    const struct hs_exam *exam;        /* of its failures and growing lines, concluded; NULL likewise */
    struct hs_trials *trials;          /* of advice, on its heap requests; NULL: unknown, or too long */
    const struct hs_doctor_line *line; /* `n_lines`; none if the input is not text */
    size_t n_lines;
    struct hs_meminfo_log meminfo; /* dumps of mem_info() in the text; see facts.n_sound */
    struct hs_doctor_input_facts facts;
};

/* Recognises the contents, after all other members are set. `text` is the unmodified text of the lines. Returns HS_OK
 * or HS_ERR_MEMORY; hs_doctor_input_free releases the result. */
int hs_doctor_input_recognise(struct hs_doctor_input *input, const uint8_t *text, size_t len);
void hs_doctor_input_free(struct hs_doctor_input *input);

/* The number after `word` in a text, with up to 16 other bytes in between. Returns false when there is none. */
bool hs_number_after(const char *text, const char *word, uint64_t *number);

/* The number that a text says of what ends at `at`: "mem_free() says 61232", "Free heap: 182340, min: 180224". Words may be
 * between, no operator of a source. Numbers of other units than bytes do not count. */
bool hs_number_said(const char *at, uint64_t *number);

/* The first line from index `from` on that contains `text` (case-sensitive), or NULL. */
const struct hs_doctor_line *hs_doctor_input_line(const struct hs_doctor_input *input, const char *text, size_t from);

/* Tries the words in order: returns the first line that contains one, or NULL. The list ends with NULL. */
const struct hs_doctor_line *hs_doctor_input_first(const struct hs_doctor_input *input, const char *const *words);

/* ---- messages of a firmware in a text: message.c ---- */

/* Whether a message may begin at `at` in a line: only time stamps, levels, tags and marks of quotation are before it. */
bool hs_message_begins(const char *line, const char *at);

/* Where a line prints `message`, which is the message's beginning. NULL: it does not, also where a source, a symbol or prose
 * contains the words. */
const char *hs_message_in(const char *line, const char *message);

/* A sum over a line without its digits and without JSON: lines that one statement of a program prints have the same. */
uint64_t hs_form_of_line(const char *line);

/* Whether a line is the sum of ESP-IDF's heap trace, "1040 bytes 'leaked' in trace (3 allocations)"; sets `bytes`. */
bool hs_leaked_in(const char *line, uint64_t *bytes);

/* As hs_message_in, for the text of an exception, which ends its line and may have a few words of the program before it. */
const char *hs_exception_in(const char *line, const char *text);

/* Tries the messages in order: returns the first line that prints one, or NULL. The list ends with NULL. */
const struct hs_doctor_line *hs_doctor_input_message(const struct hs_doctor_input *input, const char *const *messages);

/* Returns the first line of which `says` is true, or NULL. */
const struct hs_doctor_line *hs_doctor_input_that(const struct hs_doctor_input *input, bool (*says)(const char *line));

/* Whether a line prints an error that the firmware's C code raises when its own heap, not Python's, has no room. */
bool hs_system_error_in(const char *line);

/* Whether it is an error of TLS, which names what had no room. */
bool hs_tls_error_in(const char *line);

/* Where the message of an error or warning in ESP-IDF's log begins, "E (2500) esp-aes: Failed to allocate memory", or in those of
 * Arduino and ESPHome; NULL if the line is no such line. */
const char *hs_logged_error_in(const char *line);

/* Where the message of an error or warning in Zephyr's log begins, "[00:00:09.514,648] <err> net_pkt: Data buffer (704) ..."; NULL:
 * the line is no such line. */
const char *hs_zephyr_error_in(const char *line);

/* Whether a line is one of ESP-IDF's log, of any level. */
bool hs_is_log_in(const char *line);

/* The time of a line of ESP-IDF's log, in ms. */
bool hs_log_time_in(const char *line, uint64_t *ms);

/* Whether a line prints how many bytes a heap has free: "I (10012) app: Free heap: 182340, min: 180224", also as JSON. */
bool hs_free_in(const char *line, uint64_t *bytes);

/* The same of JSON alone, as Tasmota, WLED and OpenMQTTGateway publish it. */
bool hs_free_in_json(const char *line, uint64_t *bytes);

/* The same, or a figure of memory of which the line does not say whether it is free: "mem:  173536". */
bool hs_memory_figure_in(const char *line);

/* Whether a line of ESP-IDF's log says that a task or thread could not be made: there was no room for its stack. */
bool hs_task_failure_in(const char *line);

/* Whether a line is LVGL's message that it has no memory. `size` is 0 if it is not in the line. */
bool hs_lvgl_failure_in(const char *line, uint64_t *size);

/* Whether a line of ESP-IDF's log is about an allocation that failed. */
bool hs_idf_failure_in(const char *line);

/* Whether an error's message says in words that something failed for lack of memory. */
bool hs_speaks_of_failure(const char *message);

/* Whether a line of Zephyr's log is about an allocation that failed. */
bool hs_zephyr_failure_in(const char *line);

/* Whether a line is a decoded frame of C++'s operator new: in the backtrace of an abort it found no memory. */
bool hs_operator_new_in(const char *line);

/* Whether a line is a message of the ESP8266's allocators, a failed allocation. `size` is 0 if it is not in the line. */
bool hs_esp8266_failure_in(const char *line, uint64_t *size);

/* Whether an interpreter of Lua or Berry says that it has no memory. */
bool hs_script_failure_in(const char *line);

/* Whether a line is a row of Zephyr's thread analyzer. */
bool hs_is_thread_analysis(const char *line);

/* Whether the figures of a dump contradict each other; the answer says how. NULL: they agree. */
const char *hs_doctor_contradiction(const struct hs_meminfo *dump);

/* Whether a line is FreeRTOS's message on ESP-IDF that a task's stack was too small. */
bool hs_stack_overflow_in(const char *line);

/* Whether a line is a frame of a traceback. */
bool hs_is_frame(const char *line);

enum hs_memory_error {
    HS_MEMORY_ERROR_NONE,
    HS_MEMORY_ERROR_WORDS,    /* "memory allocation failed, ..." */
    HS_MEMORY_ERROR_WORDLESS, /* no memory was left for the message, or for the number in it */
};

/* Whether a line prints a MemoryError. `before` is the line before it, or NULL. */
enum hs_memory_error hs_memory_error_in(const char *line, const char *before);

/* The same for the line with this index; no error where a program on a computer may have printed it. */
enum hs_memory_error hs_doctor_memory_error(const struct hs_doctor_input *input, size_t index);

/* Whether the text is a console of an ESP chip. Messages that programs on other systems print as well count only then. */
bool hs_doctor_input_is_esp(const struct hs_doctor_input *input);

/* Whether the text shows that it is an ESP32 of any kind, not an ESP8266. */
bool hs_doctor_input_is_esp32(const struct hs_doctor_input *input);

/* ---- messages of a linker: check-link.c ---- */

/* Whether a line says that a region is too small by so many bytes, or that a section does not fit into one. */
bool hs_link_overflow_in(const char *line, uint64_t *bytes);
bool hs_link_misfit_in(const char *line);

/* Whether it is Arduino's warning about static data. */
bool hs_build_is_low_in(const char *line);

/* ---- calls on a console ---- */

/* A call on the console, for example gc.mem_free(), and its result: after it in the same line, or alone in the next one. */
struct hs_text_call {
    const struct hs_doctor_line *line;
    uint64_t value;
};

/* Whether the line with this index calls `name`, and its result is in the text. */
bool hs_doctor_input_calls(const struct hs_doctor_input *input, const char *name, size_t index, uint64_t *value);

/* The first call of `name` at or after line index `from`; `line` is NULL when there is none. */
struct hs_text_call hs_doctor_input_call(const struct hs_doctor_input *input, const char *name, size_t from);

/* Whether gc.collect() is called in the lines numbered from..to. */
bool hs_doctor_input_collects(const struct hs_doctor_input *input, unsigned from, unsigned to);

/* Recognises the kind of each line: fills facts->understood. */
void hs_understand(struct hs_doctor_input *input);

/* ---- findings ---- */

enum hs_severity {
    HS_SEVERITY_PROBLEM, /* memory is missing, allocations fail, or nothing is recorded */
    HS_SEVERITY_WARNING, /* it works, but figures are doubtful or something will run out */
    HS_SEVERITY_NOTE,    /* information, not a fault of the board: the exit status stays 0 */
};

#define HS_FINDING_NOTES 16u /* maximum of each of the two lists */
#define HS_NOTE_LEN 400u     /* bytes of a note, terminator included */
#define HS_PLACE_LEN 256u    /* bytes of a file's name, terminator included */

struct hs_notes {
    char *text[HS_FINDING_NOTES];
    unsigned n;
};

struct hs_finding {
    const char *code; /* "HS-PSRAM-MISSING", a constant */
    enum hs_severity severity;
    const char *check;         /* the check that found it */
    char verdict[HS_NOTE_LEN]; /* one sentence, without a full stop */
    char file[HS_PLACE_LEN];   /* source file of the line to change, or "" */
    uint32_t line;             /* in it, from 1; without a file: the input line that is the evidence; 0: none */
    struct hs_notes evidence;  /* supporting facts */
    struct hs_notes next;      /* steps to take, best first */
};

struct hs_findings {
    struct hs_finding **finding;
    size_t n, room;
    const char *check; /* the running one */
    bool short_of_memory;
};

/* Adds a finding, and notes to it. Returns NULL when out of memory; the functions for notes accept NULL. */
struct hs_finding *hs_finding_new(struct hs_findings *findings, const char *code, enum hs_severity severity, const char *verdict,
                                  ...) __attribute__((format(__printf__, 4, 5)));
void hs_finding_evidence(struct hs_finding *finding, const char *format, ...) __attribute__((format(__printf__, 2, 3)));
void hs_finding_next(struct hs_finding *finding, const char *format, ...) __attribute__((format(__printf__, 2, 3)));

/* "heapstrata why TRACE 'LINE' ..." as a next step, with the trace's path where it is known. */
void hs_finding_next_why(struct hs_finding *finding, const struct hs_doctor_input *input, const char *line);

/* Sets the line to change, from its name in a trace: "main.py:5 work". Ignores a name without file and line (native code). */
void hs_finding_place(struct hs_finding *finding, const char *name);

/* A line of a source, without its indentation, or NULL when it is empty or the source is not at hand. The caller frees it. */
char *hs_doctor_source_line(const struct hs_doctor_input *input, const char *file, uint32_t number);

/* Adds the source of the line to change as evidence, where the source is at hand. Accepts NULL. */
void hs_finding_source(const struct hs_doctor_input *input, struct hs_finding *finding);

/* "3 min", "2.5 h": for the time until memory runs out. */
void hs_duration_words(char *text, size_t size, double seconds);

/* Adds a line of the text as evidence, with its number; ignores NULL. */
void hs_finding_quote(struct hs_finding *finding, const struct hs_doctor_line *line);

/* Adds the figures of memory that were printed last before a line of the text, up to three lines that follow each other; if there are
 * none, the first one soon after it. */
void hs_finding_figures(struct hs_finding *finding, const struct hs_doctor_input *input, const struct hs_doctor_line *line);

const char *hs_severity_name(enum hs_severity severity); /* "problem" */

/* Whether there is any finding other than notes. */
bool hs_findings_matter(const struct hs_findings *findings);

void hs_findings_free(struct hs_findings *findings);

/* ---- one sentence ---- */

#define HS_HEADLINE_LEN (HS_NOTE_LEN + 64u)

/* The findings of the first check, of failures and then of growth, that has any; free them in any case. Advice is not tried. Returns false
 * when there are none. */
bool hs_doctor_first(const struct hs_exam *exam, struct hs_findings *findings);

/* Writes the first finding about failures and growth as one line, "problem HS-FRAG-FAILED: ...", into `text` of
 * HS_HEADLINE_LEN bytes. Returns false when there is none. Names from the trace are not sanitised. */
bool hs_doctor_headline(const struct hs_exam *exam, char *text);

/* What users of ESPHome can look at and change. */
#define HS_ESPHOME_LOOK \
    "the debug: component shows free heap and largest block as sensors, on an ESP8266 fragmentation too; fewer components, no " \
    "web_server and no TLS make room"

/* ---- checks ---- */

struct hs_check {
    const char *name; /* "ring" */
    void (*look)(const struct hs_doctor_input *input, struct hs_findings *findings);
};

/* Runs all checks. Returns HS_OK or HS_ERR_MEMORY. Findings are sorted by severity; equal ones keep the order of the
 * checks. */
int hs_doctor_examine(const struct hs_doctor_input *input, struct hs_findings *findings);

#endif
