/* SPDX-License-Identifier: MIT
 *
 * Names of the local variables of running calls. References give their numbers, the source their names.
 */
#ifndef HS_DIAGNOSIS_VARIABLES_H
#define HS_DIAGNOSIS_VARIABLES_H

#include "analysis/diagnosis/program_text.h"

#define HS_VARIABLE_NAME 64u /* bytes, terminator included */

/* A variable of a function by its number, from 0. */
struct hs_variable {
    uint32_t scope, index;
    bool argument;
};

/* Writes the name into `name` of HS_VARIABLE_NAME bytes. False: the source does not tell. */
bool hs_variable_name(const struct hs_python *python, const struct hs_variable *variable, char *name);

/* Rewrites "local variable 2 of work (main.py:7)" within `text` of HS_NAME_MAX bytes, as hs_holders_name writes it: "the local variable
 * rows of work (main.py:7)", or "a local variable of work (main.py:7)" where the source is not at hand or does not tell. Likewise for
 * arguments, and for values of expressions that are in use. */
void hs_variables_named(char *text, const struct hs_sources_at *sources, const struct hs_reader *reader);

#endif
