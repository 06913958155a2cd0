/* SPDX-License-Identifier: MIT
 *
 * What is recorded, told as LTTng-UST tracepoints at the same moment: for host programs that link the recorder.
 * The linker puts these functions in front of the recorder's own (wraps.txt), so a program without them has no
 * cost, and one with them no more than a load and a branch an event while no session is active.
 *
 * Events come in the order of the records: whatever lock the hook holds around the recorder's call is held here.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "firmware-hooks/lttng-ust/tracepoints.h"

#include <string.h>

#include "lib/heapstrata.h"

#define REGIONS 256u

static struct {
    void (*describe)(uintptr_t code, struct hs_place *place);
    uint8_t shift;
    unsigned n_regions;
    struct hs_record region[REGIONS]; /* REGION records of those that are there; count 0: none */
} provider;

/* ---- places ---- */

static uint64_t address(uint32_t pos) {
    for (unsigned i = 0; i < provider.n_regions; i++) {
        const struct hs_record *region = &provider.region[i];
        if (pos - region->pos < region->count)
            return region->address + ((uint64_t)(pos - region->pos) << region->shift);
    }
    return 0;
}

static void follow_regions(const struct hs_record *r) {
    if (r->kind == HS_REGION) {
        provider.region[r->region] = *r;
        if (r->region >= provider.n_regions)
            provider.n_regions = r->region + 1u;
    } else if (r->kind == HS_REGION_END) {
        provider.region[r->region].count = 0;
    } else if (r->kind == HS_RESET) {
        provider.n_regions = 0;
        memset(provider.region, 0, sizeof provider.region);
    }
}

static void copy_text(char *to, size_t room, struct hs_text text) {
    size_t length = text.data && text.len < room ? text.len : text.data ? room - 1 : 0;
    if (length)
        memcpy(to, text.data, length);
    to[length] = '\0';
}

static void set_where(struct hs_lttng_event *e, uintptr_t code, uintptr_t caller) {
    struct hs_place place = {{0}, {0}, 0, 0};
    if (code && provider.describe)
        provider.describe(code, &place);
    e->caller = (int64_t)(intptr_t)(caller - hs_code_address((uintptr_t)hs_anchor));
    e->line = place.line;
    copy_text(e->file, sizeof e->file, place.file);
    copy_text(e->function, sizeof e->function, place.function);
}

static void set_block(struct hs_lttng_event *e, uint32_t pos, uint32_t size) {
    uint32_t granules = (uint32_t)(((uint64_t)size + (UINT64_C(1) << provider.shift) - 1) >> provider.shift);
    e->pos = pos;
    e->size = size;
    e->granules = granules ? granules : 1;
    e->ptr = address(pos);
}

/* ---- the recorder's functions ---- */

int __real_hs_init(const struct hs_config *config);
int __wrap_hs_init(const struct hs_config *config);
int __wrap_hs_init(const struct hs_config *config) {
    provider.describe = config->describe;
    provider.shift = config->shift;
    return __real_hs_init(config);
}

void __real_hs_put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size);
void __wrap_hs_put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size);
void __wrap_hs_put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size) {
    struct hs_key key = HS_KEY;
    if (lttng_ust_tracepoint_enabled(heapstrata, alloc)) {
        struct hs_lttng_event e;
        set_block(&e, pos, size);
        set_where(&e, code, caller);
        lttng_ust_do_tracepoint(heapstrata, alloc, &e);
    }
    __real_hs_put_alloc(HS_KEY_ARGUMENTS(key), pos, size);
}

void __real_hs_put_free(uintptr_t caller, uint32_t pos);
void __wrap_hs_put_free(uintptr_t caller, uint32_t pos);
void __wrap_hs_put_free(uintptr_t caller, uint32_t pos) {
    if (lttng_ust_tracepoint_enabled(heapstrata, free)) {
        struct hs_lttng_event e;
        e.old = pos;
        e.old_ptr = address(pos);
        set_where(&e, 0, caller);
        lttng_ust_do_tracepoint(heapstrata, free, &e);
    }
    __real_hs_put_free(caller, pos);
}

