/* SPDX-License-Identifier: MIT
 *
 * Emits each record as an LTTng-UST tracepoint too, for host programs that link the recorder. The linker redirects calls of
 * the recorder to these functions (wraps.txt). A program without them has no cost; a program with them has a load and a
 * branch per event while no session is active.
 *
 * Tracepoints have the order of the records, because the lock that a hook holds around the recorder's call is held here too.
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
    struct hs_record_region region[REGIONS]; /* the existing regions; granules 0: none */
} provider;

/* ---- places ---- */

static uint64_t address(uint32_t pos)
{
    for (unsigned i = 0; i < provider.n_regions; i++) {
        const struct hs_record_region *region = &provider.region[i];
        if (pos - region->first < region->granules)
            return region->base + ((uint64_t)(pos - region->first) << region->shift);
    }
    return 0;
}

static void follow_regions(const struct hs_record *r)
{
    if (r->kind == HS_REGION) {
        provider.region[r->region.region] = r->region;
        if (r->region.region >= provider.n_regions)
            provider.n_regions = r->region.region + 1u;
    } else if (r->kind == HS_REGION_END) {
        provider.region[r->region_end.region].granules = 0;
    } else if (r->kind == HS_RESET) {
        provider.n_regions = 0;
        memset(provider.region, 0, sizeof provider.region);
    }
}

static void copy_text(char *to, size_t room, struct hs_text text)
{
    size_t length = text.data && text.len < room ? text.len : text.data ? room - 1 : 0;
    if (length)
        memcpy(to, text.data, length);
    to[length] = '\0';
}

static void set_where(struct hs_lttng_record *e, uintptr_t code, uintptr_t caller)
{
    struct hs_place place = {.line = 0};
    if (code && provider.describe)
        provider.describe(code, &place);
    e->caller = caller ? (int64_t)(intptr_t)(caller - hs_code_address((uintptr_t)hs_anchor)) : 0;
    e->line = place.line;
    copy_text(e->file, sizeof e->file, place.file);
    copy_text(e->function, sizeof e->function, place.function);
}

/* Sets a block's new and old address and its length; HS_POS_IMPLIED: not known. */
static void set_block(struct hs_lttng_record *e, uint32_t pos, uint32_t old)
{
    uint64_t granule = UINT64_C(1) << provider.shift;
    uint32_t granules = (uint32_t)((e->r->event.size + granule - 1) >> provider.shift);
    e->granules = granules ? granules : 1;
    e->ptr = address(pos == HS_POS_IMPLIED ? old : pos);
    e->old_ptr = address(old);
}

/* ---- records ---- */

/* Sets the record's text or numbers. */
static void set_data(struct hs_lttng_record *e)
{
    e->n_numbers = 0;
    e->text[0] = '\0';
    for (const struct hs_field *f = hs_kind_info(e->r->kind)->field; f->name; f++) {
        if (f->width)
            continue;
        struct hs_data data = hs_field_data(e->r, f);
        if (f->type == HS_TYPE_text)
            copy_text(e->text, sizeof e->text, (struct hs_text){(const char *)data.data, data.len});
        while (f->type == HS_TYPE_numbers && e->n_numbers < HS_LTTNG_NUMBERS && hs_next_number(&data, &e->numbers[e->n_numbers]))
            e->n_numbers++;
    }
}

/* Emits the tracepoint of a record whose kind is a PACKET kind of records.def. */
#define TELL_EVENT(NAME, member)
#define TELL_DICT(NAME, member)
#define TELL_PACKET(NAME, member) \
    case HS_##NAME: \
        if (lttng_ust_tracepoint_enabled(heapstrata, member)) { \
            set_data(e); \
            lttng_ust_do_tracepoint(heapstrata, member, e); \
        } \
        break;
#define HS_RECORD(NAME, member, code, area, text, ...) TELL_##area(NAME, member)
static void tell(struct hs_lttng_record *e)
{
    switch (e->r->kind) {
#include "lib/records.def"
    }
}

static void tell_record(const struct hs_record *r)
{
    struct hs_lttng_record e;
    e.r = r;
    tell(&e);
}

static void tell_at(const struct hs_record *r, uintptr_t code, uintptr_t caller)
{
    struct hs_lttng_record e;
    e.r = r;
    set_where(&e, code, caller);
    tell(&e);
}

/* ---- the recorder's functions ---- */

int __real_hs_init(const struct hs_config *config);
int __wrap_hs_init(const struct hs_config *config);
int __wrap_hs_init(const struct hs_config *config)
{
    provider.describe = config->describe;
    provider.shift = config->shift;
    return __real_hs_init(config);
}

