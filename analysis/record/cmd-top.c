/* SPDX-License-Identifier: MIT
 *
 * heapstrata top: show a running firmware on the screen, or print it at intervals.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/cmd/cmd.h"
#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/finding.h"
#include "analysis/time/overview.h"
#include "analysis/draw/screen.h"
#include "analysis/record/topview.h"
#include "analysis/record/process.h"
#include "analysis/record/serial.h"
#include "analysis/record/watch.h"
#include "lib/host/util/tempfile.h"

#define PROMPT_MAX 80u
#define OUTPUT_TAIL 4096
#define BATCH_ROWS 40u
#define DELAY_LEAST 0.25
#define DELAY_MOST 3600.0

struct args {
    struct hs_common common;
    double delay;
    uint64_t number, baud, limit;
    int order;
    const char *filter;
    bool batch, no_map;
};

static const struct hs_option options[] = {
    {"delay", 'd', "SECONDS", HS_OPT_REAL, offsetof(struct args, delay), "refresh interval (default 1)"},
    {"number", 'n', "N", HS_OPT_UINT, offsetof(struct args, number), "end after N refreshes"},
    {"batch", 'b', NULL, HS_OPT_FLAG, offsetof(struct args, batch), "print each refresh, for scripts: no screen, no keys"},
    {"sort", 's', "COLUMN", HS_OPT_CHOICE, offsetof(struct args, order),
     "sort lines by allocs or bytes a second, live bytes, blocks, or total bytes requested (default allocs)", HS_TOP_ORDER_NAMES},
    {"filter", 'f', "TEXT", HS_OPT_TEXT, offsetof(struct args, filter), "show only lines that contain TEXT"},
    {"limit", 'l', "N", HS_OPT_UINT, offsetof(struct args, limit), "with --batch: rows of each refresh (default 40)", .least = 1,
     .most = 100000},
    {"no-map", 0, NULL, HS_OPT_FLAG, offsetof(struct args, no_map), "without the map"},
    {"baud", 0, "N", HS_OPT_UINT, offsetof(struct args, baud), "speed of a serial port (default 115200)"},
    {0},
};

/* The prompt in the bottom row. */
enum asking { ASK_NOTHING, ASK_FILTER, ASK_DELAY };

struct top {
    const struct args *args;
    struct hs_board_watch watch;
    struct hs_topview view;
    struct hs_overview overview;
    struct hs_earlier earlier;
    struct hs_pane pane;
    struct hs_names names;
    struct hs_terminal terminal;
    enum hs_group_by key;
    enum asking asking;
    char answer[PROMPT_MAX], prompt[PROMPT_MAX + 40], filter[PROMPT_MAX], output[OUTPUT_TAIL];
    const char *state;
    char waiting[200]; /* what we wait for */
    double looked;     /* seconds since the beginning, at the last look */
    uint64_t bytes_then, looks;
    size_t passed; /* lines that the filter lets through */
    FILE *printed; /* output caught while there is a screen; `complaints`: where complaints were written before */
    int complaints;
    const struct hs_live_state *present; /* while the last look is on the screen */
    double span;                         /* between the two last looks */
    struct hs_exam *exam;                /* of the present model */
    uint64_t judged;                     /* failures and collections at the last judgement */
    char finding[HS_CMD_FINDING_LEN];
    bool screen, paused, help;
    int error;
};

static volatile int interrupted;

static void on_interrupt(int number) { interrupted = number; }

/* ---- what the program prints ---- */

/* Its last line so far. */
static const char *last_printed(struct top *t)
{
    long size = t->printed && !fseek(t->printed, 0, SEEK_END) ? ftell(t->printed) : 0;
    if (size <= 0)
        return NULL;
    fseek(t->printed, size > OUTPUT_TAIL - 1 ? size - (OUTPUT_TAIL - 1) : 0, SEEK_SET);
    size_t n = fread(t->output, 1, sizeof t->output - 1, t->printed);
    while (n && strchr("\r\n", t->output[n - 1]))
        n--;
    t->output[n] = '\0';
    char *line = strrchr(t->output, '\n');
    return line ? line + 1 : t->output;
}

