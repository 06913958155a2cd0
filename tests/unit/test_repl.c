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

#include <errno.h>
#include <limits.h>
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
    int fd; /* its end of the line */
    pthread_t thread;
    uint8_t image[IMAGE];
    unsigned damage; /* every so many data lines of the first dump is damaged; 0: none */
    unsigned always; /* this line (by number) is damaged in every dump; 0: none */
    bool no_module, raises, silent, hangs_up, skips_zeroes;
    const char *says;        /* instead of listening: this, again and again */
    bool noise;              /* likewise: what a wrong speed makes of it */
    const char *script_says; /* what the script's run ends in, instead of an answer */
    bool script_again;       /* and says again and again */
    bool deaf;               /* from the script on */
    bool heeds;              /* the script ends at Ctrl-C */
    bool reads_nothing;      /* of the script */
    int imports;             /* milliseconds that the import of the module takes */
    bool old;                /* start() knows no argument `script` */
    int stalls;              /* after so many lines of a dump no more come; 0: never */
    int dumps, interrupts, resets;
    volatile bool ready; /* it has come to what the test is about */
    volatile bool stop;
    uint32_t offset[16]; /* that the dumps began at */
    char code[4][4096];  /* what was run */
    int n_code;
};

static void rest(struct fake *f, short events) { poll(&(struct pollfd){.fd = f->fd, .events = events}, 1, 20); }

static void say_bytes(struct fake *f, const char *text, size_t n)
{
    while (n && !f->stop) {
        ssize_t done = write(f->fd, text, n);
        if (done < 0 && errno == EAGAIN)
            rest(f, POLLOUT);
        else if (done <= 0)
            return;
        text += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
}

static void say(struct fake *f, const char *text) { say_bytes(f, text, strlen(text)); }

static void say_for_ever(struct fake *f, const char *text)
{
    while (!f->stop) {
        say(f, text);
        poll(NULL, 0, 2);
    }
}

static void make_noise(struct fake *f)
{
    unsigned char bytes[64];
    uint32_t seed = 1;
    f->ready = true;
    while (!f->stop) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)((seed = seed * 1664525u + 1013904223u) >> 24);
        say_bytes(f, (const char *)bytes, sizeof bytes);
        poll(NULL, 0, 2);
    }
}

/* The next byte that we send; false when there will be none. */
static bool hear(struct fake *f, char *c)
{
    while (!f->stop) {
        ssize_t n = read(f->fd, c, 1);
        if (n == 1)
            return true;
        if (n == 0 || (errno != EAGAIN && errno != EINTR && errno != EIO))
            return false;
        if (errno == EIO)
            poll(NULL, 0, 5);
        rest(f, POLLIN);
    }
    return false;
}

static void be_deaf(struct fake *f)
{
    char c;
    f->ready = true;
    while (hear(f, &c))
        ;
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
        if (f->stalls && (int)number == f->stalls)
            be_deaf(f);
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
    if (f->imports && f->n_code == 1) {
        f->ready = true;
        for (int waited = 0; waited < f->imports && !f->stop; waited += 20)
            poll(NULL, 0, 20);
    }
    if (f->no_module && strstr(code, "import heapstrata"))
        say(f, "\x04Traceback (most recent call last):\r\n  File \"<stdin>\", line 1, in <module>\r\n"
               "ImportError: no module named 'heapstrata'\r\n\x04>");
    else if (f->old && strstr(code, "script="))
        say(f, "\x04Traceback (most recent call last):\r\nTypeError: extra keyword arguments given\r\n\x04>");
    else if (strstr(code, "hello") && (f->script_says || f->deaf)) {
        say(f, f->script_says ? f->script_says : "");
        f->ready = true;
        if (f->script_again)
            say_for_ever(f, f->script_says);
        if (f->deaf)
            be_deaf(f);
    } else if (strstr(code, "hello") && f->heeds) {
        char c = 0;
        say(f, "hello\r\n");
        f->ready = true;
        while (c != '\x03' && hear(f, &c))
            ;
        say(f, "\x04Traceback\r\nKeyboardInterrupt: \r\n\x04>");
    } else if (strstr(code, "hello"))
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
    case '\x01': say(f, "raw REPL; CTRL-B to exit\r\n>"); return !(*len = 0);
    case '\x03':
        f->interrupts++;
        say(f, "\r\n>>> ");
        return !(*len = 0);
    case '\x02': return false;
    case '\x04':
        code[*len] = '\0';
        if (!*len) {
            f->resets++;
            say(f, "OK\r\nMPY: soft reboot\r\nhello of boot.py\r\nraw REPL; CTRL-B to exit\r\n>");
        } else
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
    if (f->says)
        say_for_ever(f, f->says);
    if (f->noise)
        make_noise(f);
    if (!f->silent)
        say(f, "MicroPython v1.25.0 on a thread\r\n>>> raw R raw");
    while (hear(f, &c)) {
        if (f->silent)
            continue;
        if (!take(f, c, code, &len))
            break;
        if (f->reads_nothing && f->n_code == 1)
            break;
        if (f->hangs_up && f->n_code == 2)
            break;
    }
    while (f->reads_nothing && !f->stop)
        poll(NULL, 0, 20);
    close(f->fd);
    return NULL;
}

