/* SPDX-License-Identifier: MIT
 *
 * The ESP8266: messages of its allocators. Arduino's core, ESPHome and Tasmota share them; nothing of ESP-IDF exists there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

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
    bool lua = hs_doctor_input_line(p, "call to Lua API", 0);
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

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    uint64_t size = 0;
    const struct hs_doctor_line *line = find_failure(p, &size);
    char bytes[32] = "what was requested";
    if (!line)
        return;
    if (size)
        snprintf(bytes, sizeof bytes, "%" PRIu64 " bytes", size);
    struct hs_finding *f = hs_finding_new(findings, "HS-ESP8266-FAILED", HS_SEVERITY_PROBLEM,
                                          "the ESP8266's heap could not give %s", bytes);
    hs_finding_quote(f, line);
    hs_finding_evidence(f, "some 40 to 50 KB of its 80 KB of RAM are heap, in one region; no PSRAM can be heap");
    advise(f, p, caller_in(line->text));
}

const struct hs_check hs_check_esp8266 = {.name = "esp8266", .look = look};
