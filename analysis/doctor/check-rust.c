/* SPDX-License-Identifier: MIT
 *
 * Firmware in Rust: panics and warnings about an allocation that failed, and the figures of esp-alloc's heap.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/doctor.h"

#define FULL 95u  /* per cent of the heap: nearly full */
#define BEFORE 4u /* lines between "panicked at" and its message */

/* "memory allocation of 4096 bytes failed" is also what Rust prints on a computer, where it ends the process and does not panic. */
static bool panics(const struct hs_doctor_input *p, size_t at)
{
    for (size_t i = at, n = 0; n <= BEFORE; n++) {
        if (hs_message_in(p->line[i].text, "panicked at "))
            return true;
        if (!i--)
            break;
    }
    return false;
}

/* Whether the line with this index says that an allocation failed; sets `size`, 0: not in the line. */
static bool fails(const struct hs_doctor_input *p, size_t i, uint64_t *size)
{
    static const char *const warnings[] = {"WARN - Unable to allocate ", "ERROR - Unable to allocate ",
                                           "[WARN] - Unable to allocate ", "[ERROR] - Unable to allocate "};
    const char *text = p->line[i].text, *of = strstr(text, "memory allocation of ");
    *size = 0;
    if (strchr(text, '"'))
        return false;
    if (of && strstr(of, " bytes failed") && panics(p, i))
        return hs_number_after(of, "memory allocation of ", size);
    if (strstr(text, "failed: Failed to allocate stack") && panics(p, i))
        return true;
    for (size_t k = 0; k < sizeof warnings / sizeof *warnings; k++) {
        const char *at = strstr(text, warnings[k]);
        if (at && hs_message_begins(text, at) && hs_number_after(at, warnings[k], size))
            return true;
    }
    return false;
}

/* "Internal | ... | Used: 99% (Used 47768 of 48000, free: 232)" */
static bool region_in(const char *text, uint64_t *used, uint64_t *size)
{
    const char *at = strchr(text, '"') ? NULL : strstr(text, "% (Used ");
    return at && hs_number_after(at, "(Used ", used) && hs_number_after(at, " of ", size) && strstr(at, ", free: ");
}

/* "Size: 48000", then "Current usage: 47356": of the whole heap. */
static bool heap_in(const struct hs_doctor_input *p, size_t i, uint64_t *used, uint64_t *size)
{
    return i && hs_message_in(p->line[i].text, "Current usage: ") && hs_message_in(p->line[i - 1].text, "Size: ") &&
           hs_number_after(p->line[i].text, "Current usage: ", used) && hs_number_after(p->line[i - 1].text, "Size: ", size);
}

static const struct hs_doctor_line *full_region(const struct hs_doctor_input *p, uint64_t *left)
{
    uint64_t used, size;
    for (size_t i = p->n_lines; i-- > 0;)
        if ((region_in(p->line[i].text, &used, &size) || heap_in(p, i, &used, &size)) && size && used <= size &&
            100 * used >= FULL * size) {
            *left = size - used;
            return &p->line[i];
        }
    return NULL;
}

static void advise(struct hs_finding *f)
{
    hs_finding_next(
        f, "make the heap larger where the program defines it: esp_alloc::heap_allocator!(size: ...) with esp-alloc, whose "
           "second one with #[ram(reclaimed)] uses the bootloader's memory; HEAP.init() with embedded-alloc");
    hs_finding_next(f, "print esp_alloc::HEAP.stats() before the request: it shows what is used and free in each region");
}

static void failed(const struct hs_doctor_input *p, size_t i, uint64_t size, struct hs_findings *findings)
{
    char bytes[40] = "the stack of a new task";
    uint64_t left, heap = 0;
    const struct hs_doctor_line *wifi = hs_doctor_input_line(p, "esp-wifi configuration", 0);
    wifi = wifi && hs_number_after(wifi->text, "heap_size: ", &heap) ? wifi : NULL;
    if (size)
        snprintf(bytes, sizeof bytes, "%" PRIu64 " bytes", size);
    struct hs_finding *f = hs_finding_new(findings, "HS-RUST-FAILED", HS_SEVERITY_PROBLEM, "%s could not give %s",
                                          wifi ? "esp-wifi's heap" : "the program's heap in Rust", bytes);
    hs_finding_quote(f, &p->line[i]);
    hs_finding_quote(f, full_region(p, &left));
    if (wifi) {
        hs_finding_evidence(f, "line %u: esp-wifi has a heap of its own, heap_size %" PRIu64 " bytes", wifi->number, heap);
        hs_finding_next(f,
                        "make heap_size of esp-wifi's configuration (cfg.toml) larger, or its buffers fewer: static_rx_buf_num, "
                        "dynamic_rx_buf_num, dynamic_tx_buf_num");
        return;
    }
    advise(f);
}

static void look(const struct hs_doctor_input *p, struct hs_findings *findings)
{
    uint64_t size, left;
    for (size_t i = 0; i < p->n_lines; i++)
        if (fails(p, i, &size)) {
            failed(p, i, size, findings);
            return;
        }
    const struct hs_doctor_line *line = full_region(p, &left);
    if (!line)
        return;
    struct hs_finding *f = hs_finding_new(findings, "HS-HEAP-NEARLY-FULL", HS_SEVERITY_WARNING,
                                          "esp-alloc's heap has only %" PRIu64 " bytes free", left);
    hs_finding_quote(f, line);
    advise(f);
}

const struct hs_check hs_check_rust = {.name = "rust", .look = look};
