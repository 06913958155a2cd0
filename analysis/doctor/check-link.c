/* SPDX-License-Identifier: MIT
 *
 * Messages of a build: the linker's, where a firmware does not fit into a memory, and Arduino's warning.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define REGION_MAX 48u /* bytes of a region's name */

/* Whether a message of a linker is at `at`: the line begins with it, or a program's or an object's name and a colon are before it. */
static bool is_linkers(const char *line, const char *at)
{
    return hs_message_begins(line, at) || (at - line > 2 && !strncmp(at - 2, ": ", 2) && strcspn(line, "\"") == strlen(line));
}

/* The name in "region `dram0_0_seg' overflowed by 46380 bytes". */
static bool region_in(const char *at, char name[REGION_MAX])
{
    at += strlen("region ");
    at += strcspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.");
    size_t n = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.");
    snprintf(name, REGION_MAX, "%.*s", (int)n, at);
    return n && n < REGION_MAX;
}

bool hs_link_overflow_in(const char *line, uint64_t *bytes)
{
    const char *at = strstr(line, "region "), *over = at ? strstr(at, " overflowed by ") : NULL;
    *bytes = over ? strtoull(over + strlen(" overflowed by "), NULL, 10) : 0;
    return *bytes && over - at < (long)REGION_MAX && strstr(over, " bytes") && is_linkers(line, at);
}

/* "firmware.elf section `.bss' will not fit in region `RAM'": an object's name is before it, and nothing after it. */
bool hs_link_misfit_in(const char *line)
{
    const char *at = strstr(line, " section "), *fit = at ? strstr(at, " will not fit in region ") : NULL, *name = at;
    while (name && name > line && !isspace((unsigned char)name[-1]))
        name--;
    const char *end = fit ? strrchr(fit, '\'') : NULL;
    return end && !end[1 + strspn(end + 1, "\033[0m ")] && memchr(name, '.', (size_t)(at - name)) &&
           (at[9] == '`' || at[9] == '\'') && is_linkers(line, name);
}

bool hs_build_is_low_in(const char *line) { return hs_message_in(line, "Low memory available, stability problems may occur"); }

/* Whether a region is flash, or RAM for code. */
static bool is_of_code(const char *region)
{
    static const char *const words[] = {"flash", "rom", "iram", "code", "text", "itcm"};
    char lower[REGION_MAX];
    size_t n = 0;
    for (; region[n]; n++)
        lower[n] = (char)tolower((unsigned char)region[n]);
    lower[n] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(lower, words[i]))
            return true;
    return false;
}

static void advise(struct hs_finding *f, const struct hs_doctor_input *p, const char *region)
{
    if (is_of_code(region)) {
        hs_finding_next(f, "make the code smaller: optimise for size (-Os), leave out libraries and options that are not used, "
                           "and log less; or give this memory a larger part where the board has more");
        return;
    }
    hs_finding_next(
        f, "make static data smaller: buffers, arrays, stacks of tasks, and a heap that is an array; constants belong in "
           "flash (const)");
    if (hs_doctor_input_line(p, "zephyr", 0))
        hs_finding_next(
            f, "Zephyr: CONFIG_HEAP_MEM_POOL_SIZE, the stacks' sizes and the numbers of network buffers are static data; "
               "west build -t ram_report lists who has how much");
    else
        hs_finding_next(
            f, "the linker's map (-Wl,-Map=firmware.map) lists the size of each object in .data and .bss: begin with the "
               "largest");
    if (hs_doctor_input_line(p, "dram0_0_seg", 0))
        hs_finding_next(f, "or allocate a large buffer when the program runs: an ESP32 has more RAM for the heap than for static "
                           "data, and may have PSRAM");
}

static void overflowed(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *misfit = hs_doctor_input_that(p, hs_link_misfit_in), *line = NULL;
    char name[REGION_MAX] = "";
    uint64_t bytes = 0;
    for (size_t i = 0; i < p->n_lines && !line; i++)
        if (hs_link_overflow_in(p->line[i].text, &bytes) && region_in(strstr(p->line[i].text, "region "), name))
            line = &p->line[i];
    if (!line && (!misfit || !region_in(strstr(misfit->text, "region "), name)))
        return;
    struct hs_finding *f = line ? hs_finding_new(findings, "HS-LINK-OVERFLOW", HS_SEVERITY_PROBLEM,
                                                 "the firmware does not fit: %" PRIu64
                                                 " bytes too many for the memory %s, so it was not linked",
                                                 bytes, name)
                                : hs_finding_new(findings, "HS-LINK-OVERFLOW", HS_SEVERITY_PROBLEM,
                                                 "the firmware does not fit into the memory %s, so it was not linked", name);
    hs_finding_quote(f, line);
    hs_finding_quote(f, misfit);
    advise(f, p, name);
}

/* Arduino's warning, with the line of figures before it. */
static void low(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *line = hs_doctor_input_that(p, hs_build_is_low_in);
    if (!line)
        return;
    const struct hs_doctor_line *figures = line;
    while (figures > p->line && line - figures < 4 && !strstr(figures->text, "Global variables use "))
        figures--;
    bool of_figures = strstr(figures->text, "Global variables use ");
    struct hs_finding *f = hs_finding_new(findings, "HS-LINK-LOW", HS_SEVERITY_WARNING,
                                          "static data take most of the RAM: little is left for the stack and the heap");
    hs_finding_quote(f, of_figures ? figures : line);
    hs_finding_next(f, "keep texts and tables in flash: F(\"...\") for what is printed, PROGMEM for tables");
    hs_finding_next(f, "make global arrays and buffers smaller, and leave out libraries that are not used");
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    overflowed(p, findings);
    low(p, findings);
}

const struct hs_check hs_check_link = {.name = "link", .look = look};
