/* SPDX-License-Identifier: MIT
 *
 * Recording on a board, with a fake one on a pseudo terminal: a thread that behaves like a raw REPL, and
 * damages its lines, stays silent or hangs up when told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/record/board.h"
#include "analysis/record/serial.h"
#include "lib/crc.h"

#define IMAGE 5000u

/* The fake board. */
struct fake {
    int fd;                   /* its end of the line */
    pthread_t thread;
    uint8_t image[IMAGE];
    unsigned damage;          /* every so many data lines of the first dump is damaged; 0: none */
    unsigned always;          /* this line (by number) is damaged in every dump; 0: none */
    bool no_module, raises, silent, hangs_up, skips_zeroes;
    int dumps, interrupts;
    uint32_t offset[16];      /* that the dumps began at */
    char code[4][4096];       /* what was run */
    int n_code;
};

static void say(struct fake *f, const char *text)
{
    size_t n = strlen(text);
    while (n) {
        ssize_t done = write(f->fd, text, n);
        if (done <= 0)
            return;
        text += done;
        n -= (size_t)done;
    }
}

static void encode(char *to, const uint8_t *from, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = (uint32_t)from[i] << 16 | (i + 1 < n ? (uint32_t)from[i + 1] << 8 : 0) | (i + 2 < n ? from[i + 2] : 0);
        *to++ = digit[three >> 18];
        *to++ = digit[three >> 12 & 63];
        *to++ = i + 1 < n ? digit[three >> 6 & 63] : '=';
        *to++ = i + 2 < n ? digit[three & 63] : '=';
    }
    *to = '\0';
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i])
            return false;
    return true;
}

static void dump(struct fake *f, uint32_t from)
{
    char line[200], text[80];
    unsigned number = 0;
    f->offset[f->dumps++ % 16] = from;
    snprintf(line, sizeof line, "HS:BEGIN %u %08x\r\n", IMAGE, hs_crc32(0, f->image, IMAGE));
    say(f, line);
    for (uint32_t at = from; at < IMAGE; at += 45) {
        uint32_t n = IMAGE - at < 45 ? IMAGE - at : 45;
        if (f->skips_zeroes && all_zero(f->image + at, n))
            continue;
        encode(text, f->image + at, n);
        number++;
        if ((f->damage && f->dumps == 1 && number % f->damage == 0) || (f->always && at / 45 == f->always))
            text[number % 60] = '?';
        snprintf(line, sizeof line, "HS:%x %s %08x\r\n", at, text, hs_crc32(hs_crc32(0, &at, sizeof at), f->image + at, n));
        say(f, line);
    }
    snprintf(line, sizeof line, "HS:END %u %08x\r\n", IMAGE, hs_crc32(0, f->image, IMAGE));
    say(f, line);
}

static void run_code(struct fake *f, const char *code)
{
    const char *call = strstr(code, "heapstrata.dump(");
    snprintf(f->code[f->n_code++ % 4], sizeof f->code[0], "%s", code);
    say(f, "OK");
    if (f->no_module && strstr(code, "import heapstrata"))
        say(f, "\x04Traceback (most recent call last):\r\n  File \"<stdin>\", line 1, in <module>\r\n"
               "ImportError: no module named 'heapstrata'\r\n\x04>");
    else if (strstr(code, "hello"))
        say(f, f->raises ? "hello\r\n\x04Traceback\r\nValueError: 1\r\n\x04>" : "hello\r\nworld\r\n\x04\x04>");
    else if (call) {
        dump(f, (uint32_t)strtoul(call + strlen("heapstrata.dump("), NULL, 10));
        say(f, "\x04\x04>");
    } else
        say(f, "\x04\x04>");
}

static bool take(struct fake *f, char c, char *code, size_t *len)
{
    switch (c) {
    case '\x01':
        say(f, "raw REPL; CTRL-B to exit\r\n>");
        return !(*len = 0);
    case '\x03':
        f->interrupts++;
        say(f, "\r\n>>> ");
        return !(*len = 0);
    case '\x02':
        return false;
    case '\x04':
        code[*len] = '\0';
        run_code(f, code);
        return !(*len = 0);
    }
    if (*len < 4095)
        code[(*len)++] = c;
    return true;
}

static void *board(void *context)
{
    struct fake *f = context;
    char code[4096], c;
    size_t len = 0;
    say(f, "MicroPython v1.25.0 on a thread\r\n>>> raw R raw");
    while (read(f->fd, &c, 1) == 1) {
        if (f->silent)
            continue;
        if (!take(f, c, code, &len))
            break;
        if (f->hangs_up && f->n_code == 2)
            break;
    }
    close(f->fd);
    return NULL;
}

