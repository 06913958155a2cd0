/* SPDX-License-Identifier: MIT
 *
 * The ESP8266: messages of its allocators. Arduino's core, ESPHome and Tasmota share them; nothing of ESP-IDF exists there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define NEAR 0x1000u /* addresses of members of an object at 0 */

/* The first message with a size, or else the first one. */
static const struct hs_doctor_line *find_failure(const struct hs_doctor_input *p, uint64_t *size)
{
    const struct hs_doctor_line *best = NULL;
    uint64_t n;
    if (hs_doctor_input_is_esp32(p))
        return NULL;
    for (size_t i = 0; i < p->n_lines && !*size; i++) {
        if (!hs_esp8266_failure_in(p->line[i].text, &n) || (best && !n))
            continue;
        best = &p->line[i];
        *size = n;
    }
    return best;
}

/* The address in "last failed alloc call: 40201A5E(16384)"; 0: none. */
static unsigned long caller_in(const char *text)
{
    const char *at = hs_message_in(text, "last failed alloc call:");
    return at ? strtoul(at + strlen("last failed alloc call:"), NULL, 16) : 0;
}

static void advise(struct hs_finding *f, const struct hs_doctor_input *p, unsigned long caller)
{
    if (caller)
        hs_finding_next(
            f, "addr2line -e FIRMWARE.elf 0x%08lx names the line that asked; so does the exception decoder of the IDE", caller);
    bool lua = hs_doctor_input_line(p, "call to Lua API", 0) || hs_doctor_input_line(p, "powered by Lua", 0);
    if (p->facts.framework == HS_FRAMEWORK_ESPHOME)
        hs_finding_next(f, HS_ESPHOME_LOOK);
    else if (lua)
        hs_finding_next(f, "NodeMCU: node.heap() shows what is free; keep modules in flash (LFS), let go of them after use "
                           "(package.loaded[name] = nil), and call collectgarbage()");
    else if (p->facts.framework == HS_FRAMEWORK_MICROPYTHON)
        hs_finding_next(
            f, "this is the memory that MicroPython's array of 38 KB leaves to the SDK: close sockets, use fewer at a time");
    else
        hs_finding_next(f, "print ESP.getFreeHeap(), ESP.getMaxFreeBlockSize() and ESP.getHeapFragmentation() before the request");
    if (p->facts.framework == HS_FRAMEWORK_ESP8266 && !lua) {
        hs_finding_next(f, "keep texts in flash (F(), PROGMEM), reserve() a String once, and build no long ones by adding");
        hs_finding_next(
            f, "a TLS connection wants 16 KB to receive: WiFiClientSecure::setBufferSizes() makes it less where the server "
               "allows it; the IDE's menu Tools, MMU offers a second heap");
    }
}

/* "Exception (28):", then "... excvaddr=0x00000004 ...": a load (28) or store (29) at an address near 0. */
static void null_pointer(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    static const char *const heads[] = {"Exception (28)", "Exception (29)", "Fatal exception (28)", "Fatal exception (29)", NULL};
    const struct hs_doctor_line *line = hs_doctor_input_message(p, heads);
    const struct hs_doctor_line *registers = line ? hs_doctor_input_line(p, "excvaddr=0x", (size_t)(line - p->line)) : NULL;
    if (!registers || registers > line + 2 || strtoul(strstr(registers->text, "excvaddr=0x") + 9, NULL, 16) >= NEAR)
        return;
    struct hs_finding *f = hs_finding_new(
        findings, "HS-ESP8266-NULL", HS_SEVERITY_PROBLEM,
        "the program %s an address near 0: it used a null pointer. An allocation whose failure was not looked at is one cause of several",
        strstr(line->text, "(28)") ? "read from" : "wrote to");
    hs_finding_quote(f, line);
    hs_finding_quote(f, registers);
    hs_finding_figures(f, p, line);
    hs_finding_next(f,
                    "the exception decoder of the IDE names the line from what the text has between >>>stack>>> and <<<stack<<<");
    hs_finding_next(
        f, "check the result of malloc() and of functions that return a pointer (strstr(), strchr()) before it is used; print "
           "ESP.getFreeHeap() before that line: with little free memory an allocation is the likely cause");
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    uint64_t size = 0;
    const struct hs_doctor_line *line = find_failure(p, &size);
    char bytes[32] = "what was requested";
    if (!line) {
        null_pointer(p, findings);
        return;
    }
    if (size)
        snprintf(bytes, sizeof bytes, "%" PRIu64 " bytes", size);
    struct hs_finding *f = hs_finding_new(findings, "HS-ESP8266-FAILED", HS_SEVERITY_PROBLEM,
                                          "the ESP8266's heap could not give %s", bytes);
    hs_finding_quote(f, line);
    hs_finding_evidence(f, "some 40 to 50 KB of its 80 KB of RAM are heap, in one region; no PSRAM can be heap");
    advise(f, p, caller_in(line->text));
}

const struct hs_check hs_check_esp8266 = {.name = "esp8266", .look = look};
