/* SPDX-License-Identifier: MIT
 *
 * Names and errors of Windows, for the files that call it.
 */
#ifndef HS_WINDOWS_WIDE_WINDOWS_H
#define HS_WINDOWS_WIDE_WINDOWS_H

#include <wchar.h>

#define HS_WIDE_MAX 4096 /* characters of a path, with the 0 */

/* The name as Windows takes it, in `wide`. NULL with errno set: it is too long or not UTF-8. */
wchar_t *hs_wide(wchar_t wide[HS_WIDE_MAX], const char *path);

/* A name in UTF-8, with '/' between its parts. The caller frees it; NULL: out of memory. */
char *hs_narrow(const wchar_t *wide);

/* What Windows knows an open file by. INVALID_HANDLE_VALUE: there is none. */
void *hs_handle(int fd);

/* Sets errno by GetLastError. Returns -1. */
int hs_fail(void);

#endif