/* Our end of the line to a started board. */
static int plug_in(struct fake *f)
{
    char name[100];
    int end;
    assert_int_equal(openpty(&f->fd, &end, name, NULL, NULL), 0);
    int fd = hs_serial_open(&(struct hs_serial_config){ name, 115200 });
    assert_true(fd >= 0);
    close(end);
    for (uint32_t i = 0; i < IMAGE; i++)
        f->image[i] = i < 1000 || i > 3000 ? (uint8_t)(i * 7 + i / 256) : 0;
    assert_int_equal(pthread_create(&f->thread, NULL, board, f), 0);
    return fd;
}

struct printed {
    char out[1000], err[1000];
};

static void keep_out(void *context, const char *bytes, size_t n)
{
    struct printed *p = context;
    strncat(p->out, bytes, n);
}

static void keep_err(void *context, const char *bytes, size_t n)
{
    struct printed *p = context;
    strncat(p->err, bytes, n);
}

struct session {
    struct printed printed;
    struct hs_capture capture;
    struct hs_error error;
    bool raised;
};

static int record(struct fake *f, struct session *s)
{
    static const char script[] = "print('hello')\nprint('world')\n";
    int fd = plug_in(f);
    struct hs_board b = { .fd = fd, .script = script, .script_len = strlen(script), .out = keep_out, .err = keep_err,
                          .context = &s->printed };
    int status = hs_board_record(&b, &s->capture, &s->error);
    s->raised = b.raised;
    close(fd);
    pthread_join(f->thread, NULL);
    return status;
}

static void check_image(const struct fake *f, const struct session *s)
{
    assert_int_equal(s->capture.total, IMAGE);
    assert_memory_equal(s->capture.bytes, f->image, IMAGE);
}

static void test_all_is_well(void **unused)
{
    struct fake f = {0};
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_OK);
    assert_string_equal(s.printed.out, "hello\r\nworld\r\n");
    assert_string_equal(s.printed.err, "");
    assert_false(s.raised);
    assert_string_equal(f.code[0], "import heapstrata\nheapstrata.start()\n");
    assert_string_equal(f.code[1], "print('hello')\nprint('world')\n");
    assert_int_equal(f.dumps, 1);
    check_image(&f, &s);
    hs_capture_free(&s.capture);
}

static void test_exception(void **unused)
{
    struct fake f = { .raises = true };
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_OK);
    assert_true(s.raised);
    assert_string_equal(s.printed.err, "Traceback\r\nValueError: 1\r\n");
    check_image(&f, &s);
    hs_capture_free(&s.capture);
}

static void test_damaged_lines(void **unused)
{
    struct fake f = { .damage = 10 };
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_OK);
    check_image(&f, &s);
    assert_int_equal(f.dumps, 2);
    assert_int_equal(f.offset[1], 9 * 45);
    assert_int_equal(s.capture.bad, 11);
    hs_capture_free(&s.capture);
}

static void test_zeroes_left_out(void **unused)
{
    struct fake f = { .skips_zeroes = true, .damage = 7 };
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_OK);
    assert_true(s.capture.got < IMAGE);
    check_image(&f, &s);
    hs_capture_free(&s.capture);
}

static void test_hopeless_line(void **unused)
{
    struct fake f = { .always = 5 };
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_END);
    assert_non_null(strstr(s.error.text, "4955 of 5000 bytes"));
    assert_int_equal(hs_capture_missing(&s.capture), 5 * 45);
    hs_capture_free(&s.capture);
}

static void test_no_module(void **unused)
{
    struct fake f = { .no_module = true };
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_KIND);
    assert_non_null(strstr(s.error.text, "ImportError: no module named 'heapstrata'"));
    assert_false(s.capture.begun);
}

static void test_hung_up(void **unused)
{
    struct fake f = { .hangs_up = true };
    struct session s = {0};
    (void)unused;
    int status = record(&f, &s); /* what was under way on the line may or may not arrive */
    assert_true(status == HS_ERR_END || status == HS_ERR_IO);
    assert_non_null(strstr(s.error.text, "closed"));
}

static void test_silent(void **unused)
{
    struct fake f = { .silent = true };
    struct hs_repl repl = { .patience = 100 };
    (void)unused;
    repl.fd = plug_in(&f);
    assert_int_equal(hs_repl_enter(&repl), HS_REPL_SILENT);
    close(repl.fd);
    pthread_join(f.thread, NULL);
}

static void test_base64(void **unused)
{
    static const char *const good[][2] = {{"", ""}, {"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9vYmFy", "foobar"}};
    static const char *const bad[] = {"Zg=", "Z===", "Zm9v!mFy", "Zm=v", "=", "Zm9vYmFyZm9vYmFy"};
    uint8_t bytes[8];
    (void)unused;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        long n = hs_base64_decode(bytes, sizeof bytes, good[i][0], strlen(good[i][0]));
        assert_int_equal(n, strlen(good[i][1]));
        assert_memory_equal(bytes, good[i][1], (size_t)n);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(hs_base64_decode(bytes, sizeof bytes, bad[i], strlen(bad[i])), -1);
}

