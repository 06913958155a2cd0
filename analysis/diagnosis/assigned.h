/* SPDX-License-Identifier: MIT
 *
 * Which variable the program gives a value to, from its source and the rows that led to the value's allocation.
 */
#ifndef HS_DIAGNOSIS_ASSIGNED_H
#define HS_DIAGNOSIS_ASSIGNED_H

#include "analysis/diagnosis/reach.h"

#define HS_ORIGIN_ROWS 16u

/* How a value came to be: the rows of the calls that led to its allocation, innermost first. Often only the first is known. */
struct hs_origin {
    uint32_t row[HS_ORIGIN_ROWS], n;
};

/* An assignment; `row` is HS_PYTHON_NONE if there is none, or if several names are possible. */
struct hs_assigned {
    uint32_t row, name; /* `name`: token */
};

/* The attribute that is given the value: object.NAME = ..., where the value is made, or where it arrives through a local variable or
 * a parameter. Changes what is reached. */
struct hs_assigned hs_assigned_attribute(struct hs_python_reach *reach, const struct hs_origin *made);

/* The local variable that is given the value and that functions inside its function use: they capture it. Changes what is reached. */
struct hs_assigned hs_assigned_captured(struct hs_python_reach *reach, const struct hs_origin *made);

/* A dict that is a cache: its function looks whether it has a key, and else makes the value and adds it. The row that adds to NAME, or to
 * object.NAME; HS_PYTHON_NONE: the program has no such row. */
uint32_t hs_assigned_cache(const struct hs_python *python, const char *name);

#endif
