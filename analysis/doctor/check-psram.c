/* SPDX-License-Identifier: MIT
 *
 * External RAM that should be in use and is not.
 *
 * A firmware is built for one way of connecting the chip, four data lines or eight, and MicroPython's builds start
 * without PSRAM when it is not found. The signs are a small heap, a line in the boot log that is easily missed, and, in
 * MicroPython since 1.21, a "max new split", which is the largest free block of the system's heap: with PSRAM it is
 * megabytes.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define PSRAM_LEAST (1u << 20) /* a free block of this size is in PSRAM: no supported chip has that much internal RAM */

/* Messages of ESP-IDF and Arduino, of all versions, when no PSRAM is found. */
static const char *const not_found[] = {
    "PSRAM chip is not connected",
    "PSRAM ID read error",
    "PSRAM chip not found",
    "SPI RAM enabled but initialization failed",
    "PSRAM enabled but initialization failed",
    "Failed to init external RAM",
    "PSRAM init failed",
    NULL,
};

static const char *const other_size[] = {"Expected 2048KiB chip but found", "Expected 4096KiB chip but found",
                                         "Expected 8192KiB chip but found", "Expected 16384KiB chip but found", NULL},
                         *const bad_test[] = {"SPI SRAM memory test fail", NULL}, *const added_pool[] = {"Adding pool of", NULL};

/* Number of data lines to the chip; a build supports one of the two. */
enum mode { MODE_UNKNOWN, MODE_QUAD, MODE_OCTAL };

/* ---- the build ---- */

static enum mode mode_of_build(const struct hs_doctor_input *p)
{
    static const char *const octal[] = {"octal_psram", "SPIRAM_OCT", "SPIRAM_MODE_OCT=y", "mode: octal", "OPI PSRAM",
                                        "PSRAM=opi",   NULL},
                             *const quad[] = {"quad_psram", "SPIRAM_MODE_QUAD=y", "mode: quad", "QSPI PSRAM", NULL};
    if (strstr(p->facts.system, "Octal") || hs_doctor_input_first(p, octal))
        return MODE_OCTAL;
    if (strstr(p->facts.system, "SPIRAM") || strstr(p->facts.system, "spiram") || hs_doctor_input_first(p, quad))
        return MODE_QUAD;
    return MODE_UNKNOWN;
}

/* ---- the board ---- */

/* The board's PSRAM according to the text. */
struct expected {
    const struct hs_doctor_line *line; /* evidence of PSRAM; NULL: none */
    unsigned megabytes;                /* from the module's name; 0: not given */
    enum mode mode;                    /* of the chip on the board */
    bool none;                         /* the text says that the board has no PSRAM */
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Espressif's module names end with the sizes: N16R8 has 16 MB of flash and 8 MB of PSRAM, N8 has none. Returns true if
 * such a name was found. */
static bool in_name(const char *text, unsigned *megabytes)
{
    for (const char *n = text; (n = strchr(n, 'N')); n++) {
        const char *c = n + 1;
        unsigned digits = 0;
        bool begins = n == text || strchr(" -(/", n[-1]);
        for (*megabytes = 0; is_digit(*c) && digits < 3; c++)
            digits++;
        if (!digits || !begins)
            continue;
        if (*c != 'R' && (n > text && n[-1] == '-'))
            return !(*c >= 'A' && *c <= 'Z') && !(*c >= 'a' && *c <= 'z');
        for (digits = 0; *c == 'R' && is_digit(c[1 + digits]) && digits < 3; digits++)
            *megabytes = *megabytes * 10 + (unsigned)(c[1 + digits] - '0');
        if (*megabytes >= 2 && *megabytes <= 32)
            return true;
    }
    return false;
}

/* The word for PSRAM in a line, or NULL. */
static const char *psram_in(const char *text)
{
    static const char *const words[] = {"PSRAM", "psram", "SPIRAM", "spiram", "SPI RAM", "PSRam", "SPIRam"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *at = strstr(text, words[i]);
        if (at)
            return at;
    }
    return NULL;
}

static bool denies(const char *text, const char *at)
{
    static const char *const before[] = {"no ", "No ", "NO ", "without ", "Without ", "lacks ", "n't have ", "not have "};
    static const char *const suffixes[] = {": no", ": none", "=no", "=none", ": not ", ": disabled", " disabled", "=disabled"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        size_t n = strlen(before[i]);
        for (const char *w = text; (w = strstr(w, before[i])) && w < at; w++)
            if ((w == text || strchr(" (,;:-", w[-1]) || before[i][1] == '\'') && at - (w + n) <= 12)
                return true;
    }
    at += strcspn(at, " :=");
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (!strncmp(at, suffixes[i], strlen(suffixes[i])))
            return true;
    return false;
}

/* "psram=8M", "PSRAM: 8 MB, Quad SPI", "8 MB of PSRAM": a number of megabytes near the word. */
static unsigned size_beside(const char *text, const char *at)
{
    for (const char *c = text; *c; c++) {
        unsigned n = 0;
        const char *digit = c;
        for (; is_digit(*digit) && n < 1000; digit++)
            n = n * 10 + (unsigned)(*digit - '0');
        if (digit == c)
            continue;
        const char *unit = digit + (*digit == ' ');
        bool near = c > at ? c - at <= 16 : at - digit <= 10;
        if (near && *unit == 'M' && n >= 2 && n <= 32)
            return n;
        c = digit - 1;
    }
    return 0;
}

/* The chip's data lines, from a line about PSRAM that is not printed by a driver or by the firmware, whose mode is the build's. */
static enum mode mode_in(const char *text)
{
    static const char *const quad[] = {"Quad", "quad", "QSPI", "QPI"}, *const octal[] = {"Octal", "octal", "OPI", "OSPI"};
    if (strstr(text, "_psram") || strstr(text, "SPIRAM_OCT") || strstr(text, "MicroPython v"))
        return MODE_UNKNOWN;
    for (size_t i = 0; i < 4; i++)
        if (strstr(text, quad[i]))
            return MODE_QUAD;
    for (size_t i = 0; i < 4; i++)
        if (strstr(text, octal[i]))
            return MODE_OCTAL;
    return MODE_UNKNOWN;
}

/* Whether the build supports PSRAM, from a line that a build, its banner or a driver prints. A word in prose does not
 * count. */
static const struct hs_doctor_line *built_for(const struct hs_doctor_input *p)
{
    static const char *const words[] = {
        "SPIRAM_OCT", "CONFIG_SPIRAM=y", "octal_psram:", "quad_psram:", "esp_psram:", "spiram:", "psramInit", "WROVER", NULL};
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *banner = strstr(p->line[i].text, "MicroPython v");
        if (banner && psram_in(banner))
            return &p->line[i];
    }
    return hs_doctor_input_first(p, words);
}