/* Our end of the line to a started board. */
static int plug_in(struct fake *f)
{
    char name[100];
    int end;
    assert_int_equal(openpty(&f->fd, &end, name, NULL, NULL), 0);
    int fd = hs_serial_open(&(struct hs_serial_config){name, 115200});
    assert_true(fd >= 0);
    close(end);
    fcntl(f->fd, F_SETFL, O_NONBLOCK);
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
    size_t room = sizeof p->out - 1 - strlen(p->out);
    strncat(p->out, bytes, n < room ? n : room);
}

static void keep_err(void *context, const char *bytes, size_t n)
{
    struct printed *p = context;
    strncat(p->err, bytes, n);
}

struct session {
    struct printed printed; /* first: what the sinks take for theirs */
    struct hs_capture capture;
    struct hs_error error;
    bool raised, reset;
    int waits;               /* how often it was said that the module takes long */
    struct hs_board how;     /* what differs from the usual */
    struct fake *next;       /* the board once it is back */
    volatile int interrupts; /* of the user */
    int after[2]; /* milliseconds until the first one, from where the board is ready; from there to the second; 0: none */
    const struct fake *board;
};

static int open_again(void *context)
{
    struct session *s = context;
    return s->next ? plug_in(s->next) : -1;
}

static void count_waits(void *context) { ((struct session *)context)->waits++; }

/* The user. */
static void *interrupt(void *context)
{
    struct session *s = context;
    while (s->after[0] && !s->board->ready)
        poll(NULL, 0, 10);
    for (int i = 0; i < 2 && s->after[i]; i++) {
        poll(NULL, 0, s->after[i]);
        s->interrupts++;
    }
    return NULL;
}

#define PATIENCE 300 /* milliseconds, for boards that never answer */
#define LONGER 1500  /* for those that do at first */
#define LONG 10000

static int record(struct fake *f, struct session *s)
{
    static const char script[] = "print('hello')\nprint('world')\n";
    struct hs_board b = s->how;
    pthread_t user;
    b.fd = plug_in(f);
    b.script = b.script ? b.script : script;
    b.script_len = strlen(b.script);
    b.out = keep_out;
    b.err = keep_err;
    b.reopen = open_again;
    b.waits = count_waits;
    b.context = s;
    b.interrupt = &s->interrupts;
    b.patience = b.patience ? b.patience : LONG;
    s->board = f;
    assert_int_equal(pthread_create(&user, NULL, interrupt, s), 0);
    int status = hs_board_record(&b, &s->capture, &s->error);
    s->raised = b.raised;
    s->reset = b.reset;
    pthread_join(user, NULL);
    f->stop = true;
    if (s->next)
        s->next->stop = true;
    if (b.fd >= 0)
        close(b.fd);
    pthread_join(f->thread, NULL);
    if (s->next)
        pthread_join(s->next->thread, NULL);
    return status;
}

