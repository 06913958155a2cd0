/* SPDX-License-Identifier: MIT
 *
 * A diagnosis: what is wrong with a heap or with a recording of it, by what evidence, and what to do next.
 *
 * Input is a trace, or text: the log of a board's start, or what was pasted from a terminal. Text with dumps of
 * micropython.mem_info() is a trace as well. A check is one file here that exports one constant table entry,
 * listed in doctor.c:
 *
 *     static void look(const struct hs_doctor_input *patient, struct hs_findings *findings)
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
#include "analysis/whatif/program.h"
#include "lib/host/meminfo/meminfo.h"

/* ---- what is looked at ---- */

/* A line of the text. */
struct hs_doctor_line {
    const char *text; /* terminated; without blanks at its end */
    unsigned number;  /* from 1 */
};

/* Which firmware speaks: advice is in its words. */
enum hs_framework {
    HS_FRAMEWORK_UNKNOWN,
    HS_FRAMEWORK_MICROPYTHON,
    HS_FRAMEWORK_CIRCUITPYTHON,
    HS_FRAMEWORK_ARDUINO,
    HS_FRAMEWORK_ESPHOME,
    HS_FRAMEWORK_IDF,
};

/* Lines in a row that are of one kind. */
struct hs_understood {
    const char *kind;   /* "ESP-IDF's boot log" */
    unsigned from, to;  /* numbers of lines, both included */
};

#define HS_UNDERSTOOD 12u /* kept of these */

/* What the input says of itself; filled by hs_doctor_input_recognise. */
struct hs_doctor_input_facts {
    const struct hs_chip *chip; /* NULL: the input does not name it */
    const struct hs_doctor_line *chip_line; /* that names it; NULL: the trace does */
    char system[160];           /* "MicroPython v1.23.0 on 2024-06-02; Generic ESP32S3 module with ESP32S3", or "" */
    enum hs_framework framework;
    struct hs_understood understood[HS_UNDERSTOOD];
    unsigned n_understood;      /* all of them, also those that are not kept */
    const struct hs_doctor_line *unlinked; /* that says that the hooks are not linked; NULL: none does */
    bool known;                 /* there is something in the input that a check can judge */
};

struct hs_doctor_input {
    const char *path;
    const struct hs_reader *reader; /* at its end; NULL: the input is no trace */
    const struct hs_model *model;   /* as it is at the trace's end; NULL likewise */
    const struct hs_pools *pools;   /* likewise */
    const struct hs_caps_flow *flow; /* likewise */
    const struct hs_names *names;   /* of the trace's sites; NULL likewise */
    const struct hs_exam *exam;     /* of its failures and of what grows, concluded; NULL likewise */
    const struct hs_program *program; /* what it asked of its heap, to try advice on; NULL: not known, or too long */
    const struct hs_doctor_line *line; /* `n_lines`; none where the input is no text */
    size_t n_lines;
    struct hs_meminfo_log meminfo;  /* dumps of mem_info() in the text */
    struct hs_doctor_input_facts facts;
};

/* Finds out what the input is of, once all other members are set. `text` is what the lines were made of, as it was.
 * HS_OK or HS_ERR_MEMORY; hs_doctor_input_free takes back what it made. */
int hs_doctor_input_recognise(struct hs_doctor_input *input, const uint8_t *text, size_t len);
void hs_doctor_input_free(struct hs_doctor_input *input);

/* The number behind `word` in a text, blanks, colons and signs of other scripts in between; false when there is none. */
bool hs_number_after(const char *text, const char *word, uint64_t *number);

/* The first line from `from` on that holds `text`, or NULL. Upper and lower case differ. */
const struct hs_doctor_line *hs_doctor_input_line(const struct hs_doctor_input *input, const char *text, size_t from);

/* The first line that holds the first of these words that any line holds, or NULL. The list ends with NULL. */
const struct hs_doctor_line *hs_doctor_input_first(const struct hs_doctor_input *input, const char *const *words);

/* A call on the console, gc.mem_free() for instance, and what it returned: after it in its line, or alone in the next one. */
struct hs_text_call {
    const struct hs_doctor_line *line;
    uint64_t value;
};

/* The first call of `name` at or after line index `from`; `line` is NULL when there is none. */
struct hs_text_call hs_doctor_input_call(const struct hs_doctor_input *input, const char *name, size_t from);

/* Whether gc.collect() is called in the lines numbered from..to. */
bool hs_doctor_input_collects(const struct hs_doctor_input *input, unsigned from, unsigned to);

/* Recognises the kind of each line: fills facts->understood. */
void hs_understand(struct hs_doctor_input *input);

/* ---- what is found ---- */

enum hs_severity {
    HS_SEVERITY_PROBLEM, /* memory is missing, allocations fail, or nothing is recorded */
    HS_SEVERITY_WARNING, /* it works, but figures are doubtful or something will run out */
    HS_SEVERITY_NOTE,    /* to be known, no fault of the board: the exit status stays 0 */
};

#define HS_FINDING_NOTES 16u  /* kept of each of the two lists */
#define HS_NOTE_LEN      400u /* bytes of a note, its end included */
#define HS_PLACE_LEN     256u /* bytes of a file's name, its end included */

struct hs_notes {
    char *text[HS_FINDING_NOTES];
    unsigned n;
};

struct hs_finding {
    const char *code;          /* "HS-PSRAM-MISSING", a constant */
    enum hs_severity severity;
    const char *check;         /* name of the check that found it */
    char verdict[HS_NOTE_LEN]; /* one sentence, without a full stop */
    char file[HS_PLACE_LEN];   /* source file of the line to change, or "" */
    uint32_t line;             /* in it, from 1; without a file: line of the input that the finding rests on; 0: none */
    struct hs_notes evidence;  /* what it rests on */
    struct hs_notes next;      /* what to do, best first */
};

struct hs_findings {
    struct hs_finding **finding;
    size_t n, room;
    const char *check; /* the one at work */
    bool short_of_memory;
};

/* Adds a finding and its notes. NULL when memory is short, which the notes' functions take. */
struct hs_finding *hs_finding_new(struct hs_findings *findings, const char *code, enum hs_severity severity, const char *verdict, ...)
    __attribute__((format(printf, 4, 5)));
void hs_finding_evidence(struct hs_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
void hs_finding_next(struct hs_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The line to change, by its name in a trace: "main.py:5 work". A name without file and line (native code) adds nothing. */
void hs_finding_place(struct hs_finding *finding, const char *name);

/* A line of the text as evidence, with its number; NULL adds nothing. */
void hs_finding_quote(struct hs_finding *finding, const struct hs_doctor_line *line);

const char *hs_severity_name(enum hs_severity severity); /* "problem" */

/* Whether there is more than notes. */
bool hs_findings_matter(const struct hs_findings *findings);

void hs_findings_free(struct hs_findings *findings);

/* ---- one sentence ---- */

#define HS_HEADLINE_LEN (HS_NOTE_LEN + 64u)

/* The first finding about failures and growth as one line, "problem HS-FRAG-FAILED: ...", in `text` of HS_HEADLINE_LEN bytes.
 * False when there is none. What the trace's names hold is in it as it is. */
bool hs_doctor_headline(const struct hs_exam *exam, char *text);

/* ---- checks ---- */

struct hs_check {
    const char *name; /* "ring" */
    void (*look)(const struct hs_doctor_input *input, struct hs_findings *findings);
};

/* Runs all checks. HS_OK or HS_ERR_MEMORY. Findings are sorted by severity, those of one kind as they came. */
int hs_doctor_examine(const struct hs_doctor_input *input, struct hs_findings *findings);

#endif
