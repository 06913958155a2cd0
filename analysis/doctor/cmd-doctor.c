/* SPDX-License-Identifier: MIT
 *
 * heapstrata doctor: problems, their evidence, and next steps.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/cmd/elf_option.h"
#include "analysis/cmd/finding.h"
#include "analysis/cmd/source.h"
#include "analysis/doctor/doctor.h"
#include "analysis/doctor/doctorview.h"
#include "analysis/doctor/trial.h"
#include "lib/host/input/lines.h"
#include "lib/host/util/array.h"
#include "lib/host/util/system.h"
#include "lib/host/util/tempfile.h"

#define PROGRAM_STEPS 2000000u /* for longer programs (allocations, frees etc.) advice is not tried */
#define TEXT_MAX (64u << 20)   /* bytes of a text that are examined */

struct args {
    struct hs_common common;
    bool sarif, verbose;
};

/* The text in memory. */
struct text {
    char *bytes, *copy;
    size_t len;
    struct hs_doctor_line *line;
    size_t n, room;
};

/* ---- input ---- */

/* The input is read twice, as text and as a trace. Data from a pipe is first copied to a file, which becomes standard
 * input. */
static int make_seekable(void)
{
    char buffer[65536];
    ssize_t n = 0;
    if (lseek(STDIN_FILENO, 0, SEEK_CUR) >= 0)
        return 0;
    int fd = hs_unnamed_file();
    FILE *copy = fd < 0 ? NULL : fdopen(fd, "w+");
    if (!copy)
        return -1;
    while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0 && fwrite(buffer, 1, (size_t)n, copy) == (size_t)n)
        ;
    int bad = n != 0 || fflush(copy) || hs_system_replace_input(fileno(copy)) < 0 || lseek(STDIN_FILENO, 0, SEEK_SET) < 0;
    fclose(copy);
    return bad ? -1 : 0;
}

static int read_all(int fd, struct text *t)
{
    ssize_t n = 1;
    size_t room = 0;
    while (n > 0 && t->len < TEXT_MAX) {
        if (!hs_array_reserve(t->bytes, room, t->len + 65537))
            return HS_ERR_MEMORY;
        n = pread(fd, t->bytes + t->len, room - 1 - t->len, (off_t)t->len);
        t->len += n > 0 ? (size_t)n : 0;
        if (!hs_text_begins((const uint8_t *)t->bytes, t->len))
            break;
    }
    return n < 0 ? HS_ERR_IO : HS_OK;
}

static int split(struct text *t)
{
    if (!t->bytes || !hs_text_begins((const uint8_t *)t->bytes, t->len))
        return HS_OK;
    t->len = hs_text_narrow((uint8_t *)t->bytes, t->len);
    struct hs_line_reader lines = {.at = (uint8_t *)t->bytes, .end = (uint8_t *)t->bytes + t->len};
    while (hs_next_line(&lines)) {
        if (!hs_array_more(t->line, t->n, t->room))
            return HS_ERR_MEMORY;
        char *line = t->bytes + (lines.line - t->bytes), *rest = line + lines.len;
        while (rest < t->bytes + t->len && *rest != '\n' && *rest != '\r')
            *rest++ = ' '; /* a color's end */
        t->line[t->n++] = (struct hs_doctor_line){line, lines.number};
    }
    return HS_OK;
}

/* Makes a copy in which every line is terminated by NUL. */
static int terminate(struct text *t)
{
    t->copy = malloc(t->len + 1);
    if (!t->copy)
        return HS_ERR_MEMORY;
    for (size_t i = 0; i < t->len; i++) {
        char c = t->bytes[i];
        t->copy[i] = c == '\n' || c == '\r' ? '\0' : c ? c : ' ';
    }
    t->copy[t->len] = '\0';
    for (size_t i = 0; i < t->n; i++) {
        char *line = t->copy + (t->line[i].text - t->bytes);
        for (size_t n = strlen(line); n && line[n - 1] == ' '; n--)
            line[n - 1] = '\0';
        t->line[i].text = line;
    }
    return HS_OK;
}

/* Reads nothing when the input is not text. */
static int load_text(const char *path, struct text *t)
{
    bool standard = !strcmp(path, "-");
    if (standard && make_seekable())
        return hs_complain("cannot keep standard input: %s", strerror(errno));
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return hs_cmd_complain_of_input(path, strerror(errno));
    int err = read_all(fd, t), problem = errno;
    if (!standard)
        close(fd);
    if (err == HS_ERR_IO && problem == EISDIR)
        err = HS_OK; /* a folder is not text, but may be a trace */
    if (err == HS_ERR_IO)
        return hs_complain("%s: %s", path, strerror(problem));
    if (!err)
        err = split(t);
    if (!err)
        err = terminate(t);
    return err ? hs_complain("%s", hs_strerror(err)) : HS_EXIT_OK;
}

