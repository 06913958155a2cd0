/* SPDX-License-Identifier: MIT
 *
 * Console output of Zephyr and FreeRTOS about the stacks of threads, and faults.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define QUOTED 3u  /* lines of one kind that are quoted */
#define LEFT 10u   /* per cent of a stack: with less it is nearly full */
#define HARDLY 20u /* a stack of which less than this part is left is reported without a crash */
#define WORST 64u  /* bytes of a stack that are hardly any */

/* ---- a thread's name ---- */

/* Threads of Zephyr itself, and the option that sizes their stack. */
static const struct {
    const char *thread, *option;
} sized[] = {
    {"logging", "CONFIG_LOG_PROCESS_THREAD_STACK_SIZE"},
    {"main", "CONFIG_MAIN_STACK_SIZE"},
    {"sysworkq", "CONFIG_SYSTEM_WORKQUEUE_STACK_SIZE"},
    {"idle", "CONFIG_IDLE_STACK_SIZE"},
    {"thread_analyzer", "CONFIG_THREAD_ANALYZER_AUTO_STACK_SIZE"},
    {"shell_uart", "CONFIG_SHELL_STACK_SIZE"},
    {"BT RX", "CONFIG_BT_RX_STACK_SIZE"},
    {"net_mgmt", "CONFIG_NET_MGMT_EVENT_STACK_SIZE"},
    {"rx_q[0]", "CONFIG_NET_RX_STACK_SIZE"},
    {"tx_q[0]", "CONFIG_NET_TX_STACK_SIZE"},
};

#define NAME_MAX_LEN 48u /* bytes of a thread's name, terminator included */

/* The option for a thread's stack, or NULL: the program sizes it. "idle 00" is one of several. */
static const char *option_of(const char *thread)
{
    for (size_t i = 0; i < sizeof sized / sizeof *sized; i++) {
        size_t n = strlen(sized[i].thread);
        if (!strncmp(thread, sized[i].thread, n) && (!thread[n] || thread[n] == ' '))
            return sized[i].option;
    }
    return NULL;
}

/* The thread in "Current thread: 0x20000e18 (logging)", "" if it is not named; returns the line, or NULL. */
static const struct hs_doctor_line *current_thread(const struct hs_doctor_input *p, char name[NAME_MAX_LEN])
{
    const struct hs_doctor_line *line = hs_doctor_input_line(p, "Current thread: 0x", 0);
    const char *open = line ? strchr(strstr(line->text, "Current thread: 0x"), '(') : NULL,
               *close = open ? strchr(open, ')') : NULL;
    name[0] = '\0';
    if (close && close - open > 1 && close - open <= (long)NAME_MAX_LEN && strncmp(open, "(unknown)", 9) != 0)
        snprintf(name, NAME_MAX_LEN, "%.*s", (int)(close - open - 1), open + 1);
    return line;
}

static void advise_size(struct hs_finding *f, const char *thread, bool measured)
{
    const char *option = option_of(thread);
    if (option)
        hs_finding_next(f, "make %s larger: it is the stack of %s", option, thread);
    else
        hs_finding_next(f, "make that thread's stack larger (K_THREAD_STACK_DEFINE, CONFIG_MAIN_STACK_SIZE)");
    if (!measured)
        hs_finding_next(f, "CONFIG_THREAD_ANALYZER prints what each stack needs");
}

/* ---- an overflow ---- */

/* Whether the line is an error that Zephyr logged, beginning with `message`. */
static bool is_logged(const char *line, const char *message)
{
    const char *logged = hs_zephyr_error_in(line);
    return logged && !strncmp(logged, message, strlen(message));
}

static void report_stack(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    static const char *const messages[] = {">>> ZEPHYR FATAL ERROR 2: Stack overflow", "vApplicationStackOverflowHook", NULL};
    char thread[NAME_MAX_LEN];
    const struct hs_doctor_line *line = NULL;
    bool zephyr = false;
    for (const char *const *message = messages; *message && !line; message++)
        for (size_t i = 0; i < p->n_lines && !line; i++) {
            const char *text = p->line[i].text;
            line = hs_message_in(text, *message) || is_logged(text, *message) ? &p->line[i] : NULL;
            zephyr = message == messages;
        }
    if (!line)
        return;
    const struct hs_doctor_line *current = current_thread(p, thread);
    bool named = zephyr && thread[0];
    struct hs_finding *f = named ? hs_finding_new(findings, "HS-RTOS-STACK", HS_SEVERITY_PROBLEM,
                                                  "the stack of thread %s was too small: this is not the heap", thread)
                                 : hs_finding_new(findings, "HS-RTOS-STACK", HS_SEVERITY_PROBLEM,
                                                  "a thread's stack was too small: this is not the heap");
    hs_finding_quote(f, line);
    hs_finding_quote(f, named ? current : NULL);
    if (zephyr)
        advise_size(f, thread, false);
    else
        hs_finding_next(f, "make that task's stack larger; uxTaskGetStackHighWaterMark() shows what is left");
}

