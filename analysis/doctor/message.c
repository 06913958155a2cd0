/* SPDX-License-Identifier: MIT
 *
 * Whether a line is the message of a firmware, or mentions its words only: as source code, a symbol in a linker's map, a
 * manual and a comment do.
 *
 * A message begins where loggers, terminals and mail programs let it begin: after time stamps, levels, tags and marks of
 * quotation. Strings in sources begin with a quotation mark, symbols are parts of words, prose has words before it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define GROUP_MAX 80u /* bytes of "[esp32-hal-psram.c:44]" */
#define WORDS_MAX 4u  /* words of a program's own before an exception: "cannot open socket: [Errno 12] ENOMEM" */

/* ---- what is before a message ---- */

static bool in_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static size_t length_of_word(const char *at)
{
    return strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-/<>*~");
}

/* "\033[0;31m", also without its first byte, as some terminals copy it. */
static size_t color(const char *at)
{
    size_t n = *at == '\033', digits;
    if (at[n] != '[')
        return 0;
    digits = strspn(at + n + 1, "0123456789;");
    return at[n + 1 + digits] == 'm' && (n || digits) ? n + digits + 2 : 0; /* "[main.cpp:78]" is none */
}

/* "[2024-06-02 12:34:56]", "(311)", also in brackets of Chinese terminals, with the colon that may follow. */
static size_t group(const char *at)
{
    static const char *const brackets[][2] = {{"[", "]"}, {"(", ")"}, {"\u3010", "\u3011"}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof brackets / sizeof *brackets; i++) {
        const char *close = strncmp(at, brackets[i][0], strlen(brackets[i][0])) ? NULL : strstr(at, brackets[i][1]);
        n = close ? (size_t)(close - at) + strlen(brackets[i][1]) : n;
    }
    return n && n <= GROUP_MAX && strcspn(at, "\"'`") >= n ? n + (at[n] == ':') : 0;
}

/* "12:34:56.789", "2024-06-02T12:34:56Z", "311". */
static size_t stamp(const char *at)
{
    size_t n = isdigit((unsigned char)*at) ? strspn(at, "0123456789:.,/+-TZ") : 0;
    return n && !in_word(at[n]) ? n : 0;
}

/* "quad_psram:", "psramInit():", "app[17]:", "OSError:". */
static size_t tag(const char *at)
{
    size_t n = isalpha((unsigned char)*at) || *at == '_' || *at == '/' ? length_of_word(at) : 0;
    if (n)
        n += group(at + n);
    if (n && at[n - 1] == ':')
        return n;
    if (n && !strncmp(at + n, "()", 2))
        n += 2;
    return n && at[n] == ':' && at[n + 1] != '/' ? n + 1 : 0;
}

/* "E", "ERROR", "Jun": words that loggers write without a colon. */
static size_t mark(const char *at)
{
    static const char *const marks[] = {"E",       "W",    "I",    "D",    "V",    "C",     "F",     "ERROR", "Error",    "error",
                                        "WARNING", "WARN", "warn", "INFO", "info", "DEBUG", "debug", "FATAL", "CRITICAL", "Mon",
                                        "Tue",     "Wed",  "Thu",  "Fri",  "Sat",  "Sun",   "Jan",   "Feb",   "Mar",      "Apr",
                                        "May",     "Jun",  "Jul",  "Aug",  "Sep",  "Oct",   "Nov",   "Dec",   "AM",       "PM"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t n = strlen(marks[i]);
        if (!strncmp(at, marks[i], n) && (at[n] == ' ' || at[n] == '\t'))
            return n;
    }
    return 0;
}

/* "root - " in "2024-06-02 12:34:56,789 - root - ERROR - ", and "kitchen " in "Jun  2 12:34:56 kitchen app: ". */
static size_t source_of_log(const char *at, const char *message)
{
    if (!strncmp(at, "- ", 2))
        return 2;
    size_t n = isalpha((unsigned char)*at) ? length_of_word(at) : 0;
    size_t named = n && at[n] == ' ' ? tag(at + n + 1) : 0;
    return (named && at + n + 1 + named <= message) || (n && !strncmp(at + n, " - ", 3)) ? n : 0;
}

