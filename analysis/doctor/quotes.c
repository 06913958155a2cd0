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
    return input->exam && input->reader ? hs_sources_text(&input->exam->sources, input->reader, file) : NULL;
}

static size_t length_of_line(const char *line) { return strcspn(line, "\r\n"); }

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : NULL;
}

char *hs_doctor_source_line(const struct hs_doctor_input *input, const char *file, uint32_t number)
{
    char *text = *file && number ? load(input, file) : NULL;
    const char *line = text;
    for (uint32_t n = 1; line && n < number; n++)
        line = next_line(line);
    while (line && (*line == ' ' || *line == '\t'))
        line++;
    size_t length = line ? length_of_line(line) : 0;
    char *copy = length ? strndup(line, length) : NULL;
    free(text);
    return copy;
}

void hs_finding_source(const struct hs_doctor_input *input, struct hs_finding *f)
{
    char *line = f ? hs_doctor_source_line(input, f->file, f->line) : NULL;
    if (line)
        hs_finding_evidence(f, "%.120s:%u reads: %.200s", f->file, (unsigned)f->line, line);
    free(line);
}
