/* SPDX-License-Identifier: MIT */
#include "analysis/record/board.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define IMPORTING 12  /* time limit of the module's import, in units of `patience` */
#define PATIENCE 5000 /* milliseconds to wait for an answer or for the next line of the trace; the default */
#define ATTEMPTS 8

struct session {
    struct hs_board *board;
    struct hs_capture *capture;
    struct hs_error *error;
    struct hs_repl repl;
    char line[256]; /* of the dump, received so far */
    size_t line_len;
    bool line_too_long;
    uint32_t lines;      /* of traces, received */
    int enough;          /* the trace is complete: the rest is not needed */
    char traceback[300]; /* of our own code */
    size_t traceback_len;
};

/* Keeps the first error: it is the cause of the others. */
static int fail(struct session *s, int code, const char *what, const char *why)
{
    if (s->error->code)
        return s->error->code;
    s->error->code = code;
    snprintf(s->error->text, sizeof s->error->text, "%.250s: %.250s", what, why);
    return code;
}

static int fail_of_line(struct session *s, int code, const char *what, int status)
{
    char why[220];
    hs_repl_explain(&s->repl, status, why, sizeof why);
    return fail(s, code, what, why);
}

/* ---- our own code ---- */

static void keep_traceback(void *context, const char *bytes, size_t n)
{
    struct session *s = context;
    size_t room = sizeof s->traceback - 1 - s->traceback_len;
    n = n < room ? n : room;
    memcpy(s->traceback + s->traceback_len, bytes, n);
    s->traceback_len += n;
    s->traceback[s->traceback_len] = '\0';
}

/* The last line of a traceback: the exception itself. Cuts the line end. */
static const char *last_line(char *text)
{
    for (size_t len = strlen(text); len && strchr("\r\n", text[len - 1]);)
        text[--len] = '\0';
    const char *last = strrchr(text, '\n');
    return last ? last + 1 : text;
}

static const char *exception(struct session *s) { return last_line(s->traceback); }

static void waits(void *context)
{
    const struct session *s = context;
    if (s->board->waits)
        s->board->waits(s->board->context);
}

/* No time limit while lines of a trace arrive. An installed heapstrata.py is compiled on the board: `slow` gives it time. */
static int run_own(struct session *s, const char *code, hs_repl_sink *out, unsigned slow)
{
    s->traceback_len = 0;
    s->traceback[0] = '\0';
    s->enough = 0;
    return hs_repl_run(&s->repl, &(struct hs_repl_run){
                                     .code = code,
                                     .len = strlen(code),
                                     .out = out,
                                     .err = keep_traceback,
                                     .context = s,
                                     .progress = &s->lines,
                                     .slow = slow,
                                     .waits = waits,
                                     .enough = &s->enough,
                                 });
}

/* Writes a Python string literal. */
static void quote(char *to, size_t room, const char *text)
{
    char *end = to + room - 6; /* of the longest character, the closing quote and the end */
    *to++ = '\'';
    for (; *text && to < end; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ' || c == '\'' || c == '\\' || c == 0x7f)
            to += snprintf(to, 5, "\\x%02x", c);
        else
            *to++ = (char)c;
    }
    strcpy(to, "'");
}

/* A trace keeps only the end of a long name, so only that is sent. */
static const char *end_of(const char *name)
{
    size_t len = strlen(name), most = 200;
    const char *end = len > most ? name + (len - most) : name;
    while ((*end & 0xc0) == 0x80) /* inside a UTF-8 character */
        end++;
    return end;
}

/* heapstrata.py may be installed on the board (firmware-hooks/stock). It then makes room for the helper, which takes its memory out
 * of the figures. */
#define INSTALLED "no module named 'heapstrata' in the firmware"
static const char leave_installed[] = "if hasattr(heapstrata,'_leave'):\n"
                                      " heapstrata._leave()\n"
                                      " del heapstrata\n"
                                      " raise ImportError(\"" INSTALLED "\")\n";