/* The length of one part of what is before a message, or 0. After a time stamp a logger may name itself. */
static size_t part(const char *at, bool stamped, const char *message)
{
    static size_t (*const parts[])(const char *) = {color, group, stamp, tag, mark};
    if (*at == ' ' || *at == '\t' || *at == '>' || *at == '|')
        return 1;
    if (!strncmp(at, "->", 2))
        return 2;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t n = parts[i](at);
        if (n)
            return n;
    }
    return stamped ? source_of_log(at, message) : 0;
}

/* The end of what may be before a message that begins at `at`: `at` itself if the message may begin there. */
static const char *skip_parts(const char *line, const char *at)
{
    bool stamped = false;
    size_t n = 1;
    while (line < at && (n = part(line, stamped, at)) && line + n <= at) {
        stamped = stamped || memchr(line, ':', n) != NULL;
        line += n;
    }
    return line;
}

bool hs_message_begins(const char *line, const char *at) { return skip_parts(line, at) == at; }

uint64_t hs_form_of_line(const char *line)
{
    uint64_t sum = 1;
    for (; *line && strncmp(line, "{\"", 2) != 0; line++) /* up to the first object of JSON */
        if (!isdigit((unsigned char)*line))
            sum = sum * 31 + (unsigned char)*line;
    return sum;
}

const char *hs_message_in(const char *line, const char *message)
{
    for (const char *at = line; (at = strstr(at, message)); at++)
        if (hs_message_begins(line, at))
            return at;
    return NULL;
}

const struct hs_doctor_line *hs_doctor_input_message(const struct hs_doctor_input *input, const char *const *messages)
{
    for (; *messages; messages++)
        for (size_t i = 0; i < input->n_lines; i++)
            if (hs_message_in(input->line[i].text, *messages))
                return &input->line[i];
    return NULL;
}

const struct hs_doctor_line *hs_doctor_input_that(const struct hs_doctor_input *input, bool (*says)(const char *line))
{
    for (size_t i = 0; i < input->n_lines; i++)
        if (says(input->line[i].text))
            return &input->line[i];
    return NULL;
}

bool hs_leaked_in(const char *line, uint64_t *bytes)
{
    const char *at = strstr(line, " bytes 'leaked' in trace"), *number = at;
    while (number && number > line && isdigit((unsigned char)number[-1]))
        number--;
    *bytes = number ? strtoull(number, NULL, 10) : 0;
    return number < at && hs_message_begins(line, number);
}

/* ---- exceptions ---- */

/* Whether nothing follows but the end of a tuple, of a quotation or of a color. */
static bool ends_at(const char *at)
{
    at += strspn(at, "'\",)]. \t");
    return !*at || color(at);
}

/* Up to WORDS_MAX words that a program printed before the exception; nothing that code has. */
static bool after_few_words(const char *line, const char *at)
{
    unsigned words = 0;
    at -= at > line && at[-1] == '\''; /* of a tuple: (-32512, 'MBEDTLS_ERR_SSL_ALLOC_FAILED') */
    line = skip_parts(line, at);
    for (const char *c = line; c < at; c++) {
        if (!in_word(*c) && !strchr(" \t:.,->|()[]", *c))
            return false;
        words += in_word(*c) && (c == line || !in_word(c[-1]));
    }
    return words <= WORDS_MAX && (at == line || !in_word(at[-1]));
}

const char *hs_exception_in(const char *line, const char *text)
{
    const char *at = hs_message_in(line, text);
    if (at && ends_at(at + strlen(text)))
        return at;
    for (at = line; (at = strstr(at, text)); at++)
        if (ends_at(at + strlen(text)) && after_few_words(line, at))
            return at;
    return NULL;
}

