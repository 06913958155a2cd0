/* SPDX-License-Identifier: MIT */
#include "analysis/present/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static unsigned probe_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    return columns ? (unsigned)strtoul(columns, NULL, 10) : 80;
}

struct hs_terminal hs_terminal_probe(bool color)
{
    unsigned width = probe_width();
    setlocale(LC_CTYPE, "");
    return (struct hs_terminal){
        .width = width < 40 ? 40 : width > 400 ? 400 : width,
        .unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .color = color,
    };
}
