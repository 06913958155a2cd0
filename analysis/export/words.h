/* SPDX-License-Identifier: MIT
 *
 * What the numbers of a record's fields stand for, where they are enumerations.
 */
#ifndef HS_EXPORT_WORDS_H
#define HS_EXPORT_WORDS_H

#include <stdint.h>

struct hs_words; /* of one field */

/* NULL: the field is a number. */
const struct hs_words *hs_words_of(unsigned kind, const char *field);

/* "threshold"; NULL when it is none of them. */
const char *hs_word(const struct hs_words *words, uint64_t value);

#endif