bool hs_system_error_in(const char *line)
{
    static const char *const errors[] = {"[Errno 12] ENOMEM",
                                         "[Errno 12]",
                                         "OSError: 12",
                                         "OSError: ENOMEM",
                                         "[Errno -1] ERR_MEM",
                                         "Wifi Unknown Error 0x0101",
                                         /* ESP_ERR_NO_MEM */ "ESP-IDF memory allocation failed",
                                         "espidf.MemoryError:",
                                         "espidf.MemoryError",
                                         "WiFi Out of Memory",
                                         "Wifi Out of Memory",
                                         "Failed to allocate Wifi memory",
                                         "can't create lock",
                                         "can't create thread",
                                         "[Errno 105] ENOBUFS",
                                         "OSError: ENOBUFS"};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (hs_exception_in(line, errors[i]))
            return true;
    /* CircuitPython, of audio: "RuntimeError: Unable to allocate buffers for signed conversion" */
    return hs_message_in(line, "RuntimeError: Unable to allocate buffers for ") || hs_tls_error_in(line);
}

/* Mbed TLS has two parts in one number: a module's error, and below 0x80 that of what it called. -0x4310 is RSA_PRIVATE_FAILED with
 * MPI_ALLOC_FAILED, -0x10. */
static bool is_tls_allocation(unsigned long number)
{
    /* ..._ALLOC_FAILED of SSL, cipher, MD, ECP, PK, X509 and PEM */
    static const unsigned short modules[] = {0x7f00, 0x6180, 0x5180, 0x4d80, 0x3f80, 0x2880, 0x1180};
    unsigned long low = number & 0x7f;
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (number - low == modules[i] && !low)
            return true;
    return number > 0x1000 && number < 0x8000 && (low == 0x10 || low == 0x6a); /* of MPI, of ASN1 */
}

/* "OSError: (-17168, 'RSA - ... : BIGNUM - Memory allocation failed')", "OSError: -17040". */
static bool is_tls_number(const char *line)
{
    const char *at = hs_message_in(line, "OSError: "), *number = at ? at + strlen("OSError: ") : NULL;
    if (!number)
        return false;
    number += *number == '(';
    char *end = NULL;
    bool minus = *number == '-' && isdigit((unsigned char)number[1]);
    return minus && is_tls_allocation(strtoul(number + 1, &end, 10)) && (ends_at(end) || !strncmp(end, ", '", 3));
}

/* "(-17040, 'MBEDTLS_ERR_RSA_PUBLIC_FAILED+MBEDTLS_ERR_MPI_ALLOC_FAILED')": the last part is the cause. */
bool hs_tls_error_in(const char *line)
{
    if (is_tls_number(line))
        return true;
    const char *at = strstr(line, "MBEDTLS_ERR_"), *end = at ? at + strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+") : NULL;
    return at && end - at > 13 && !strncmp(end - 13, "_ALLOC_FAILED", 13) && ends_at(end) && after_few_words(line, at);
}

/* "[E][esp32-hal-psram.c:44] psramInit():", "[E]\t[component:123]:": the level's group of a logger. */
static const char *level_group(const char *line)
{
    const char *at = strstr(line, "[E]");
    at = at ? at : strstr(line, "[W]");
    const char *open = at ? at + 3 + strspn(at + 3, " \t") : NULL;
    const char *close = at && *open == '[' && hs_message_begins(line, at) ? strchr(open, ']') : NULL;
    if (!close || close - at > (long)GROUP_MAX)
        return NULL;
    at = close + 1 + (close[1] == ':');
    at += strspn(at, " \t");
    return at + tag(at) + strspn(at + tag(at), " ");
}

/* Where the message of a line of ESP-IDF's log begins, "E (2500) esp-aes: ...", whose level is one of `levels`; or NULL.
 * `time` is its digits. */
static const char *logged(const char *line, const char *levels, const char **time)
{
    for (const char *at = line; (at = strpbrk(at, levels)); at++) {
        *time = at + 3;
        size_t digits = !strncmp(at + 1, " (", 2) ? strspn(at + 3, "0123456789") : 0;
        const char *name = at + 3 + digits;
        size_t named = digits && !strncmp(name, ") ", 2) ? strcspn(name + 2, ": ") : 0;
        if (named && name[2 + named] == ':' && hs_message_begins(line, at))
            return name + 3 + named + strspn(name + 3 + named, " ");
    }
    return NULL;
}

