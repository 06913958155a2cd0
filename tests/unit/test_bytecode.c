/* SPDX-License-Identifier: MIT
 *
 * Bytecode, against MicroPython's own listing of all functions of its own tests: where instructions begin and end, and
 * how many words of stack and locals the compiler has counted.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/refs/bytecode.h"

#define BYTES_MAX 65536u
#define UNREACHED 3u /* bytes or instructions after a `raise` at the end, to return a value that is not used */

/* A function as the listing has it. A frame may be larger than its stack and locals need, for what runs through a
 * `finally`; smaller where the compiler has left instructions that nothing leads to. */
struct listed {
    char name[200];
    uint8_t byte[BYTES_MAX];
    uint32_t bytes, slots;
    uint32_t at[BYTES_MAX], n; /* instructions */
    bool raw;
};

static struct {
    uint32_t functions, instructions, exact, plain, ends, wrong;
} seen;

static bool has_blocks(const struct hs_bytecode *code)
{
    struct hs_bytecode_walk w;
    for (hs_bytecode_walk(&w, code); hs_bytecode_next(&w);)
        if (w.is.op >= 0x47 && w.is.op <= 0x49)
            return true;
    return false;
}

static void complain(const struct listed *f, const char *what, uint32_t a, uint32_t b)
{
    seen.wrong++;
    if (seen.wrong <= 20)
        print_message("%s: %s: %u, %u\n", f->name, what, a, b);
}

static void judge(const struct listed *f)
{
    struct hs_bytecode code;
    struct hs_bytecode_walk w;
    struct hs_frame_use use;
    uint32_t n = 0, most = 0;
    if (!hs_bytecode_open(&code, f->byte, f->bytes)) {
        complain(f, "does not open", f->bytes, 0);
        return;
    }
    for (hs_bytecode_walk(&w, &code); hs_bytecode_next(&w); n++) {
        if (n >= f->n || f->at[n] != w.is.at)
            complain(f, "an instruction begins elsewhere", w.is.at, n < f->n ? f->at[n] : 0);
        most = w.is.before > (int32_t)most ? (uint32_t)w.is.before : most;
        most = w.is.after > (int32_t)most ? (uint32_t)w.is.after : most;
        if (!hs_bytecode_use(&code, w.is.at, &use))
            complain(f, "no use of a frame at", w.is.at, code.slots);
    }
    uint32_t needs = most + use.locals ? most + use.locals : 1;
    bool plain = !has_blocks(&code);
    seen.functions++;
    seen.instructions += n;
    seen.ends += w.whole && n + UNREACHED >= f->n && code.first + w.at + UNREACHED >= f->bytes;
    seen.plain += plain;
    seen.exact += plain && needs == f->slots;
    if (code.slots != f->slots)
        complain(f, "words of the frame", code.slots, f->slots);
}

/* " 18 06 01 6b": bytes in hex. */
static void take_raw(struct listed *f, const char *line)
{
    unsigned byte;
    int length;
    for (; sscanf(line, "%2x%n", &byte, &length) == 1 && f->bytes < BYTES_MAX; line += length)
        f->byte[f->bytes++] = (uint8_t)byte;
}

static void take_line(struct listed *f, const char *line)
{
    unsigned number;
    char letter[2];
    if (!strncmp(line, "File ", 5)) {
        if (f->n)
            judge(f);
        f->bytes = f->n = f->slots = 0;
        snprintf(f->name, sizeof f->name, "%.*s", (int)strcspn(line, "("), line);
    } else if (!strncmp(line, "Raw bytecode", 12)) {
        f->raw = true;
    } else if (!strncmp(line, "arg names:", 10)) {
        f->raw = false;
    } else if (f->raw) {
        take_raw(f, line);
    } else if (sscanf(line, "(N_STATE %u)", &number) == 1) {
        f->slots = number;
    } else if (sscanf(line, "%u %1[A-Z]", &number, letter) == 2 && f->slots && f->n < BYTES_MAX) { /* not of a text's lines */
        f->at[f->n++] = number;
    }
}

