/* SPDX-License-Identifier: MIT
 *
 * Console output of Zephyr and FreeRTOS: a heap or a pool of network buffers that had nothing left.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define QUOTED 3u /* lines about one kind of failure that are quoted */

/* ---- Zephyr: pools of its network stack ---- */

static const struct {
    const char *message, *what, *next;
} pools[] = {
    {"Data buffer (", "the network stack had no data buffer left",
     "make CONFIG_NET_BUF_RX_COUNT or CONFIG_NET_BUF_TX_COUNT larger, by the direction that the message is about"},
    {"Failed to get free buffer", "a pool of network buffers was empty",
     "make CONFIG_NET_BUF_RX_COUNT or CONFIG_NET_BUF_TX_COUNT larger, or the pool's NET_BUF_POOL_DEFINE"},
    {" low on buffers.", "a pool of buffers was empty when one was requested",
     "CONFIG_NET_BUF_LOG names the function that waits for it: make that pool larger (of Bluetooth CONFIG_BT_L2CAP_TX_BUF_COUNT, "
     "CONFIG_BT_ATT_TX_COUNT, of the network CONFIG_NET_BUF_TX_COUNT), and wait for what is sent before more is"},
    {"Unable to allocate buffer", "the Bluetooth stack had no buffer left",
     "make CONFIG_BT_BUF_ACL_TX_COUNT, CONFIG_BT_L2CAP_TX_BUF_COUNT or CONFIG_BT_ATT_TX_COUNT larger, and wait for what is sent before "
     "more is"},
    {"Unable to allocate TX context", "the Bluetooth stack had no context left for a packet to send",
     "make CONFIG_BT_CONN_TX_MAX larger, and wait for what is sent before more is: each packet needs a context until it is sent"},
    {"Not enough connection contexts", "the network stack had no connection context left", "make CONFIG_NET_MAX_CONN larger"},
};

#define N_POOLS (sizeof pools / sizeof *pools)

/* The pool that a line's error is about; N_POOLS: none. */
static size_t pool_in(const char *line)
{
    const char *message = hs_zephyr_error_in(line);
    size_t k = message ? 0 : N_POOLS;
    while (k < N_POOLS && !strstr(message, pools[k].message))
        k++;
    return k;
}

static void advise_pool(struct hs_finding *f, size_t k)
{
    hs_finding_next(f, "%s", pools[k].next);
    if (!strstr(pools[k].what, "Bluetooth"))
        hs_finding_next(f, "a number that only falls is a leak: the shell's net mem shows how many are free, and "
                           "CONFIG_NET_BUF_POOL_USAGE keeps the least number; each net_pkt and net_buf that is received must be "
                           "given back by net_pkt_unref() or net_buf_unref(), also after an error");
}

/* One finding for all, since one lack leads to the next. Whether there is one. */
static bool report_pools(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct hs_finding *f = NULL;
    unsigned quoted = 0;
    size_t first = N_POOLS;
    for (size_t i = 0; i < p->n_lines && quoted < QUOTED; i++) {
        size_t k = pool_in(p->line[i].text);
        if (k == N_POOLS)
            continue;
        first = quoted ? first : k;
        if (!quoted)
            f = hs_finding_new(findings, "HS-POOL-EMPTY", HS_SEVERITY_PROBLEM, "Zephyr: %s", pools[k].what);
        hs_finding_quote(f, &p->line[i]);
        quoted++;
    }
    if (quoted)
        advise_pool(f, first);
    return quoted;
}

/* ---- heaps ---- */

/* What Zephyr's allocator asserts (lib/heap), the reason in the line after. */
static const struct {
    const char *message, *code, *verdict, *next;
} asserted[] = {
    {"heap size is too small", "HS-RTOS-FAILED", "a heap of Zephyr was given less memory than its own lists need",
     "make it larger: the size that sys_heap_init(), K_HEAP_DEFINE() or CONFIG_HEAP_MEM_POOL_SIZE gives; some tens of bytes of it are "
     "its own"},
    {"unexpected heap state (double-free?)", "HS-RTOS-CORRUPT", "a block was freed twice, or was not of this heap",
     "set pointers to NULL when their block is freed, and look for two owners of one block"},
    {"corrupted heap bounds (buffer overflow?)", "HS-RTOS-CORRUPT", "something wrote beyond the end of a block",
     "see who allocated the block at that address, and how long its data are"},
};

static void report_asserted(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    for (size_t k = 0; k < sizeof asserted / sizeof *asserted; k++)
        for (size_t i = 0; i < p->n_lines; i++) {
            if (!hs_message_in(p->line[i].text, asserted[k].message))
                continue;
            struct hs_finding *f = hs_finding_new(findings, asserted[k].code, HS_SEVERITY_PROBLEM, "%s", asserted[k].verdict);
            hs_finding_quote(f, &p->line[i]);
            hs_finding_next(f, "%s", asserted[k].next);
            return;
        }
}

/* Heaps of libraries and of other systems, each by its own message. */
static const struct {
    const char *message, *verdict, *next;
} others[] = {
    {"mm_manage_alloc_fail: Allocation failed", "TizenRT's heap could not give what was requested",
     "larger than the largest free size: allocate it earlier, or in parts; heapinfo lists who holds what"},
    {"[MSG VAR] Error allocating ", "lwESP's heap could not give what was requested",
     "give its memory manager more (lwesp_mem_assignmemory(), LWESP_CFG_MEM_CUSTOM), and free each pbuf, also after an error"},
    {"[LWESP MSG VAR] Error allocating ", "lwESP's heap could not give what was requested",
     "give its memory manager more (lwesp_mem_assignmemory(), LWESP_CFG_MEM_CUSTOM), and free each pbuf, also after an error"},
    {"ERROR: Malloc failed to allocate memory", "FreeRTOS's heap could not give what was requested",
     "make configTOTAL_HEAP_SIZE larger; vPortGetHeapStats() tells what is free and the largest free block"},
};

