/* SPDX-License-Identifier: MIT
 *
 * Axes: conversion of figures to pixels, and positions of ticks. Ticks are round numbers in the usual unit: powers of
 * two for bytes; 1, 2 and 5 for counts and short times; parts of an hour for long times.
 */
#ifndef HS_DRAW_SCALE_H
#define HS_DRAW_SCALE_H

#include <stddef.h>

enum hs_unit { HS_UNIT_BYTES, HS_UNIT_SECONDS, HS_UNIT_COUNT, HS_UNIT_SHARE, HS_UNITS };

struct hs_scale {
    enum hs_unit unit;
    double low, high; /* figures at both ends */
    double from, to;  /* their pixels */
};

static inline double hs_scale_at(const struct hs_scale *s, double value)
{
    return s->high > s->low ? s->from + (value - s->low) / (s->high - s->low) * (s->to - s->from) : s->from;
}

/* Distance of ticks for at most `most` of them, and no fewer than a third of that. */
double hs_scale_step(const struct hs_scale *scale, unsigned most);

/* Tick `i`, from 0: hs_scale_tick(s, step, 0), 1, ... while <= high. */
double hs_scale_tick(const struct hs_scale *scale, double step, unsigned i);

/* Label of a tick: "48 K", "2.5 ms", "1:30", "75%". Labels of one axis use one unit. */
char *hs_scale_label(const struct hs_scale *scale, double step, double value, char *text, size_t size);

#endif
