/* SPDX-License-Identifier: MIT
 *
 * Recognises the kind of each line of a text, to report which lines were understood.
 */
#include <string.h>

#include "analysis/doctor/doctor.h"

static const char boot[] = "boot log", banner[] = "the firmware's banner", exception[] = "exception",
                  figures[] = "figures of the heap", dump[] = "mem_info()", idf[] = "ESP-IDF's heap",
                  corrupt[] = "a corrupt heap", lwip[] = "lwIP", safe_mode[] = "CircuitPython's safe mode";

static const struct {
    const char *word, *kind;
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
    {" psram: ", boot},
    {"esp_image:", boot},
    {"app_init:", boot},
    {"ets Jun", boot},
    {"ets Jul", boot},
    {"main_task:", boot},
    {"psramInit", boot},
    {"2nd stage bootloader", boot},
    {"MicroPython v", banner},
    {"CircuitPython ", banner},
    {"Adafruit CircuitPython", banner},
    {"MemoryError", exception},
    {"memory allocation failed", exception},
    {"Traceback (most recent", exception},
    {"ENOMEM", exception},
    {"[Errno 12]", exception},
    {"[Errno 105]", exception},
    {"ENOBUFS", exception},
    {"MBEDTLS_ERR_SSL_ALLOC_FAILED", exception},
    {"Out of Memory", exception},
    {"pystack exhausted", exception},
    {"maximum recursion depth", exception},
    {"gc.mem_free()", figures},
    {"gc.mem_alloc()", figures},
    {"mem_free", figures},
    {"idf_heap_info", figures},
    {"GC: total:", figures},
    {"No. of 1-blocks:", figures},
    {"Heap summary for capabilities", idf},
    {"largest_free_block", idf},
    {"min_free", idf},
    {"failed to allocate", idf},
    {"Failed to allocate", idf},
    {"Mem alloc fail", idf},
    {"Memory allocation failed", idf},
    {"std::bad_alloc", idf},
    {":oom(", idf},
    {"last failed alloc call", idf},
    {"wifi:mem fail", idf},
    {"m f null", idf},
    {"Heap Trace:", idf},
    {" allocated CPU ", idf},
    {"total allocations", idf},
    {"leaked' in trace", idf},
    {"Showing data for heap", idf},
    {"heap_caps_get_", idf},
    {"heap_caps_dump", idf},
    {"esp_get_free_heap_size", idf},
    {"CORRUPT HEAP", corrupt},
    {"multi_heap", corrupt},
    {"tlsf", corrupt},
    {"block already marked as free", corrupt},
    {"stack overflow in task", corrupt},
    {"Stack canary watchpoint", corrupt},
    {"outside heap areas", corrupt},
    {"MEMP_", lwip},
    {"memp_malloc:", lwip},
    {"mem_malloc:", lwip},
    {"MEM SYS_TIMEOUT", lwip},
    {"MEM PBUF_POOL", lwip},
    {"MEM HEAP", lwip},
    {"safe mode", safe_mode},
    {"CircuitPython core code crashed", safe_mode},
    {"heap was corrupted", safe_mode},
    {"Stack clobbered heap", safe_mode},
    {"eap allocation when VM not running", safe_mode},
    {"Unable to allocate the heap", safe_mode},
    {"] ERR_MEM", exception},
};

static const char *kind_of(const struct hs_doctor_input *p, const struct hs_doctor_line *line)
{
    for (size_t i = 0; i < p->meminfo.n; i++)
        if (line->number >= p->meminfo.dump[i].line && line->number <= p->meminfo.dump[i].last_line)
            return dump;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(line->text, known[i].word))
            return known[i].kind;
    return NULL;
}

void hs_understand(struct hs_doctor_input *p)
{
    struct hs_understood last = {.kind = NULL};
    p->facts.n_understood = 0;
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *kind = kind_of(p, &p->line[i]);
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
