/* SPDX-License-Identifier: MIT
 *
 * Console output of ESP-IDF and frameworks based on it, about their heaps.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"
#include "analysis/sites/caps.h"

#define FRAGMENTED 0.75 /* external fragmentation that is reported */
#define ROOM 8192       /* minimum free bytes to report it */
#define FULL 0.9        /* share in use of the regions of a summary that are nearly full: TLS, some 40 KB, has no room */
#define REGIONS 32768   /* minimum bytes of these regions: small ones are left over, and often full */
#define BARE 2048       /* the same where the line does not say that the figure is of free bytes */
#define CRASH_SOON 20   /* lines from a failure to the crash that it leads to */
#define LOW 4096        /* free bytes of a heap that is nearly full: less than a few packets of WiFi, or a task's stack, need */

/* ---- heap_caps_print_heap_info() ---- */

struct summary {
    const struct hs_doctor_line *totals; /* NULL: no summary */
    uint64_t free, least, largest;
    uint64_t base; /* of the region with the largest free block; 0: not in the text */
};

/* Adds a region whose figures are in a line to the sums, which stand for the line of totals where there is none. */
static void add_region(struct summary *sums, const char *at)
{
    uint64_t free = 0, least = 0;
    if (hs_number_after(at, " free ", &free) && hs_number_after(at, "min_free", &least)) {
        sums->free += free;
        sums->least += least;
    }
}

/* A region has two lines: its address and sizes, then its largest free block. The line of totals has both; before ESP-IDF 4 there is
 * none, as where the text was cut. */
static struct summary read_summary(const struct hs_doctor_input *p)
{
    struct summary s = {.totals = NULL}, sums = {.totals = NULL};
    unsigned long base = 0;
    uint64_t largest, most = 0;
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *text = p->line[i].text, *at = strstr(text, "At 0x");
        if (hs_message_in(text, "Heap summary for capabilities")) {
            sums = (struct summary){.totals = &p->line[i]};
            most = 0;
        }
        if (at && strstr(at, " len ")) {
            base = strtoul(at + 3, NULL, 16);
            add_region(&sums, at);
        }
        if (!hs_number_after(text, "largest_free_block", &largest))
            continue;
        bool totals = strstr(text, "min_free") && !at && hs_number_after(text, "free", &s.free) &&
                      hs_number_after(text, "min_free", &s.least);
        if (totals)
            s.totals = &p->line[i], s.largest = largest, s.base = sums.base;
        else if (largest > most)
            most = largest, sums.base = base;
    }
    sums.largest = most;
    return s.totals || !most ? s : sums;
}

static void describe_largest(struct hs_finding *f, const struct summary *s)
{
    char region[48] = "";
    if (s->base)
        snprintf(region, sizeof region, ", in the region at 0x%08" PRIx64, s->base);
    hs_finding_evidence(
        f, "line %u: %" PRIu64 " bytes are free over all regions, the largest piece has %" PRIu64 "%s: regions are never joined",
        s->totals->number, s->free, s->largest, region);
}

static void report_fragmented(const struct summary *s, struct hs_findings *findings)
{
    if (!s->totals || s->free < ROOM || (double)s->largest > (1 - FRAGMENTED) * (double)s->free)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-IDF-PIECES", HS_SEVERITY_WARNING,
                                          "the free space of ESP-IDF's heaps is in pieces: %" PRIu64 " bytes at most at once",
                                          s->largest);
    hs_finding_quote(f, s->totals);
    hs_finding_evidence(
        f, "%" PRIu64 " bytes are free over all regions, %" PRIu64 " were when it was least; regions count as pieces too",
        s->free, s->least);
    hs_finding_next(f, "firmware-hooks/esp-idf records who holds what is between the pieces");
}

/* ---- an allocation that failed ---- */

/* How much a line tells about a failure. */
enum telling { TELLS_NOTHING, TELLS_FAILURE, TELLS_WHO, TELLS_SIZE, TELLS_CAPS };

struct request {
    const struct hs_doctor_line *line; /* NULL: no allocation failed */
    enum telling telling;
    uint64_t size; /* from TELLS_SIZE on */
    uint32_t caps; /* of TELLS_CAPS */
};

/* Messages of ESP-IDF and its C++ library, each by its beginning. The number after the word is the size, in the given base. */
static const struct {
    const char *word, *size, *caps;
    int base;
    bool common; /* programs on other systems print it as well */
} forms[] = {
    {"failed to allocate", "failed to allocate", "with 0x", 10, true},
    {"Failed to allocate", "Failed to allocate", "with 0x", 10, true},
    {"Mem alloc fail", "size 0x", "caps 0x", 16, false},
    {"Panic reason: Mem alloc fail", "size 0x", "caps 0x", 16, false}, /* of a core dump */
    {"Memory allocation of ", "Memory allocation of ", "caps 0x", 10, true},
    {"Memory allocation failed", NULL, NULL, 10, true},
    {"terminate called after throwing an instance of 'std::bad_alloc'", NULL, NULL, 10, true},
    {"wifi:mem fail", NULL, NULL, 10, false},
    {"E:M ", "E:M ", NULL, 10, true},     /* of Mongoose OS, as the ESP8266's SDK has it */
    {"wifi:m f ", NULL, NULL, 10, false}, /* "m f probe req l=0": malloc failed */
    {"ESP_ERROR_CHECK failed: esp_err_t 0x101 (ESP_ERR_NO_MEM)", NULL, NULL, 10, false},
    {"Could not allocate memory for JSON document! Requested", "Requested ", NULL, 10, false}, /* of ESPHome */
};