/* While there is a screen, the output of the program and of this one is written to a file. */
static bool catch_printed(struct top *t)
{
    struct hs_scratch scratch = {0};
    if (!hs_scratch_make(&scratch, "printed"))
        return false;
    int fd = open(scratch.file, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    t->printed = fd < 0 ? NULL : fopen(scratch.file, "re");
    t->complaints = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    hs_scratch_remove(&scratch);
    if (!t->printed || t->complaints < 0 || dup2(fd, STDERR_FILENO) < 0)
        return false;
    close(fd);
    return true;
}

/* Prints all caught output after the screen is closed. */
static void release_printed(struct top *t)
{
    char bytes[OUTPUT_TAIL];
    size_t n;
    if (!t->printed)
        return;
    dup2(t->complaints, STDERR_FILENO);
    close(t->complaints);
    rewind(t->printed);
    while ((n = fread(bytes, 1, sizeof bytes, t->printed)) > 0)
        fwrite(bytes, 1, n, stderr);
    fclose(t->printed);
}

/* ---- showing ---- */

static void draw(struct top *t)
{
    struct hs_cell_at size = t->screen ? hs_screen_size() : (struct hs_cell_at){(unsigned)t->args->limit, t->terminal.width};
    if (!hs_pane_size(&t->pane, size.row, size.column)) {
        t->error = HS_ERR_MEMORY;
        return;
    }
    t->view.state = t->paused ? "paused" : t->state;
    t->view.output = last_printed(t);
    t->view.prompt = t->asking ? t->prompt : NULL;
    if (t->help)
        hs_topview_help(&t->pane);
    else
        t->passed = hs_topview_draw(&t->view, &t->pane);
    if (t->screen)
        hs_screen_show(&t->pane);
    else
        hs_pane_write(&t->pane, &t->terminal, stdout);
}

static int print_json(struct top *t)
{
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    t->view.state = t->state;
    hs_json_object(json, NULL);
    hs_topview_json(&t->view, json);
    hs_json_end(json);
    int error = hs_json_print(json, stdout, false);
    hs_json_free(json);
    return error;
}

static void print_look(struct top *t)
{
    if (t->args->common.json) {
        t->error = t->error ? t->error : print_json(t);
    } else {
        if (t->looks > 1)
            putchar('\n');
        draw(t);
    }
    if (fflush(stdout) && !interrupted) /* the reader closed the pipe */
        interrupted = SIGPIPE;
}

/* ---- looks ---- */

/* Loads the names of native functions when the trace has identified its program. */
static void open_symbols(struct top *t)
{
    if (t->names.symbols || !t->names.reader || !(t->args->common.elf || hs_reader_fact(t->names.reader, "exe")))
        return;
    hs_cmd_symbols(&t->names.symbols, &t->args->common, t->names.reader);
}

static void watch_model(void *context, struct hs_model *model, const struct hs_reader *reader)
{
    struct top *t = context;
    hs_cmd_finding_free(t->exam);
    t->exam = hs_cmd_finding_watch(model, reader);
    t->judged = 0;
}

/* Judges again after further failures or collections. */
static void judge(struct top *t, const struct hs_model *model)
{
    uint64_t seen = model->n_failures + model->collections.begun;
    const char *source = t->watch.source ? t->watch.source : "-";
    if (seen == t->judged)
        return;
    t->judged = seen;
    t->view.finding = hs_cmd_finding(t->exam, source, &t->names, t->finding) ? t->finding : NULL;
}

static void begin(void *context, const struct hs_model *model)
{
    struct top *t = context;
    int error = hs_earlier_take(&t->earlier, model);
    t->error = t->error ? t->error : error;
}

/* Measures the overview of the current state. */
static void take(struct top *t, const struct hs_live_state *state)
{
    t->names.reader = state->reader;
    open_symbols(t);
    int error = hs_overview_take(&t->overview, &(struct hs_overview_of){state->model, &t->names, &t->earlier, t->key, t->span});
    t->error = t->error ? t->error : error;
    judge(t, state->model);
    t->view.seconds = state->seconds;
    if (!t->present && t->overview.span > 0)
        t->view.byte_rate = (double)(state->bytes - t->bytes_then) / t->overview.span;
    t->view.stream_bytes = state->bytes;
}

/* ---- keys ---- */

static void ask(struct top *t, enum asking what)
{
    static const char *const question[] = {[ASK_FILTER] = "show lines with: ", [ASK_DELAY] = "refresh interval in seconds: "};
    t->asking = what;
    snprintf(t->prompt, sizeof t->prompt, "%s%s_", question[what], t->answer);
}

static void take_answer(struct top *t)
{
    char *end;
    double delay = strtod(t->answer, &end);
    if (t->asking == ASK_FILTER)
        strcpy(t->filter, t->answer);
    else if (end != t->answer && !*end && delay >= DELAY_LEAST && delay <= DELAY_MOST)
        t->watch.delay = delay;
    t->view.first = 0;
    t->asking = ASK_NOTHING;
}

static void edit_answer(struct top *t, int key)
{
    size_t n = strlen(t->answer);
    if (key == HS_PRESS_ENTER) {
        take_answer(t);
        return;
    }
    if (key == HS_PRESS_ESCAPE) {
        t->asking = ASK_NOTHING;
        return;
    }
    if (key == HS_PRESS_BACKSPACE && n)
        t->answer[n - 1] = '\0';
    else if (key >= ' ' && key < 127 && n + 1 < sizeof t->answer)
        memcpy(t->answer + n, (char[2]){(char)key, '\0'}, 2);
    ask(t, t->asking);
}

static void scroll(struct top *t, int key)
{
    unsigned page = t->pane.rows / 2 + 1, most = t->passed ? (unsigned)t->passed - 1 : 0, *first = &t->view.first;
    switch (key) {
    case HS_PRESS_UP: *first -= *first > 0; break;
    case HS_PRESS_DOWN: ++*first; break;
    case HS_PRESS_PAGE_UP: *first -= *first < page ? *first : page; break;
    case HS_PRESS_PAGE_DOWN: *first += page; break;
    case HS_PRESS_HOME: *first = 0; break;
    case HS_PRESS_END: *first = most; break;
    }
    *first = *first < most ? *first : most;
}

/* Takes a look now; after the end of the source, measures the last state again. */
static void hurry(struct top *t)
{
    if (t->present)
        take(t, t->present);
    else
        t->watch.hurry = true;
}

static void press(struct top *t, int key)
{
    static const enum hs_group_by keys[] = {HS_KEY_LINE, HS_KEY_KIND, HS_KEY_FUNCTION, HS_KEY_FILE};
    static unsigned key_now;
    switch (key) {
    case 'q': interrupted = 1; break;
    case 's': t->view.order = (enum hs_top_order)((t->view.order + 1) % HS_TOP_ORDERS); break;
    case 'S': t->view.order = (enum hs_top_order)((t->view.order + HS_TOP_ORDERS - 1) % HS_TOP_ORDERS); break;
    case 'p': t->paused = !t->paused; break;
    case 'm': t->view.map = !t->view.map; break;
    case 'h':
    case '?': t->help = !t->help; break;
    case ' ': hurry(t); break;
    case 'k':
        t->key = keys[key_now = (key_now + 1) % (sizeof keys / sizeof *keys)];
        hurry(t);
        break;
    case '/':
        strcpy(t->answer, t->filter);
        ask(t, ASK_FILTER);
        break;
    case 'd':
        snprintf(t->answer, sizeof t->answer, "%g", t->watch.delay);
        ask(t, ASK_DELAY);
        break;
    default: scroll(t, key);
    }
}

static void on_keys(void *context)
{
    struct top *t = context;
    int key;
    if (!t->screen)
        return;
    while ((key = hs_screen_key()) != HS_PRESS_NONE) {
        if (t->asking && key != HS_PRESS_RESIZE)
            edit_answer(t, key);
        else
            press(t, key);
    }
    draw(t);
}

/* ---- all of it ---- */

/* After the end of the source, keys still work until the user quits. */
static void stay(struct top *t)
{
    while (t->screen && !interrupted) {
        struct pollfd poller = {.fd = t->watch.wake, .events = POLLIN};
        if (poll(&poller, 1, -1) > 0 || errno == EINTR)
            on_keys(t);
    }
}

static void look(void *context, const struct hs_live_state *state)
{
    struct top *t = context;
    t->state = state->ended ? "ended" : state->connected ? "following" : "waiting";
    t->span = state->seconds - t->looked;
    if (!t->paused || state->ended)
        take(t, state);
    t->looked = state->seconds;
    t->bytes_then = state->bytes;
    t->looks++;
    if (t->screen)
        draw(t);
    else
        print_look(t);
    if (t->error || (t->args->number && t->looks >= t->args->number))
        interrupted = 1;
    if (state->ended && hs_cmd_check_selection(state->reader))
        t->error = HS_ERR_ARG;
    t->present = state->ended ? state : NULL;
    if (state->ended)
        stay(t);
}

static bool is_executable(const char *path)
{
    struct stat file;
    return !stat(path, &file) && S_ISREG(file.st_mode) && !access(path, X_OK);
}

/* One executable file, or a command line, is a program; anything else is a source. */
static bool is_program(const struct hs_common *common)
{
    return common->n_files > 1 || (common->n_files == 1 && is_executable(common->file[0]));
}

/* A trace followed by options would be taken for a program with arguments. */
static bool is_misplaced(const struct hs_common *common)
{
    return common->n_files > 1 && !access(common->file[0], F_OK) && !is_executable(common->file[0]);
}

static void choose_source(struct top *t)
{
    const struct hs_common *common = &t->args->common;
    const char *slash, *name = common->n_files ? common->file[0] : HS_DEFAULT_INPUT;
    t->watch.source = is_program(common) ? NULL : name;
    t->watch.argv = common->file;
    if (!t->watch.source && common->n_files > 1)
        name = common->file[common->n_files - 1];
    slash = strchr(name, ':') ? NULL : strrchr(name, '/');
    t->view.subject = slash ? slash + 1 : name;
}

static int open_screen(struct top *t)
{
    const char *why = hs_screen_missing();
    if (why)
        return hs_complain("no screen: this program was built without %s; --batch prints instead", why);
    why = hs_screen_open(hs_cmd_colors(&t->args->common), &t->watch.wake);
    if (why)
        return hs_complain("no screen: %s; --batch prints instead", why);
    t->screen = true;
    if (catch_printed(t))
        return HS_EXIT_OK;
    hs_screen_close();
    return hs_complain("cannot make a temporary file: %s", strerror(errno));
}

static void show_address(void *context, const char *address)
{
    struct top *t = context;
    if (!t->screen) {
        fprintf(stderr, "heapstrata top: waiting for a connection to %s\n", address);
        return;
    }
    snprintf(t->waiting, sizeof t->waiting, "waiting at %s", address);
    t->state = t->waiting;
    draw(t);
}

static void handle_signals(void)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        sigaction(ending[i], &(struct sigaction){.sa_handler = on_interrupt}, NULL);
}

