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

/* Prints a note, wrapped at blanks. */
static void note(const char *mark, const char *text, unsigned width)
{
    char buffer[HS_NOTE_LEN + 8];
    const char *at = safe(text, buffer);
    size_t room = width > 24 ? width - 8 : 16;
    printf("    %s ", mark);
    while (strlen(at) > room) {
        size_t n = room;
        while (n && at[n] != ' ')
            n--;
        n = n ? n : strcspn(at, " ");
        printf("%.*s\n%*s", (int)n, at, 5 + (int)strlen(mark), "");
        at += n + (at[n] == ' ');
    }
    puts(at);
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

/* MicroPython's heap is irrelevant for other firmware. */
static void chip_text(const struct hs_chip *chip, enum hs_framework framework)
{
    printf("# %s: %" PRIu32 " KB of RAM for data inside, PSRAM: %s\n", chip->name, chip->internal / 1024,
           chip->psram ? chip->psram : "none");
    for (const struct hs_chip_memory *m = chip->memory; m < chip->memory + HS_CHIP_MEMORIES && m->kind; m++)
        printf("#   %-9s 0x%08" PRIX32 " to 0x%08" PRIX32 "%s%s\n#             (%s)\n", hs_memory_name(m->kind), m->base, m->end,
               m->note[0] ? ", " : "", m->note, m->source);
    if (framework == HS_FRAMEWORK_CIRCUITPYTHON)
        printf("#   heap: %s\n#             (%s)\n", HS_CIRCUITPYTHON_HEAP, HS_CIRCUITPYTHON_HEAP_SOURCE);
    else if (framework == HS_FRAMEWORK_MICROPYTHON || framework == HS_FRAMEWORK_UNKNOWN)
        printf("#   MicroPython's heap: %s\n#             (%s)\n", chip->heap, chip->heap_source);
}

/* Prints which lines of a text were recognised. */
static void understood_text(const struct hs_doctor_input_facts *facts)
{
    unsigned n = facts->n_understood < HS_UNDERSTOOD ? facts->n_understood : HS_UNDERSTOOD;
    for (unsigned i = 0; i < n; i++) {
        const struct hs_understood *u = &facts->understood[i];
        printf("%s%s %u", i ? ", " : "# understood: ", u->from == u->to ? "line" : "lines", u->from);
        if (u->from != u->to)
            printf(" to %u", u->to);
        printf(" (%s)", u->kind);
    }
    if (facts->n_understood > n)
        printf(", and %u more", facts->n_understood - n);
    if (n)
        putchar('\n');
}

/* Parts that the firmware was built without, each with a space before it; NULL: none. */
static const char *without_of(const struct hs_doctor_input *input)
{
    return input->reader ? hs_reader_fact(input->reader, "without") : NULL;
}

static void facts_text(const struct hs_doctor_input *input)
{
    char buffer[HS_NOTE_LEN + 8];
    if (input->facts.system[0])
        printf("# firmware: %s\n", safe(input->facts.system, buffer));
    if (without_of(input))
        printf("# built without:%s\n", safe(without_of(input), buffer));
    understood_text(&input->facts);
    if (input->facts.system[0] || input->facts.n_understood)
        puts("#");
}

/* The findings come first; the table of the chip's memory is for reference. */
void hs_doctor_text(const struct hs_doctor_input *input, const struct hs_findings *findings, struct hs_terminal terminal)
{
    facts_text(input);
    for (size_t i = 0; i < findings->n; i++) {
        if (i)
            putchar('\n');
        finding_text(findings->finding[i], terminal);
    }
    if (!findings->n)
        puts("nothing found");
    if (input->facts.chip) {
        puts("#");
        chip_text(input->facts.chip, input->facts.framework);
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
