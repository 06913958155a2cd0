/* SPDX-License-Identifier: MIT
 *
 * lwIP's console output: messages about empty pools, and its statistics (stats_display()).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

/* A pool that the text mentions. */
struct pool {
    char name[HS_REGION_NAME];
    const struct hs_doctor_line *panic;   /* ends the program, or reports that the pool is empty */
    const struct hs_doctor_line *figures; /* heading of its statistics */
    uint64_t avail, max, err;
};

/* The statistics of a pool are in the lines after its heading, "MEM NAME", one figure per line. */
static void read_figures(const struct hs_doctor_input *p, size_t at, struct pool *pool)
{
    static const char *const words[] = {"avail:", "used:", "max:", "err:"};
    uint64_t used, *const values[] = {&pool->avail, &used, &pool->max, &pool->err};
    pool->figures = &p->line[at];
    for (size_t i = at + 1; i < p->n_lines && i <= at + 6 && !strstr(p->line[i].text, "MEM "); i++)
        for (size_t k = 0; k < 4; k++)
            hs_number_after(p->line[i].text, words[k], values[k]);
}

static void name_it(struct pool *pool, const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    snprintf(pool->name, sizeof pool->name, "%.*s", (int)n, name);
}

/* The next heading of statistics that contains `name`; the message may have truncated the name. */
static void find_figures(const struct hs_doctor_input *p, struct pool *pool)
{
    size_t n = strlen(pool->name);
    for (size_t i = 0; i < p->n_lines && n; i++) {
        const char *at = hs_message_in(p->line[i].text, "MEM ");
        if (!at || strncmp(at + 4, pool->name, n) != 0)
            continue;
        name_it(pool, at + 4);
        read_figures(p, i, pool);
        return;
    }
}

/* Replaces a truncated name by the pool name that starts with it. */
static void complete(struct pool *pool)
{
    static const char *const names[] = {
        "SYS_TIMEOUT", "PBUF_POOL", "TCP_PCB_LISTEN", "TCP_PCB",    "TCP_SEG",   "UDP_PCB",   "RAW_PCB",       "NETCONN",
        "NETBUF",      "NETDB",     "IGMP_GROUP",     "MLD6_GROUP", "ARP_QUEUE", "ND6_QUEUE", "TCPIP_MSG_API", "TCPIP_MSG_INPKT",
        "REASSDATA",   "FRAG_PBUF", "LOCALHOSTLIST",  "SELECT_CB",  "ALTCP_PCB", "PBUF"};
    for (size_t i = 0; i < sizeof names / sizeof *names && strlen(pool->name) >= 5; i++)
        if (!strcmp(names[i], pool->name))
            return;
    for (size_t i = 0; i < sizeof names / sizeof *names && strlen(pool->name) >= 5; i++)
        if (!strncmp(names[i], pool->name, strlen(pool->name))) {
            snprintf(pool->name, sizeof pool->name, "%s", names[i]);
            return;
        }
}

static void advise(struct hs_finding *f, const struct hs_doctor_input *p, const struct pool *pool)
{
    char option[HS_NAME_MAX];
    struct hs_pool named = {.size = (uint32_t)pool->avail};
    snprintf(named.name, sizeof named.name, "%s", pool->name);
    uint64_t more = 2 * (pool->avail ? pool->avail : 8);
    if (p->facts.framework == HS_FRAMEWORK_CIRCUITPYTHON) {
        hs_finding_next(
            f,
            "CircuitPython's builds fix these sizes: update to 9.2.5 or later, which takes lwIP's elements from the outer heap on the Pico W");
        hs_finding_next(f, "until then open fewer sockets at a time, close them, and do without mDNS and the web workflow");
        return;
    }
    hs_finding_next(f, "#define %s %" PRIu64 " in lwipopts.h%s", hs_pool_option(&named, option), more,
                    pool->avail ? ", twice the present size" : "");
    if (!strcmp(pool->name, "SYS_TIMEOUT"))
        hs_finding_next(
            f,
            "LWIP_NUM_SYS_TIMEOUT_INTERNAL counts lwIP's own timers only: each mDNS responder, SNTP client and user's timer needs one more");
    hs_finding_next(
        f, "record lwIP's pools with firmware-hooks/lwip: heapstrata pools shows who holds the elements and what would be enough");
}