static void take_line(struct expected *e, const struct hs_doctor_line *line)
{
    const char *at = psram_in(line->text);
    unsigned megabytes;
    if (in_name(line->text, &megabytes) && !e->megabytes) {
        e->none |= !megabytes;
        e->line = megabytes ? line : e->line;
        e->megabytes = megabytes;
        e->mode = megabytes >= 8 ? MODE_OCTAL : megabytes == 2 ? MODE_QUAD : e->mode;
        return;
    }
    if (!at)
        return;
    if (denies(line->text, at)) {
        e->none = true;
        return;
    }
    if (!e->line && (megabytes = size_beside(line->text, at)))
        e->line = line;
    e->mode = e->mode ? e->mode : mode_in(line->text);
}

static struct expected expect(const struct hs_doctor_input *p)
{
    struct expected e = {.line = NULL};
    for (size_t i = 0; i < p->n_lines; i++)
        take_line(&e, &p->line[i]);
    if (!e.line)
        e.line = built_for(p);
    if (e.megabytes)
        e.none = false;
    return e;
}

/* ---- advice, in the terms of the firmware ---- */

static bool is_s3(const struct hs_doctor_input *p) { return p->facts.chip && !strcmp(p->facts.chip->name, "ESP32-S3"); }

static bool is_plain_esp32(const struct hs_doctor_input *p) { return p->facts.chip && !strcmp(p->facts.chip->name, "ESP32"); }

/* The board's mode if the text gives it, else the one that the build does not support. */
static enum mode wanted_mode(const struct hs_doctor_input *p, const struct expected *e)
{
    enum mode build = mode_of_build(p);
    if (e->mode)
        return e->mode;
    return build == MODE_OCTAL ? MODE_QUAD : build == MODE_QUAD ? MODE_OCTAL : MODE_UNKNOWN;
}