const char *hs_logged_error_in(const char *line)
{
    const char *time, *message = logged(line, "EW", &time);
    return message ? message : level_group(line);
}

const char *hs_zephyr_error_in(const char *line)
{
    static const char *const levels[] = {"<err> ", "<wrn> "};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        const char *at = hs_message_in(line, levels[i]);
        const char *name = at ? at + strlen(levels[i]) : NULL;
        size_t named = name ? tag(name) : 0;
        if (named)
            return name + named + strspn(name + named, " ");
    }
    return NULL;
}

bool hs_is_log_in(const char *line)
{
    uint64_t ms;
    return hs_log_time_in(line, &ms);
}

bool hs_log_time_in(const char *line, uint64_t *ms)
{
    const char *time;
    bool is_log = logged(line, "EWIDV", &time);
    *ms = is_log ? strtoull(time, NULL, 10) : 0;
    return is_log;
}

/* "..., free heap = 2160 B", "... (free: 2160)": a figure after others. No string of a source. */
static bool follows_others(const char *line, const char *at)
{
    static const char *const marks[] = {", ", "; ", "| ", "- ", "("};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t n = strlen(marks[i]);
        if ((size_t)(at - line) > n && !strncmp(at - n, marks[i], n))
            return strcspn(line, "\"'`") >= (size_t)(at - line);
    }
    return false;
}

/* Whether a message begins with the word at `at`, or with up to three words before it: "Internal heap free: 123". */
static bool begins_about(const char *line, const char *at)
{
    for (unsigned words = 0; words < 4; words++) {
        while (at > line && (in_word(at[-1]) || at[-1] == '.'))
            at--;
        if (hs_message_begins(line, at) || follows_others(line, at))
            return true;
        if (at - line < 2 || at[-1] != ' ' || !in_word(at[-2]))
            return false;
        at--;
    }
    return false;
}

/* Keys of what firmwares publish as JSON: of WLED, OpenMQTTGateway, ESPHome, Homie, Shelly. Spaces may be after the colon. */
static const char *const free_keys[] = {
    "\"freeheap\":", "\"freeHeap\":", "\"free_heap\":", "\"FreeHeap\":", "\"heap_free\":", "\"heapFree\":",
    "\"freemem\":",  "\"freeMem\":",  "\"FreeMem\":",   "\"free_mem\":", "\"ram_free\":",  "\"freeMemory\":"};

#define KILOBYTES 1000u /* Tasmota: "Heap":27 are KB, older versions print bytes */

bool hs_free_in_json(const char *line, uint64_t *bytes)
{
    const char *open = strchr(line, '{'), *at = NULL;
    for (size_t i = 0; open && !at && i < sizeof free_keys / sizeof *free_keys; i++)
        at = strstr(open, free_keys[i]);
    bool tasmota = open && !at && (at = strstr(open, "\"Heap\":")) != NULL;
    const char *digits = at ? strchr(at, ':') + 1 : "";
    digits += strspn(digits, " ");
    *bytes = strtoull(digits, NULL, 10);
    *bytes *= tasmota && *bytes < KILOBYTES ? 1024 : 1;
    return isdigit((unsigned char)*digits) && strrchr(line, '}') > digits;
}

/* "'Heap Free': Sending state 18944.00000 B": a sensor of ESPHome. */
static bool free_in_sensor(const char *line, uint64_t *bytes)
{
    const char *state = strstr(line, "': Sending state "), *name = strchr(line, '\''),
               *unit = state ? strstr(state, " B ") : NULL;
    const char *heap = name ? strstr(name, "eap") : NULL, *free = name ? strstr(name, "ree") : NULL;
    *bytes = state ? strtoull(state + strlen("': Sending state "), NULL, 10) : 0;
    return unit && heap && free && heap < state && free < state;
}

