/* SPDX-License-Identifier: MIT
 *
 * A diagnosis: a paragraph for each finding, verdict first.
 */
#include <stdio.h>
#include <string.h>

#include "analysis/present/doctorview.h"
#include "analysis/present/table.h"

/* What a board printed, or a file's name: no control characters reach the terminal. */
static const char *safe(const char *text, char *buffer)
{
    return hs_format(buffer, HS_NOTE_LEN + 8, HS_VALUE_TEXT, (struct hs_value){.s = text});
}

/* A note, broken at blanks to the width. */
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
    static const char *const colors[] = {[HS_SEVERITY_PROBLEM] = "\033[31m", [HS_SEVERITY_WARNING] = "\033[33m"};
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

void hs_doctor_text(const struct hs_patient *patient, const struct hs_findings *findings, struct hs_terminal terminal)
{
    (void)patient;
    for (size_t i = 0; i < findings->n; i++) {
        if (i)
            putchar('\n');
        finding_text(findings->finding[i], terminal);
    }
    if (!findings->n)
        puts("nothing found");
}

static void notes_json(struct hs_json *json, const char *key, const struct hs_notes *notes)
{
    hs_json_array(json, key);
    for (unsigned i = 0; i < notes->n; i++)
        hs_json_text(json, NULL, notes->text[i]);
    hs_json_end(json);
}

int hs_doctor_json(const struct hs_patient *patient, const struct hs_findings *findings)
{
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    hs_json_text(json, "file", patient->path);
    hs_json_array(json, "findings");
    for (size_t i = 0; i < findings->n; i++) {
        const struct hs_finding *f = findings->finding[i];
        hs_json_object(json, NULL);
        hs_json_text(json, "code", f->code);
        hs_json_text(json, "severity", hs_severity_name(f->severity));
        hs_json_text(json, "check", f->check);
        hs_json_text(json, "verdict", f->verdict);
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
