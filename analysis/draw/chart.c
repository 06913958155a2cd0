/* SPDX-License-Identifier: MIT */
#include "analysis/draw/chart.h"

#include <math.h>
#include <string.h>

/* Indexed by terminal->unicode. */
static const struct hs_shades shades[] = {{"#", ":", "."}, {"█", "▒", "░"}};
static const char *const eighths[][9] = {
    {" ", " ", " ", " ", "=", "=", "=", "#", "#"},
    {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
};
static const char *const lengths[][9] = {
    {"", "", "", "", "#", "#", "#", "#", "#"},
    {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"},
};
static const char *const upright[] = {"|", "│"};
static const char *const corner[] = {"+", "└"};
static const char *const level[] = {"-", "─"};

static const char *const hues[] = {
    [HS_HUE_NONE] = "0",    [HS_HUE_BLUE] = "34",  [HS_HUE_CYAN] = "36",    [HS_HUE_GREEN] = "32",
    [HS_HUE_YELLOW] = "33", [HS_HUE_RED] = "1;31", [HS_HUE_MAGENTA] = "35", [HS_HUE_DIM] = "2",
};

void hs_hue(FILE *out, const struct hs_terminal *terminal, enum hs_hue hue)
{
    if (terminal->color)
        fprintf(out, "\033[%sm", hues[hue]);
}

struct hs_shades hs_chart_shades(const struct hs_terminal *terminal) { return shades[terminal->unicode]; }

static int margin_left(void) { return (int)HS_CHART_MARGIN - 2; }

/* Height in eighths of a row, from the bottom of the panel; a nonzero share is at least one eighth. */
static unsigned height(double share, unsigned rows)
{
    double h = round(share * rows * 8);
    if (!(share > 0))
        return 0;
    return h < 1 ? 1 : h > rows * 8 ? rows * 8 : (unsigned)h;
}

struct cell {
    const char *text;
    enum hs_hue hue;
};

/* The character of a column at `row`, counted from the bottom. */
static struct cell panel_cell(const struct hs_terminal *terminal, const struct hs_panel *panel, const struct hs_bar *bar,
                              unsigned row)
{
    const struct hs_shades *shade = &shades[terminal->unicode];
    unsigned solid = height(bar->solid, panel->rows), floor_ = row * 8;
    unsigned light = (height(bar->light, panel->rows) + 4) / 8;
    unsigned hang = (height(bar->hang, panel->rows) + 4) / 8;
    if (solid >= floor_ + 8)
        return (struct cell){shade->solid, panel->solid};
    if (row < light && solid < floor_ + 4)
        return (struct cell){shade->light, panel->solid};
    if (solid > floor_ && *eighths[terminal->unicode][solid - floor_] != ' ')
        return (struct cell){eighths[terminal->unicode][solid - floor_], panel->solid};
    if (panel->rows - row <= hang)
        return (struct cell){shade->hang, panel->hang};
    return (struct cell){" ", HS_HUE_NONE};
}

static void panel_row(FILE *out, const struct hs_terminal *terminal, const struct hs_panel *panel, unsigned row)
{
    enum hs_hue hue = HS_HUE_NONE;
    for (unsigned c = 0; c < panel->columns; c++) {
        struct cell cell = panel_cell(terminal, panel, &panel->bar[c], row);
        if (cell.hue != hue)
            hs_hue(out, terminal, hue = cell.hue);
        fputs(cell.text, out);
    }
    if (hue != HS_HUE_NONE)
        hs_hue(out, terminal, HS_HUE_NONE);
}

void hs_chart_panel(FILE *out, const struct hs_terminal *terminal, const struct hs_panel *panel)
{
    for (unsigned row = panel->rows; row--;) {
        const char *label = row == panel->rows - 1 ? panel->top : row ? "" : panel->bottom;
        fprintf(out, "%*s %s", margin_left(), label, upright[terminal->unicode]);
        panel_row(out, terminal, panel, row);
        fputc('\n', out);
    }
}

static const char *flag_text(const struct hs_terminal *terminal, char flag)
{
    if (!terminal->unicode)
        return NULL;
    return flag == 'v' ? "▾" : flag == 'x' ? "✗" : flag == '^' ? "↻" : NULL;
}

void hs_chart_flags(FILE *out, const struct hs_terminal *terminal, const struct hs_flags *flags)
{
    fprintf(out, "%*s %s", margin_left(), flags->label, upright[terminal->unicode]);
    hs_hue(out, terminal, flags->hue);
    for (unsigned c = 0; c < flags->columns; c++) {
        const char *text = flag_text(terminal, flags->flag[c]);
        if (text)
            fputs(text, out);
        else
            fputc(flags->flag[c], out);
    }
    hs_hue(out, terminal, HS_HUE_NONE);
    fputc('\n', out);
}

static void repeat(FILE *out, const char *text, unsigned n)
{
    while (n--)
        fputs(text, out);
}

void hs_chart_axis(FILE *out, const struct hs_terminal *terminal, const struct hs_axis *axis)
{
    int columns = (int)axis->columns, left = (int)strlen(axis->left), right = (int)strlen(axis->right);
    int middle = (int)strlen(axis->middle), before = columns / 2 - middle / 2 - left;
    fprintf(out, "%*s %s", margin_left(), "", corner[terminal->unicode]);
    repeat(out, level[terminal->unicode], axis->columns);
    fprintf(out, "\n%*s  %s", margin_left(), "", axis->left);
    int after = columns - left - right - (before > 0 ? before + middle : 0);
    if (before > 0)
        fprintf(out, "%*s%s", before, "", axis->middle);
    fprintf(out, "%*s%s\n", after > 0 ? after : 1, "", axis->right);
}

void hs_chart_stripe(FILE *out, const struct hs_terminal *terminal, const struct hs_stripe *stripe)
{
    unsigned n = height(stripe->share, stripe->width);
    fprintf(out, "%*s %s", margin_left(), stripe->label, upright[terminal->unicode]);
    hs_hue(out, terminal, stripe->hue);
    repeat(out, shades[terminal->unicode].solid, n / 8);
    fputs(lengths[terminal->unicode][n % 8], out);
    hs_hue(out, terminal, HS_HUE_NONE);
    fprintf(out, " %s\n", stripe->text);
}
