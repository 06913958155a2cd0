/* SPDX-License-Identifier: MIT
 *
 * Axes: from figures to pixels, and where the ticks go. Ticks are round in the unit that people think in: powers of two
 * for bytes, 1, 2 and 5 for counts and short times, parts of an hour for long ones.
 */
#ifndef HS_DRAW_SCALE_H
#define HS_DRAW_SCALE_H

#include <stddef.h>

enum hs_unit { HS_UNIT_BYTES, HS_UNIT_SECONDS, HS_UNIT_COUNT, HS_UNIT_SHARE, HS_UNITS };

struct hs_scale {
    enum hs_unit unit;
    double low, high;  /* figures at the ends */
    double from, to;   /* pixels, there */
};

static inline double hs_scale_at(const struct hs_scale *s, double value)
{
    return s->high > s->low ? s->from + (value - s->low) / (s->high - s->low) * (s->to - s->from) : s->from;
}

/* Distance of ticks, such that there are at most `most` of them (and no fewer than a third of that). */
double hs_scale_step(const struct hs_scale *scale, unsigned most);

/* The first tick, and as many steps behind it as fit: hs_scale_tick(s, step, 0), 1, ... while <= high. */
double hs_scale_tick(const struct hs_scale *scale, double step, unsigned i);

/* What a tick is labelled: "48 K", "2.5 ms", "1:30", "75%". Labels of one axis have one unit. */
char *hs_scale_label(const struct hs_scale *scale, double step, double value, char *text, size_t size);

#endif