/* Starts recording at the chosen level. Firmware older than script names does not know that argument: then without it. */
static int start_recording(struct session *s, bool named)
{
    const struct hs_board *b = s->board;
    char code[768], level[32] = "", interval[32] = "", name[260] = "";
    if (b->level)
        snprintf(level, sizeof level, "level='%s',", b->level);
    if (b->interval)
        snprintf(interval, sizeof interval, "interval=%" PRIu32 ",", b->interval);
    if (named && b->name)
        quote(name, sizeof name, end_of(b->name));
    snprintf(code, sizeof code, "import heapstrata\n%s%sheapstrata.start(%s%s%s%s)\n", leave_installed,
             b->no_reset ? "" : "heapstrata.stop()\nheapstrata.reset()\n", level, interval, *name ? "script=" : "", name);
    int status = run_own(s, code, NULL, IMPORTING);
    return status > 0 && *name && strstr(exception(s), "TypeError") ? start_recording(s, false) : status;
}

/* The text after the name of the exception differs: small builds have shorter ones. */
static bool lacks_module(const struct session *s) { return strstr(s->traceback, "ImportError") != NULL; }

/* Python's message for firmware without the hooks does not help the user: say what is missing from the build. */
static const char *why_not(struct session *s)
{
    const char *said = exception(s);
    return lacks_module(s) ? "it has no heapstrata module: its build did not get USER_C_MODULES (docs/building.md)" : said;
}

/* ---- a firmware without our module ---- */

static bool can_sample(const struct session *s) { return s->board->stock && lacks_module(s); }

static int start_sampling(struct session *s)
{
    struct hs_board *b = s->board;
    b->stock->out = b->out;
    b->stock->err = b->err;
    b->stock->context = b->context;
    if (!strstr(s->traceback, INSTALLED)) { /* otherwise modules on the board may name more than the script */
        b->stock->names = b->script;
        b->stock->names_len = b->script_len;
    }
    b->stock->name = b->name ? end_of(b->name) : NULL;
    int status = hs_stock_begin(b->stock, &s->repl);
    if (status < 0)
        return fail_of_line(s, HS_ERR_IO, "while the helper was sent", status);
    b->sampled = true;
    return status ? fail(s, HS_ERR_KIND, "the firmware cannot be sampled (docs/stock.md says what is needed)",
                         last_line(b->stock->said))
                  : HS_OK;
}

/* The last samples. Without memory for them, those that came before are kept. */
static void end_sampling(struct session *s)
{
    int status = hs_stock_end(s->board->stock, &s->repl, s->board->raised);
    const char *said = s->board->stock->said; /* KeyError: there is no module of the helper to remove */
    if (status < 0)
        fail_of_line(s, HS_ERR_IO, "while the last samples came", status);
    else if (status)
        fail(s, HS_ERR_END, "there are no samples of the script's end",
             strstr(said, "NameError") || strstr(said, "KeyError") ? "sys.exit() or a reset removed the helper"
                                                                   : "no memory was left for them");
}

static int start(struct session *s)
{
    int status = hs_repl_enter(&s->repl);
    if (!status && !s->board->no_reset) {
        status = hs_repl_soft_reset(&s->repl);
        if (status)
            return fail_of_line(s, HS_ERR_IO, "after the soft reset (--no-reset does without)", status);
    }
    if (!status)
        status = start_recording(s, true);
    if (status < 0)
        return fail_of_line(s, HS_ERR_IO, "the board", status);
    if (status && can_sample(s))
        return start_sampling(s);
    return status ? fail(s, HS_ERR_KIND, "the firmware cannot record", why_not(s)) : HS_OK;
}

/* ---- the script ---- */

/* Enters the raw REPL again; the line may have disappeared with the board. */
static int come_back(struct session *s, int status)
{
    struct hs_board *b = s->board;
    if (status == HS_REPL_GONE && b->reopen) {
        b->fd = s->repl.fd = b->reopen(b->context);
        s->repl.at = s->repl.len = 0;
        b->reset = b->fd >= 0;
    }
    if (b->fd < 0 || status == HS_REPL_STOPPED || (status == HS_REPL_GONE && !b->reset))
        return status;
    return hs_repl_enter(&s->repl);
}

/* Says why the script ended, and then why the trace cannot be read. */
static void explain_end(struct session *s, int status, int back)
{
    const char *again = "the board went away and came back: it was reset";
    char text[250];
    if (status == HS_REPL_GONE && s->board->reset)
        fail(s, HS_ERR_IO, "while the script ran", again);
    else if (!s->error->code)
        fail_of_line(s, HS_ERR_IO, "while the script ran", status);
    if (!back || back == status)
        return;
    snprintf(text, sizeof text, "%.240s; then", s->error->text);
    s->error->code = HS_OK;
    fail_of_line(s, HS_ERR_IO, text, back);
}

