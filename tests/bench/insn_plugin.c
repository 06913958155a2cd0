/* SPDX-License-Identifier: MIT
 *
 * QEMU plugin: counts executed instructions exactly, by address and by scope, between marks.
 *
 *   qemu-system-arm ... -plugin insn_plugin.so,out=FILE,mark=ADDRESS[,ranges=FILE][,base=ADDRESS]
 *
 * Each time the instruction at `mark` runs, all counts so far are appended to `out`:
 *
 *   mark N                  from 1
 *   scope NUMBER COUNT
 *   ADDRESS COUNT           hex; how often the instruction there was executed
 *   end
 *
 * `base` is where the code begins whose instructions are told apart, 0 unless given. An address is that of an
 * instruction's first halfword.
 *
 * `ranges` has a line "FIRST END ACTION SCOPE" for each piece of code that changes the scope to which
 * instructions are charged, whatever they belong to:
 *
 *   op    the scope becomes SCOPE, and `back` returns to it
 *   in    the scope becomes SCOPE until somebody says otherwise
 *   back  the scope is that of the last `op`
 *   keep  as it was
 *   core  scope 0, unless the scope is SCOPE: what that one calls outside is its own
 *
 * Code in no range is `keep`. An instruction that a condition skips counts as executed, as it costs a
 * cycle. The few functions of QEMU's plugin interface (version 1) that are needed are declared here: Debian
 * packages no header for them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void plugin_exec(unsigned vcpu, void *data);
enum { INLINE_ADD_U64 = 0, NO_REGISTERS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*cb)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, plugin_exec *cb, int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, plugin_exec *cb, int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op, void *at, uint64_t add);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

#define SPAN (4u << 20) /* bytes of code that are told apart; the rest counts as one address */
#define SCOPES 32

enum action { OP, IN, BACK, KEEP, CORE, ACTIONS };
static const char *const action_name[ACTIONS] = {"op", "in", "back", "keep", "core"};

struct range {
    uint64_t first, end;
    enum action action;
    unsigned scope;
};

static struct range *range;
static size_t n_ranges;
static uint64_t *count; /* one for each halfword */
static uint64_t total, charged;
static uint64_t in_scope[SCOPES];
static unsigned scope, op_scope;
static uint64_t mark_at = UINT64_MAX, base;
static unsigned marks;
static FILE *out;

/* --- while the machine runs -------------------------------------------------------------------------- */

static void charge(void)
{
    in_scope[scope] += total - charged;
    charged = total;
}

static void enter(unsigned vcpu, void *data)
{
    (void)vcpu;
    const struct range *r = data;
    unsigned next = scope;
    if (r->action == OP)
        next = op_scope = r->scope;
    else if (r->action == IN)
        next = r->scope;
    else if (r->action == BACK)
        next = op_scope;
    else if (r->action == CORE && scope != r->scope)
        next = op_scope = 0;
    if (next != scope) {
        charge();
        scope = next;
    }
}

static void mark(unsigned vcpu, void *data)
{
    (void)vcpu, (void)data;
    charge();
    fprintf(out, "mark %u\n", ++marks);
    for (unsigned i = 0; i < SCOPES; i++)
        if (in_scope[i])
            fprintf(out, "scope %u %" PRIu64 "\n", i, in_scope[i]);
    for (uint32_t i = 0; i <= SPAN / 2; i++)
        if (count[i])
            fprintf(out, "%" PRIx64 " %" PRIu64 "\n", base + i * 2, count[i]);
    fprintf(out, "end\n");
    fflush(out);
}

/* --- when code is translated ------------------------------------------------------------------------- */

static struct range *find_range(uint64_t at)
{
    for (size_t i = 0; i < n_ranges; i++)
        if (at >= range[i].first && at < range[i].end)
            return &range[i];
    return NULL;
}

static void translate(plugin_id id, struct qemu_plugin_tb *tb)
{
    (void)id;
    struct range *r = find_range(qemu_plugin_tb_vaddr(tb));
    if (r && r->action != KEEP)
        qemu_plugin_register_vcpu_tb_exec_cb(tb, enter, NO_REGISTERS, r);
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t at = qemu_plugin_insn_vaddr(insn);
        if (at == mark_at)
            qemu_plugin_register_vcpu_insn_exec_cb(insn, mark, NO_REGISTERS, NULL);
        uint64_t offset = at - base < SPAN ? at - base : SPAN;
        qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &count[offset / 2], 1);
        qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &total, 1);
    }
}

/* --- start ------------------------------------------------------------------------------------------- */

static int parse_range(const char *line)
{
    char name[8];
    struct range r;
    if (sscanf(line, "%" SCNx64 " %" SCNx64 " %7s %u", &r.first, &r.end, name, &r.scope) != 4 || r.scope >= SCOPES)
        return -1;
    for (r.action = 0; r.action < ACTIONS && strcmp(name, action_name[r.action]) != 0;)
        r.action++;
    struct range *more = r.action < ACTIONS ? realloc(range, (n_ranges + 1) * sizeof *range) : NULL;
    if (!more)
        return -1;
    range = more;
    range[n_ranges++] = r;
    return 0;
}

static int read_ranges(const char *name)
{
    FILE *in = fopen(name, "r");
    if (!in) {
        perror(name);
        return -1;
    }
    char line[128];
    int err = 0;
    while (!err && fgets(line, sizeof line, in))
        err = parse_range(line);
    if (err)
        fprintf(stderr, "%s: %s", name, line);
    fclose(in);
    return err;
}

static int parse_argument(const char *text)
{
    if (!strncmp(text, "out=", 4)) {
        out = fopen(text + 4, "w");
        return out ? 0 : -1;
    }
    if (!strncmp(text, "mark=", 5)) {
        mark_at = strtoull(text + 5, NULL, 16);
        return 0;
    }
    if (!strncmp(text, "base=", 5)) {
        base = strtoull(text + 5, NULL, 16);
        return 0;
    }
    return strncmp(text, "ranges=", 7) ? -1 : read_ranges(text + 7);
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++)
        if (parse_argument(argv[i])) {
            fprintf(stderr, "insn_plugin: bad argument: %s\n", argv[i]);
            return -1;
        }
    count = calloc(SPAN / 2 + 1, sizeof *count);
    if (!count || !out)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    return 0;
}
