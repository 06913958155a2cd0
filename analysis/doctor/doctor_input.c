/* SPDX-License-Identifier: MIT
 *
 * Facts that the input contains: chip, firmware, dumps of mem_info().
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

const struct hs_doctor_line *hs_doctor_input_line(const struct hs_doctor_input *input, const char *text, size_t from)
{
    for (size_t i = from; i < input->n_lines; i++)
        if (strstr(input->line[i].text, text))
            return &input->line[i];
    return NULL;
}

const struct hs_doctor_line *hs_doctor_input_first(const struct hs_doctor_input *input, const char *const *words)
{
    const struct hs_doctor_line *line = NULL;
    for (; *words && !line; words++)
        line = hs_doctor_input_line(input, *words, 0);
    return line;
}

bool hs_number_after(const char *text, const char *word, uint64_t *number)
{
    const char *at = strstr(text, word);
    if (!at)
        return false;
    at += strlen(word);
    for (unsigned skipped = 0; *at && (*at < '0' || *at > '9') && skipped < 16; skipped++)
        at++;
    uint64_t n = 0;
    if (*at < '0' || *at > '9')
        return false;
    for (; *at >= '0' && *at <= '9' && n < UINT64_C(1) << 40; at++)
        n = n * 10 + (uint64_t)(*at - '0');
    *number = n;
    return n < UINT64_C(1) << 40;
}

#define ESP32_PORT "esp32" /* of MicroPython */
#define SAID_MOST 28u      /* bytes between what is said and its number */

bool hs_number_said(const char *at, uint64_t *number)
{
    static const char *const others[] = {"k", "K", "M", "G", "%", "."};
    static const char words[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_:=~ \t";
    size_t between = strspn(at, words);
    between += strncmp(at + between, "()", 2) ? 0 : 2 + strspn(at + between + 2, words);
    const char *end = at + between + strspn(at + between, "0123456789"), *unit = end + (*end == ' ');
    bool in_name = (between && (isalpha((unsigned char)at[between - 1]) || at[between - 1] == '_')) || *end == '_' ||
                   (isalpha((unsigned char)*end) && !strchr("Bb", *end)); /* "free_8bit" */
    in_name |= !strncmp(end, "bit", 3);
    if (between > SAID_MOST || end == at + between || in_name || (memchr(at, '=', between) && strstr(at, "==")))
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strncmp(unit, others[i], 1) && !(*unit == '.' && (unit[1] < '0' || unit[1] > '9')))
            return false;
    return hs_number_after(at + between, "", number);
}

/* Start of lines that name their chip, most reliable first; "" matches any line. */
static const char *const chip_lines[] = {
    "; ", "ESP-ROM:", "Chip is ", "Detecting chip type", "cpu_start: Project name", "boot: chip revision", ""};

/* "ESP32_TC": a node's name in a network, which may be of any chip of the family. "ESP32_GENERIC" is a board's name. */
static bool is_of_node(const char *text)
{
    const char *at = strstr(text, "ESP32_");
    return at && strncmp(at + strlen("ESP32_"), "GENERIC", strlen("GENERIC")) != 0;
}

static void find_chip(struct hs_doctor_input *p)
{
    for (size_t t = 0; t < sizeof chip_lines / sizeof *chip_lines && !p->facts.chip; t++) {
        for (size_t i = 0; i < p->n_lines && !p->facts.chip; i++) {
            const char *at = strstr(p->line[i].text, chip_lines[t]);
            bool banner = t || (at && (strstr(p->line[i].text, "MicroPython") || strstr(p->line[i].text, "CircuitPython")));
            if (!at || !banner)
                continue;
            at += strlen(chip_lines[t]);
            p->facts.chip = *chip_lines[t] || !is_of_node(at) ? hs_chip_named(at, strlen(at)) : NULL;
            p->facts.chip_line = p->facts.chip ? &p->line[i] : NULL;
        }
    }
}

/* A trace contains its port and its system. MicroPython has one port, esp32, for all chips of the series. */
static void find_in_trace(struct hs_doctor_input *p)
{
    static const char *const keys[] = {"system", "machine", "port"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = hs_reader_fact(p->reader, keys[i]);
        if (value && !p->facts.chip && strcmp(value, ESP32_PORT) != 0)
            p->facts.chip = hs_chip_named(value, strlen(value));
    }
    const char *system = hs_reader_fact(p->reader, "system");
    if (system && !p->facts.system[0])
        snprintf(p->facts.system, sizeof p->facts.system, "%s", system);
}

