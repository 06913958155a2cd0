/* SPDX-License-Identifier: MIT
 *
 * The page: one file with everything in it, which opens from disk and needs no network.
 */
#ifndef HS_HTML_PAGE_H
#define HS_HTML_PAGE_H

#include <stdio.h>

#include "analysis/html/facts.h"

/* The page without data, as the build made it: the parts before and after the data. `missing` names what the
 * build lacked to make a page; NULL: nothing. */
extern const struct hs_page_template {
    const unsigned char *head, *tail;
    size_t head_bytes, tail_bytes;
    const char *missing;
} hs_page_template;

/* Writes the page of `n` traces. Returns HS_OK or a negative enum hs_err. */
int hs_page_write(const struct hs_page_facts *facts, unsigned n, FILE *out);

#endif
