/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "lib/host/bare/bare.h"

void *hs_memmem(const void *in, size_t n, const void *what, size_t length)
{
    const char *at = in, *end = at + n;
    const unsigned char first = length ? *(const unsigned char *)what : 0;
    if (!length)
        return (void *)(uintptr_t)in;
    for (; (size_t)(end - at) >= length && (at = memchr(at, first, (size_t)(end - at) - length + 1)) != NULL; at++)
        if (!memcmp(at, what, length))
            return (void *)(uintptr_t)at;
    return NULL;
}

void *hs_memrchr(const void *bytes, int c, size_t n)
{
    const unsigned char *b = bytes;
    while (n)
        if (b[--n] == (unsigned char)c)
            return (void *)(uintptr_t)(b + n);
    return NULL;
}

char *hs_strchrnul(const char *text, int c)
{
    while (*text && *text != (char)c)
        text++;
    return (char *)(uintptr_t)text;
}

char *hs_strsep(char **rest, const char *separators)
{
    char *word = *rest;
    if (!word)
        return NULL;
    *rest = word + strcspn(word, separators);
    if (**rest)
        *(*rest)++ = '\0';
    else
        *rest = NULL;
    return word;
}

int hs_asprintf(char **text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    *text = n < 0 ? NULL : malloc((size_t)n + 1);
    if (*text)
        vsnprintf(*text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(arguments);
    return *text ? n : -1;
}
