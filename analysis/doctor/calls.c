/* SPDX-License-Identifier: MIT
 *
 * Calls on a console and their results.
 */
#include <ctype.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

/* Number of calls to the collector's functions in a line before `at`; a tuple of results has one for each. */
static unsigned calls_before(const char *line, const char *at)
{
    unsigned n = 0;
    for (const char *call = line; (call = strstr(call, "gc.mem_")) && call < at - 3; call++)
        n++;
    return n;
}

/* The number in a line that contains only results: digits, possibly after the characters of a prompt, quotation or time
 * stamp. */
static bool lone_number(const char *line, unsigned which, uint64_t *value)
{
    const char *open = strchr(line, '('), *at = open ? open : line + strlen(line);
    for (const char *c = line; *c; c++)
        if (isalpha((unsigned char)*c))
            return false;
    if (!open)
        while (at > line && isdigit((unsigned char)at[-1]))
            at--;
    for (; which && (at = strchr(at, ',')); which--)
        at++;
    return at && at[strspn(at, "(, ")] && isdigit((unsigned char)at[strspn(at, "(, ")]) && hs_number_after(at, "", value);
}

/* The result after the call in the same line; a later call in the line is not a result, nor is what a source compares it with. */
static bool same_line(const char *at, const char *name, uint64_t *value)
{
    static const char *const signs[] = {"->", "=>", ":", "=", ""};
    const char *after = at + strlen(name), *end;
    size_t sign = 0;
    after += strspn(after, " \t");
    while (strncmp(after, signs[sign], strlen(signs[sign])) != 0)
        sign++;
    after += strlen(signs[sign]);
    after += strspn(after, " \t");
    end = after + strspn(after, "0123456789");
    return end > after && !strchr(":)]}*+-/%_", *end ? *end : ' ') && hs_number_after(after, "", value);
}

bool hs_doctor_input_calls(const struct hs_doctor_input *p, const char *name, size_t i, uint64_t *value)
{
    const char *text = p->line[i].text, *at = strstr(text, name);
    return at && (same_line(at, name, value) ||
                  (i + 1 < p->n_lines && lone_number(p->line[i + 1].text, calls_before(text, at), value)));
}

struct hs_text_call hs_doctor_input_call(const struct hs_doctor_input *p, const char *name, size_t from)
{
    for (size_t i = from; i < p->n_lines; i++) {
        struct hs_text_call call = {.line = &p->line[i]};
        if (hs_doctor_input_calls(p, name, i, &call.value))
            return call;
    }
    return (struct hs_text_call){.line = NULL};
}

bool hs_doctor_input_collects(const struct hs_doctor_input *p, unsigned from, unsigned to)
{
    for (size_t i = 0; i < p->n_lines; i++)
        if (p->line[i].number >= from && p->line[i].number <= to && strstr(p->line[i].text, "gc.collect()"))
            return true;
    return false;
}
