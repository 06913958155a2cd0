/* SPDX-License-Identifier: MIT */
#include "analysis/draw/scale.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/draw/table.h"

#define MINUTES 180.0 /* seconds; longer times are shown in minutes and seconds */

/* The next 1, 2 or 5 times a power of ten. */
static double decimal(double least)
{
    double power = pow(10, floor(log10(least)));
    for (int i = 0; i < 3; i++) {
        double step = power * (double[]){1, 2, 5}[i];
        if (step >= least * (1 - 1e-9))
            return step;
    }
    return 10 * power;
}

static double of_bytes(double least) { return pow(2, ceil(log2(least < 1 ? 1 : least) - 1e-9)); }

static double of_seconds(double least)
{
    static const double steps[] = {10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
    if (least <= 10)
        return decimal(least);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] >= least)
            return steps[i];
    return 86400 * decimal(least / 86400);
}

static double of_count(double least) { return least <= 1 ? 1 : decimal(least); }

double hs_scale_step(const struct hs_scale *s, unsigned most)
{
    static double (*const steps[HS_UNITS])(double) = {
        [HS_UNIT_BYTES] = of_bytes,
        [HS_UNIT_SECONDS] = of_seconds,
        [HS_UNIT_COUNT] = of_count,
        [HS_UNIT_SHARE] = decimal,
    };
    double range = s->high - s->low;
    return range > 0 ? steps[s->unit](range / most) : 1;
}

double hs_scale_tick(const struct hs_scale *s, double step, unsigned i) { return (ceil(s->low / step - 1e-9) + i) * step; }

static void label_bytes(double step, double value, char *text, size_t size)
{
    static const char *const unit[] = {"", " K", " M", " G", " T"};
    int i = 0;
    for (; step >= 1024 && i < 4; i++) {
        step /= 1024;
        value /= 1024;
    }
    snprintf(text, size, value > 0 ? "%.0f%s" : "0", value, unit[i]);
}

static void label_clock(double step, double value, char *text, size_t size)
{
    uint64_t s = (uint64_t)llround(value);
    if (step >= 60 && s >= 3600)
        snprintf(text, size, "%" PRIu64 ":%02u h", s / 3600, (unsigned)(s / 60 % 60));
    else if (s >= 3600)
        snprintf(text, size, "%" PRIu64 ":%02u:%02u", s / 3600, (unsigned)(s / 60 % 60), (unsigned)(s % 60));
    else
        snprintf(text, size, "%u:%02u min", (unsigned)(s / 60), (unsigned)(s % 60));
}

static void label_seconds(const struct hs_scale *scale, double step, double value, char *text, size_t size)
{
    static const struct {
        double seconds;
        const char *name;
    } units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
    size_t i = 0;
    if (scale->high >= MINUTES) {
        label_clock(step, value, text, size);
        return;
    }
    while (i < 3 && scale->high < units[i].seconds)
        i++;
    if (fabs(value) < step / 2) {
        snprintf(text, size, "0");
        return;
    }
    double places = -floor(log10(step / units[i].seconds) + 1e-9);
    snprintf(text, size, "%.*f %s", places > 0 ? (int)places : 0, value / units[i].seconds, units[i].name);
}

char *hs_scale_label(const struct hs_scale *s, double step, double value, char *text, size_t size)
{
    switch (s->unit) {
    case HS_UNIT_BYTES: label_bytes(step, value, text, size); break;
    case HS_UNIT_SECONDS: label_seconds(s, step, value, text, size); break;
    case HS_UNIT_SHARE: snprintf(text, size, "%.0f%%", 100 * value); break;
    default: hs_format(text, size, HS_VALUE_COUNT, (struct hs_value){.u = (uint64_t)llround(value)});
    }
    return text;
}