static void report(const struct hs_doctor_input *p, const struct pool *pool, struct hs_findings *findings)
{
    char size[48] = "", refused[64] = "";
    if (pool->avail)
        snprintf(size, sizeof size, ", of %" PRIu64 " elements,", pool->avail);
    if (pool->err)
        snprintf(refused, sizeof refused, ": %" PRIu64 " request%s refused", pool->err, pool->err == 1 ? " was" : "s were");
    bool fatal = pool->panic && !strstr(pool->panic->text, "out of memory in pool");
    struct hs_finding *f = hs_finding_new(findings, "HS-POOL-EMPTY", fatal ? HS_SEVERITY_PROBLEM : HS_SEVERITY_WARNING,
                                          "lwIP's pool %s%s was empty when an element was asked for%s", pool->name, size,
                                          refused);
    hs_finding_quote(f, pool->panic);
    if (pool->figures)
        hs_finding_evidence(f, "line %u: %" PRIu64 " elements, at most %" PRIu64 " in use, %" PRIu64 " refused",
                            pool->figures->number, pool->avail, pool->max, pool->err);
    advise(f, p, pool);
}

/* The name of the pool that a message says is empty, or NULL. lwIP's own ports print the assertion with its quotation marks. */
static const char *empty_pool(const char *text)
{
    static const char *const messages[] = {"sys_timeout: timeout != NULL, pool MEMP_",
                                           "Assertion \"sys_timeout: timeout != NULL, pool MEMP_",
                                           "memp_malloc: out of memory in pool "};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        const char *at = hs_message_in(text, messages[i]);
        if (at)
            return at + strlen(messages[i]);
    }
    return NULL;
}

static bool seen_before(const struct hs_doctor_input *p, size_t line, const char *name)
{
    for (size_t i = 0; i < line; i++) {
        const char *at = empty_pool(p->line[i].text);
        if (at && !strncmp(at, name, strlen(name)))
            return true;
    }
    return false;
}

/* Messages first, each pool once; then pools with refusals in their statistics only. */
static void pools(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *text = p->line[i].text, *empty = empty_pool(text), *mem = hs_message_in(text, "MEM ");
        struct pool pool = {.panic = empty ? &p->line[i] : NULL};
        if (empty)
            name_it(&pool, empty);
        else if (mem && mem[4] >= 'A' && mem[4] <= 'Z')
            name_it(&pool, mem + 4);
        if (!pool.name[0] || !strcmp(pool.name, "HEAP") || (pool.panic && seen_before(p, i, pool.name)))
            continue;
        if (pool.panic)
            find_figures(p, &pool);
        else
            read_figures(p, i, &pool);
        complete(&pool);
        if (pool.panic || (pool.err && !seen_before(p, p->n_lines, pool.name)))
            report(p, &pool, findings);
    }
}

static void advise_heap(struct hs_finding *f)
{
    hs_finding_next(
        f, "make MEM_SIZE in lwipopts.h larger: outgoing data and packets of PBUF_RAM are kept there until they are acknowledged");
    hs_finding_next(f, "or send less at a time: TCP_SND_BUF and the number of connections bound what can be waiting");
}

/* Statistics of the heap in which requests were refused. */
static void heap_by_figures(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    struct pool heap = {.name = "HEAP"};
    find_figures(p, &heap);
    if (!heap.figures || !heap.err)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-POOL-HEAP", HS_SEVERITY_WARNING,
                                          "lwIP's heap refused %" PRIu64 " request%s", heap.err, heap.err == 1 ? "" : "s");
    hs_finding_evidence(f, "line %u: %" PRIu64 " bytes, at most %" PRIu64 " in use", heap.figures->number, heap.avail, heap.max);
    advise_heap(f);
}

static void full(const struct hs_doctor_line *line, struct hs_findings *findings)
{
    struct hs_finding *f = hs_finding_new(findings, "HS-POOL-HEAP", HS_SEVERITY_PROBLEM,
                                          "lwIP's heap had no room for data that are to be sent");
    hs_finding_quote(f, line);
    advise_heap(f);
}

static void heap(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    static const char *const messages[] = {"mem_malloc: could not allocate", NULL},
                             *const writes[] = {"tcp_write : could not allocate memory for pbuf", NULL};
    const struct hs_doctor_line *line = hs_doctor_input_message(p, messages);
    uint64_t size;
    const struct hs_doctor_line *unsent = line ? NULL : hs_doctor_input_message(p, writes);
    if (unsent)
        full(unsent, findings);
    else if (!line)
        heap_by_figures(p, findings);
    if (!line || !hs_number_after(line->text, "could not allocate", &size))
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-POOL-HEAP", HS_SEVERITY_PROBLEM,
                                          "lwIP's heap had no room for %" PRIu64 " bytes", size);
    hs_finding_quote(f, line);
    advise_heap(f);
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    pools(p, findings);
    heap(p, findings);
}

const struct hs_check hs_check_lwip = {.name = "lwip", .look = look};