bool hs_doctor_input_is_esp32(const struct hs_doctor_input *p)
{
    static const char *const messages[] = {"Heap summary for capabilities", "cpu_start:", "heap_init:", NULL};
    const char *port = p->reader ? hs_reader_fact(p->reader, "port") : NULL;
    return (port && !strcmp(port, ESP32_PORT)) || (p->facts.chip && !strncmp(p->facts.chip->name, "ESP32", 5)) ||
           hs_doctor_input_message(p, messages);
}

static bool fails_on_esp8266(const struct hs_doctor_input *p)
{
    uint64_t size;
    if (hs_doctor_input_is_esp32(p))
        return false;
    for (size_t i = 0; i < p->n_lines; i++)
        if (hs_esp8266_failure_in(p->line[i].text, &size))
            return true;
    return false;
}

/* Whether "display" in "[E][display:017]:" is a component of ESPHome: Arduino's log has a file there. */
static bool is_component(const char *name, size_t n)
{
    static const char *const files[] = {".c", ".cc", ".cpp", ".h", ".hpp", ".ino"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t end = strlen(files[i]);
        if (n > end && !strncmp(name + n - end, files[i], end))
            return false;
    }
    return n;
}

static bool logs_as_esphome(const struct hs_doctor_input *p)
{
    for (size_t i = 0; i < p->n_lines; i++)
        for (const char *at = p->line[i].text; (at = strstr(at, "][")); at++) {
            bool level = at > p->line[i].text + 1 && at[-2] == '[' && strchr("EWICDV", at[-1]);
            size_t n = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz0123456789_.");
            const char *number = at + 3 + n;
            if (level && number[-1] == ':' && strspn(number, "0123456789") == 3 && !strncmp(number + 3, "]:", 2) &&
                is_component(at + 2, n))
                return true;
        }
    return false;
}

static enum hs_framework framework_of(const struct hs_doctor_input *p)
{
    static const char *const banner[] = {"MicroPython v", NULL}, *const micropython[] = {"micropython.mem_info", ">>> ", NULL},
                             *const circuitpython[] = {"CircuitPython ", "espidf.", NULL},
                             *const adafruit[] = {"File \"code.py\"", "File \"adafruit_", NULL},
                             *const esphome[] = {"ESPHome", "[esphome", "esphome:", "Could not allocate memory for JSON document",
                                                 NULL},
                             *const esp8266[] = {"--- CUT HERE FOR EXCEPTION DECODER", "core_esp8266", "Soft WDT reset",
                                                 "powered by Lua 5.1.4 on SDK", NULL},
                             *const arduino[] = {"Arduino", "[esp32-hal", ".ino:", ".cpp:", "loopTask", "psramInit", NULL},
                             *const idf[] = {"ESP-IDF", "cpu_start:", "heap_caps_", "heap_init:", "esp_get_", NULL};
    static const struct {
        const char *const *words;
        enum hs_framework framework;
    } rows[] = {
        {circuitpython, HS_FRAMEWORK_CIRCUITPYTHON},
        {banner, HS_FRAMEWORK_MICROPYTHON},
        {adafruit, HS_FRAMEWORK_CIRCUITPYTHON},
        {micropython, HS_FRAMEWORK_MICROPYTHON},
        {esphome, HS_FRAMEWORK_ESPHOME},
        {esp8266, HS_FRAMEWORK_ESP8266},
        {arduino, HS_FRAMEWORK_ARDUINO},
        {idf, HS_FRAMEWORK_IDF},
    };
    const char *port = p->reader ? hs_reader_fact(p->reader, "port") : NULL;
    const char *system = p->reader ? hs_reader_fact(p->reader, "system") : NULL;
    if (port && !strcmp(port, "esp-idf"))
        return HS_FRAMEWORK_IDF;
    if (system && !strncmp(system, "circuitpython ", strlen("circuitpython ")))
        return HS_FRAMEWORK_CIRCUITPYTHON;
    bool esphome_log = logs_as_esphome(p); /* it has the messages of the core below it too */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (esphome_log && rows[i].framework >= HS_FRAMEWORK_ESP8266)
            return HS_FRAMEWORK_ESPHOME;
        if (hs_doctor_input_first(p, rows[i].words))
            return rows[i].framework;
    }
    if (fails_on_esp8266(p))
        return HS_FRAMEWORK_ESP8266;
    return p->reader || p->meminfo.n ? HS_FRAMEWORK_MICROPYTHON : HS_FRAMEWORK_UNKNOWN;
}

