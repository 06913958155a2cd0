/* SPDX-License-Identifier: MIT
 *
 * What a record says, as a number, to hold one reading against another.
 */
#ifndef TESTS_SUPPORT_DIGEST_H
#define TESTS_SUPPORT_DIGEST_H

#include "tests/support/mirror.h"

static uint64_t mix(uint64_t h, uint64_t value) { return (h ^ value) * 0x9E3779B97F4A7C15u ^ h >> 29; }

static uint64_t mix_text(uint64_t h, const char *text)
{
    while (*text)
        h = mix(h, (uint8_t)*text++);
    return mix(h, 0);
}

static uint64_t mix_data(uint64_t h, const uint8_t *data, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        h = mix(h, data[i]);
    return mix(h, len);
}

static bool has_site(const struct hs_event *e) { return e->kind <= HS_REALLOC || e->kind == HS_FAIL; }

static uint64_t mix_site(uint64_t h, struct hs_reader *reader, uint32_t number)
{
    const struct hs_site *s = hs_reader_site(reader, number);
    if (!s)
        return mix(h, 1);
    h = mix_text(mix_text(h, s->file), s->function);
    return mix(mix(mix(h, s->line), (uint64_t)s->caller), s->op);
}

static uint64_t mix_fields(uint64_t h, const struct hs_record *r)
{
    const struct hs_kind_info *info = hs_kind_info_any(r->kind); /* damage may make an unknown kind */
    for (const struct hs_field *f = info->field; f->name; f++) {
        struct hs_data data = f->width ? (struct hs_data){0} : hs_field_data(r, f);
        if (!f->width)
            h = mix_data(h, data.data, data.len);
        else if (f->type != HS_TYPE_site)
            h = mix(h, hs_field_value(r, f));
    }
    return h;
}

/* What the firmware of these tests makes true of every record, whether it is in the ledger or not. */
static bool plausible(struct hs_reader *reader, const struct hs_event *e)
{
    if (!has_site(e))
        return true;
    const struct hs_site *site = hs_reader_site(reader, e->site);
    if (!site)
        return false;
    return !e->site || e->kind == HS_FREE ||
           (site->line == 1000 + e->size % 50 && site->caller == e->size % 50 && !strcmp(site->file, "main.py"));
}

#endif