/* ---- diagnosis ---- */

static int print(const struct args *args, const struct hs_doctor_input *input, const struct hs_findings *findings)
{
    if (args->sarif && args->common.json)
        return hs_complain("--json and --sarif exclude each other");
    if (!args->common.json && !args->sarif) {
        hs_doctor_text(input, findings, hs_terminal_probe(hs_cmd_colors(&args->common)), args->verbose);
        return HS_EXIT_OK;
    }
    int error = args->sarif ? hs_doctor_sarif(input, findings) : hs_doctor_json(input, findings);
    return error ? hs_complain("%s", hs_strerror(error)) : HS_EXIT_OK;
}

static int examine(const struct args *args, struct hs_doctor_input *input, const struct text *text)
{
    struct hs_findings findings = {.n = 0};
    int error = hs_doctor_input_recognise(input, (const uint8_t *)text->bytes, text->len);
    if (!error)
        error = hs_doctor_examine(input, &findings);
    if (!error && !findings.n && !input->facts.known)
        return hs_complain(
            "%s: is text in which there is nothing that the doctor knows: no trace, banner, mem_info(), MemoryError, boot log, nor message of "
            "ESP-IDF, Zephyr, FreeRTOS or lwIP about memory",
            input->path);
    int status = error ? hs_complain("%s", hs_strerror(error)) : print(args, input, &findings);
    if (status == HS_EXIT_OK && hs_findings_matter(&findings))
        status = HS_EXIT_FINDING;
    hs_findings_free(&findings);
    hs_doctor_input_free(input);
    return status;
}

/* Measured while the trace is replayed. */
struct measures {
    struct hs_model *model;
    struct hs_pools *pools;
    struct hs_caps_flow *flow;
    struct hs_exam *exam;
    struct hs_program program;
    struct hs_trials trials; /* on the programs of the boots with failures */
    bool too_long;           /* the boot's program */
};

static void measure(void *context, const struct hs_event *event)
{
    struct measures *m = context;
    hs_pools_feed(m->pools, event);
    hs_caps_flow_take(m->flow, event);
}

/* Drops a long program, because trying advice on it would take too long. */
static void keep_program(struct measures *m, const struct hs_event *event,
                         int (*take)(struct hs_program *, const struct hs_model *, const struct hs_event *))
{
    m->program.reader = m->exam->reader;
    if (!m->too_long && (take(&m->program, m->model, event) || m->program.n > PROGRAM_STEPS)) {
        m->too_long = true;
        hs_program_free(&m->program);
    }
}

/* The program of the model's boot is complete. */
static void end_boot(struct measures *m)
{
    if (!m->too_long && m->program.n)
        hs_trials_end_boot(&m->trials, &m->program, m->model, m->exam->watch);
    m->too_long = false;
}

static int take(void *context, const struct hs_event *events, long n)
{
    struct measures *m = context;
    for (const struct hs_event *e = events; e < events + n; e++) {
        if (e->boot != m->model->boot)
            end_boot(m);
        keep_program(m, e, hs_program_before);
        if (hs_model_feed(m->model, e, 1))
            break;
        keep_program(m, e, hs_program_after);
    }
    return m->model->error;
}

/* Passes all events to the model first, then to the measures. */
static bool replay(struct measures *m, struct hs_reader *reader, int *status)
{
    bool some = hs_cmd_replay(reader, take, m, status);
    if (m->model->error)
        *status = hs_complain("%s", hs_strerror(m->model->error));
    return some;
}

static bool begin_measures(struct measures *m, struct hs_reader *reader)
{
    m->pools = hs_pools_new(reader, 0);
    m->model = hs_model_new(&(struct hs_model_observer){.context = m, .after = measure});
    m->flow = m->model ? hs_caps_flow_new(m->model, reader) : NULL;
    m->exam = hs_exam_new(m->model, reader);
    if (!m->pools || !m->flow || !m->exam)
        return false;
    m->pools->model = m->model;
    return true;
}