/* The setting in each firmware. */
static const struct {
    enum hs_framework framework;
    const char *quad, *octal, *either;
} choices[] = {
    {HS_FRAMEWORK_ARDUINO, "choose QSPI PSRAM in the IDE's menu Tools, PSRAM", "choose OPI PSRAM in the IDE's menu Tools, PSRAM",
     "choose in the IDE's menu Tools, PSRAM: OPI for modules in R8 and R16, QSPI for those in R2"},
    {HS_FRAMEWORK_ESPHOME, "set mode: quad under psram: in the configuration", "set mode: octal under psram: in the configuration",
     "set mode under psram: in the configuration: octal for modules in R8 and R16, quad for those in R2"},
    {HS_FRAMEWORK_IDF, "set CONFIG_SPIRAM_MODE_QUAD", "set CONFIG_SPIRAM_MODE_OCT",
     "set CONFIG_SPIRAM_MODE_OCT for modules in R8 and R16, CONFIG_SPIRAM_MODE_QUAD for those in R2"},
    {HS_FRAMEWORK_CIRCUITPYTHON, "flash the build of a board that has this module (quad PSRAM)",
     "flash the build of a board that has this module (octal PSRAM)",
     "flash the build of a board that has this very module: quad and octal PSRAM are different builds"},
    {HS_FRAMEWORK_UNKNOWN, /* also MicroPython: the last row */
     "flash the build for quad PSRAM: of MicroPython's ESP32_GENERIC_S3 the variant without SPIRAM_OCT; modules whose name ends in R2 have quad PSRAM, those in R8 and R16 octal",
     "flash the build for octal (8-line) PSRAM: of MicroPython's ESP32_GENERIC_S3 the variant SPIRAM_OCT; modules whose name ends in R2 have quad PSRAM, those in R8 and R16 octal",
     "flash the build for the module's kind of PSRAM: of MicroPython's ESP32_GENERIC_S3 the variant SPIRAM_OCT for modules in R8 and R16, the plain one for those in R2"},
};

static void advise_mode(struct hs_finding *f, const struct hs_doctor_input *p, const struct expected *e)
{
    size_t row = 0, last = sizeof choices / sizeof *choices - 1;
    enum mode mode = wanted_mode(p, e);
    while (row < last && choices[row].framework != p->facts.framework)
        row++;
    hs_finding_next(f, "%s",
                    mode == MODE_QUAD    ? choices[row].quad
                    : mode == MODE_OCTAL ? choices[row].octal
                                         : choices[row].either);
}

/* For chips with one kind of PSRAM, which the build may or may not support. */
static void advise_support(struct hs_finding *f, const struct hs_doctor_input *p)
{
    if (p->facts.framework == HS_FRAMEWORK_MICROPYTHON || p->facts.framework == HS_FRAMEWORK_UNKNOWN)
        hs_finding_next(f, "flash a build with SPIRAM support for this board (ESP32_GENERIC: the variant SPIRAM)");
    else
        hs_finding_next(f, "switch PSRAM on in the build: CONFIG_SPIRAM");
}

static void advise(struct hs_finding *f, const struct hs_doctor_input *p, const struct expected *e)
{
    if (is_s3(p) || !p->facts.chip || (e->megabytes >= 8 && !is_plain_esp32(p)))
        advise_mode(f, p, e);
    else
        advise_support(f, p);
    hs_finding_next(f, "look at the boot log (UART, 115200 baud): a line of psram or spiram says whether the chip was found");
    if (p->facts.framework == HS_FRAMEWORK_MICROPYTHON)
        hs_finding_next(
            f, "afterwards gc.mem_free() should be megabytes, and esp32.idf_heap_info(esp32.HEAP_DATA) list a region of them");
}

/* For a plain ESP32 whose build searched for PSRAM: most modules have none. */
static void advise_esp32(struct hs_finding *f, const struct hs_doctor_input *p)
{
    bool micropython = p->facts.framework == HS_FRAMEWORK_MICROPYTHON;
    hs_finding_next(f,
                    "ESP32-WROOM modules and the ESP32-PICO-D4 have no PSRAM: then this is harmless, and %s avoids the message",
                    micropython ? "the build without SPIRAM (ESP32_GENERIC)" : "a build with PSRAM switched off");
    hs_finding_next(
        f,
        "only a WROVER, or a module whose name ends in R2 or R8, has it: then check its supply, and that nothing else uses GPIO 16 and 17");
}

/* ---- findings ---- */

/* The heap plus the largest block by which it could grow. */
static uint64_t reach(const struct hs_meminfo *d) { return d->total + (d->has & HS_MEMINFO_SPLIT ? d->max_new_split : 0); }

/* A later start that found it, or megabytes in the Python heap: the message is of an earlier start. */
static bool found_later(const struct hs_doctor_input *p, const struct hs_doctor_line *line)
{
    for (size_t i = (size_t)(line - p->line) + 1; i < p->n_lines; i++) {
        uint64_t free;
        if (hs_message_in(p->line[i].text, "esp_psram: Found ") || hs_message_in(p->line[i].text, "Adding pool of") ||
            (hs_doctor_input_calls(p, "gc.mem_free()", i, &free) && free >= PSRAM_LEAST))
            return true;
    }
    for (size_t i = 0; i < p->facts.n_sound; i++)
        if (p->meminfo.dump[i].line > line->number && reach(&p->meminfo.dump[i]) >= PSRAM_LEAST)
            return true;
    return false;
}

