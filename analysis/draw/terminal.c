/* SPDX-License-Identifier: MIT */
#include "analysis/draw/terminal.h"

#include <stdlib.h>

#include "lib/host/util/system.h"

#define LEAST 40u
#define MOST 400u

static unsigned within_bounds(unsigned width) { return width < LEAST ? LEAST : width > MOST ? MOST : width; }

/* 0: unknown. */
static unsigned probe_width(void)
{
    unsigned own = hs_system_columns();
    const char *columns = getenv("COLUMNS");
    if (own)
        return own;
    return columns ? (unsigned)strtoul(columns, NULL, 10) : 0;
}

unsigned hs_terminal_limit(void)
{
    unsigned width = probe_width();
    return width ? within_bounds(width) : 0;
}

struct hs_terminal hs_terminal_probe(bool color)
{
    unsigned width = probe_width();
    return (struct hs_terminal){
        .width = width ? within_bounds(width) : 80,
        .unicode = hs_system_has_utf8(),
        .color = color,
    };
}
