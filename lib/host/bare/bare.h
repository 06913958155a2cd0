/* SPDX-License-Identifier: MIT
 *
 * What the sources use of glibc and musl that POSIX 2008 does not have, for systems with another C library: Windows, macOS and others
 * (_windows.c, _posix.c). There the compiler includes this file before each source. All is as in glibc, but for what a comment names.
 */
#ifndef HS_BARE_BARE_H
#define HS_BARE_BARE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "lib/host/util/standard_output.h"

#ifndef HS_FORMAT
#define HS_FORMAT __printf__
#endif

/* ---- strings and memory: strings_bare.c ---- */

void *hs_memmem(const void *in, size_t n, const void *what, size_t length);
void *hs_memrchr(const void *bytes, int c, size_t n);
char *hs_strchrnul(const char *text, int c);
char *hs_strsep(char **rest, const char *separators);
__attribute__((format(HS_FORMAT, 2, 3))) int hs_asprintf(char **text, const char *format, ...);
#define memmem hs_memmem
#define memrchr hs_memrchr
#define strchrnul hs_strchrnul
#define strsep hs_strsep
#define asprintf hs_asprintf

/* ---- streams: stream_bare.c ---- */

typedef ssize_t cookie_write_function_t(void *cookie, const char *bytes, size_t n);
typedef int cookie_close_function_t(void *cookie);
typedef struct {
    cookie_write_function_t *write; /* 0: an error */
    cookie_close_function_t *close;
} cookie_io_functions_t;

/* Streams for writing. At most 32 of them are open at a time: EMFILE. */
FILE *hs_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);
FILE *hs_open_memstream(char **text, size_t *size);

__attribute__((format(HS_FORMAT, 2, 3))) int hs_fprintf(FILE *stream, const char *format, ...);
__attribute__((format(HS_FORMAT, 2, 0))) int hs_vfprintf(FILE *stream, const char *format, va_list arguments);
int hs_fputs(const char *text, FILE *stream);
int hs_putc(int c, FILE *stream);
size_t hs_fwrite(const void *bytes, size_t size, size_t n, FILE *stream);
int hs_fflush(FILE *stream);
int hs_fclose(FILE *stream);
int hs_ferror(FILE *stream);
int hs_setvbuf(FILE *stream, char *buffer, int mode, size_t size);
#define fopencookie hs_fopencookie
#define open_memstream hs_open_memstream
#define fprintf hs_fprintf
#define vfprintf hs_vfprintf
#define fputs hs_fputs
#undef putc
#define putc hs_putc
#define fputc hs_putc
#define fwrite hs_fwrite
#define fflush hs_fflush
#define fclose hs_fclose
#undef ferror
#define ferror hs_ferror
#define setvbuf hs_setvbuf

#endif
