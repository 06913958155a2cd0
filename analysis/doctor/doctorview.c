/* SPDX-License-Identifier: MIT
 *
 * A diagnosis as text: one paragraph for each finding, verdict first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/sites/caps.h"
#include "analysis/doctor/doctorview.h"
#include "analysis/draw/table.h"

/* Removes control characters from a board's output or a file's name, for the terminal. */
static const char *safe(const char *text, char *buffer)
{
    return hs_format(buffer, HS_NOTE_LEN + 8, HS_VALUE_TEXT, (struct hs_value){.s = text});
}

/* Prints a text, wrapped at blanks to `room` columns; `next` begins each further line. */
static void wrapped(const char *text, const char *next, size_t room)
{
    while (strlen(text) > room) {
        size_t n = room;
        while (n && text[n] != ' ')
            n--;
        n = n ? n : strcspn(text, " ");
        printf("%.*s\n", (int)n, text);
        text += n + (text[n] == ' ');
        if (*text)
            fputs(next, stdout);
    }
    if (*text)
        puts(text);
}

static void note(const char *mark, const char *text, unsigned width)
{
    char buffer[HS_NOTE_LEN + 8], next[16];
    snprintf(next, sizeof next, "%*s", 5 + (int)strlen(mark), "");
    printf("    %s ", mark);
    wrapped(safe(text, buffer), next, width > 24 ? width - 8 : 16);
}

/* A line that begins with #. */
static void comment(const char *text, unsigned width)
{
    fputs("# ", stdout);
    wrapped(text, "#   ", width > 24 ? width - 4 : 20);
}

static void finding_text(const struct hs_finding *f, struct hs_terminal terminal)
{
    static const char *const colors[] = {
        [HS_SEVERITY_PROBLEM] = "\033[31m", [HS_SEVERITY_WARNING] = "\033[33m", [HS_SEVERITY_NOTE] = "\033[36m"};
    char buffer[HS_NOTE_LEN + 8];
    printf("%s%s %s%s: %s\n", terminal.color ? colors[f->severity] : "", hs_severity_name(f->severity), f->code,
           terminal.color ? "\033[0m" : "", safe(f->verdict, buffer));
    for (unsigned i = 0; i < f->evidence.n; i++)
        note("-", f->evidence.text[i], terminal.width);
    if (f->next.n)
        puts("  What to do next:");
    for (unsigned i = 0; i < f->next.n; i++) {
        char mark[8];
        snprintf(mark, sizeof mark, "%u.", i + 1);
        note(mark, f->next.text[i], terminal.width);
    }
}

#define CHIP_LINE 1000u /* bytes of a text about a chip */

/* A text below a comment, with its source below it. */
static void detail(const char *text, const char *source, unsigned width)
{
    char line[CHIP_LINE];
    snprintf(line, sizeof line, "  %.900s", text);
    comment(line, width);
    snprintf(line, sizeof line, "            (%.900s)", source);
    comment(line, width);
}

/* MicroPython's heap is irrelevant for other firmware. */
static void chip_text(const struct hs_chip *chip, enum hs_framework framework, unsigned width, bool verbose)
{
    char line[CHIP_LINE];
    snprintf(line, sizeof line, "%s: %" PRIu32 " KB of RAM for data inside, PSRAM: %s", chip->name, chip->internal / 1024,
             chip->psram ? chip->psram : "none");
    comment(line, width);
    if (!verbose)
        return;
    for (const struct hs_chip_memory *m = chip->memory; m < chip->memory + HS_CHIP_MEMORIES && m->kind; m++) {
        snprintf(line, sizeof line, "%-9s 0x%08" PRIX32 " to 0x%08" PRIX32 "%s%s", hs_memory_name(m->kind), m->base, m->end,
                 m->note[0] ? ", " : "", m->note);
        detail(line, m->source, width);
    }
    if (framework == HS_FRAMEWORK_CIRCUITPYTHON) {
        detail("heap: " HS_CIRCUITPYTHON_HEAP, HS_CIRCUITPYTHON_HEAP_SOURCE, width);
    } else if (framework == HS_FRAMEWORK_MICROPYTHON || framework == HS_FRAMEWORK_UNKNOWN) {
        snprintf(line, sizeof line, "MicroPython's heap: %s", chip->heap);
        detail(line, chip->heap_source, width);
    }
}