/* The status of a program that ended by itself is passed on. */
static int end(struct top *t, int err, const struct hs_error *error)
{
    bool by_itself = t->watch.exited && !t->watch.ended;
    err = err ? err : t->error;
    if (interrupted == SIGPIPE) { /* the program run here has ended, so this one can end too */
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    if (err == HS_ERR_ARG)
        return HS_EXIT_BAD; /* the trace has no such region; already reported */
    if (err)
        return hs_complain_of(error, err);
    return by_itself ? hs_process_exit(t->watch.status) : HS_EXIT_OK;
}

static int watch(struct top *t)
{
    struct hs_error error = {0};
    handle_signals();
    if (!t->args->batch && open_screen(t))
        return HS_EXIT_BAD;
    t->watch.output = STDERR_FILENO; /* with a screen this is a file, else the real standard error */
    t->state = "waiting";
    if (t->screen)
        draw(t);
    int err = hs_board_watch_run(&t->watch, &error);
    hs_screen_close();
    release_printed(t);
    return end(t, err, &error);
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct top t = {.args = args, .key = HS_KEY_LINE, .terminal = hs_terminal_probe(args->batch && hs_cmd_colors(&args->common))};
    if (args->delay < DELAY_LEAST || args->delay > DELAY_MOST)
        return hs_complain("--delay takes %g to %g seconds, not %g", DELAY_LEAST, DELAY_MOST, args->delay);
    if (!hs_serial_has_speed(args->baud))
        return hs_complain("--baud takes a usual speed, such as 115200 or 921600");
    if (is_misplaced(&args->common))
        return hs_complain("%s is no program; options go in front of the source", args->common.file[0]);
    if (args->common.json && !args->batch)
        return hs_complain("--json is for --batch");
    snprintf(t.filter, sizeof t.filter, "%s", args->filter);
    t.view = (struct hs_topview){.overview = &t.overview,
                                 .order = (enum hs_top_order)args->order,
                                 .filter = t.filter,
                                 .map = !args->no_map,
                                 .unicode = t.terminal.unicode,
                                 .keys = !args->batch};
    t.pane.unicode = t.terminal.unicode;
    t.watch = (struct hs_board_watch){.baud = (unsigned)args->baud,
                                      .interrupt = &interrupted,
                                      .delay = args->delay,
                                      .begin = begin,
                                      .made = watch_model,
                                      .selection = hs_cmd_selection(&args->common),
                                      .look = look,
                                      .woken = on_keys,
                                      .listens = show_address,
                                      .context = &t};
    choose_source(&t);
    int status = watch(&t);
    hs_cmd_finding_free(t.exam);
    hs_overview_free(&t.overview);
    hs_earlier_free(&t.earlier);
    hs_pane_free(&t.pane);
    hs_symbols_close(t.names.symbols);
    return status;
}

const struct hs_cmd hs_cmd_top = {
    .name = "top",
    .summary = "watch a running firmware: map, figures, lines that allocate",
    .usage = "[SOURCE]\n[--] FIRMWARE SCRIPT [ARGS]",
    .about =
        "SOURCE is what a firmware sends, as for record --stream (a serial port, tcp:HOST:PORT, tcp-listen:[HOST:]PORT, -), a "
        "trace that grows (HEAPSTRATA_OUT, record), or the file of a ring (HEAPSTRATA_RING). top starts FIRMWARE, and stops it at "
        "its own end. Keys: q quits, s sorts, / filters, p pauses, h lists the others.",
    .examples = "  heapstrata top -- ./micropython -X heapsize=64k script.py\n"
                "  heapstrata top tcp-listen:5555\n"
                "  heapstrata top ring.bin\n"
                "  heapstrata top --batch --number 1 --json growing.hst\n",
    .uses = HS_USES_REST | HS_USES_REGION | HS_USES_JSON | HS_USES_COLOR | HS_USES_ELF,
    .options = options,
    .max_files = -1,
    .args_size = sizeof(struct args),
    .defaults = &(const struct args){.delay = 1, .baud = 115200, .limit = BATCH_ROWS, .filter = ""},
    .run = run,
};
