/* SPDX-License-Identifier: MIT
 *
 * records.def as tables: one for encoder and decoder, one with words for people.
 */
#include "lib/schema.h"

#define UNPAREN(...) __VA_ARGS__
#define WIDTH(member) sizeof(((struct hs_record *)0)->member)

#define HS_FIELD(wire_, member, name, text) {HS_WIRE_##wire_ << 4 | WIDTH(member), offsetof(struct hs_record, member)},
#define HS_RECORD(name, code, area, fields, text) UNPAREN fields
const struct hs_wire_field hs_wire_fields[] = {
#include "lib/records.def"
};
#undef HS_RECORD
#undef HS_FIELD

/* One char a field: the offset of a record's member is the index of its first field above. */
#define HS_FIELD(wire_, member, name, text) +1
#define HS_RECORD(name, code, area, fields, text) char name[0 UNPAREN fields];
struct place {
#include "lib/records.def"
};
#undef HS_RECORD
#define HS_RECORD(name, code, area, fields, text) [code] = {HS_AREA_##area, offsetof(struct place, name), 0 UNPAREN fields},
static const struct hs_layout layouts[HS_KIND_END] = {
#include "lib/records.def"
};
#undef HS_RECORD
#undef HS_FIELD

const struct hs_layout *hs_layout(unsigned kind) {
    return kind < HS_KIND_END && layouts[kind].area ? &layouts[kind] : NULL;
}

#define HS_FIELD(wire_, member, name, text) {name, text, HS_WIRE_##wire_, offsetof(struct hs_record, member), WIDTH(member)},
#define HS_RECORD(name, code, area, fields, text) [code] = {#name, text, HS_AREA_##area, {UNPAREN fields}},
static const struct hs_kind_info info[HS_KIND_END] = {
#include "lib/records.def"
};
#undef HS_RECORD
#undef HS_FIELD

const struct hs_kind_info *hs_kind_info(unsigned kind) {
    return kind < HS_KIND_END && info[kind].name ? &info[kind] : NULL;
}

const char *hs_strerror(int err) {
    static const char *const text[] = {
        [-HS_OK] = "no error",
        [-HS_ERR_END] = "input ends in the middle of a record",
        [-HS_ERR_FORMAT] = "bytes that are not of this format",
        [-HS_ERR_VERSION] = "written by another version of the format",
        [-HS_ERR_CHECK] = "check word does not match",
        [-HS_ERR_FULL] = "no room",
        [-HS_ERR_SIZE] = "memory too small",
        [-HS_ERR_ARG] = "argument out of range",
        [-HS_ERR_IO] = "input or output failed",
        [-HS_ERR_MEMORY] = "out of memory",
        [-HS_ERR_KIND] = "not a trace",
    };
    return err <= 0 && -err < (int)(sizeof text / sizeof *text) ? text[-err] : "unknown error";
}
