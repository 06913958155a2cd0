/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/program_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

char *hs_sources_text(const struct hs_sources_at *sources, const struct hs_reader *reader, const char *file)
{
    return sources && sources->text ? sources->text(sources->trace, reader, file) : NULL;
}

static uint32_t count_lines(const char *text)
{
    uint32_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static bool has_file(const struct hs_program_text *s, const char *name)
{
    for (uint32_t i = 0; i < s->n_files; i++)
        if (!strcmp(s->file[i].name, name))
            return true;
    return false;
}

/* A file that is not at hand has an entry without lines: it is looked for once. */
static int append(struct hs_program_text *s, const char *name, const char *text)
{
    size_t n = strlen(text);
    char *all = realloc(s->text, s->length + n + 2);
    if (!all)
        return HS_ERR_MEMORY;
    s->text = all;
    memcpy(all + s->length, text, n + 1);
    if (n)
        strcpy(all + s->length + n, "\n");
    s->length += n ? n + 1 : 0;
    uint32_t line = s->n_files ? s->file[s->n_files - 1].end : 1;
    struct hs_source_file *f = &s->file[s->n_files++];
    *f = (struct hs_source_file){.line = line, .end = line + (n ? count_lines(text) + 1 : 0)};
    snprintf(f->name, sizeof f->name, "%s", name);
    return HS_OK;
}

static int read_file(struct hs_program_text *s, const struct hs_sources_at *at, const struct hs_names *names, const char *name)
{
    if (!name || !*name || s->n_files == HS_PROGRAM_FILES || has_file(s, name))
        return HS_OK;
    char *text = hs_sources_text(at, names->reader, name);
    int error = append(s, name, text ? text : "");
    free(text);
    return error;
}

int hs_program_text_read(struct hs_program_text *s, const struct hs_sources_at *at, const struct hs_names *names)
{
    struct hs_frame call[HS_DEPTH_MAX];
    struct hs_symbol native;
    uint32_t sites = hs_reader_sites(names->reader);
    *s = (struct hs_program_text){.n_files = 0};
    for (uint32_t i = 0; i < sites; i++) {
        unsigned n = hs_frames_of_site(names, i, call, &native);
        for (unsigned k = 0; k < n; k++) {
            int error = read_file(s, at, names, call[k].file);
            if (error)
                return error;
        }
    }
    return s->length ? hs_python_read(&s->python, s->text) : HS_ERR_KIND;
}

void hs_program_text_free(struct hs_program_text *s)
{
    hs_python_free(&s->python);
    free(s->text);
    *s = (struct hs_program_text){.n_files = 0};
}

uint32_t hs_program_text_end(const struct hs_program_text *s, uint32_t row)
{
    const struct hs_python *p = &s->python;
    for (uint32_t i = 0; row < p->n_rows && i < s->n_files; i++) {
        if (p->row[row].line < s->file[i].line || p->row[row].line >= s->file[i].end)
            continue;
        while (row < p->n_rows && p->row[row].line < s->file[i].end)
            row++;
        break;
    }
    return row;
}

uint32_t hs_program_text_row(const struct hs_program_text *s, const char *file, size_t length, uint32_t line)
{
    const struct hs_python *p = &s->python;
    for (uint32_t i = 0; i < s->n_files; i++) {
        const struct hs_source_file *f = &s->file[i];
        if (strlen(f->name) != length || memcmp(f->name, file, length) != 0 || !line || line > f->end - f->line)
            continue;
        return hs_python_row_at(p, f->line + line - 1);
    }
    return NONE;
}

uint32_t hs_program_text_row_named(const struct hs_program_text *s, const char *name)
{
    size_t length = strcspn(name, ":");
    return name[length] ? hs_program_text_row(s, name, length, (uint32_t)strtoul(name + length + 1, NULL, 10)) : NONE;
}

uint32_t hs_program_text_row_of_call(const struct hs_program_text *s, const struct hs_call_frame *call)
{
    const char *blank = strrchr(call->name, ' ');
    return blank ? hs_program_text_row(s, call->name, (size_t)(blank - call->name), call->line) : NONE;
}

uint32_t hs_program_text_line(const struct hs_program_text *s, uint32_t row, char *text)
{
    uint32_t line = s->python.row[row].line;
    if (text)
        text[0] = '\0';
    for (uint32_t i = 0; i < s->n_files; i++) {
        const struct hs_source_file *f = &s->file[i];
        if (line < f->line || line >= f->end)
            continue;
        if (text)
            snprintf(text, HS_NAME_MAX, "%.900s:%u", f->name, (unsigned)(line - f->line + 1));
        return line - f->line + 1;
    }
    return 0;
}