static void check_image(const struct fake *f, const struct session *s)
{
    assert_int_equal(s->capture.total, IMAGE);
    assert_memory_equal(s->capture.bytes, f->image, IMAGE);
}

/* An installed heapstrata.py makes room for the helper. */
#define BEGIN \
    "import heapstrata\nif hasattr(heapstrata,'_leave'):\n heapstrata._leave()\n del heapstrata\n" \
    " raise ImportError(\"no module named 'heapstrata' in the firmware\")\n"

static void test_all_is_well(void **unused)
{
    struct fake f = {0};
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_OK);
    assert_string_equal(s.printed.out, "hello\r\nworld\r\n");
    assert_string_equal(s.printed.err, "");
    assert_false(s.raised);
    assert_int_equal(f.resets, 1);
    assert_string_equal(f.code[0], BEGIN "heapstrata.stop()\nheapstrata.reset()\nheapstrata.start()\n");
    assert_string_equal(f.code[1], "print('hello')\nprint('world')\n");
    assert_int_equal(f.dumps, 1);
    check_image(&f, &s);
    hs_capture_free(&s.capture);
}

static void test_exception(void **unused)
{
    struct fake f = {.raises = true};
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
    struct fake f = {.damage = 10};
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
    struct fake f = {.skips_zeroes = true, .damage = 7};
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_OK);
    assert_true(s.capture.got < IMAGE);
    check_image(&f, &s);
    hs_capture_free(&s.capture);
}

static void test_hopeless_line(void **unused)
{
    struct fake f = {.always = 5};
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_END);
    assert_non_null(strstr(s.error.text, "4955 of 5000 bytes"));
    assert_int_equal(hs_capture_missing(&s.capture), 5 * 45);
    hs_capture_free(&s.capture);
}

static void test_no_module(void **unused)
{
    struct fake f = {.no_module = true};
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_KIND);
    assert_non_null(strstr(s.error.text, "its build did not get USER_C_MODULES"));
    assert_false(s.capture.begun);
}

static void test_hung_up(void **unused)
{
    struct fake f = {.hangs_up = true};
    struct session s = {0};
    (void)unused;
    int status = record(&f, &s); /* what was under way on the line may or may not arrive */
    assert_true(status == HS_ERR_END || status == HS_ERR_IO);
    assert_non_null(strstr(s.error.text, "closed"));
}

/* Ends with an error that says `why`; frees what came. */
static void fails(struct fake *f, struct session *s, const char *why)
{
    s->how.patience = s->how.patience ? s->how.patience : PATIENCE;
    assert_true(record(f, s) < 0);
    if (!strstr(s->error.text, why))
        fail_msg("'%s' does not say '%s'", s->error.text, why);
    hs_capture_free(&s->capture);
}

static void test_silent(void **unused)
{
    struct fake f = {.silent = true};
    struct session s = {0};
    (void)unused;
    fails(&f, &s, "not a byte");
}

static void test_wrong_speed(void **unused)
{
    struct fake f = {.noise = true};
    struct session s = {0};
    (void)unused;
    fails(&f, &s, "is --baud the board's speed?");
}

/* The import of a module in Python takes long on a slow board: longer than any other answer may. */
static void test_slow_import(void **unused)
{
    struct fake f = {.imports = 3 * LONGER};
    struct session s = {.how = {.patience = LONGER}};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_OK);
    assert_int_equal(s.waits, 1);
    check_image(&f, &s);
    hs_capture_free(&s.capture);
}

static void test_import_that_never_ends(void **unused)
{
    struct fake f = {.imports = INT_MAX / 2};
    struct session s = {.how = {.patience = PATIENCE}};
    (void)unused;
    fails(&f, &s, "the board");
    assert_int_equal(s.waits, 1);
}

static void test_given_up_while_it_imports(void **unused)
{
    struct fake f = {.imports = INT_MAX / 2};
    struct session s = {.after = {100}, .how = {.patience = 1000000}};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_IO);
    assert_non_null(strstr(s.error.text, "interrupted"));
}

#define BOOT "rst:0x8 (TG1WDT_SYS_RESET),boot:0x13\r\nMicroPython v1.25.0 on a thread\r\n"