/* "heap_caps_malloc was called but failed to allocate 32768 bytes with 0x808 capabilities" */
static bool names_caps(const char *text)
{
    const char *at = strstr(text, " was called but failed to allocate "), *caps = at ? strstr(at, " with 0x") : NULL;
    while (at && at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
        at--;
    return caps && hs_message_begins(text, at);
}

static bool number_at(const char *text, const char *word, int base, uint64_t *value)
{
    const char *at = word ? strstr(text, word) : NULL;
    char *end;
    if (!at)
        return false;
    at += strlen(word);
    *value = strtoull(at, &end, base);
    return end != at;
}

/* MBEDTLS_ERR_SSL_ALLOC_FAILED and MBEDTLS_ERR_MPI_ALLOC_FAILED, as a number. */
static bool is_tls_alloc(const char *message)
{
    static const char *const numbers[] = {"0x7F00", "0x7f00", "(-32512)", "-0x10", "-0x0010"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *at = strstr(message, numbers[i]), *end = at ? at + strlen(numbers[i]) : NULL;
        if (at && !isxdigit((unsigned char)*end) && (i < 3 || strstr(message, "mbedtls")))
            return true;
    }
    return false;
}

static bool has_one(const char *message, const char *const *words)
{
    while (*words && !strstr(message, *words))
        words++;
    return *words;
}

static bool speaks_of_making(const char *message, const char *const *things)
{
    static const char *const failure[] = {"fail", "Fail", "rror", "ould not", "annot", "an't", "nable to", NULL};
    return has_one(message, things) && strstr(message, "reat") && has_one(message, failure);
}

/* "xTaskCreate failed", "error in creating thread": the only cause is that there is no room for its stack. */
static bool speaks_of_task(const char *message)
{
    static const char *const tasks[] = {"task", "Task", "thread", "Thread", NULL};
    return speaks_of_making(message, tasks);
}

/* "Failed to create message buffer pool": FreeRTOS makes each of these in its heap, and nothing else can fail. */
static bool speaks_of_object(const char *message)
{
    static const char *const objects[] = {"queue",   "Queue",      "emaphore",    "utex",          "buffer pool",
                                          "ring bu", "ringbuffer", "event group", "stream buffer", NULL};
    return speaks_of_making(message, objects);
}

/* "Failed to send packet, err 12", "errno: 12", "(-12)": ENOMEM as a number, in the C libraries of these systems. */
static bool is_no_memory(const char *message)
{
    enum { POSITIVE = 5 }; /* after the first ones the number may be positive */
    static const char *const before[] = {"err ",    "err: ", "errno ", "errno: ",   "errno=", "error ",
                                         "error: ", "ret ",  "rc ",    "returned ", "code ",  "("};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        for (const char *at = message; (at = strstr(at, before[i])); at++) {
            const char *number = at + strlen(before[i]);
            bool minus = *number == '-';
            const char *end = number + minus + 2;
            bool ends = *before[i] == '(' ? *end == ')' : !isalnum((unsigned char)*end) && *end != '.' && *end != ':';
            if (!strncmp(number + minus, "12", 2) && ends && (minus || i < POSITIVE))
                return true;
        }
    return false;
}

bool hs_task_failure_in(const char *line)
{
    const char *message = hs_logged_error_in(line);
    return message && speaks_of_task(message);
}

/* A message in the words of a component: "i2s_alloc_dma_buffer(760): Error malloc dma buffer", "Could not allocate buffer". */
bool hs_speaks_of_failure(const char *message)
{
    /* Resources that are no memory of a heap; the last is TensorFlow's arena. Those of `perhaps` may be objects that need memory. */
    static const char *const others[] = {"no space left", "interrupt", "NO_FREE_PAGES", "tensors for the streaming model", NULL},
                             *const perhaps[] = {" MPU ", " region", "channel", NULL},
                             *const named[] = {"memory", "no mem", "NO_MEM", "No mem", NULL};
    if (has_one(message, others))
        return false;
    if (is_tls_alloc(message) || speaks_of_task(message) || speaks_of_object(message))
        return true;
    if (has_one(message, perhaps) && !has_one(message, named))
        return false;
    static const char *const memory[] = {"alloc",  "Alloc",         "rx buffer, actual is", "no mem",          "NO_MEM",
                                         "No mem", "out of memory", "Out of memory",        "emory exhausted", NULL},
                             *const failure[] = {"fail",         "Fail",      "rror",   "ould not",  "annot",
                                                 "an't",         "nable to",  "no mem", "NO_MEM",    "No mem",
                                                 "ut of memory", "exhausted", "no eb",  "actual is", NULL};
    return has_one(message, memory) && has_one(message, failure);
}

bool hs_zephyr_failure_in(const char *line)
{
    const char *message = hs_zephyr_error_in(line);
    return message && (hs_speaks_of_failure(message) || is_no_memory(message));
}

bool hs_idf_failure_in(const char *line)
{
    const char *message = hs_logged_error_in(line);
    return message && (hs_speaks_of_failure(message) || (strstr(message, "errno") && is_no_memory(message)));
}

/* The number of bytes in a message of a component that were requested; 0: none. */
static uint64_t bytes_in(const char *message)
{
    const char *at = strstr(message, " bytes"), *largest = strstr(message, "largest");
    if (largest && largest < at)
        return 0;
    while (at && at > message && isdigit((unsigned char)at[-1]))
        at--;
    return at ? strtoull(at, NULL, 10) : 0;
}

/* "failed to allocate" is also printed by programs without a size; then it counts only if capabilities are named. */
static struct request request_of_form(const struct hs_doctor_line *line, size_t k, bool esp)
{
    struct request r = {.line = line};
    const char *text = line->text;
    uint64_t caps = 0;
    if (!(k == 0 && names_caps(text)) && (!hs_message_in(text, forms[k].word) || (forms[k].common && !esp)))
        return r;
    bool sized = number_at(text, forms[k].size, forms[k].base, &r.size);
    bool capable = number_at(text, forms[k].caps, 16, &caps);
    r.caps = (uint32_t)caps;
    r.telling = capable ? TELLS_CAPS : sized ? TELLS_SIZE : forms[k].size ? TELLS_NOTHING : TELLS_FAILURE;
    return r;
}

static struct request request_in(const struct hs_doctor_line *line, bool esp)
{
    struct request best = {.line = line};
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
        struct request r = request_of_form(line, k, esp);
        best = r.telling > best.telling ? r : best;
    }
    if (best.telling < TELLS_WHO && esp && hs_operator_new_in(line->text))
        best.telling = TELLS_WHO;
    if (best.telling < TELLS_WHO && hs_idf_failure_in(line->text)) {
        const char *message = hs_logged_error_in(line->text), *eb = strstr(message, "alloc eb len=");
        best.size = eb ? strtoull(eb + strlen("alloc eb len="), NULL, 10) : bytes_in(message);
        best.telling = best.size ? TELLS_SIZE : TELLS_WHO;
    }
    return best;
}

