/* SPDX-License-Identifier: MIT */
#include "analysis/draw/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEAST 40u
#define MOST 400u

static unsigned within_bounds(unsigned width) { return width < LEAST ? LEAST : width > MOST ? MOST : width; }

/* 0: unknown. */
static unsigned probe_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
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
    setlocale(LC_CTYPE, "");
    return (struct hs_terminal){
        .width = width ? within_bounds(width) : 80,
        .unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .color = color,
    };
}
