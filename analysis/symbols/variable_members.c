/* SPDX-License-Identifier: MIT
 *
 * The members of a variable, by offset, from debug information.
 */
#include "analysis/symbols/symbols_internal.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdio.h>
#include <string.h>

/* The type of a variable, member or element, without typedefs and qualifiers. */
static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;

    if (!dwarf_attr_integrate(die, DW_AT_type, &attribute) || !dwarf_formref_die(&attribute, type))
        return false;
    return dwarf_peel_type(type, type) == 0;
}

static bool variable_in_unit(Dwarf_Die *unit, const char *name, Dwarf_Die *type)
{
    Dwarf_Die child;

    if (dwarf_child(unit, &child) != 0)
        return false;
    do {
        const char *called = dwarf_tag(&child) == DW_TAG_variable ? dwarf_diename(&child) : NULL;
        if (called && strcmp(called, name) == 0 && type_of(&child, type))
            return true;
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

static bool variable_type(const struct hs_symbols *symbols, const char *name, Dwarf_Die *type)
{
    Dwarf_Off offset = 0, next;
    size_t header;

    for (; dwarf_nextcu(symbols->dwarf, offset, &next, &header, NULL, NULL, NULL) == 0; offset = next) {
        Dwarf_Die unit;
        if (dwarf_offdie(symbols->dwarf, offset + header, &unit) && variable_in_unit(&unit, name, type))
            return true;
    }
    return false;
}

static uint64_t member_offset(Dwarf_Die *member)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;

    return dwarf_formudata(dwarf_attr(member, DW_AT_data_member_location, &attribute), &value) == 0 ? value : 0;
}

/* The member of a struct that covers `*offset`, which becomes the offset within that member. */
static bool member_at(Dwarf_Die *type, uint64_t *offset, Dwarf_Die *member)
{
    Dwarf_Die child, inner;
    Dwarf_Word size;

    if (dwarf_child(type, &child) != 0)
        return false;
    do {
        uint64_t begin = member_offset(&child);
        if (dwarf_tag(&child) != DW_TAG_member || begin > *offset || !type_of(&child, &inner) ||
            dwarf_aggregate_size(&inner, &size) != 0 || *offset - begin >= size)
            continue;
        *offset -= begin;
        *member = child;
        return true;
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
}

/* Appends one step to `name` and descends into it; false at the bottom. */
static bool step_into(Dwarf_Die *type, uint64_t *offset, char *name)
{
    size_t length = strlen(name);
    Dwarf_Die member;
    Dwarf_Word size;

    if (dwarf_tag(type) == DW_TAG_array_type) {
        if (!type_of(type, type) || dwarf_aggregate_size(type, &size) != 0 || size == 0)
            return false;
        snprintf(name + length, HS_SYMBOL_NAME_MAX - length, "[%llu]", (unsigned long long)(*offset / size));
        *offset %= size;
        return true;
    }
    if (dwarf_tag(type) != DW_TAG_structure_type || !member_at(type, offset, &member))
        return false;
    const char *called = dwarf_diename(&member);
    snprintf(name + length, HS_SYMBOL_NAME_MAX - length, "%s%s", length && called ? "." : "", called ? called : "");
    return type_of(&member, type);
}

bool hs_symbols_member(struct hs_symbols *symbols, const char *variable, uint64_t offset, char *name)
{
    Dwarf_Die type;

    name[0] = '\0';
    if (!symbols || !symbols->dwarf || !variable_type(symbols, variable, &type))
        return false;
    for (int depth = 0; depth < HS_SYMBOL_CHAIN_MAX && step_into(&type, &offset, name); depth++)
        ;
    return name[0] != '\0';
}