/* Prints which lines of a text were recognised. */
static void understood_text(const struct hs_doctor_input_facts *facts, unsigned width)
{
    char text[HS_UNDERSTOOD * 80 + 80], to[24];
    unsigned n = facts->n_understood < HS_UNDERSTOOD ? facts->n_understood : HS_UNDERSTOOD;
    size_t at = 0;
    for (unsigned i = 0; i < n; i++) {
        const struct hs_understood *u = &facts->understood[i];
        snprintf(to, sizeof to, " to %u", u->to);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s %u%s (%.40s)",
                               i ? ", " : "understood: ", u->from == u->to ? "line" : "lines", u->from,
                               u->from == u->to ? "" : to, u->kind);
    }
    if (facts->n_understood > n)
        snprintf(text + at, sizeof text - at, ", and %u more", facts->n_understood - n);
    if (n)
        comment(text, width);
}

/* Parts that the firmware was built without, each with a space before it; NULL: none. */
static const char *without_of(const struct hs_doctor_input *input)
{
    return input->reader ? hs_reader_fact(input->reader, "without") : NULL;
}

static void facts_text(const struct hs_doctor_input *input, unsigned width)
{
    char buffer[HS_NOTE_LEN + 8], text[HS_NOTE_LEN + 32];
    snprintf(text, sizeof text, "firmware: %s", safe(input->facts.system, buffer));
    if (input->facts.system[0])
        comment(text, width);
    snprintf(text, sizeof text, "built without:%s", without_of(input) ? safe(without_of(input), buffer) : "");
    if (without_of(input))
        comment(text, width);
    understood_text(&input->facts, width);
    if (input->facts.system[0] || input->facts.n_understood)
        puts("#");
}

/* The findings come first; the table of the chip's memory is for reference. */
void hs_doctor_text(const struct hs_doctor_input *input, const struct hs_findings *findings, struct hs_terminal terminal,
                    bool verbose)
{
    facts_text(input, terminal.width);
    for (size_t i = 0; i < findings->n; i++) {
        if (i)
            putchar('\n');
        finding_text(findings->finding[i], terminal);
    }
    if (!findings->n)
        puts("nothing found");
    if (input->facts.chip) {
        puts("#");
        chip_text(input->facts.chip, input->facts.framework, terminal.width, verbose);
    }
}

static void notes_json(struct hs_json *json, const char *key, const struct hs_notes *notes)
{
    hs_json_array(json, key);
    for (unsigned i = 0; i < notes->n; i++)
        hs_json_text(json, NULL, notes->text[i]);
    hs_json_end(json);
}

static void chip_json(struct hs_json *json, const struct hs_chip *chip)
{
    hs_json_text(json, "chip", chip ? chip->name : NULL);
    if (!chip)
        return;
    hs_json_uint(json, "internal_bytes", chip->internal);
    hs_json_array(json, "memories");
    for (const struct hs_chip_memory *m = chip->memory; m < chip->memory + HS_CHIP_MEMORIES && m->kind; m++) {
        hs_json_object(json, NULL);
        hs_json_text(json, "memory", hs_memory_name(m->kind));
        hs_json_hex(json, "base", m->base);
        hs_json_hex(json, "end", m->end);
        hs_json_text(json, "source", m->source);
        hs_json_end(json);
    }
    hs_json_end(json);
}

int hs_doctor_json(const struct hs_doctor_input *input, const struct hs_findings *findings)
{
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    hs_json_text(json, "file", input->path);
    hs_json_text(json, "firmware", input->facts.system[0] ? input->facts.system : NULL);
    if (without_of(input))
        hs_json_text(json, "without", without_of(input) + 1);
    chip_json(json, input->facts.chip);
    hs_json_array(json, "findings");
    for (size_t i = 0; i < findings->n; i++) {
        const struct hs_finding *f = findings->finding[i];
        hs_json_object(json, NULL);
        hs_json_text(json, "code", f->code);
        hs_json_text(json, "severity", hs_severity_name(f->severity));
        hs_json_text(json, "check", f->check);
        hs_json_text(json, "verdict", f->verdict);
        hs_json_text(json, "source", f->file[0] ? f->file : NULL);
        hs_json_uint(json, "line", f->line);
        notes_json(json, "evidence", &f->evidence);
        notes_json(json, "next", &f->next);
        hs_json_end(json);
    }
    hs_json_end(json);
    hs_json_end(json);
    int error = hs_json_print(json, stdout, true);
    hs_json_free(json);
    return error;
}
