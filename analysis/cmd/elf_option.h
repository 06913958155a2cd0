/* SPDX-License-Identifier: MIT
 *
 * Which firmware file gives native functions their names.
 */
#ifndef HS_CMD_ELF_OPTION_H
#define HS_CMD_ELF_OPTION_H

#include "analysis/cmd/cmd.h"
#include "analysis/symbols/symbols.h"

/* Opens --elf, or else the traced program when it is still there and is the same build. *symbols is NULL
 * when neither is at hand: names are then distances from the anchor. Warns of another build. Call it when
 * the reader has reached the end, for a trace may tell of its program anywhere. Returns HS_EXIT_OK, or
 * HS_EXIT_BAD when --elf cannot be read. */
int hs_cmd_symbols(struct hs_symbols **symbols, const struct hs_common *common, const struct hs_reader *reader);

#endif