static void end_measures(struct measures *m)
{
    hs_program_free(&m->program);
    hs_trials_free(&m->trials);
    hs_exam_free(m->exam);
    hs_caps_flow_free(m->flow);
    hs_model_free(m->model);
    hs_pools_free(m->pools);
}

/* A damaged trace is examined as far as it can be read; the exit status reports the damage. */
static int with_trace(const struct args *args, struct hs_doctor_input *input, const struct text *text, struct hs_reader *reader)
{
    struct hs_names names = {.reader = reader};
    struct measures m = {.model = NULL};
    int status = HS_EXIT_BAD;
    bool ready = begin_measures(&m, reader);
    int damaged = HS_EXIT_OK;
    bool some = ready && replay(&m, reader, &damaged);
    if (!ready || hs_caps_flow_finish(m.flow)) {
        hs_complain("%s", hs_strerror(HS_ERR_MEMORY));
    } else if (some || text->n) {
        input->reader = reader;
        input->model = m.model;
        input->pools = m.pools;
        input->flow = m.flow;
        input->names = &names;
        input->exam = m.exam;
        m.exam->sources = (struct hs_sources_at){input->path, hs_source_text};
        end_boot(&m);
        input->trials = &m.trials;
        if (!hs_cmd_symbols(&names.symbols, &args->common, reader))
            status = hs_exam_conclude(m.exam, &names) ? hs_complain("%s", hs_strerror(HS_ERR_MEMORY))
                                                      : examine(args, input, text);
        status = damaged && !text->n ? damaged : status; /* in a text, a map may be truncated: a note reports it */
    }
    hs_symbols_close(names.symbols);
    end_measures(&m);
    return status;
}

static int run(void *memory)
{
    const struct args *args = memory;
    struct text text = {.n = 0};
    struct hs_error error = {0};
    struct hs_doctor_input input = {.path = args->common.input};
    int status = load_text(args->common.input, &text);
    if (status == HS_EXIT_OK) {
        input.line = text.line;
        input.n_lines = text.n;
        struct hs_reader *reader = hs_reader_open(args->common.input, &error);
        if (reader)
            status = with_trace(args, &input, &text, reader);
        else if (text.n)
            status = examine(args, &input, &text);
        else
            status = hs_complain_of(&error, error.code);
        hs_reader_close(reader);
    }
    free(text.line);
    free(text.copy);
    free(text.bytes);
    return status;
}

/* ---- the first finding, for other commands ---- */

struct hs_exam *hs_cmd_finding_watch(struct hs_model *model, const struct hs_reader *reader)
{
    return hs_exam_new(model, reader);
}

void hs_cmd_finding_free(struct hs_exam *exam) { hs_exam_free(exam); }

bool hs_cmd_finding(struct hs_exam *exam, const char *trace, const struct hs_names *names, char *text)
{
    _Static_assert(HS_HEADLINE_LEN <= HS_CMD_FINDING_LEN, "the sentence fits");
    if (!exam)
        return false;
    exam->sources = (struct hs_sources_at){trace, hs_source_text};
    return !hs_exam_conclude(exam, names) && hs_doctor_headline(exam, text);
}

/* ---- the command ---- */

static const struct hs_option options[] = {
    {"sarif", 0, NULL, HS_OPT_FLAG, offsetof(struct args, sarif), "print a SARIF log, for editors and code hosts", NULL},
    {"verbose", 'v', NULL, HS_OPT_FLAG, offsetof(struct args, verbose), "also print the addresses of the chip's memory", NULL},
    {0},
};

const struct hs_cmd hs_cmd_doctor = {
    .name = "doctor",
    .summary = "diagnose problems: evidence and next steps",
    .usage = "[FILE]",
    .about = "Takes a trace, or text: the log of a board's start, or what was pasted from a terminal, such as the output of "
             "micropython.mem_info(). - reads standard input. Each finding has a code that stays the same, HS-FRAG-FAILED "
             "for instance. Exit status is 1 when there is a finding, 0 when there is none.",
    .examples = "  heapstrata doctor run.hst\n"
                "  heapstrata doctor boot.log\n"
                "  heapstrata doctor -                     # paste, then Ctrl-D\n"
                "  heapstrata doctor --json run.hst | jq -r '.findings[].code'\n"
                "  heapstrata doctor --sarif run.hst >heap.sarif\n",
    .uses = HS_USES_INPUT | HS_USES_JSON | HS_USES_COLOR | HS_USES_ELF,
    .options = options,
    .max_files = 1,
    .args_size = sizeof(struct args),
    .run = run,
};