/* The board's name and the build agree, and the chip does not answer. */
static void advise_wiring(struct hs_finding *f, const struct expected *e)
{
    hs_finding_next(
        f,
        "the build is for %s PSRAM, which the text says the board has: check the marking on the module's can, that nothing "
        "else uses its lines (octal: GPIO 33 to 37 of an S3), and its supply",
        e->mode == MODE_OCTAL ? "octal" : "quad");
}

static void report_not_found(const struct hs_doctor_input *p, const struct hs_doctor_line *line, struct hs_findings *findings)
{
    struct expected e = expect(p);
    bool mode = strstr(line->text, "line mode") || hs_doctor_input_line(p, "line mode", 0);
    bool goes_on = hs_doctor_input_line(p, "continuing without it", 0);
    struct hs_finding *f = hs_finding_new(findings, "HS-PSRAM-NOTFOUND", goes_on ? HS_SEVERITY_WARNING : HS_SEVERITY_PROBLEM,
                                          "the firmware looked for PSRAM and found none%s",
                                          mode ? ": it is not there, or built for another line mode (quad, octal)" : "");
    hs_finding_quote(f, line);
    if (e.megabytes)
        hs_finding_evidence(f, "the module's name in line %u says that it has %u MB of it", e.line->number, e.megabytes);
    if (is_plain_esp32(p) && !e.megabytes)
        advise_esp32(f, p);
    else if (e.mode && e.mode == mode_of_build(p))
        advise_wiring(f, &e);
    else
        advise(f, p, &e);
}

static void describe_heap(struct hs_finding *f, const struct hs_doctor_input *p, const struct hs_meminfo *d)
{
    uint32_t internal = p->facts.chip ? p->facts.chip->internal : 512 * 1024;
    if (d->has & HS_MEMINFO_SPLIT)
        hs_finding_evidence(f,
                            "line %u: the heap has %" PRIu64 " bytes and could grow by %" PRIu64
                            " at once (max new split, the largest free piece of all "
                            "memory that malloc may use): %" PRIu64 " together fit into the %" PRIu32 " KB inside %s",
                            d->line, d->total, d->max_new_split, reach(d), internal / 1024,
                            p->facts.chip ? p->facts.chip->name : "any ESP32");
    else
        hs_finding_evidence(f, "line %u: the heap has %" PRIu64 " bytes: that fits into the %" PRIu32 " KB inside %s", d->line,
                            d->total, internal / 1024, p->facts.chip ? p->facts.chip->name : "any ESP32");
}

/* The dump with the largest heap: if even that fits into internal RAM, there is no PSRAM in the heap. */
static const struct hs_meminfo *largest(const struct hs_doctor_input *p)
{
    const struct hs_meminfo *most = NULL;
    for (size_t i = 0; i < p->facts.n_sound; i++)
        if (!most || reach(&p->meminfo.dump[i]) > reach(most))
            most = &p->meminfo.dump[i];
    return most;
}

/* Evidence and advice for a heap without PSRAM, independent of what shows its size. */
static void explain(struct hs_finding *f, const struct hs_doctor_input *p, const struct expected *e)
{
    if (e->megabytes)
        hs_finding_evidence(f, "the module's name in line %u says that it has %u MB of PSRAM%s", e->line->number, e->megabytes,
                            e->megabytes >= 8 ? ", which on an S3 is octal" : "");
    else
        hs_finding_quote(f, e->line);
    if (p->facts.system[0])
        hs_finding_evidence(f, "firmware: %s%s", p->facts.system,
                            psram_in(p->facts.system) ? "" : ", in which nothing says SPIRAM");
    advise(f, p, e);
}

/* With gc.mem_free() only: the free bytes fit into internal RAM, although the board has megabytes. */
static void missing_by_call(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct expected e = expect(p);
    struct hs_text_call call = hs_doctor_input_call(p, "gc.mem_free()", 0), most = call;
    for (; call.line; call = hs_doctor_input_call(p, "gc.mem_free()", (size_t)(call.line - p->line) + 1))
        most = call.value > most.value ? call : most;
    if (!most.line || most.value >= PSRAM_LEAST || !e.line || e.none || (p->facts.chip && !p->facts.chip->psram))
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-PSRAM-MISSING", HS_SEVERITY_PROBLEM,
                                          "PSRAM is expected on this board, but the heap has none");
    hs_finding_evidence(f, "line %u: gc.mem_free() is %" PRIu64 " bytes at most: that fits into the chip", most.line->number,
                        most.value);
    explain(f, p, &e);
}