void __real_hs_put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size);
void __wrap_hs_put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size);
void __wrap_hs_put_alloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size)
{
    struct hs_key key = HS_KEY;
    if (lttng_ust_tracepoint_enabled(heapstrata, alloc)) {
        const struct hs_record r = {.kind = HS_ALLOC, .alloc = {.pos = pos, .size = size}};
        struct hs_lttng_record e = {.r = &r};
        set_block(&e, pos, pos);
        set_where(&e, code, caller);
        lttng_ust_do_tracepoint(heapstrata, alloc, &e);
    }
    __real_hs_put_alloc(HS_KEY_ARGUMENTS(key), pos, size);
}

void __real_hs_put_free(uintptr_t caller, uint32_t pos);
void __wrap_hs_put_free(uintptr_t caller, uint32_t pos);
void __wrap_hs_put_free(uintptr_t caller, uint32_t pos)
{
    if (lttng_ust_tracepoint_enabled(heapstrata, free)) {
        const struct hs_record r = {.kind = HS_FREE, .free = {.old = pos}};
        struct hs_lttng_record e = {.r = &r};
        set_block(&e, HS_POS_IMPLIED, pos);
        set_where(&e, 0, caller);
        lttng_ust_do_tracepoint(heapstrata, free, &e);
    }
    __real_hs_put_free(caller, pos);
}

void __real_hs_put_realloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint32_t old);
void __wrap_hs_put_realloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint32_t old);
void __wrap_hs_put_realloc(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size, uint32_t old)
{
    struct hs_key key = HS_KEY;
    if (lttng_ust_tracepoint_enabled(heapstrata, realloc)) {
        const struct hs_record r = {.kind = HS_REALLOC, .realloc = {.pos = pos, .size = size, .old = old}};
        struct hs_lttng_record e = {.r = &r};
        set_block(&e, pos, old);
        set_where(&e, code, caller);
        lttng_ust_do_tracepoint(heapstrata, realloc, &e);
    }
    __real_hs_put_realloc(HS_KEY_ARGUMENTS(key), pos, size, old);
}

void __real_hs_put_fail(HS_KEY_PARAMETERS, uint32_t size, uint8_t cause);
void __wrap_hs_put_fail(HS_KEY_PARAMETERS, uint32_t size, uint8_t cause);
void __wrap_hs_put_fail(HS_KEY_PARAMETERS, uint32_t size, uint8_t cause)
{
    struct hs_key key = HS_KEY;
    tell_at(&(struct hs_record){.kind = HS_FAIL, .fail = {.size = size, .cause = cause}}, code, caller);
    __real_hs_put_fail(HS_KEY_ARGUMENTS(key), size, cause);
}

void __real_hs_mark(struct hs_text label);
void __wrap_hs_mark(struct hs_text label);
void __wrap_hs_mark(struct hs_text label)
{
    tell_record(&(struct hs_record){.kind = HS_MARK, .mark.label = label});
    __real_hs_mark(label);
}

void __real_hs_record(const struct hs_record *r);
void __wrap_hs_record(const struct hs_record *r);
void __wrap_hs_record(const struct hs_record *r)
{
    follow_regions(r);
    tell_record(r);
    __real_hs_record(r);
}

void __real_hs_record_at(struct hs_key key, struct hs_record *r);
void __wrap_hs_record_at(struct hs_key key, struct hs_record *r);
void __wrap_hs_record_at(struct hs_key key, struct hs_record *r)
{
    tell_at(r, key.code, key.caller);
    __real_hs_record_at(key, r);
}

/* Records that other files of the recorder write while they hold its lock; hs_record_named for kinds that name a site. */
void __real_hs_record_locked(const struct hs_record *r);
void __wrap_hs_record_locked(const struct hs_record *r);
void __wrap_hs_record_locked(const struct hs_record *r)
{
    tell_record(r);
    __real_hs_record_locked(r);
}

void __real_hs_record_named(struct hs_site_entry *site, struct hs_record *r);
void __wrap_hs_record_named(struct hs_site_entry *site, struct hs_record *r);
void __wrap_hs_record_named(struct hs_site_entry *site, struct hs_record *r)
{
    tell_at(r, site->kind == HS_SITE && site->key.code != HS_NOWHERE ? site->key.code : 0,
            site->kind == HS_SITE ? site->key.caller : 0);
    __real_hs_record_named(site, r);
}
