/* SPDX-License-Identifier: MIT
 *
 * External RAM that should be there and is not.
 *
 * A firmware is built for one way of reaching the chip, four data lines or eight, and MicroPython's builds start
 * without PSRAM when it is not found. What is left is a small heap, a line in the boot log that nobody sees, and, on
 * MicroPython since 1.21, a "max new split" that is the largest free piece of the system's heap: with PSRAM it is
 * megabytes.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define PSRAM_LEAST (1u << 20) /* a free piece of so many bytes is in PSRAM: no chip here has that much inside */

/* What ESP-IDF says, in any of its versions, when it finds none. */
static const char *const not_found[] = {
    "PSRAM chip is not connected", "PSRAM ID read error", "PSRAM chip not found", "SPI RAM enabled but initialization failed",
    "PSRAM enabled but initialization failed", "wrong PSRAM line mode", "Failed to init external RAM",
};

static const struct hs_doctor_line *first_of(const struct hs_patient *p, const char *const *words, size_t n)
{
    const struct hs_doctor_line *line = NULL;
    for (size_t i = 0; i < n && !line; i++)
        line = hs_patient_line(p, words[i], 0);
    return line;
}

static bool is_octal_build(const struct hs_patient *p)
{
    return strstr(p->facts.system, "Octal") || hs_patient_line(p, "octal_psram", 0);
}

/* Espressif's modules say it at their name's end: N16R8 has 16 MB of flash and 8 MB of PSRAM; R8 and R16 are octal. */
static unsigned megabytes_in_name(const char *text, const char **at)
{
    for (const char *n = text; (n = strchr(n, 'N')); n++) {
        const char *c = n + 1;
        unsigned value = 0, digits = 0;
        for (; *c >= '0' && *c <= '9' && digits < 3; c++)
            digits++;
        if (!digits || *c++ != 'R')
            continue;
        for (digits = 0; *c >= '0' && *c <= '9' && digits < 3; c++, digits++)
            value = value * 10 + (unsigned)(*c - '0');
        if (digits && value >= 2 && value <= 32) {
            *at = n;
            return value;
        }
    }
    return 0;
}

/* What speaks for PSRAM on this board. */
struct expected {
    const struct hs_doctor_line *line;
    unsigned megabytes; /* by the module's name; 0: not told */
};

static struct expected expect(const struct hs_patient *p)
{
    static const char *const words[] = {"SPIRAM", "PSRAM", "psram", "SPI RAM", "WROVER", "External RAM"};
    struct expected e = {.line = NULL};
    const char *at;
    for (size_t i = 0; i < p->n_lines && !e.megabytes; i++)
        if ((e.megabytes = megabytes_in_name(p->line[i].text, &at)))
            e.line = &p->line[i];
    if (!e.line)
        e.line = first_of(p, words, sizeof words / sizeof *words);
    return e;
}

static void advise(struct hs_finding *f, const struct hs_patient *p, const struct expected *e)
{
    const struct hs_chip *chip = p->facts.chip;
    bool s3 = chip && !strcmp(chip->name, "ESP32-S3");
    if (s3 || !chip || e->megabytes >= 8)
        hs_finding_next(f, "flash the build for %s PSRAM: of MicroPython's ESP32_GENERIC_S3 the variant %s; modules whose name ends in R2 "
                           "have quad PSRAM, those in R8 and R16 octal",
                        is_octal_build(p) ? "quad" : "octal (8-line)", is_octal_build(p) ? "without SPIRAM_OCT" : "SPIRAM_OCT");
    else
        hs_finding_next(f, "flash a build with SPIRAM support for this board");
    hs_finding_next(f, "look at the boot log (UART, 115200 baud): a line of psram or spiram says whether the chip was found");
    hs_finding_next(f, "afterwards gc.mem_free() should tell of megabytes, and esp32.idf_heap_info(esp32.HEAP_DATA) list a region of them");
}

static void report_not_found(const struct hs_patient *p, const struct hs_doctor_line *line, struct hs_findings *findings)
{
    struct expected e = expect(p);
    bool mode = strstr(line->text, "line mode") || hs_patient_line(p, "line mode", 0);
    struct hs_finding *f = hs_finding_new(findings, "HS-PSRAM-NOTFOUND", HS_SEVERITY_PROBLEM,
                                          "the firmware looked for PSRAM and found none%s", mode ? ": it is not there, or built for another line mode (quad, octal)" : "");
    hs_finding_quote(f, line);
    if (e.megabytes)
        hs_finding_evidence(f, "the module's name in line %u says that it has %u MB of it", e.line->number, e.megabytes);
    advise(f, p, &e);
}

/* The heap and the largest piece that it could grow by. */
static uint64_t reach(const struct hs_meminfo *d)
{
    return d->total + (d->has & HS_MEMINFO_SPLIT ? d->max_new_split : 0);
}

static void tell_heap(struct hs_finding *f, const struct hs_patient *p, const struct hs_meminfo *d)
{
    uint32_t internal = p->facts.chip ? p->facts.chip->internal : 512 * 1024;
    if (d->has & HS_MEMINFO_SPLIT)
        hs_finding_evidence(f, "line %u: the heap has %" PRIu64 " bytes and could grow by %" PRIu64 " at once (max new split, the largest free piece of all "
                               "memory that malloc may use): %" PRIu64 " together fit into the %" PRIu32 " KB inside %s",
                            d->line, d->total, d->max_new_split, reach(d), internal / 1024, p->facts.chip ? p->facts.chip->name : "any ESP32");
    else
        hs_finding_evidence(f, "line %u: the heap has %" PRIu64 " bytes: that fits into the %" PRIu32 " KB inside %s", d->line, d->total, internal / 1024,
                            p->facts.chip ? p->facts.chip->name : "any ESP32");
}

