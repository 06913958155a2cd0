/* SPDX-License-Identifier: MIT
 *
 * Selects the firmware file that names native functions.
 */
#include <inttypes.h>
#include <unistd.h>

#include "analysis/cmd/elf_option.h"

/* The functions of each folder in firmware-hooks/ that takes a fingerprint, one list after the other, each with a NULL at its
 * end. The build finds the folders. */
#define HS_FINGERPRINT(function) #function,
static const char *const fingerprints[] = {
#include "firmware-hooks/fingerprints.inc"
};
#undef HS_FINGERPRINT
#define N_FINGERPRINTS (sizeof fingerprints / sizeof *fingerprints)

enum match { SAME, OTHER, UNKNOWN };

static enum match match(const struct hs_symbols *symbols, const struct hs_reader *reader)
{
    uint64_t expected = hs_reader_info(reader)->build_id;
    if (!expected)
        return UNKNOWN;
    for (size_t from = 0, end; from < N_FINGERPRINTS; from = end + 1) {
        for (end = from; fingerprints[end];)
            end++;
        if (hs_symbols_fingerprint(symbols, fingerprints + from, end - from) == expected)
            return SAME;
    }
    return OTHER;
}

/* The user's file is used even when it does not match, with a warning. */
static int open_given(struct hs_symbols **symbols, const char *path, const struct hs_reader *reader)
{
    struct hs_error error = {0};
    *symbols = hs_symbols_open(path, &error);
    if (!*symbols)
        return hs_complain_of(&error, error.code);
    if (hs_symbols_missing())
        hs_complain("warning: native functions have names, but no lines: this build lacks %s", hs_symbols_missing());
    if (match(*symbols, reader) == OTHER)
        hs_complain("warning: %s is another build than the one traced (%016" PRIx64 "): native names may be wrong", path,
                    hs_reader_info(reader)->build_id);
    return HS_EXIT_OK;
}

/* The traced program, if it has not changed. */
static struct hs_symbols *open_traced(const struct hs_reader *reader)
{
    struct hs_error error = {0};
    const char *path = hs_reader_fact(reader, "exe");
    if (!path || access(path, R_OK))
        return NULL;
    struct hs_symbols *symbols = hs_symbols_open(path, &error);
    if (!symbols || match(symbols, reader) != OTHER)
        return symbols;
    hs_complain(
        "warning: %s has been rebuilt since it was traced: no native names (--elf names another file), or its fingerprint.def was not there when heapstrata was built",
        path);
    hs_symbols_close(symbols);
    return NULL;
}

int hs_cmd_symbols(struct hs_symbols **symbols, const struct hs_common *common, const struct hs_reader *reader)
{
    *symbols = NULL;
    if (hs_reader_fact(reader, "import")) /* its names are in the trace */
        return HS_EXIT_OK;
    if (common->elf)
        return open_given(symbols, common->elf, reader);
    *symbols = open_traced(reader);
    return HS_EXIT_OK;
}
