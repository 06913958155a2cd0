/* SPDX-License-Identifier: MIT
 *
 * Recognises the kind of each line of a text, to report which lines were understood.
 */

#include <string.h>

#include "analysis/doctor/doctor.h"

static const char boot[] = "boot log", banner[] = "the firmware's banner", exception[] = "exception",
                  figures[] = "figures of the heap", dump[] = "mem_info()", idf[] = "ESP-IDF's heap",
                  corrupt[] = "a corrupt heap", stack[] = "a task's stack", esp8266[] = "the ESP8266's heap", lwip[] = "lwIP",
                  safe_mode[] = "CircuitPython's safe mode", lvgl[] = "LVGL's heap", idf_log[] = "ESP-IDF's log",
                  zephyr[] = "Zephyr's log", freertos[] = "FreeRTOS", arena[] = "TensorFlow Lite Micro", rust[] = "Rust",
                  tizen[] = "TizenRT's heap", lwesp[] = "lwESP", zephyr_heap[] = "Zephyr's heap", nuttx[] = "NuttX's heap",
                  script[] = "a script's memory", esp8266_exception[] = "the ESP8266's exception", build[] = "the build";

/* Beginnings of messages. */
static const struct {
    const char *message, *kind;
} known[] = {
    {"ESP-ROM:", boot},
    {"rst:0x", boot},
    {"boot: ", boot},
    {"boot.esp32", boot},
    {"cpu_start:", boot},
    {"heap_init:", boot},
    {"esp_psram:", boot},
    {"octal_psram:", boot},
    {"quad_psram:", boot},
    {"spiram:", boot},
    {"psram: ", boot},
    {"esp_image:", boot},
    {"app_init:", boot},
    {"ets Jun", boot},
    {"ets Jul", boot},
    {"main_task:", boot},
    {"psramInit", boot},
    {"MicroPython v", banner},
    {"Adafruit CircuitPython", banner},
    {"Traceback (most recent", exception},
    {"RuntimeError: pystack exhausted", exception},
    {"RuntimeError: maximum recursion depth", exception},
    {"GC: total:", figures},
    {"No. of 1-blocks:", figures},
    {"Heap summary for capabilities", idf},
    {"largest_free_block ", idf},
    {"Mem alloc fail", idf},
    {"wifi:mem fail", idf},
    {"Panic reason: Mem alloc fail", idf},
    {"wifi:m f ", idf},
    {"====== Heap Trace", idf},
    {"Showing data for heap", idf},
    {"CORRUPT HEAP:", corrupt},
    {"Stack canary watchpoint", stack},
    {"Detected in task ", stack},
    {"sys_timeout: timeout != NULL, pool MEMP_", lwip},
    {"Assertion \"sys_timeout: timeout != NULL, pool MEMP_", lwip},
    {"memp_malloc:", lwip},
    {"mem_malloc:", lwip},
    {"tcp_write : could not allocate memory", lwip},
    {"MEM SYS_TIMEOUT", lwip},
    {"MEM PBUF_POOL", lwip},
    {"MEM HEAP", lwip},
    {"vApplicationMallocFailedHook", freertos},
    {"ERROR: Malloc failed to allocate memory", freertos},
    {"heap size is too small", zephyr_heap},
    {"unexpected heap state (double-free?)", zephyr_heap},
    {"corrupted heap bounds (buffer overflow?)", zephyr_heap},
    {"Failed to allocate tail memory. Requested: ", arena},
    {"Failed to allocate memory. Requested: ", arena},
    {"Failed to allocate temp memory. Requested: ", arena},
    {"Failed to resize buffer. Requested: ", arena},
    {"Arena size is too small for ", arena},
    {"AllocateTensors() failed", arena},
    {"panicked at ", rust},
    {"WARN - Unable to allocate ", rust},
    {"[WARN] - Unable to allocate ", rust},
    {"[ERROR] - Unable to allocate ", rust},
    {"Current usage: ", rust},
    {"mm_malloc: Allocation failed, size ", nuttx},
    {"ERROR - Unable to allocate ", rust},
    {"mm_manage_alloc_fail:", tizen},
    {"Heap too low!", figures},
    {"You are in safe mode", safe_mode},
    {"Running in safe mode!", safe_mode},
    {"CircuitPython core code crashed", safe_mode},
    {"The CircuitPython heap was corrupted", safe_mode},
    {"Stack clobbered heap", safe_mode},
    {"Hard fault: memory access or instruction error", safe_mode},
    {"Heap allocation when VM not running", safe_mode},
    {"Attempted heap allocation when VM not running", safe_mode},
    {"Unable to allocate the heap", safe_mode},
};

