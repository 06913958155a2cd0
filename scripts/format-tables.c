/* SPDX-License-Identifier: MIT
 *
 * Prints the tables of FORMAT.md from records.def. `scripts/format` puts them into place.
 */
#include <stdio.h>

#include "lib/record.h"

static const char *const wire_name[] = {[HS_WIRE_U] = "U", [HS_WIRE_S] = "S", [HS_WIRE_B] = "B", [HS_WIRE_R] = "R"};

static void print_kind(unsigned code, const struct hs_kind_info *info) {
    printf("| %u | **%s** | %s |", code, info->name, info->text);
    for (const struct hs_field *f = info->field; f->name; f++) /* the type's wire form, its name where that says more */
        printf("%s `%s` %s: %s", f == info->field ? "" : "<br>", f->name, wire_name[f->wire], f->text);
    printf(" |\n");
}

int main(void) {
    static const char *const title[] = {
        [HS_AREA_EVENT] = "Events", [HS_AREA_PACKET] = "Plain records", [HS_AREA_DICT] = "Definitions"};
    for (unsigned area = HS_AREA_EVENT; area <= HS_AREA_DICT; area++) {
        printf("\n**%s**\n\n| code | kind | meaning | fields |\n|---|---|---|---|\n", title[area]);
        for (unsigned code = 0; code < HS_KIND_END; code++) {
            const struct hs_kind_info *info = hs_kind_info(code);
            if (info && info->area == area)
                print_kind(code, info);
        }
    }
    return 0;
}