static int run_code(struct session *s)
{
    struct hs_board *board = s->board;
    if (board->sampled)
        return hs_stock_run(board->stock, &s->repl, &(struct hs_stock_script){board->script, board->script_len});
    return hs_repl_run(&s->repl, &(struct hs_repl_run){
                                     .code = board->script,
                                     .len = board->script_len,
                                     .out = board->out,
                                     .err = board->err,
                                     .context = board->context,
                                 });
}

/* Returns HS_OK when the trace can be read. */
static int run_script(struct session *s)
{
    struct hs_board *board = s->board;
    int status = run_code(s);
    board->raised = status > 0;
    board->reset = status == HS_REPL_RESET;
    if (status >= 0)
        return HS_OK;
    if (status != HS_REPL_GONE)
        fail_of_line(s, HS_ERR_IO, "while the script ran", status);
    int back = come_back(s, status);
    explain_end(s, status, back);
    return back ? HS_ERR_IO : HS_OK;
}

/* ---- the trace ---- */

static void take_line(struct session *s)
{
    struct hs_capture *c = s->capture;
    enum hs_capture_line line = s->line_too_long ? HS_CAPTURE_OTHER : hs_capture_take(s->capture, s->line, s->line_len);
    s->lines += line != HS_CAPTURE_OTHER;
    s->line_len = 0;
    s->line_too_long = false;
    s->enough = c->got == c->total && hs_capture_whole(c);
}

static void take_bytes(void *context, const char *bytes, size_t n)
{
    struct session *s = context;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n')
            take_line(s);
        else if (s->line_len < sizeof s->line)
            s->line[s->line_len++] = bytes[i];
        else
            s->line_too_long = true;
    }
    if (s->board->progress)
        s->board->progress(s->board->context, s->capture->got, s->capture->total);
}

static int pull_from(struct session *s, uint32_t offset)
{
    char code[64];
    snprintf(code, sizeof code, offset ? "heapstrata.dump(%" PRIu32 ")" : "heapstrata.dump()", offset);
    s->line_len = 0;
    return run_own(s, code, take_bytes, 0);
}

static bool lacks_memory(struct session *s, int status) { return status > 0 && strstr(exception(s), "MemoryError"); }

/* The script may leave no room to compile the code that reads the trace. A soft reset empties the heap, and keeps the trace. */
static int stop_recording(struct session *s)
{
    static const char stop[] = "import heapstrata\nheapstrata.stop()\n";
    int status = run_own(s, stop, NULL, 0);
    if (!lacks_memory(s, status))
        return status;
    status = hs_repl_soft_reset(&s->repl);
    s->board->emptied = !status;
    return status ? status : run_own(s, stop, NULL, 0);
}

/* A dump continues from its offset to the end, so one pass from the first gap fills all gaps. */
static int pull(struct session *s)
{
    int status = stop_recording(s);
    for (int i = 0; i < ATTEMPTS && status >= 0 && !hs_capture_whole(s->capture); i++)
        status = pull_from(s, s->capture->begun ? hs_capture_missing(s->capture) % (s->capture->total + !s->capture->total) : 0);
    if (hs_capture_whole(s->capture))
        return HS_OK;
    if (status < 0)
        return fail_of_line(s, HS_ERR_END, "while the trace came", status);
    if (!s->capture->begun)
        return fail(s, HS_ERR_KIND, "the firmware gives no trace", exception(s));
    snprintf(s->traceback, sizeof s->traceback,
             "%" PRIu32 " of %" PRIu32
             " bytes came undamaged, after %d attempts. They are kept; a lower --baud, or another cable, may help",
             s->capture->got, s->capture->total, ATTEMPTS);
    return fail(s, HS_ERR_END, "the trace is not complete", s->traceback);
}

int hs_board_record(struct hs_board *board, struct hs_capture *capture, struct hs_error *error)
{
    struct session s = {
        .board = board,
        .capture = capture,
        .error = error,
        .repl = {.fd = board->fd, .patience = board->patience ? board->patience : PATIENCE, .interrupt = board->interrupt}};
    memset(error, 0, sizeof *error);
    int status = start(&s);
    if (!status)
        status = run_script(&s);
    if (!status && board->sampled && !board->reset)
        end_sampling(&s);
    else if (!status && !board->sampled)
        pull(&s);
    if (!status)
        hs_repl_leave(&s.repl);
    return error->code;
}