/* The line that tells most, of several the first. */
static struct request find_request(const struct hs_doctor_input *p)
{
    bool esp = hs_doctor_input_is_esp(p);
    struct request best = {.line = NULL};
    for (size_t i = 0; i < p->n_lines; i++) {
        struct request r = request_in(&p->line[i], esp);
        best = r.telling > best.telling ? r : best;
    }
    return best;
}

#define QUOTED_TOO 3u /* further lines about failed allocations that are quoted */

static void quote_others(struct hs_finding *f, const struct hs_doctor_input *p, const struct request *chosen)
{
    unsigned quoted = 0;
    for (size_t i = 0; i < p->n_lines && quoted < QUOTED_TOO; i++) {
        struct request r = request_in(&p->line[i], true);
        if (r.telling < TELLS_WHO || r.line == chosen->line || !strcmp(r.line->text, chosen->line->text))
            continue;
        hs_finding_quote(f, r.line);
        quoted++;
    }
}

/* "malloc of 36864 bytes failed": a program's own message. It counts only with a heap summary, which shows whose heap
 * it is. */
static struct request find_other_request(const struct hs_doctor_input *p)
{
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *text = p->line[i].text, *at = strstr(text, " bytes");
        struct request r = {.line = &p->line[i], .telling = TELLS_SIZE};
        while (at && at > text && at[-1] >= '0' && at[-1] <= '9')
            at--;
        if (at && strstr(text, "fail") && !strchr(text, '"') && number_at(at, "", 10, &r.size) && r.size)
            return r;
    }
    return (struct request){.line = NULL};
}

static bool may_have_psram(const struct hs_doctor_input *p) { return !p->facts.chip || p->facts.chip->psram; }

/* For a request of 0 bytes ESP-IDF returns a null pointer. */
static void nothing_asked(const struct request *r, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(
        findings, "HS-IDF-ZERO", HS_SEVERITY_WARNING,
        "0 bytes were asked for: ESP-IDF answers with a null pointer, which is no lack of memory");
    hs_finding_quote(f, r->line);
    hs_finding_next(f, "look at how the caller computes the size");
}

static bool of_python(const struct hs_doctor_input *p)
{
    return p->facts.framework == HS_FRAMEWORK_MICROPYTHON || p->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON;
}