static void test_boot_loop(void **unused)
{
    struct fake f = {.says = BOOT};
    struct session s = {0};
    (void)unused;
    fails(&f, &s, "starts again and again");
}

/* Text in another script is text too. */
static void test_prints_for_ever(void **unused)
{
    struct fake f = {.says = "\xd1\x82\xd0\xb5\xd0\xbc\xd0\xbf\xd0\xb5\xd1\x80\xd0\xb0 21\xe2\x84\x83\r\n"};
    struct session s = {0};
    (void)unused;
    fails(&f, &s, "does not end at Ctrl-C");
}

static void test_reads_nothing(void **unused)
{
    struct fake f = {.reads_nothing = true};
    struct session s = {.how = {.patience = LONGER}};
    char *script = malloc(1 << 20);
    (void)unused;
    memset(script, '#', (1 << 20) - 1);
    script[(1 << 20) - 1] = '\0';
    s.how.script = script;
    fails(&f, &s, "takes no more bytes");
    free(script);
}

/* The trace outlives it. */
static void test_reset_by_script(void **unused)
{
    struct fake f = {.script_says = "hello\r\n" BOOT "Type \"help()\" for more information.\r\n>>> "};
    struct session s = {.how = {.patience = LONG}};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_IO);
    assert_non_null(strstr(s.error.text, "was reset"));
    assert_true(s.reset);
    check_image(&f, &s);
    hs_capture_free(&s.capture);
}

/* CircuitPython says its name only once a key was pressed. */
static void test_reset_of_circuitpython(void **unused)
{
    struct fake f = {
        .script_says = "hello\r\n\x1b]0;\xf0\x9f\x90\x8d"
                       "Done | 10.3.0\x1b\\\x1b[2K\x1b[0GAuto-reload is on. Simply save files over USB to "
                       "run them or enter REPL to disable.\r\n\r\nPress any key to enter the REPL. Use CTRL-D to reload.\r\n"};
    struct session s = {.how = {.patience = LONG}};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_IO);
    assert_non_null(strstr(s.error.text, "was reset"));
    assert_true(s.reset);
    check_image(&f, &s);
    hs_capture_free(&s.capture);
}

static void test_soft_reset_by_script(void **unused)
{
    struct fake f = {.script_says = "hello\r\nMPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>"};
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_IO);
    assert_true(s.reset);
    check_image(&f, &s);
    hs_capture_free(&s.capture);
}

/* A script may print what looks like a prompt, and rest. */
static void test_prompts_of_script(void **unused)
{
    struct fake f = {.script_says = "\r\n>>> MicroPython v1\r\n>>> \x04\x04>"};
    struct session s = {0};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_OK);
    assert_false(s.reset);
    hs_capture_free(&s.capture);
}

static void test_boot_loop_by_script(void **unused)
{
    struct fake f = {.script_says = BOOT, .script_again = true};
    struct session s = {.how = {.patience = LONGER}};
    (void)unused;
    fails(&f, &s, "was reset");
    assert_non_null(strstr(s.error.text, "again and again"));
}

/* USB: the port goes with the board, and comes back with it. */
static void test_port_comes_back(void **unused)
{
    struct fake f = {.hangs_up = true, .script_says = "hello\r\n"}, next = {0};
    struct session s = {.next = &next};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_IO);
    assert_non_null(strstr(s.error.text, "came back"));
    assert_true(s.reset);
    check_image(&next, &s);
    hs_capture_free(&s.capture);
}

static void test_deaf_script(void **unused)
{
    struct fake f = {.deaf = true};
    struct session s = {.after = {100}, .how = {.patience = LONGER}};
    (void)unused;
    fails(&f, &s, "did not end at Ctrl-C");
    assert_int_equal(s.interrupts, 1);
}

static void test_script_ended_by_user(void **unused)
{
    struct fake f = {.heeds = true};
    struct session s = {.after = {100}};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_OK);
    assert_true(s.raised);
    assert_non_null(strstr(s.printed.err, "KeyboardInterrupt"));
    check_image(&f, &s);
    hs_capture_free(&s.capture);
}

