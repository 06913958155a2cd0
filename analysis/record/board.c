/* SPDX-License-Identifier: MIT */
#include "analysis/record/board.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE 5000 /* milliseconds for an answer, and between two lines of the trace */
#define ATTEMPTS 8

struct session {
    struct hs_board *board;
    struct hs_capture *capture;
    struct hs_error *error;
    struct hs_repl repl;
    char line[256];       /* of the dump, as far as it has come */
    size_t line_len;
    bool line_too_long;
    int enough;           /* all is there: no need to listen to the rest */
    char traceback[300];  /* of our own code */
    size_t traceback_len;
};

static int fail(struct session *s, int code, const char *what, const char *why)
{
    s->error->code = code;
    snprintf(s->error->text, sizeof s->error->text, "%s: %s", what, why);
    return code;
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

/* The last line of what was kept: the exception itself. */
static const char *exception(struct session *s)
{
    while (s->traceback_len && strchr("\r\n", s->traceback[s->traceback_len - 1]))
        s->traceback[--s->traceback_len] = '\0';
    const char *last = strrchr(s->traceback, '\n');
    return last ? last + 1 : s->traceback;
}

static int run_own(struct session *s, const char *code, hs_repl_sink *out)
{
    s->traceback_len = 0;
    s->traceback[0] = '\0';
    return hs_repl_run(&s->repl, &(struct hs_repl_run){
        .code = code, .len = strlen(code), .out = out, .err = keep_traceback, .context = s, .patience = PATIENCE,
        .interrupt = &s->enough,
    });
}

/* Starts recording, at the level chosen. */
static int start_recording(struct session *s)
{
    char code[128], level[32] = "", interval[32] = "";
    if (s->board->level)
        snprintf(level, sizeof level, "level='%s'", s->board->level);
    if (s->board->interval)
        snprintf(interval, sizeof interval, ",interval=%" PRIu32, s->board->interval);
    snprintf(code, sizeof code, "import heapstrata\nheapstrata.start(%s%s)\n", level, interval);
    return run_own(s, code, NULL);
}

/* What a firmware says that was built without the hooks is for who built it. */
static const char *why_not(struct session *s)
{
    const char *said = exception(s);
    return strstr(said, "no module named 'heapstrata'")
        ? "it has no heapstrata module: its build did not get USER_C_MODULES (README.md, \"Your own board\")" : said;
}

static int start(struct session *s)
{
    int status = hs_repl_enter(&s->repl);
    if (!status)
        status = start_recording(s);
    if (status < 0)
        return fail(s, HS_ERR_IO, "the board", hs_repl_strerror(status));
    return status ? fail(s, HS_ERR_KIND, "the firmware cannot record", why_not(s)) : HS_OK;
}

/* ---- the script ---- */

static int run_script(struct session *s)
{
    struct hs_board *board = s->board;
    int status = hs_repl_run(&s->repl, &(struct hs_repl_run){
        .code = board->script, .len = board->script_len, .out = board->out, .err = board->err,
        .context = board->context, .patience = -1, .interrupt = board->interrupt,
    });
    board->raised = status > 0;
    return status < 0 ? fail(s, HS_ERR_IO, "while the script ran", hs_repl_strerror(status)) : HS_OK;
}

/* ---- the trace ---- */

static void take_line(struct session *s)
{
    struct hs_capture *c = s->capture;
    if (!s->line_too_long)
        hs_capture_take(s->capture, s->line, s->line_len);
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
    s->enough = 0;
    return run_own(s, code, take_bytes);
}

/* A request tells all from an offset on, so that one pass from the first hole fills all of them. */
static int pull(struct session *s)
{
    int status = run_own(s, "import heapstrata\nheapstrata.stop()\n", NULL);
    for (int i = 0; i < ATTEMPTS && status >= 0 && !hs_capture_whole(s->capture); i++)
        status = pull_from(s, s->capture->begun ? hs_capture_missing(s->capture) % (s->capture->total + !s->capture->total) : 0);
    if (hs_capture_whole(s->capture))
        return HS_OK;
    if (status < 0)
        return fail(s, HS_ERR_END, "while the trace came", hs_repl_strerror(status));
    if (!s->capture->begun)
        return fail(s, HS_ERR_KIND, "the firmware gives no trace", exception(s));
    snprintf(s->traceback, sizeof s->traceback, "%" PRIu32 " of %" PRIu32 " bytes came undamaged, after %d attempts",
             s->capture->got, s->capture->total, ATTEMPTS);
    return fail(s, HS_ERR_END, "the trace is not complete", s->traceback);
}

int hs_board_record(struct hs_board *board, struct hs_capture *capture, struct hs_error *error)
{
    struct session s = { .board = board, .capture = capture, .error = error,
                         .repl = { .fd = board->fd, .patience = PATIENCE } };
    int status = start(&s);
    if (!status)
        status = run_script(&s);
    if (!status)
        status = pull(&s);
    if (status != HS_ERR_IO)
        hs_repl_leave(&s.repl);
    return status;
}