void __real_hs_put_realloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint32_t old);
void __wrap_hs_put_realloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint32_t old);
void __wrap_hs_put_realloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint32_t old) {
    struct hs_key key = HS_KEY;
    if (lttng_ust_tracepoint_enabled(heapstrata, realloc)) {
        struct hs_lttng_event e;
        set_block(&e, pos, size);
        e.old = old;
        e.old_ptr = address(old);
        set_where(&e, code, caller);
        lttng_ust_do_tracepoint(heapstrata, realloc, &e);
    }
    __real_hs_put_realloc(HS_KEY_ARGUMENTS(key), pos, size, old);
}

void __real_hs_put_fail(HS_KEY_PARAMETERS, uint32_t size, uint8_t cause);
void __wrap_hs_put_fail(HS_KEY_PARAMETERS, uint32_t size, uint8_t cause);
void __wrap_hs_put_fail(HS_KEY_PARAMETERS, uint32_t size, uint8_t cause) {
    struct hs_key key = HS_KEY;
    if (lttng_ust_tracepoint_enabled(heapstrata, fail)) {
        struct hs_lttng_event e;
        e.size = size;
        e.cause = cause;
        set_where(&e, code, caller);
        lttng_ust_do_tracepoint(heapstrata, fail, &e);
    }
    __real_hs_put_fail(HS_KEY_ARGUMENTS(key), size, cause);
}

void __real_hs_mark(struct hs_text label);
void __wrap_hs_mark(struct hs_text label);
void __wrap_hs_mark(struct hs_text label) {
    if (lttng_ust_tracepoint_enabled(heapstrata, mark)) {
        struct hs_lttng_text text;
        copy_text(text.text, sizeof text.text, label);
        lttng_ust_do_tracepoint(heapstrata, mark, &text);
    }
    __real_hs_mark(label);
}

static void tell_region(const struct hs_record *r) {
    struct hs_lttng_text name;
    copy_text(name.text, sizeof name.text, (struct hs_text){(const char *)r->data, r->data_len});
    lttng_ust_tracepoint(heapstrata, region, r, &name);
}

static void tell_phase(const struct hs_record *r) {
    struct hs_lttng_text name;
    copy_text(name.text, sizeof name.text, (struct hs_text){(const char *)r->data, r->data_len});
    lttng_ust_tracepoint(heapstrata, phase, r, &name);
}

static void tell(const struct hs_record *r) {
    switch (r->kind) {
    case HS_COLLECT:     lttng_ust_tracepoint(heapstrata, collect, r); break;
    case HS_SWEEP:       lttng_ust_tracepoint(heapstrata, sweep, r); break;
    case HS_COLLECT_END: lttng_ust_tracepoint(heapstrata, collect_end, r); break;
    case HS_SNAPSHOT:    lttng_ust_tracepoint(heapstrata, snapshot, r); break;
    case HS_REGION:      tell_region(r); break;
    case HS_REGION_END:  lttng_ust_tracepoint(heapstrata, region_end, r); break;
    case HS_THREAD:      lttng_ust_tracepoint(heapstrata, thread, r); break;
    case HS_LEVEL:       lttng_ust_tracepoint(heapstrata, level, r); break;
    case HS_TOTAL:       lttng_ust_tracepoint(heapstrata, total, r); break;
    case HS_RESET:       lttng_ust_tracepoint(heapstrata, reset, r); break;
    case HS_PHASE:       tell_phase(r); break;
    case HS_PHASE_END:   lttng_ust_tracepoint(heapstrata, phase_end, r); break;
    default:             lttng_ust_tracepoint(heapstrata, other, r); break;
    }
}

void __real_hs_record(const struct hs_record *r);
void __wrap_hs_record(const struct hs_record *r);
void __wrap_hs_record(const struct hs_record *r) {
    follow_regions(r);
    tell(r);
    __real_hs_record(r);
}

/* What other files of the recorder write while they hold its lock. */
void __real_hs_record_locked(const struct hs_record *r);
void __wrap_hs_record_locked(const struct hs_record *r);
void __wrap_hs_record_locked(const struct hs_record *r) {
    tell(r);
    __real_hs_record_locked(r);
}