/* What shows the heap in this firmware. */
static void advise_look(struct hs_finding *f, const struct hs_doctor_input *p)
{
    static const char *const looks[] = {
        [HS_FRAMEWORK_MICROPYTHON] = "esp32.idf_heap_info(esp32.HEAP_DATA) lists each region's size, free bytes and largest piece",
        [HS_FRAMEWORK_CIRCUITPYTHON] = "gc.mem_free() counts what the heap can still grow by; the rest of the memory is not shown",
        [HS_FRAMEWORK_ESP8266] =
            "look at what is free before each step, and do without the one after which little is left (Arduino: ESP.getFreeHeap(), "
            "ESP.getMaxFreeBlockSize(); NodeMCU: node.heap(), collectgarbage())",
        [HS_FRAMEWORK_ARDUINO] = "ESP.getFreeHeap() and ESP.getMaxAllocHeap() show what is free and the largest contiguous block",
        [HS_FRAMEWORK_ESPHOME] = HS_ESPHOME_LOOK,
        [HS_FRAMEWORK_IDF] =
            "heap_caps_print_heap_info() shows each region, heap_caps_get_largest_free_block() the largest contiguous block",
    };
    enum hs_framework framework = p->facts.framework;
    hs_finding_next(f, "%s", looks[framework] ? looks[framework] : looks[HS_FRAMEWORK_IDF]);
}

/* Components whose buffers must be of a certain kind. */
static const struct {
    const char *word, *next, *also, *never; /* words that must, or must not, be in the same line; NULL: any */
} needs[] = {
    {"esp-aes", "the AES hardware wants internal memory for DMA: free some, or use software with CONFIG_MBEDTLS_HARDWARE_AES=n"},
    {"ssl", "TLS wants some 40 KB, parts of it in one piece: free memory before, connect early and keep the connection; "
            "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN and CONFIG_MBEDTLS_DYNAMIC_BUFFER make it less where the build can be changed"},
    {" no eb", "all buffers of the WiFi driver are in use: send less at a time and wait for what is sent, or make "
               "CONFIG_ESP_WIFI_DYNAMIC_TX_BUFFER_NUM and CONFIG_ESP_WIFI_DYNAMIC_RX_BUFFER_NUM larger"},
    {"frame buffer",
     "a frame buffer of a camera needs PSRAM: switch PSRAM on in the build (Arduino: menu Tools, PSRAM), or take a "
     "smaller frame size, fb_count 1 and JPEG",
     NULL, "lcd"},
    {"frame buffer",
     "a frame buffer of a display has width x height x bytes of a pixel, 768000 for 800 x 480 with 2: it needs PSRAM. Switch PSRAM on in the "
     "build (CONFIG_SPIRAM=y, and its mode as the module has it; Arduino: menu Tools, PSRAM)",
     "lcd", NULL},
    {"dma", "a buffer for DMA must be in internal memory: allocate it early, make it smaller, and free others there"},
};

static bool needs_this(const char *text, size_t k)
{
    return hs_idf_failure_in(text) && strstr(text, needs[k].word) && (!needs[k].also || strstr(text, needs[k].also)) &&
           (!needs[k].never || !strstr(text, needs[k].never));
}

static void advise_need(struct hs_finding *f, const struct hs_doctor_input *p)
{
    for (size_t k = 0; k < sizeof needs / sizeof *needs && !of_python(p); k++)
        for (size_t i = 0; i < p->n_lines; i++)
            if (needs_this(p->line[i].text, k)) {
                hs_finding_next(f, "%s", needs[k].next);
                break;
            }
}

/* A boot log that lists the heap's regions up to the start of the program, and has no line about PSRAM. */
static void describe_boot(struct hs_finding *f, const struct hs_doctor_input *p)
{
    static const char *const regions[] = {"heap_init: At ", NULL}, *const starts[] = {"main_task: ", NULL},
                             *const psram[] = {"PSRAM", "SPIRAM", "psram", "spiram", "external SPI", NULL};
    const struct hs_doctor_line *line = hs_doctor_input_message(p, regions), *start = hs_doctor_input_message(p, starts);
    if (!may_have_psram(p) || !line || !start || start < line || hs_doctor_input_first(p, psram))
        return;
    hs_finding_evidence(
        f,
        "the boot log lists the heap's regions from line %u on, and no line is about PSRAM: it is not switched on in this build",
        line->number);
}

/* The radio's own memory, which must be inside. */
static void advise_radio(struct hs_finding *f, const struct hs_doctor_input *p, const struct hs_doctor_line *line)
{
    static const char *const bluetooth[] = {"esp_bt_controller_init", "BLE_INIT: ", "BT_INIT: ", "NimBLEDevice::init", NULL};
    if (of_python(p))
        return;
    if (hs_doctor_input_first(p, bluetooth)) {
        hs_finding_evidence(f, "the Bluetooth controller takes internal RAM, tens of KB of it: PSRAM is no help");
        hs_finding_next(
            f, "start Bluetooth early, before tasks and buffers take internal RAM, and move large buffers to PSRAM where "
               "there is some");
        if (!p->facts.chip || !strcmp(p->facts.chip->name, "ESP32"))
            hs_finding_next(
                f, "an ESP32 with BLE alone: esp_bt_controller_mem_release(ESP_BT_MODE_CLASSIC_BT) before the controller "
                   "is started gives back what Classic Bluetooth would need");
    } else if (strstr(line->text, "alloc eb ") || hs_doctor_input_line(p, "wifi: m f ", 0)) {
        uint64_t heap = 0;
        if (hs_number_after(line->text, "heap:", &heap) && heap >= 1u << 20)
            hs_finding_evidence(f,
                                "heap:%" PRIu64
                                " counts PSRAM as well: the WiFi driver takes this buffer from internal RAM, which has "
                                "no room",
                                heap);
        hs_finding_next(
            f, "free internal RAM: send larger buffers of the program to PSRAM (CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL lower, "
               "heap_caps_malloc(size, MALLOC_CAP_SPIRAM)), and close connections that are not needed");
        hs_finding_next(f, "heap_caps_get_free_size(MALLOC_CAP_INTERNAL) shows what is left inside");
    }
}