static void report_others(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        for (size_t i = 0; i < p->n_lines; i++) {
            const char *at = strstr(p->line[i].text, others[k].message);
            if (!at || strcspn(p->line[i].text, "\"'`") < strlen(p->line[i].text))
                continue;
            struct hs_finding *f = hs_finding_new(findings, "HS-RTOS-FAILED", HS_SEVERITY_PROBLEM, "%s", others[k].verdict);
            hs_finding_quote(f, &p->line[i]);
            for (size_t j = i + 1; j < p->n_lines && !k && strstr(p->line[j].text, "mm_manage_alloc_fail:  - "); j++)
                hs_finding_quote(f, &p->line[j]);
            hs_finding_next(f, "%s", others[k].next);
            return;
        }
}

#define NO_HEAP (UINT64_C(64) << 20) /* bytes: no board with NuttX gives so much at once */

/* "mm_malloc: Allocation failed, size 537058704" of NuttX. */
static void report_nuttx(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    static const char *const messages[] = {"mm_malloc: Allocation failed, size ", NULL};
    const struct hs_doctor_line *line = hs_doctor_input_message(p, messages);
    uint64_t size;
    if (!line || !hs_number_after(line->text, messages[0], &size))
        return;
    bool absurd = size >= NO_HEAP;
    struct hs_finding *f = absurd
                               ? hs_finding_new(
                                     findings, "HS-RTOS-FAILED", HS_SEVERITY_PROBLEM,
                                     "%" PRIu64
                                     " bytes were requested, which no heap here has: the size is wrong, not the heap too small",
                                     size)
                               : hs_finding_new(findings, "HS-RTOS-FAILED", HS_SEVERITY_PROBLEM,
                                                "NuttX's heap could not give %" PRIu64 " bytes", size);
    hs_finding_quote(f, line);
    if (absurd) {
        hs_finding_evidence(f, "the size is 0x%" PRIx64 " in hexadecimal: %s", size,
                            size >> 28 == 2 || size >> 28 == 3 ? "many chips have RAM at such addresses, so it may be a pointer"
                                                               : "it may be a negative number, or memory that was not set");
        hs_finding_next(
            f, "see how the caller computes the size: a variable that was not set, a pointer in its place, or a damaged message");
        return;
    }
    hs_finding_next(
        f, "the command free (or /proc/meminfo) shows what is free and the largest free block: with a large one that is too "
           "small the heap is in pieces, without one it is full");
}

static void report_zephyr(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    const struct hs_doctor_line *line = hs_doctor_input_that(p, hs_zephyr_failure_in);
    if (!line)
        return;
    bool numbered = !hs_speaks_of_failure(hs_zephyr_error_in(line->text));
    struct hs_finding *f = hs_finding_new(findings, "HS-RTOS-FAILED", HS_SEVERITY_PROBLEM, "%s",
                                          numbered ? "Zephyr: something failed with ENOMEM, for lack of memory"
                                                   : "a heap of Zephyr could not give what was requested");
    hs_finding_quote(f, line);
    if (numbered)
        hs_finding_evidence(
            f, "12 is ENOMEM: of a heap, of TLS' own heap (CONFIG_MBEDTLS_HEAP_SIZE), or of a pool of network buffers");
    hs_finding_evidence(f, "k_malloc() takes from CONFIG_HEAP_MEM_POOL_SIZE bytes, malloc() from an arena of "
                           "CONFIG_COMMON_LIBC_MALLOC_ARENA_SIZE: each is full for itself");
    hs_finding_next(
        f, "with CONFIG_SYS_HEAP_RUNTIME_STATS sys_heap_runtime_stats_get() tells what is free, in use, and was at most");
    hs_finding_next(f, "or record it: firmware-hooks/zephyr shows by caller and thread who holds what");
}

static void report_freertos(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    static const char *const messages[] = {"vApplicationMallocFailedHook", NULL};
    const struct hs_doctor_line *line = hs_doctor_input_message(p, messages);
    if (!line)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-RTOS-FAILED", HS_SEVERITY_PROBLEM,
                                          "FreeRTOS's heap could not give what was requested");
    hs_finding_quote(f, line);
    hs_finding_figures(f, p, line);
    hs_finding_evidence(f, "pvPortMalloc() calls this function before it returns NULL; tasks, queues and timers that are not "
                           "static take their memory there too");
    hs_finding_next(f, "vPortGetHeapStats() tells what is free, the largest free block, and the least that was ever free: with "
                       "a large free block that is too small the heap is in pieces, without one it is full");
    hs_finding_next(f, "full: make configTOTAL_HEAP_SIZE larger, or stacks smaller (uxTaskGetStackHighWaterMark())");
    hs_finding_next(f, "or record it: firmware-hooks/freertos shows by caller and task who holds what");
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    report_asserted(p, findings);
    if (!report_pools(p, findings))
        report_zephyr(p, findings);
    report_freertos(p, findings);
    report_nuttx(p, findings);
    report_others(p, findings);
}

const struct hs_check hs_check_rtos = {.name = "rtos", .look = look};