static void read_listing(const char *micropython, const char *script, struct listed *f)
{
    char command[8192], line[8192];
    snprintf(command, sizeof command, "'%s' -X compile-only -v -v -v '%s' 2>/dev/null", micropython, script);
    FILE *listing = popen(command, "r");
    assert_non_null(listing);
    while (fgets(line, sizeof line, listing))
        take_line(f, line);
    pclose(listing);
    take_line(f, "File end");
}

static void all_of_micropython(void **unused)
{
    const char *mp = getenv("HS_MP"), *source = getenv("HS_MP_SRC");
    char micropython[4096], pattern[4096];
    glob_t found;
    (void)unused;
    snprintf(micropython, sizeof micropython, "%s/plain/unix64/micropython", mp ? mp : "build/micropython");
    snprintf(pattern, sizeof pattern, "%s/tests/basics/*.py", source ? source : "build/micropython/src");
    FILE *there = fopen(micropython, "rb");
    if (!there || glob(pattern, 0, NULL, &found)) {
        print_message("no MicroPython has been built\n");
        skip();
    }
    fclose(there);
    struct listed *f = calloc(1, sizeof *f);
    assert_non_null(f);
    for (size_t i = 0; i < found.gl_pathc; i++)
        read_listing(micropython, found.gl_pathv[i], f);
    print_message("%u functions, %u instructions; %u of %u without blocks have a frame of exactly that size\n", seen.functions,
                  seen.instructions, seen.exact, seen.plain);
    assert_int_equal(seen.wrong, 0);
    assert_true(seen.functions > 1500);
    assert_int_equal(seen.ends, seen.functions);
    assert_true(seen.exact * 100 >= seen.plain * 99);
    free(f);
    globfree(&found);
}

/* try: with g() as a: a.x()
 * finally: g(1)
 * return [1, 2, 3]
 * Words more than counted may be in use from where a `finally` or the clean-up of a `with` begins up to its end. */
static void nested_finally(void **unused)
{
    static const uint8_t byte[] = {0xc9, 0x02, 0x0e, 0x02, 0x04, 0x20, 0x22, 0x26, 0x4a, 0x26, 0x49, 0x10, 0xb0, 0x34,
                                   0x00, 0x47, 0x08, 0xc1, 0xb1, 0x14, 0x03, 0x36, 0x00, 0x59, 0x51, 0x5c, 0x5d, 0x51,
                                   0xb0, 0x81, 0x34, 0x01, 0x59, 0x5d, 0x81, 0x82, 0x83, 0x2b, 0x03, 0x63};
    static const struct {
        uint32_t offset, more;
    } expected[] = {{0, 0}, {2, 0}, {5, 0}, {14, 0}, {15, 1}, {17, 0}, {18, 1}, {20, 1}, {22, 1}, {23, 0}, {24, 0}, {29, 0}};
    struct hs_bytecode code;
    struct hs_frame_use use;
    (void)unused;
    assert_true(hs_bytecode_open(&code, byte, sizeof byte));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_true(hs_bytecode_use(&code, expected[i].offset, &use));
        assert_int_equal(use.more, expected[i].more);
    }
    assert_false(hs_bytecode_use(&code, 30, &use));
}

/* Bytes that are anything are refused or read, within their bounds. */
static void anything(void **unused)
{
    struct hs_bytecode code;
    struct hs_frame_use use;
    struct hs_made made[16] = {{0}};
    uint8_t byte[96];
    (void)unused;
    srand(1);
    for (unsigned i = 0; i < 200000; i++) {
        for (size_t k = 0; k < sizeof byte; k++)
            byte[k] = (uint8_t)(rand() >> 7);
        byte[0] = (uint8_t)(byte[0] & 0x7f);
        byte[1] = (uint8_t)(i & 15);
        uint32_t len = (uint32_t)rand() % sizeof byte;
        uint8_t *tight = malloc(len + 1);
        assert_non_null(tight);
        memcpy(tight, byte, len);
        if (hs_bytecode_open(&code, tight, len)) {
            hs_bytecode_use(&code, (uint32_t)rand() % 32, &use);
            assert_int_equal(hs_bytecode_names(&code, made, 16), 0);
        }
        free(tight);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_micropython), cmocka_unit_test(nested_finally),
                                       cmocka_unit_test(anything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