/* The lines after "ESP_ERROR_CHECK failed" name the file and the call. */
static void quote_checked(struct hs_finding *f, const struct hs_doctor_input *p, const struct hs_doctor_line *line)
{
    static const char *const parts[] = {"file: \"", "expression: "};
    for (const struct hs_doctor_line *at = line + 1;
         strstr(line->text, "ESP_ERROR_CHECK failed") && at < p->line + p->n_lines && at < line + 5; at++)
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            if (hs_message_in(at->text, parts[i]))
                hs_finding_quote(f, at);
}

static void advise_task(struct hs_finding *f, const struct hs_doctor_input *p)
{
    if (!hs_doctor_input_that(p, hs_task_failure_in))
        return;
    hs_finding_next(f, "give tasks smaller stacks (uxTaskGetStackHighWaterMark() shows what is left of each), and start them "
                       "early, before the free memory is in pieces");
    if (may_have_psram(p))
        hs_finding_next(f, "with PSRAM xTaskCreateWithCaps(..., MALLOC_CAP_SPIRAM) takes the stack from there, since ESP-IDF 5.1");
}

static void advise(struct hs_finding *f, const struct hs_doctor_input *p, const struct request *r)
{
    bool inside = r->telling == TELLS_CAPS && r->caps & (HS_CAP_DMA | HS_CAP_INTERNAL);
    bool options = p->facts.framework == HS_FRAMEWORK_IDF || p->facts.framework == HS_FRAMEWORK_UNKNOWN;
    if (inside && may_have_psram(p) && options)
        hs_finding_next(f, "this is internal memory: with PSRAM, CONFIG_SPIRAM_MALLOC_RESERVE_INTERNAL keeps some for it, "
                           "CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL lower sends more of malloc() to PSRAM");
    if ((inside || !may_have_psram(p)) && options)
        hs_finding_next(
            f,
            "make room inside: fewer and smaller WiFi buffers (CONFIG_ESP_WIFI_STATIC_RX_BUFFER_NUM, CONFIG_ESP_WIFI_DYNAMIC_TX_BUFFER_NUM), "
            "fewer tasks or smaller stacks");
    advise_need(f, p);
    advise_radio(f, p, r->line);
    advise_task(f, p);
    advise_look(f, p);
}

/* A crash soon after a failure that the program did not look at. */
static void describe_crash(struct hs_finding *f, const struct hs_doctor_input *p, const struct hs_doctor_line *failure)
{
    const struct hs_doctor_line *crash = hs_doctor_input_line(p, "panic'ed (LoadProhibited)", (size_t)(failure - p->line));
    crash = crash ? crash : hs_doctor_input_line(p, "panic'ed (StoreProhibited)", (size_t)(failure - p->line));
    if (crash && crash - failure < CRASH_SOON)
        hs_finding_evidence(f, "the crash in line %u comes after it: most often the program uses what it did not get",
                            crash->number);
}

static void failed(const struct hs_doctor_input *p, const struct request *r, const struct summary *s, struct hs_findings *findings)
{
    char names[HS_CAPS_NAME], size[32] = "what was asked for";
    bool task = r->telling == TELLS_WHO && hs_task_failure_in(r->line->text);
    bool wifi = strstr(r->line->text, " no eb");
    if (r->telling >= TELLS_SIZE)
        snprintf(size, sizeof size, "%" PRIu64 " bytes", r->size);
    else if (task)
        snprintf(size, sizeof size, "the stack of a new task");
    struct hs_finding *f = hs_finding_new(findings, "HS-IDF-FAILED", HS_SEVERITY_PROBLEM, "%s could not give %s",
                                          wifi                                         ? "the WiFi driver's own buffers"
                                          : p->facts.framework == HS_FRAMEWORK_ESPHOME ? "the board's heap"
                                                                                       : "ESP-IDF's heap",
                                          size);
    hs_finding_quote(f, r->line);
    quote_checked(f, p, r->line);
    quote_others(f, p, r);
    if (r->telling == TELLS_CAPS)
        hs_finding_evidence(f, "capabilities asked for: %s", hs_caps_name(names, r->caps));
    if (task)
        hs_finding_evidence(f, "a task's stack is one piece of internal RAM");
    describe_boot(f, p);
    describe_crash(f, p, r->line);
    if (s->totals)
        describe_largest(f, s);
    else
        hs_finding_figures(f, p, r->line);
    advise(f, p, r);
}

/* ---- a heap that is nearly full ---- */

/* The regions of one heap_caps_print_heap_info(). */
struct regions {
    const struct hs_doctor_line *head;
    uint64_t size, free, largest;
};