/* Words with their figures, anywhere in a line. */
static const struct {
    const char *before, *after, *kind; /* a number is between the two */
} numbered[] = {
    {" min_free ", " ", idf},
    {" allocated CPU ", " ", idf},
    {"failed to allocate ", " bytes", idf},
    {"Failed to allocate ", " bytes", idf},
    {"total allocations: ", "", idf},
};

static bool has_number(const char *text, const char *before, const char *after)
{
    const char *at = strstr(text, before);
    size_t digits = at ? strspn(at + strlen(before), "0123456789") : 0;
    return digits && !strncmp(at + strlen(before) + digits, after, strlen(after));
}

/* Lines that more than their beginning decides on. */
static const char *kind_by_contents(const struct hs_doctor_input *p, size_t i)
{
    const char *text = p->line[i].text;
    uint64_t value;
    if (hs_esp8266_failure_in(text, &value))
        return esp8266;
    if (hs_message_in(text, "Exception (28)") || hs_message_in(text, "Exception (29)") ||
        hs_message_in(text, "Fatal exception (28)") || hs_message_in(text, "Fatal exception (29)"))
        return esp8266_exception;
    if (hs_script_failure_in(text))
        return script;
    if (hs_link_overflow_in(text, &value) || hs_link_misfit_in(text) || hs_build_is_low_in(text))
        return build;
    if (hs_doctor_memory_error(p, i) || (hs_system_error_in(text) && !p->facts.computer))
        return exception;
    if (hs_idf_failure_in(text) || (hs_operator_new_in(text) && hs_doctor_input_is_esp(p)))
        return idf;
    if (hs_doctor_input_calls(p, "gc.mem_free()", i, &value) || hs_doctor_input_calls(p, "gc.mem_alloc()", i, &value) ||
        (strstr(text, ">>> ") && strstr(text, "idf_heap_info(")))
        return figures;
    if ((hs_message_in(text, "assert failed: ") || hs_message_in(text, "assertion \"")) &&
        (strstr(text, "tlsf") || strstr(text, "multi_heap") || strstr(text, "heap_caps")))
        return corrupt;
    if (hs_lvgl_failure_in(text, &value))
        return lvgl;
    if (hs_zephyr_error_in(text))
        return zephyr;
    if (hs_stack_overflow_in(text) || hs_is_thread_analysis(text) || strstr(text, "Worst remaining stack size was: "))
        return stack;
    if (strstr(text, "% (Used ") && strstr(text, ", free: "))
        return rust;
    if (strstr(text, "[MSG VAR] Error allocating ") || strstr(text, "[LWESP MSG VAR] Error allocating "))
        return lwesp;
    return hs_leaked_in(text, &value) ? idf : hs_is_log_in(text) ? idf_log : hs_memory_figure_in(text) ? figures : NULL;
}

static const char *kind_of(const struct hs_doctor_input *p, size_t index)
{
    const struct hs_doctor_line *line = &p->line[index];
    for (size_t i = 0; i < p->meminfo.n; i++)
        if (line->number >= p->meminfo.dump[i].line && line->number <= p->meminfo.dump[i].last_line)
            return dump;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (hs_message_in(line->text, known[i].message) && !(known[i].kind == exception && p->facts.computer))
            return known[i].kind;
    for (size_t i = 0; i < sizeof numbered / sizeof *numbered; i++)
        if (has_number(line->text, numbered[i].before, numbered[i].after) &&
            (hs_doctor_input_is_esp(p) || !strstr(numbered[i].before, "ailed")))
            return numbered[i].kind;
    return kind_by_contents(p, index);
}

void hs_understand(struct hs_doctor_input *p)
{
    struct hs_understood last = {.kind = NULL};
    p->facts.n_understood = 0;
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *kind = kind_of(p, i);
        unsigned number = p->line[i].number;
        if (!kind)
            continue;
        bool same = last.kind == kind && last.to + 1 == number;
        if (!same)
            last = (struct hs_understood){.kind = kind, .from = number};
        last.to = number;
        p->facts.n_understood += !same;
        if (p->facts.n_understood <= HS_UNDERSTOOD)
            p->facts.understood[p->facts.n_understood - 1] = last;
    }
}
