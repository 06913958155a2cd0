/* SPDX-License-Identifier: MIT
 *
 * Selects the firmware file that names native functions.
 */
#ifndef HS_CMD_ELF_OPTION_H
#define HS_CMD_ELF_OPTION_H

#include "analysis/cmd/cmd.h"
#include "analysis/symbols/symbols.h"

/* Opens --elf, or else the traced program when it exists and is the same build. *symbols is NULL when there is neither:
 * names are then distances from the anchor. Warns when --elf is another build. Call it after the reader has reached the
 * end, because the program's record may be anywhere in the trace. Returns HS_EXIT_OK, or HS_EXIT_BAD when --elf cannot
 * be read. */
int hs_cmd_symbols(struct hs_symbols **symbols, const struct hs_common *common, const struct hs_reader *reader);

#endif