static void report_regions(const struct hs_doctor_input *p, const struct regions *r, struct hs_findings *findings)
{
    if (findings->n || r->size < REGIONS || (double)r->free > (1 - FULL) * (double)r->size)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-NEARLY-FULL", HS_SEVERITY_WARNING,
                                          "%.1f%% of the memory with these capabilities is in use, and the largest free block has "
                                          "%" PRIu64 " bytes",
                                          100 - 100 * (double)r->free / (double)r->size, r->largest);
    hs_finding_quote(f, r->head);
    hs_finding_evidence(f, "%" PRIu64 " of %" PRIu64 " bytes are free, over all its regions", r->free, r->size);
    hs_finding_next(f, "a TLS connection wants some 40 KB, parts of it in one piece: make room before it, and connect early");
    advise_look(f, p);
}

/* Each summary begins with its capabilities, and has two lines a region. */
static void nearly_full(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct regions r = {.head = NULL};
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *text = p->line[i].text, *at = strstr(text, "At 0x");
        uint64_t size, value;
        if (hs_message_in(text, "Heap summary for capabilities")) {
            report_regions(p, &r, findings);
            r = (struct regions){.head = &p->line[i]};
        } else if (at && hs_number_after(at, " len ", &size) && hs_number_after(at, " free ", &value)) {
            r.size += size;
            r.free += value;
        } else if (!strstr(text, "min_free") && hs_number_after(text, "largest_free_block", &value)) {
            r.largest = value > r.largest ? value : r.largest;
        }
    }
    report_regions(p, &r, findings);
}

/* WLED connects anew when its heap is low, and says so. */
static void too_low(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    static const char *const messages[] = {"Heap too low!", NULL};
    const struct hs_doctor_line *line = hs_doctor_input_message(p, messages);
    uint64_t bytes;
    if (findings->n || !line || !hs_number_after(line->text, messages[0], &bytes))
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-NEARLY-FULL", HS_SEVERITY_WARNING,
                                          "WLED says that its heap is too low: %" PRIu64 " bytes are free", bytes);
    hs_finding_quote(f, line);
    hs_finding_next(
        f, "fewer LEDs, segments, usermods and presets, and fewer requests of /json at a time (/json/state and /json/info "
           "are smaller), or an ESP32 in place of an ESP8266");
}

/* "Heap: 1832" without the word free: it is what is left only where it is nearly nothing. */
static bool bare_heap_in(const char *text, uint64_t *bytes)
{
    const char *at = hs_message_in(text, "Heap:");
    at = at ? at : hs_message_in(text, "heap:");
    at = at ? at + strlen("Heap:") : "";
    at += strspn(at, " \t");
    size_t digits = strspn(at, "0123456789");
    *bytes = strtoull(at, NULL, 10);
    return digits && (!at[digits] || isspace((unsigned char)at[digits])) && !strchr("kKM%", at[digits + (at[digits] == ' ')]) &&
           *bytes < BARE;
}

/* The least reading of a heap's free bytes that a program printed. */
static void low(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *line = NULL;
    uint64_t least = LOW, bytes;
    if (findings->n || of_python(p))
        return;
    bool esp = hs_doctor_input_is_esp(p);
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *text = p->line[i].text;
        bool of_heap = esp && (strstr(text, "heap") || strstr(text, "Heap")) && hs_free_in(text, &bytes);
        of_heap = of_heap || (esp && bare_heap_in(text, &bytes));
        if ((!of_heap && !hs_free_in_json(text, &bytes)) || bytes >= least)
            continue;
        least = bytes;
        line = &p->line[i];
    }
    if (!line)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-NEARLY-FULL", HS_SEVERITY_WARNING,
                                          "the board's heap had only %" PRIu64 " bytes free", least);
    hs_finding_quote(f, line);
    advise_look(f, p);
}

/* ---- a heap that is corrupt ---- */

struct damage {
    const char *word, *also; /* both must be in a message of corruption; "" matches any */
    const char *verdict, *next;
};

/* Most specific first: messages of heap poisoning name the kind of fault, TLSF's only say that there is one. */
static const struct damage damages[] = {
    {"Invalid data at", "Expected 0xfefefefe", "a freed block was written to after free()",
     "search for a pointer that is used after its block was freed: the address above is in that block"},
    {"Bad head at", "got 0xfefefefe", "a block was freed twice",
     "set pointers to NULL when their block is freed, and look for two owners of one block"},
    {"Bad tail at", "", "something wrote beyond the end of a block",
     "the block that ends at that address was overrun: see who allocated it, and how long its data are"},
    {"Bad head at", "", "something wrote over the head of a block",
     "the block before that address was overrun, or a pointer that malloc() did not return was freed"},
    {"Invalid data at", "", "something wrote over memory of the heap that is not its own",
     "CONFIG_HEAP_POISONING_COMPREHENSIVE finds the block sooner"},
    {"already marked as free", "", "a block was freed twice",
     "set pointers to NULL when their block is freed, and look for two owners of one block"},
    {"outside heap areas", "", "free() was called with a pointer that is not of the heap",
     "look at the caller of free() in the backtrace"},
    {"multi_heap_free", "head != NULL", "free() met a block whose head or tail is overwritten, or that was freed before",
     "a line of CORRUPT HEAP before it names the address; without one CONFIG_HEAP_POISONING_COMPREHENSIVE finds the block sooner"},
    {"CORRUPT HEAP", "", "ESP-IDF's heap is corrupt", "CONFIG_HEAP_POISONING_COMPREHENSIVE finds the block sooner"},
    {"assert failed:", "tlsf",
     "the allocator's own lists are overwritten: a block was overrun, freed twice, or written to after free()",
     "CONFIG_HEAP_POISONING_COMPREHENSIVE shows which of these it was, and finds the block sooner"},
    {"assertion \"", "multi_heap",
     "the heap's own data are overwritten: a block was overrun, freed twice, or written to after free()",
     "CONFIG_HEAP_POISONING_COMPREHENSIVE shows which of these it was, and finds the block sooner"},
    {"assert failed:", "multi_heap",
     "the heap's own data are overwritten: a block was overrun, freed twice, or written to after free()",
     "CONFIG_HEAP_POISONING_COMPREHENSIVE shows which of these it was, and finds the block sooner"},
};

