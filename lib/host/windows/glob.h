/* SPDX-License-Identifier: MIT
 *
 * Of glob() what a pattern needs whose last part alone has a '*'. Its matches are in no order.
 */
#ifndef HS_WINDOWS_GLOB_H
#define HS_WINDOWS_GLOB_H

#include <stddef.h>

typedef struct {
    size_t gl_pathc; /* 0 or 1: the first match */
    char *gl_pathv[1];
} glob_t;

/* 0: there is a match. `flags` are 0, `error` NULL. */
int glob(const char *pattern, int flags, int (*error)(const char *path, int why), glob_t *found);
void globfree(glob_t *found);

#endif