/* "free: 77KB": of a heap, where the line says so. */
static bool kilobytes_said(const char *line, const char *at, uint64_t *bytes)
{
    static const char *const units[] = {"KB", "kB", " KB", " kB", "KiB", " KiB"}, *const heaps[] = {"eap", "mem", "Mem", "RAM"};
    at += strspn(at, " :=");
    size_t digits = strspn(at, "0123456789");
    bool of_heap = false, in_units = false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        in_units |= !strncmp(at + digits, units[i], strlen(units[i]));
    for (size_t i = 0; digits && in_units && i < sizeof heaps / sizeof *heaps; i++)
        of_heap |= strstr(line, heaps[i]) != NULL;
    *bytes = of_heap ? 1024 * strtoull(at, NULL, 10) : 0;
    return *bytes;
}

bool hs_memory_figure_in(const char *line)
{
    static const char *const words[] = {"mem", "Mem", "MEM", "memory", "Memory", "heap", "Heap", "RAM", "alloc", "Alloc"};
    uint64_t bytes;
    if (hs_free_in(line, &bytes))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *at = hs_message_in(line, words[i]), *number = at ? at + strlen(words[i]) : "";
        number += strspn(number, " :=\t");
        if (strspn(number, "0123456789") > 3 && !in_word(number[strspn(number, "0123456789")]))
            return true;
    }
    return false;
}

bool hs_free_in(const char *line, uint64_t *bytes)
{
    static const char *const others[] = {"GC: total:", "gc.mem_free()", "stack",    "Stack", "flash", "Flash",
                                         "spiffs",     "SPIFFS",        "ittle",    "disk",  "nvs",   "blocks",
                                         "sectors",    "pages",         "clusters", "ntries"},
                             *const words[] = {"free", "Free", "FREE"};
    if (hs_free_in_json(line, bytes) || free_in_sensor(line, bytes))
        return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strstr(line, others[i]))
            return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (const char *at = line; (at = strstr(at, words[i])); at++)
            if ((!islower((unsigned char)at[4]) || !strncmp(at + 4, "heap", 4)) &&
                (hs_number_said(at + 4, bytes) || kilobytes_said(line, at + 4, bytes)) &&
                (hs_is_log_in(line) || begins_about(line, at)))
                return true;
    return false;
}

bool hs_lvgl_failure_in(const char *line, uint64_t *size)
{
    static const char *const functions[] = {"lv_draw_buf_create", "lv_malloc:", "lv_mem_alloc:", "lv_realloc:", "lv_mem_realloc:"};
    *size = 0;
    if (hs_message_in(line, "Couldn't allocate memory") && strstr(line, "lv_mem.c")) /* before version 8 */
        return true;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const char *at = hs_message_in(line, functions[i]);
        const char *unit = at ? strstr(at, i ? " bytes" : "Byte") : NULL;
        if (!at || !strstr(at, i ? "couldn't" : "No memory"))
            continue;
        while (unit && unit > at && isdigit((unsigned char)unit[-1]))
            unit--;
        *size = unit ? strtoull(unit, NULL, 10) : 0;
        return true;
    }
    return false;
}

bool hs_operator_new_in(const char *line)
{
    const char *code = strstr(line, "0x4"), *at = code ? strstr(code, ": operator new") : NULL;
    return at && strstr(at, "(unsigned int) at ") && hs_message_begins(line, code);
}

bool hs_esp8266_failure_in(const char *line, uint64_t *size)
{
    const char *decoded = hs_message_in(line, "Memory allocation of "); /* by the IDE's decoder of exceptions */
    if (decoded && strstr(decoded, " bytes failed at 0x40") && hs_number_after(decoded, "Memory allocation of ", size))
        return true;
    if (hs_message_in(line, "No heap available, failed to malloc ")) { /* of its SDK; the number need not be the size */
        *size = 0;
        return true;
    }
    static const char *const messages[] = {":oom(", "last failed alloc call:", "Unhandled C++ exception: OOM", "E:M "};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        const char *at = hs_message_in(line, messages[i]);
        const char *digits = at ? at + strcspn(at, i < 2 ? "(" : " ") : "";
        digits += *digits != '\0';
        *size = at && i != 2 ? strtoull(digits, NULL, 10) : 0;
        if (at && (i == 2 || isdigit((unsigned char)*digits)))
            return true;
    }
    return false;
}