/* Whether a line is such a message, by its beginning. The second assertion is that of versions before 4.4. */
static bool is_of_damage(const char *text)
{
    return hs_message_in(text, "CORRUPT HEAP:") || hs_message_in(text, "assert failed: ") || hs_message_in(text, "assertion \"");
}

static void corrupt(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    for (size_t k = 0; k < sizeof damages / sizeof *damages; k++) {
        const struct damage *d = &damages[k];
        for (size_t i = 0; i < p->n_lines; i++) {
            if (!strstr(p->line[i].text, d->word) || !strstr(p->line[i].text, d->also) || !is_of_damage(p->line[i].text))
                continue;
            struct hs_finding *f = hs_finding_new(findings, "HS-IDF-CORRUPT", HS_SEVERITY_PROBLEM, "%s", d->verdict);
            hs_finding_quote(f, &p->line[i]);
            hs_finding_next(f, "%s", d->next);
            return;
        }
    }
}

/* ---- a task's stack ---- */

/* "Stack pointer: 0x3fca86b0", then "Stack bounds: 0x3fca4a68 - 0x3fca8a60": what RISC-V's guard saw. */
struct guarded {
    const struct hs_doctor_line *pointer, *bounds; /* NULL: not in the text */
    unsigned long at, from, to;
};

static struct guarded read_guarded(const struct hs_doctor_input *p)
{
    static const char *const pointers[] = {"Stack pointer: 0x", NULL}, *const bounds[] = {"Stack bounds: 0x", NULL};
    struct guarded g = {.pointer = hs_doctor_input_message(p, pointers), .bounds = hs_doctor_input_message(p, bounds)};
    if (!g.pointer || !g.bounds)
        return (struct guarded){.pointer = NULL};
    const char *range = strstr(g.bounds->text, bounds[0]) + strlen("Stack bounds: "), *to = strstr(range, " - 0x");
    g.at = strtoul(strstr(g.pointer->text, pointers[0]) + strlen("Stack pointer: "), NULL, 16);
    g.from = strtoul(range, NULL, 16);
    g.to = to ? strtoul(to + 3, NULL, 16) : 0;
    return g;
}

/* The guard stopped a task whose stack has room. */
static bool false_trigger(const struct hs_doctor_line *line, const struct guarded *g, struct hs_findings *findings)
{
    if (!g->pointer || g->at < g->from || g->at >= g->to)
        return false;
    struct hs_finding *f = hs_finding_new(
        findings, "HS-IDF-GUARD", HS_SEVERITY_WARNING,
        "the stack guard stopped a task whose stack pointer is inside its bounds: this is no stack overflow, and not the heap");
    hs_finding_quote(f, line);
    hs_finding_quote(f, g->pointer);
    hs_finding_quote(f, g->bounds);
    hs_finding_evidence(f, "%lu of the %lu bytes of this stack are in use at that pointer", g->to - g->at, g->to - g->from);
    hs_finding_next(f, "take a newer firmware, or build it with a newer ESP-IDF: a larger stack does not help");
    hs_finding_next(f, "if it stays, CONFIG_ESP_SYSTEM_HW_STACK_GUARD=n switches this guard off");
    return true;
}

static void stack(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct guarded guarded = read_guarded(p);
    static const char *const messages[] = {"Debug exception reason: Stack canary watchpoint triggered",
                                           "Stack canary watchpoint triggered", NULL};
    const struct hs_doctor_line *line = hs_doctor_input_message(p, messages);
    line = line ? line : hs_doctor_input_that(p, hs_stack_overflow_in);
    line = line ? line : hs_doctor_input_line(p, "panic'ed (Stack protection fault)", 0); /* of RISC-V */
    if (!line || false_trigger(line, &guarded, findings))
        return;
    bool loop = strstr(line->text, "loopTask"); /* of Arduino */
    struct hs_finding *f = hs_finding_new(findings, "HS-IDF-STACK", HS_SEVERITY_PROBLEM,
                                          "a task's stack was too small: this is not the heap");
    static const char *const tasks[] = {"Detected in task ", NULL};
    hs_finding_quote(f, line);
    hs_finding_quote(f, hs_doctor_input_message(p, tasks));
    hs_finding_next(f, "give that task a larger stack (%s); uxTaskGetStackHighWaterMark() shows what is left",
                    loop ? "of Arduino's loop(): SET_LOOP_TASK_STACK_SIZE(16 * 1024)"
                         : "for the main task CONFIG_ESP_MAIN_TASK_STACK_SIZE");
}

