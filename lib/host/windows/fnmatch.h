/* SPDX-License-Identifier: MIT */
#ifndef HS_WINDOWS_FNMATCH_H
#define HS_WINDOWS_FNMATCH_H

#define FNM_PATHNAME 1 /* '*' and '?' do not stand for '/' */

/* 0: the whole text matches a pattern, in which '*' stands for any text and '?' for any byte. */
int fnmatch(const char *pattern, const char *text, int flags);

#endif