/* The dump with most to it: if even that fits inside, there is no PSRAM in the heap. */
static const struct hs_meminfo *largest(const struct hs_patient *p)
{
    const struct hs_meminfo *most = NULL;
    for (size_t i = 0; i < p->meminfo.n; i++)
        if (!most || reach(&p->meminfo.dump[i]) > reach(most))
            most = &p->meminfo.dump[i];
    return most;
}

static void report_missing(const struct hs_patient *p, const struct hs_meminfo *d, struct hs_findings *findings)
{
    struct expected e = expect(p);
    const struct hs_doctor_line *added = hs_patient_line(p, "Adding pool of", 0);
    struct hs_finding *f;
    if (added && (strstr(added->text, "PSRAM") || strstr(added->text, "external SPI"))) {
        f = hs_finding_new(findings, "HS-PSRAM-NOTINHEAP", HS_SEVERITY_WARNING, "PSRAM was found, but the Python heap is not in it and cannot grow into it");
        hs_finding_quote(f, added);
        tell_heap(f, p, d);
        hs_finding_next(f, "CONFIG_SPIRAM_USE_MALLOC makes PSRAM part of what malloc may use; CONFIG_SPIRAM_USE_CAPS_ALLOC leaves it to "
                           "heap_caps_malloc(MALLOC_CAP_SPIRAM)");
        return;
    }
    f = e.line ? hs_finding_new(findings, "HS-PSRAM-MISSING", HS_SEVERITY_PROBLEM, "PSRAM is expected on this board, and the heap has none of it")
               : hs_finding_new(findings, "HS-PSRAM-UNUSED", HS_SEVERITY_WARNING, "no PSRAM is in use: if the board has some, this firmware is built for another "
                                "kind of it, or for none");
    tell_heap(f, p, d);
    if (e.megabytes)
        hs_finding_evidence(f, "the module's name in line %u says that it has %u MB of PSRAM%s", e.line->number, e.megabytes,
                            e.megabytes >= 8 ? ", which on an S3 is octal" : "");
    else
        hs_finding_quote(f, e.line);
    if (p->facts.system[0])
        hs_finding_evidence(f, "firmware: %s%s", p->facts.system, strstr(p->facts.system, "SPIRAM") ? "" : ", in which nothing says SPIRAM");
    advise(f, p, &e);
}

/* Whether this board may have PSRAM. Most plain ESP32s have none, so there something must speak for it; S2 and S3 come with it as often
 * as not, and only an ESP32 tells of a heap that may grow by what malloc has. */
static bool possible(const struct hs_patient *p, const struct hs_meminfo *d)
{
    const struct hs_chip *chip = p->facts.chip;
    if (chip && !chip->psram)
        return false;
    if (expect(p).line)
        return true;
    if (chip && strncmp(chip->name, "ESP32-S", 7) != 0)
        return false;
    return chip || (d->has & HS_MEMINFO_SPLIT && !strstr(p->facts.system, "CircuitPython") && d->granule == 16);
}

/* A trace of the ESP-IDF component says what its build expects, and what was found at boot. */
static void recorded(const struct hs_patient *p, struct hs_findings *findings)
{
    const char *mode = hs_reader_fact(p->reader, "psram_mode"), *found = hs_reader_fact(p->reader, "psram_found");
    if (!mode || !found || !strcmp(mode, "none") || strcmp(found, "0") != 0)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-PSRAM-NOTFOUND", HS_SEVERITY_PROBLEM, "the firmware is built for %s PSRAM and found none at boot", mode);
    hs_finding_evidence(f, "the trace's header: psram_mode %s, psram_found 0 bytes", mode);
    hs_finding_next(f, "CONFIG_SPIRAM_MODE_%s and CONFIG_SPIRAM_SPEED must be the chip's: modules whose name ends in R2 have quad PSRAM, R8 and R16 octal",
                    strcmp(mode, "octal") ? "OCT" : "QUAD");
    hs_finding_next(f, "the boot log says why: a line of psram or spiram");
}

static void report_smaller(const struct hs_doctor_line *line, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-PSRAM-SIZE", HS_SEVERITY_PROBLEM, "the PSRAM found has another size than the firmware was built for");
    hs_finding_quote(f, line);
    hs_finding_next(f, "set CONFIG_SPIRAM_TYPE to the chip on the board, or to auto-detect");
}

static void report_test(const struct hs_doctor_line *line, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-PSRAM-TEST", HS_SEVERITY_PROBLEM, "the PSRAM failed its memory test at boot");
    hs_finding_quote(f, line);
    hs_finding_next(f, "lower CONFIG_SPIRAM_SPEED; check the chip's supply (1.8 or 3.3 V) and its lines");
}

static void look(const struct hs_patient *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *missing = first_of(p, not_found, sizeof not_found / sizeof *not_found), *line;
    const struct hs_meminfo *d = largest(p);
    if (p->reader)
        recorded(p, findings);
    if ((line = hs_patient_line(p, "KiB chip but found", 0)))
        report_smaller(line, findings);
    if ((line = hs_patient_line(p, "SPI SRAM memory test fail", 0)))
        report_test(line, findings);
    if (missing)
        report_not_found(p, missing, findings);
    else if (d && reach(d) < PSRAM_LEAST && possible(p, d))
        report_missing(p, d, findings);
}

const struct hs_check hs_check_psram = {.name = "psram", .look = look};
