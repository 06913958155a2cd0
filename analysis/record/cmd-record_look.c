/* SPDX-License-Identifier: MIT */
#include "analysis/record/cmd-record_look.h"

#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/source.h"
#include "analysis/doctor/sentence.h"

static struct hs_symbols *open_symbols(const struct hs_reader *reader)
{
    const struct hs_common none = {0};
    struct hs_symbols *symbols;
    return hs_cmd_symbols(&symbols, &none, reader) == HS_EXIT_OK ? symbols : NULL;
}

void hs_record_look(const char *trace, const char *script, bool say)
{
    hs_source_note(trace, script);
    if (say)
        hs_cmd_sentence(&(struct hs_sources_at){trace, hs_source_text}, open_symbols);
}