/* Its beginning may be lost: "RROR*** A stack overflow in task tas5805m_ has been detected." */
bool hs_stack_overflow_in(const char *line)
{
    const char *at = strstr(line, "*** A stack overflow in task ");
    return at && strstr(at, " has been detected") && !strchr(line, '"');
}

bool hs_is_frame(const char *line) { return hs_message_in(line, "File \"") && strstr(line, ", line "); }

/* "MemoryError:" without text, "MemoryError()", "<class 'MemoryError'>", or a message with a literal %u. */
static bool is_wordless(const char *line, const char *before)
{
    const char *at = hs_message_in(line, "MemoryError"), *of_class = strstr(line, "<class 'MemoryError'>");
    if (of_class && !strchr(line, '"') && ends_at(strchr(of_class, '>') + 1))
        return true;
    if (!at)
        return false;
    const char *rest = at + strlen("MemoryError");
    if (!strncmp(rest, ": memory allocation failed, allocating %u", 41) || !strcmp(rest, "()"))
        return true;
    bool framed = before && hs_is_frame(before);
    bool indented = at > line && isspace((unsigned char)at[-1]) && (at - 1 == line || isspace((unsigned char)at[-2]));
    return *rest == ':' ? !rest[strspn(rest, ": ")] && (framed || !indented) : framed && ends_at(rest);
}

/* Whether the line is an exception of a board that a tool on the computer passes on as its repr. */
static bool is_passed_on(const char *line)
{
    static const char message[] = "\\nMemoryError: memory allocation failed, allocating ";
    const char *at = strstr(line, "('exception', b'") ? strstr(line, message) : NULL;
    return at && isdigit((unsigned char)at[strlen(message)]);
}

/* Where "memory allocation failed" begins, and the size or "heap is locked" follows as a firmware prints it; or NULL. */
static const char *words_of(const char *line)
{
    const char *at = strstr(line, "memory allocation failed"), *rest = at ? at + strlen("memory allocation failed") : NULL;
    if (!at)
        return NULL;
    bool sized = !strncmp(rest, ", allocating ", 13) && isdigit((unsigned char)rest[13]);
    const char *end = strstr(rest, sized ? "bytes" : "locked");
    bool whole = !*rest || (end && ends_at(end + (sized ? 5 : 6)) && (sized || !strncmp(rest, ", heap is locked", 16)));
    return whole ? at : NULL;
}

/* What may be between the start of a message and "memory allocation failed". */
static bool names_error(const char *line, const char *at)
{
    static const char *const names[] = {"MemoryError: ", "MemoryError('", "<class 'MemoryError'> ",
                                        "<class 'MemoryError'>: ", "('"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        const char *name = (size_t)(at - line) >= n ? at - n : NULL;
        if (name && !strncmp(name, names[i], n) && (hs_message_begins(line, name) || after_few_words(line, name)))
            return true;
    }
    return hs_message_begins(line, at) || after_few_words(line, at);
}

enum hs_memory_error hs_memory_error_in(const char *line, const char *before)
{
    const char *words = words_of(line);
    if (is_passed_on(line))
        return HS_MEMORY_ERROR_WORDS;
    if (hs_system_error_in(line)) /* CircuitPython: "espidf.MemoryError: ESP-IDF memory allocation failed" */
        return HS_MEMORY_ERROR_NONE;
    if (is_wordless(line, before))
        return HS_MEMORY_ERROR_WORDLESS;
    return words && names_error(line, words) ? HS_MEMORY_ERROR_WORDS : HS_MEMORY_ERROR_NONE;
}

enum hs_memory_error hs_doctor_memory_error(const struct hs_doctor_input *p, size_t i)
{
    enum hs_memory_error error = hs_memory_error_in(p->line[i].text, i ? p->line[i - 1].text : NULL);
    return error == HS_MEMORY_ERROR_WORDLESS && p->facts.computer ? HS_MEMORY_ERROR_NONE : error;
}