/* The second Ctrl-C ends it, however long the board might take. */
static void test_given_up(void **unused)
{
    struct fake f = {.script_says = "hello\r\n", .script_again = true};
    struct session s = {.after = {100, 1000}, .how = {.patience = 1000000}};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_IO);
    assert_non_null(strstr(s.error.text, "interrupted"));
    assert_int_equal(s.interrupts, 2);
    assert_non_null(strstr(s.printed.out, "hello"));
}

static void test_given_up_at_start(void **unused)
{
    struct fake f = {.noise = true};
    struct session s = {.after = {100}, .how = {.patience = 1000000}};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_IO);
    assert_non_null(strstr(s.error.text, "interrupted"));
}

/* What has come of the trace is kept. */
static void test_given_up_while_it_comes(void **unused)
{
    struct fake f = {.stalls = 30};
    struct session s = {.after = {500}, .how = {.patience = 1000000}};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_ERR_END);
    assert_non_null(strstr(s.error.text, "interrupted"));
    assert_int_equal(hs_capture_missing(&s.capture), 30 * 45);
    assert_memory_equal(s.capture.bytes, f.image, 30 * 45);
    hs_capture_free(&s.capture);
}

static void test_dump_stalls(void **unused)
{
    struct fake f = {.stalls = 30};
    struct session s = {.how = {.patience = LONGER}};
    (void)unused;
    fails(&f, &s, "while the trace came");
}

static void test_name_and_level(void **unused)
{
    struct fake f = {0}, old = {.old = true};
    struct session s = {.how = {.name = "it's/a b.py", .level = "sampled", .interval = 300}}, t = {.how = s.how};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_OK);
    assert_string_equal(f.code[0], BEGIN "heapstrata.stop()\nheapstrata.reset()\n"
                                         "heapstrata.start(level='sampled',interval=300,script='it\\x27s/a b.py')\n");
    hs_capture_free(&s.capture);
    assert_int_equal(record(&old, &t), HS_OK);
    assert_null(strstr(old.code[1], "script="));
    hs_capture_free(&t.capture);
}

static void test_no_reset(void **unused)
{
    struct fake f = {0};
    struct session s = {.how = {.no_reset = true}};
    (void)unused;
    assert_int_equal(record(&f, &s), HS_OK);
    assert_int_equal(f.resets, 0);
    assert_string_equal(f.code[0], BEGIN "heapstrata.start()\n");
    hs_capture_free(&s.capture);
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

static enum hs_capture_line take_text(struct hs_capture *c, const char *text) { return hs_capture_take(c, text, strlen(text)); }

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
    uint32_t at[] = {0, 3};
    (void)unused;
    snprintf(line, sizeof line, "HS:0 Zm9v %08xHS:3 Zm9v %08xI (123) wifi: hello", hs_crc32(hs_crc32(0, &at[0], 4), "foo", 3),
             hs_crc32(hs_crc32(0, &at[1], 4), "foo", 3));
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
        cmocka_unit_test(test_slow_import),
        cmocka_unit_test(test_import_that_never_ends),
        cmocka_unit_test(test_given_up_while_it_imports),
        cmocka_unit_test(test_wrong_speed),
        cmocka_unit_test(test_boot_loop),
        cmocka_unit_test(test_prints_for_ever),
        cmocka_unit_test(test_reads_nothing),
        cmocka_unit_test(test_reset_by_script),
        cmocka_unit_test(test_reset_of_circuitpython),
        cmocka_unit_test(test_soft_reset_by_script),
        cmocka_unit_test(test_prompts_of_script),
        cmocka_unit_test(test_boot_loop_by_script),
        cmocka_unit_test(test_port_comes_back),
        cmocka_unit_test(test_deaf_script),
        cmocka_unit_test(test_script_ended_by_user),
        cmocka_unit_test(test_given_up),
        cmocka_unit_test(test_given_up_at_start),
        cmocka_unit_test(test_given_up_while_it_comes),
        cmocka_unit_test(test_dump_stalls),
        cmocka_unit_test(test_name_and_level),
        cmocka_unit_test(test_no_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