static void report_missing(const struct hs_doctor_input *p, const struct hs_meminfo *d, struct hs_findings *findings)
{
    struct expected e = expect(p);
    const struct hs_doctor_line *added = hs_doctor_input_message(p, added_pool);
    struct hs_finding *f;
    if (added && (strstr(added->text, "PSRAM") || strstr(added->text, "external SPI"))) {
        f = hs_finding_new(findings, "HS-PSRAM-NOTINHEAP", HS_SEVERITY_WARNING,
                           "PSRAM was found, but the Python heap is not in it and cannot grow into it");
        hs_finding_quote(f, added);
        describe_heap(f, p, d);
        hs_finding_next(
            f, "CONFIG_SPIRAM_USE_MALLOC makes PSRAM part of what malloc may use; CONFIG_SPIRAM_USE_CAPS_ALLOC leaves it to "
               "heap_caps_malloc(MALLOC_CAP_SPIRAM)");
        return;
    }
    f = e.line ? hs_finding_new(findings, "HS-PSRAM-MISSING", HS_SEVERITY_PROBLEM,
                                "PSRAM is expected on this board, but the heap has none")
               : hs_finding_new(findings, "HS-PSRAM-UNUSED", HS_SEVERITY_WARNING,
                                "no PSRAM is in use: if the board has some, this firmware is built for another "
                                "kind of it, or for none");
    describe_heap(f, p, d);
    explain(f, p, &e);
}

/* Whether this board may have PSRAM. S2 and S3 often have it. Most plain ESP32s have none, so there must be evidence for it,
 * and so must there for a chip that the text does not name: less text is no reason for a warning. */
static bool possible(const struct hs_doctor_input *p)
{
    const struct hs_chip *chip = p->facts.chip;
    struct expected e = expect(p);
    if (e.none || (chip && !chip->psram))
        return false;
    if (e.line)
        return true;
    return chip && !strncmp(chip->name, "ESP32-S", 7);
}

/* A trace of the ESP-IDF component contains the PSRAM that its build expects, and the one found at boot. */
static void recorded(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const char *mode = hs_reader_fact(p->reader, "psram_mode"), *found = hs_reader_fact(p->reader, "psram_found");
    if (!mode || !found || !strcmp(mode, "none") || strcmp(found, "0") != 0)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-PSRAM-NOTFOUND", HS_SEVERITY_PROBLEM,
                                          "the firmware is built for %s PSRAM and found none at boot", mode);
    hs_finding_evidence(f, "the trace's header: psram_mode %s, psram_found 0 bytes", mode);
    hs_finding_next(
        f,
        "CONFIG_SPIRAM_MODE_%s and CONFIG_SPIRAM_SPEED must be the chip's: modules whose name ends in R2 have quad PSRAM, R8 and R16 octal",
        strcmp(mode, "octal") ? "OCT" : "QUAD");
    hs_finding_next(f, "the boot log says why: a line of psram or spiram");
}

static void report_smaller(const struct hs_doctor_line *line, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-PSRAM-SIZE", HS_SEVERITY_PROBLEM,
                                          "the PSRAM found has another size than the firmware was built for");
    hs_finding_quote(f, line);
    hs_finding_next(f, "set CONFIG_SPIRAM_TYPE to the chip on the board, or to auto-detect");
}

static void report_test(const struct hs_doctor_line *line, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-PSRAM-TEST", HS_SEVERITY_PROBLEM,
                                          "the PSRAM failed its memory test at boot");
    hs_finding_quote(f, line);
    hs_finding_next(f, "lower CONFIG_SPIRAM_SPEED; check the chip's supply (1.8 or 3.3 V) and its lines");
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *missing = hs_doctor_input_message(p, not_found), *line;
    const struct hs_meminfo *d = largest(p);
    if (p->reader)
        recorded(p, findings);
    if ((line = hs_doctor_input_message(p, other_size)))
        report_smaller(line, findings);
    if ((line = hs_doctor_input_message(p, bad_test)))
        report_test(line, findings);
    if (missing && !found_later(p, missing))
        report_not_found(p, missing, findings);
    else if (d && reach(d) < PSRAM_LEAST && possible(p))
        report_missing(p, d, findings);
    else if (!d)
        missing_by_call(p, findings);
}

const struct hs_check hs_check_psram = {.name = "psram", .look = look};