static enum hs_capture_line take_text(struct hs_capture *c, const char *text)
{
    return hs_capture_take(c, text, strlen(text));
}

/* A line of three bytes with its check, which is made wrong by `wrong`. */
static enum hs_capture_line take_foo(struct hs_capture *c, uint32_t at, uint32_t wrong)
{
    char line[60];
    snprintf(line, sizeof line, "HS:%x Zm9v %08x", at, hs_crc32(hs_crc32(0, &at, sizeof at), "foo", 3) ^ wrong);
    return take_text(c, line);
}

static void test_odd_lines(void **unused)
{
    struct hs_capture c = {0};
    char end[60];
    (void)unused;
    assert_int_equal(take_text(&c, "hello"), HS_CAPTURE_OTHER);
    assert_int_equal(take_text(&c, ""), HS_CAPTURE_OTHER);
    assert_int_equal(take_text(&c, "HS:BEGIN 6"), HS_CAPTURE_BAD);
    assert_int_equal(take_text(&c, "HS:BEGIN 0 00000000"), HS_CAPTURE_BAD);
    assert_int_equal(take_text(&c, "HS:BEGIN 99999999999999 00000000"), HS_CAPTURE_BAD);
    assert_int_equal(take_text(&c, "HS:BEGIN 4000000000 00000000"), HS_CAPTURE_BAD);
    snprintf(end, sizeof end, "12:34 I log HS:BEGIN 6 %08x\r\n", hs_crc32(0, "foofoo", 6));
    assert_int_equal(take_text(&c, end), HS_CAPTURE_BEGIN);
    assert_int_equal(take_foo(&c, 3, 0), HS_CAPTURE_TAKEN);
    assert_int_equal(take_foo(&c, 3, 0), HS_CAPTURE_TAKEN);
    assert_int_equal(c.got, 3);
    assert_int_equal(take_foo(&c, 4, 0), HS_CAPTURE_BAD); /* beyond the end */
    assert_int_equal(take_foo(&c, 0xffffffff, 0), HS_CAPTURE_BAD);
    assert_int_equal(take_foo(&c, 0, 1), HS_CAPTURE_BAD);
    assert_int_equal(take_text(&c, "HS:0 Zm9v"), HS_CAPTURE_BAD);
    assert_int_equal(take_text(&c, "HS:"), HS_CAPTURE_BAD);
    assert_int_equal(hs_capture_missing(&c), 0);
    assert_int_equal(take_foo(&c, 0, 0), HS_CAPTURE_TAKEN);
    assert_int_equal(hs_capture_missing(&c), 6);
    assert_true(hs_capture_whole(&c));
    assert_int_equal(take_text(&c, "HS:END 6 00000000"), HS_CAPTURE_END); /* of another dump */
    assert_false(hs_capture_whole(&c));
    hs_capture_free(&c);
}

/* A check of line and offset: a damaged offset does not put good bytes at a wrong place. */
static void test_damaged_offset(void **unused)
{
    struct hs_capture c = {0};
    char line[60];
    uint32_t at = 0x30;
    (void)unused;
    snprintf(line, sizeof line, "HS:31 Zm9v %08x", hs_crc32(hs_crc32(0, &at, sizeof at), "foo", 3));
    assert_int_equal(take_text(&c, line), HS_CAPTURE_BAD);
    hs_capture_free(&c);
}

/* Without BEGIN the END says how large the image is; two records in one line; other text behind them. */
static void test_lost_lines(void **unused)
{
    struct hs_capture c = {0};
    char line[160];
    uint32_t at[] = { 0, 3 };
    (void)unused;
    snprintf(line, sizeof line, "HS:0 Zm9v %08xHS:3 Zm9v %08xI (123) wifi: hello",
             hs_crc32(hs_crc32(0, &at[0], 4), "foo", 3), hs_crc32(hs_crc32(0, &at[1], 4), "foo", 3));
    assert_int_equal(take_text(&c, line), HS_CAPTURE_TAKEN);
    assert_int_equal(c.got, 6);
    assert_false(hs_capture_whole(&c));
    snprintf(line, sizeof line, "HS:END 6 %08x\x1b[0m", hs_crc32(0, "foofoo", 6));
    assert_int_equal(take_text(&c, line), HS_CAPTURE_END);
    assert_true(hs_capture_whole(&c));
    hs_capture_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_odd_lines),
        cmocka_unit_test(test_damaged_offset),
        cmocka_unit_test(test_lost_lines),
        cmocka_unit_test(test_all_is_well),
        cmocka_unit_test(test_exception),
        cmocka_unit_test(test_damaged_lines),
        cmocka_unit_test(test_zeroes_left_out),
        cmocka_unit_test(test_hopeless_line),
        cmocka_unit_test(test_no_module),
        cmocka_unit_test(test_hung_up),
        cmocka_unit_test(test_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
