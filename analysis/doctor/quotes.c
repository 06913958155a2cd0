/* SPDX-License-Identifier: MIT
 *
 * Source lines as evidence, where the sources are at hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

static char *load(const struct hs_doctor_input *input, const char *file)
{
    return input->source ? input->source(input, file) : NULL;
}

static size_t length_of_line(const char *line) { return strcspn(line, "\r\n"); }

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : NULL;
}

void hs_finding_source(const struct hs_doctor_input *input, struct hs_finding *f)
{
    char *text = f && f->file[0] ? load(input, f->file) : NULL;
    const char *line = text;
    for (uint32_t n = 1; line && n < f->line; n++)
        line = next_line(line);
    while (line && (*line == ' ' || *line == '\t'))
        line++;
    size_t length = line ? length_of_line(line) : 0;
    if (length)
        hs_finding_evidence(f, "%.120s:%u reads: %.*s", f->file, (unsigned)f->line, (int)(length < 200 ? length : 200), line);
    free(text);
}

/* Whether the call stands in the line, before a comment. */
static bool calls(const char *line, const char *call)
{
    const char *at = strstr(line, call), *end = line + length_of_line(line);
    const char *comment = memchr(line, '#', (size_t)(end - line));
    return at && at < (comment ? comment : end);
}

struct search {
    const char *call;
    unsigned found;
    char *place; /* of HS_PLACE_LEN bytes */
};

static void search(struct search *s, const char *file, const char *text)
{
    unsigned number = 1;
    for (const char *line = text; line; line = next_line(line), number++)
        if (calls(line, s->call) && !s->found++)
            snprintf(s->place, HS_PLACE_LEN, "%.200s:%u", file, number);
}

/* Whether an earlier row names the same file. */
static bool seen_before(const struct hs_diagnosis *d, size_t row, size_t length)
{
    const char *name = d->held[row].name;
    for (size_t i = 0; i < row; i++)
        if (!strncmp(d->held[i].name, name, length + 1))
            return true;
    return false;
}

bool hs_source_of_call(const struct hs_doctor_input *input, const struct hs_diagnosis *d, const char *call, char *place)
{
    struct search s = {.call = call, .place = place};
    for (size_t i = 0; i < d->n; i++) {
        char file[HS_PLACE_LEN];
        size_t length = strcspn(d->held[i].name, ":");
        if (!d->held[i].python || length >= sizeof file || seen_before(d, i, length))
            continue;
        memcpy(file, d->held[i].name, length);
        file[length] = '\0';
        char *text = load(input, file);
        if (text)
            search(&s, file, text);
        free(text);
    }
    return s.found == 1;
}
