/* SPDX-License-Identifier: MIT */
#include "analysis/cmd/picture_option.h"

#include <stdio.h>
#include <string.h>

#include "analysis/util/output.h"

int hs_cmd_can_draw(const struct hs_common *common)
{
    const char *missing = hs_cmd_draws(common) ? hs_canvas_missing() : NULL;
    if (missing)
        return hs_complain("no pictures: this program was built without %s", missing);
    if ((common->svg && hs_cmd_check_output(common->svg)) || (common->png && hs_cmd_check_output(common->png)))
        return HS_EXIT_BAD;
    return HS_EXIT_OK;
}

char *hs_cmd_subject(const char *path, const struct hs_reader *reader, char *text, size_t size)
{
    const char *slash = strrchr(path, '/'), *system = hs_reader_fact(reader, "system"), *port = hs_reader_fact(reader, "port");
    snprintf(text, size, "%s: %s, %s, %u-bit", strcmp(path, "-") ? slash ? slash + 1 : path : "standard input",
             system ? system : "unknown firmware", port ? port : "unknown port", 8 * hs_reader_info(reader)->pointer_bytes);
    return text;
}

static int draw_to(const char *path, hs_draw *draw, const void *what, const struct hs_sheet_style *style)
{
    struct hs_output out;
    struct hs_error error = {0};
    if (hs_output_open(&out, path, HS_OUTPUT_STREAM, &error))
        return hs_complain("%s", error.text);
    FILE *stream = hs_output_stream(&out);
    int drawn = stream ? draw(what, style, stream) : HS_ERR_MEMORY;
    int status = hs_output_close(&out, drawn, &error);
    if (!status)
        return HS_EXIT_OK;
    return error.code ? hs_complain("%s", error.text) : hs_complain("cannot write %s: %s", path, hs_strerror(status));
}

int hs_cmd_draw(const struct hs_common *common, hs_draw *draw, const void *what)
{
    const char *const path[] = {[HS_CANVAS_SVG] = common->svg, [HS_CANVAS_PNG] = common->png};
    int status = HS_EXIT_OK;
    for (int format = HS_CANVAS_SVG; format <= HS_CANVAS_PNG; format++) {
        struct hs_sheet_style style = {.format = (enum hs_canvas_format)format, .theme = (enum hs_theme_name)common->theme};
        if (path[format] && draw_to(path[format], draw, what, &style))
            status = HS_EXIT_BAD;
    }
    return status;
}