/* "Stacking error (context area might be not valid)" where the text ends before the verdict. */
static void report_stacking(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *error = NULL, *address = hs_doctor_input_line(p, "MMFAR Address: ", 0);
    for (size_t i = 0; i < p->n_lines && !error; i++)
        error = is_logged(p->line[i].text, "Stacking error") ? &p->line[i] : NULL;
    if (!error || hs_doctor_input_line(p, ">>> ZEPHYR FATAL ERROR ", 0))
        return;
    struct hs_finding *f = hs_finding_new(
        findings, "HS-RTOS-STACK", HS_SEVERITY_PROBLEM,
        "the processor could not save registers on a stack: most often that stack was too small. This is not the heap");
    hs_finding_quote(f, error);
    hs_finding_quote(f, address);
    hs_finding_evidence(f, "the text ends before \"ZEPHYR FATAL ERROR\" and \"Current thread\", which name the thread");
    hs_finding_next(f, "paste the text up to \"Halting system\", and make that thread's stack larger; of main() it is "
                       "CONFIG_MAIN_STACK_SIZE");
    hs_finding_next(f, "CONFIG_THREAD_ANALYZER prints what each stack needs");
}

/* ---- a bus fault ---- */

static void report_bus_fault(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *fault = hs_doctor_input_line(p, "<err> os: ***** BUS FAULT *****", 0),
                                *address = fault ? hs_doctor_input_line(p, "BFAR Address: 0x", (size_t)(fault - p->line)) : NULL;
    if (!address)
        return;
    struct hs_finding *f = hs_finding_new(
        findings, "HS-RTOS-FAULT", HS_SEVERITY_PROBLEM,
        "a pointer had an address at which there is nothing: it is wrong or was overwritten. This is no lack of memory by itself");
    hs_finding_quote(f, fault);
    hs_finding_quote(f, address);
    hs_finding_next(
        f, "addr2line -e zephyr.elf ADDRESS names the line of the faulting instruction (r15/pc) and of its caller (r14/lr)");
    hs_finding_next(
        f, "is it in the heap's code (k_malloc, sys_heap_alloc, k_free), a block was overrun before: CONFIG_ASSERT=y and "
           "sys_heap_validate() find the time");
}

/* ---- the thread analyzer ---- */

/* A row: "thread_b : STACK: unused 740 usage 284 / 1024 (27 %); CPU: 0 %"; before Zephyr 2.3 without "STACK:". Where it begins, or
 * NULL; `name` without the blanks after it. */
static const char *analyzed(const char *text, char name[NAME_MAX_LEN], uint64_t *unused, uint64_t *size)
{
    const char *row = strstr(text, ": STACK: unused "), *at = text;
    row = row ? row : strstr(text, ": unused ");
    const char *usage = row ? strstr(row, " usage ") : NULL;
    if (!usage || !hs_number_after(row, "unused ", unused) || !hs_number_after(usage, " / ", size) || !strstr(usage, " %)") ||
        !*size)
        return NULL;
    const char *end = row;
    while (end > text && end[-1] == ' ')
        end--;
    for (const char *c = end; c > text && (c[-1] != ' ' || (c - text > 1 && c[-2] != ' ' && c[-2] != '>')); c--)
        at = c - 1; /* a name has no two blanks */
    at += strspn(at, " >");
    snprintf(name, NAME_MAX_LEN, "%.*s", end > at ? (int)(end - at) : 0, at);
    return row;
}

bool hs_is_thread_analysis(const char *line)
{
    char name[NAME_MAX_LEN];
    uint64_t unused, size;
    return analyzed(line, name, &unused, &size);
}