/* A message of GNU's linkers, which is after an object's name, or of LLVM's. A map of the linker has the symbol as well. */
static bool is_undefined(const char *text)
{
    const char *at = hs_message_in(text, "undefined reference to `hs_wraps_are_missing_at_the_link");
    return (at && at - text > 2 && !strncmp(at - 2, ": ", 2)) ||
           hs_message_in(text, "undefined symbol: hs_wraps_are_missing_at_the_link");
}

/* Messages of the firmware or of the linker. */
static void find_unlinked(struct hs_doctor_input *p)
{
    for (size_t i = 0; i < p->n_lines && !p->facts.unlinked; i++)
        if (hs_exception_in(p->line[i].text, "the hooks are not linked") || is_undefined(p->line[i].text))
            p->facts.unlinked = &p->line[i];
}

static bool logs_errors(const struct hs_doctor_input *p)
{
    for (size_t i = 0; i < p->n_lines; i++)
        if (hs_logged_error_in(p->line[i].text))
            return true;
    return false;
}

bool hs_doctor_input_is_esp(const struct hs_doctor_input *p)
{
    static const char *const messages[] = {"abort() was called at PC 0x",
                                           "Guru Meditation Error",
                                           "ets J",
                                           "ESP-ROM:",
                                           "rst:0x",
                                           "Heap summary for capabilities",
                                           NULL};
    return (p->facts.chip && !strncmp(p->facts.chip->name, "ESP", 3)) || p->facts.framework >= HS_FRAMEWORK_ESP8266 ||
           hs_doctor_input_message(p, messages) || logs_errors(p);
}

/* ---- a program on a computer ---- */

/* A frame of CPython is followed by its source, which is indented further. No microcontroller has the source at hand. */
static bool is_frame_with_source(const struct hs_doctor_line *line, const struct hs_doctor_line *end)
{
    const char *at = hs_is_frame(line->text) ? strstr(line->text, "File \"") : NULL;
    size_t column = at ? (size_t)(at - line->text) : 0;
    const char *next = at && line + 1 < end ? line[1].text : "";
    return column && strlen(next) > column + 2 && !strncmp(next + column, "  ", 2) && hs_message_begins(next, next + column);
}

static bool is_of_computer(const struct hs_doctor_input *p)
{
    static const char *const words[] = {"(core dumped)",
                                        "site-packages/",
                                        "File \"/usr/",
                                        "File \"C:\\",
                                        "JavaScript heap out of memory",
                                        "node:internal/",
                                        "PHP Fatal error:",
                                        "Error response from daemon",
                                        "/lib/x86_64-linux-gnu/",
                                        "java.lang.",
                                        "Out of memory: Killed process",
                                        "systemd[",
                                        NULL};
    if (p->facts.chip || p->facts.system[0] || hs_doctor_input_is_esp(p))
        return false;
    for (size_t i = 0; i < p->n_lines; i++)
        if (is_frame_with_source(&p->line[i], p->line + p->n_lines))
            return true;
    return hs_doctor_input_first(p, words);
}

/* Puts dumps whose figures agree with each other first; both kinds stay in order. */
static void sort_out_dumps(struct hs_doctor_input *p)
{
    struct hs_meminfo *dump = p->meminfo.dump;
    for (size_t i = 0; i < p->meminfo.n; i++) {
        struct hs_meminfo moved = dump[i];
        if (hs_doctor_contradiction(&moved))
            continue;
        memmove(&dump[p->facts.n_sound + 1], &dump[p->facts.n_sound], (i - p->facts.n_sound) * sizeof *dump);
        dump[p->facts.n_sound++] = moved;
    }
}

int hs_doctor_input_recognise(struct hs_doctor_input *p, const uint8_t *text, size_t len)
{
    int err = hs_meminfo_read(&p->meminfo, text, p->n_lines ? len : 0);
    snprintf(p->facts.system, sizeof p->facts.system, "%s", p->meminfo.system);
    sort_out_dumps(p);
    find_chip(p);
    find_unlinked(p);
    if (p->reader)
        find_in_trace(p);
    p->facts.framework = framework_of(p);
    p->facts.computer = is_of_computer(p);
    hs_understand(p);
    p->facts.known = p->reader || p->facts.chip || p->facts.unlinked || p->facts.system[0] || p->facts.n_understood;
    return err == HS_ERR_MEMORY ? err : HS_OK;
}

void hs_doctor_input_free(struct hs_doctor_input *p) { hs_meminfo_free(&p->meminfo); }
