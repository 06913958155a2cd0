/* SPDX-License-Identifier: MIT */
#include "analysis/cmd/draw.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int hs_cmd_can_draw(const struct hs_common *common)
{
    const char *missing = hs_cmd_draws(common) ? hs_canvas_missing() : NULL;
    return missing ? hs_complain("no pictures: this program was built without %s", missing) : HS_EXIT_OK;
}

char *hs_cmd_subject(const char *path, const struct hs_reader *reader, char *text, size_t size)
{
    const char *slash = strrchr(path, '/'), *system = hs_reader_fact(reader, "system"), *port = hs_reader_fact(reader, "port");
    snprintf(text, size, "%s: %s, %s, %u-bit", strcmp(path, "-") ? slash ? slash + 1 : path : "standard input",
             system ? system : "unknown firmware", port ? port : "unknown port", 8 * hs_reader_info(reader)->pointer_bytes);
    return text;
}

/* Half a picture is none; but what is no file (/dev/full) is not ours to remove. */
static void remove_half(const char *path)
{
    struct stat file;
    if (!lstat(path, &file) && S_ISREG(file.st_mode))
        unlink(path);
}

static int draw_to(const char *path, hs_draw *draw, const void *what, const struct hs_sheet_style *style)
{
    bool standard = !strcmp(path, "-");
    FILE *out = standard ? stdout : fopen(path, "wbe");
    if (!out)
        return hs_complain("cannot write %s: %s", path, strerror(errno));
    int error = draw(what, style, out);
    int closed = standard ? fflush(out) : fclose(out);
    if (!error && !closed)
        return HS_EXIT_OK;
    const char *why = error && error != HS_ERR_IO ? hs_strerror(error) : strerror(errno);
    hs_complain("cannot write %s: %s", path, why);
    if (!standard)
        remove_half(path);
    return HS_EXIT_BAD;
}

int hs_cmd_draw(const struct hs_common *common, hs_draw *draw, const void *what)
{
    const char *const path[] = {[HS_CANVAS_SVG] = common->svg, [HS_CANVAS_PNG] = common->png};
    int status = HS_EXIT_OK;
    for (int format = HS_CANVAS_SVG; format <= HS_CANVAS_PNG; format++) {
        struct hs_sheet_style style = { .format = (enum hs_canvas_format)format, .theme = (enum hs_theme_name)common->theme };
        if (path[format] && draw_to(path[format], draw, what, &style))
            status = HS_EXIT_BAD;
    }
    return status;
}