/* Threads of which hardly anything of their stack is left. */
static void report_analyzed(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct hs_finding *f = NULL;
    unsigned quoted = 0;
    char name[NAME_MAX_LEN], first[NAME_MAX_LEN] = "";
    if (current_thread(p, name) && name[0]) /* another thread crashed: its finding counts, if there is one */
        return;
    for (size_t i = 0; i < p->n_lines && quoted < QUOTED; i++) {
        uint64_t unused, size;
        if (!analyzed(p->line[i].text, name, &unused, &size) || HARDLY * unused > size || !strcmp(first, name))
            continue;
        if (!quoted) {
            f = hs_finding_new(findings, "HS-RTOS-STACK", HS_SEVERITY_WARNING,
                               "the stack of thread %s is nearly full: %" PRIu64 " of %" PRIu64
                               " bytes are left. This is not the heap",
                               name, unused, size);
            snprintf(first, sizeof first, "%s", name);
        }
        hs_finding_quote(f, &p->line[i]);
        quoted++;
    }
    if (!quoted)
        return;
    hs_finding_quote(f, hs_doctor_input_line(p, ">>> ZEPHYR FATAL ERROR ", 0));
    hs_finding_evidence(f, "a deeper call may need more than what is left");
    advise_size(f, first, true);
}

/* The analyzer's line about a thread whose stack is nearly full. */
static const struct hs_doctor_line *nearly_full_stack(const struct hs_doctor_input *p, const char *thread)
{
    char name[NAME_MAX_LEN];
    for (size_t i = 0; i < p->n_lines; i++) {
        uint64_t unused, size;
        if (analyzed(p->line[i].text, name, &unused, &size) && !strcmp(name, thread) && 100 * unused <= LEFT * size)
            return &p->line[i];
    }
    return NULL;
}

/* A fatal error in a thread of which the analyzer had shown that its stack is nearly full: without the MPU's guard an overflow has
 * no message of its own. */
static void report_faulty_thread(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    char thread[NAME_MAX_LEN];
    const struct hs_doctor_line *error = hs_doctor_input_line(p, ">>> ZEPHYR FATAL ERROR ", 0);
    if (!error || hs_doctor_input_line(p, ">>> ZEPHYR FATAL ERROR 2:", 0) || !current_thread(p, thread) || !thread[0])
        return;
    const struct hs_doctor_line *stack = nearly_full_stack(p, thread);
    if (!stack)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-RTOS-STACK", HS_SEVERITY_WARNING,
                                          "the thread that crashed, %s, had nearly used its stack: this is not the heap", thread);
    hs_finding_quote(f, stack);
    hs_finding_quote(f, error);
    hs_finding_next(f, "make that thread's stack larger, and see whether the fault stays; CONFIG_HW_STACK_PROTECTION names an "
                       "overflow as such");
}

/* ---- FreeRTOS ---- */

/* "Task 'NAME' approached a stack overflow. Worst remaining stack size was: 0 bytes." */
static void report_worst(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    static const char words[] = "Worst remaining stack size was: ";
    struct hs_finding *f = NULL;
    unsigned quoted = 0;
    for (size_t i = 0; i < p->n_lines && quoted < QUOTED; i++) {
        const char *text = p->line[i].text, *task = strstr(text, "Task '"), *end = task ? strchr(task + 6, '\'') : NULL;
        uint64_t left;
        if (!end || strchr(text, '"') || !hs_number_after(end, words, &left) || left > WORST)
            continue;
        if (!quoted)
            f = hs_finding_new(
                findings, "HS-RTOS-STACK", left ? HS_SEVERITY_WARNING : HS_SEVERITY_PROBLEM,
                left ? "the stack of task %.*s is nearly full: this is not the heap"
                     : "the stack of task %.*s was used to its last byte, and may have overflowed: this is not the heap",
                (int)(end - task - 6), task + 6);
        hs_finding_quote(f, &p->line[i]);
        quoted++;
    }
    if (quoted)
        hs_finding_next(f, "make the stacks of these tasks larger, at xTaskCreate() or xTaskCreateStatic(): "
                           "uxTaskGetStackHighWaterMark() then shows what is left");
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    size_t before = findings->n;
    report_stack(p, findings);
    report_stacking(p, findings);
    if (findings->n == before)
        report_faulty_thread(p, findings);
    if (findings->n == before)
        report_analyzed(p, findings);
    if (findings->n == before)
        report_bus_fault(p, findings);
    report_worst(p, findings);
}

const struct hs_check hs_check_threads = {.name = "threads", .look = look};