/* ---- heap_trace_dump() ---- */

#define CALLERS 64u /* maximum callers of a heap trace */

struct caller {
    const char *text; /* "0x400d1234:0x400d5678", up to the end of the line */
    uint64_t bytes, blocks;
};

/* "1024 bytes (@ 0x3ffb0000, Internal) allocated CPU 0 ccount 0x... caller 0x400d1234:0x400d5678" */
static size_t sum_by_caller(const struct hs_doctor_input *p, struct caller *caller)
{
    size_t n = 0, k;
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *text = p->line[i].text, *at = strstr(text, " bytes (@ "), *by = strstr(text, " caller ");
        if (!at || !by)
            continue;
        while (at > text && at[-1] >= '0' && at[-1] <= '9')
            at--;
        for (k = 0; k < n && strcmp(caller[k].text, by + 8) != 0; k++)
            ;
        if (k == CALLERS)
            continue;
        if (k == n)
            caller[n++] = (struct caller){.text = by + 8};
        caller[k].bytes += strtoull(at, NULL, 10);
        caller[k].blocks++;
    }
    return n;
}

static void name_callers(struct hs_finding *f, const struct hs_doctor_input *p)
{
    struct caller caller[CALLERS];
    size_t n = sum_by_caller(p, caller);
    for (unsigned named = 0; named < 3 && n; named++) {
        size_t most = 0;
        for (size_t k = 1; k < n; k++)
            most = caller[k].bytes > caller[most].bytes ? k : most;
        hs_finding_evidence(f, "%" PRIu64 " bytes in %" PRIu64 " block%s: caller %s", caller[most].bytes, caller[most].blocks,
                            caller[most].blocks == 1 ? "" : "s", caller[most].text);
        caller[most] = caller[--n];
    }
}

/* What the records of a dump add up to whose last lines are missing. */
static uint64_t sum_of_records(const struct hs_doctor_input *p)
{
    struct caller caller[CALLERS];
    uint64_t bytes = 0;
    for (size_t n = sum_by_caller(p, caller); n > 0; n--)
        bytes += caller[n - 1].bytes;
    return bytes;
}

/* The line "1040 bytes 'leaked' in trace (3 allocations)", or NULL. */
static const struct hs_doctor_line *find_sum(const struct hs_doctor_input *p, uint64_t *bytes)
{
    for (size_t i = 0; i < p->n_lines; i++)
        if (hs_leaked_in(p->line[i].text, bytes))
            return &p->line[i];
    return NULL;
}

static void leaked(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    static const char *const heads[] = {"====== Heap Trace:", NULL};
    uint64_t bytes = 0;
    const struct hs_doctor_line *line = find_sum(p, &bytes), *head = hs_doctor_input_message(p, heads),
                                *alive = hs_doctor_input_line(p, "alive in trace", 0),
                                *lost = hs_doctor_input_line(p, "trace data is incomplete", 0);
    bool cut = !line && head && !alive;
    bytes = cut ? sum_of_records(p) : bytes;
    if (!bytes)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-IDF-LEAK", HS_SEVERITY_WARNING,
                                          "%s%" PRIu64 " bytes that were allocated during the heap trace were not freed in it",
                                          cut ? "at least " : "", bytes);
    hs_finding_quote(f, line ? line : head);
    if (cut)
        hs_finding_evidence(f, "the end of the dump is missing: its listed blocks are added up");
    name_callers(f, p);
    hs_finding_quote(f, lost);
    if (lost)
        hs_finding_next(f, "make heap_trace_init_standalone()'s buffer larger: what it had no room for is not in the list");
    hs_finding_next(f, "addr2line -e FIRMWARE.elf ADDRESS names a caller's line");
    hs_finding_next(f,
                    "trace the same work twice: what was allocated once, as caches are, does not grow with the number of rounds");
}

static bool is_esp8266(const struct hs_doctor_input *p)
{
    return p->facts.framework == HS_FRAMEWORK_ESP8266 || (p->facts.chip && !strcmp(p->facts.chip->name, "ESP8266"));
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct request r = find_request(p);
    struct summary s = read_summary(p);
    if (!r.line && s.totals)
        r = find_other_request(p);
    /* An exception is its own finding, which quotes these lines as well. */
    bool raised = hs_doctor_input_that(p, hs_system_error_in);
    if (r.telling >= TELLS_SIZE && !r.size)
        nothing_asked(&r, findings);
    else if (r.line && !raised && !is_esp8266(p))
        failed(p, &r, &s, findings);
    corrupt(p, findings);
    stack(p, findings);
    report_fragmented(&s, findings);
    leaked(p, findings);
    nearly_full(p, findings);
    too_low(p, findings);
    low(p, findings);
}

const struct hs_check hs_check_idf = {.name = "idf", .look = look};
