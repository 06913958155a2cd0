/* SPDX-License-Identifier: MIT
 *
 * Options of commands that draw: --svg, --png and --theme.
 */
#ifndef HS_CMD_PICTURE_OPTION_H
#define HS_CMD_PICTURE_OPTION_H

#include "analysis/cmd/cmd.h"
#include "analysis/draw/sheet.h"

/* Whether a picture is wanted instead of text. */
static inline bool hs_cmd_draws(const struct hs_common *common) { return common->svg || common->png; }

/* Call it before reading a trace. Complains when this build cannot draw the picture, or when its file is also an input.
 * Returns the exit status. */
int hs_cmd_can_draw(const struct hs_common *common);

/* The subject of a picture, in one line: the trace's name and its firmware. `text` has `size` bytes. */
char *hs_cmd_subject(const char *path, const struct hs_reader *reader, char *text, size_t size);

/* Calls `draw` once for each wanted picture. Complains on errors; returns the exit status. */
typedef int hs_draw(const void *what, const struct hs_sheet_style *style, FILE *out);
int hs_cmd_draw(const struct hs_common *common, hs_draw *draw, const void *what);

#endif
