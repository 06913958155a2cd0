/* SPDX-License-Identifier: MIT
 *
 * The texts of HS-HEAP-HELD: what is held by accident, and what to let go of.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor/failure_advice.h"

/* Why it is not needed: after what it holds, in the sentence. */
static void word_needless(const struct hs_accident *a, char *text, size_t size)
{
    const char *last = a->last;
    if (a->left_over)
        snprintf(text, size, ", which nothing else refers to");
    else if (a->why == HS_NEEDLESS_LENGTH)
        snprintf(text, size, ", of which only the length is still used%s%.100s", last[0] ? ", at " : "", last);
    else if (a->why == HS_NEEDLESS_ERROR)
        snprintf(text, size, ", in an exception that carries them");
    else if (a->why == HS_NEEDLESS_REPLACED)
        snprintf(text, size, ", the old value, which is not used any more");
    else if (a->why == HS_NEEDLESS_CACHE)
        snprintf(text, size, ", in entries that can be made again");
    else if (a->why == HS_NEEDLESS_PART)
        snprintf(text, size, ", of which it shows a part");
    else
        snprintf(text, size, ", which is not used any more%s%.100s", last[0] ? " after " : "", last);
}

/* The same where references were recorded: who holds it is a fact. */
static void word_accident(const struct hs_diagnosis *d, char *text, size_t size)
{
    static const char *const set[] = {
        [HS_NEEDLESS_REPLACED] = ", until it is set anew at ", [HS_NEEDLESS_CACHE] = ", filled at ", [HS_NEEDLESS_PART] = ", made at "};
    const struct hs_accident *a = &d->accident;
    const char *before = a->why < sizeof set / sizeof *set && set[a->why] ? set[a->why] : ", set at ";
    char why[160] = "", at[160] = "";
    word_needless(a, why, sizeof why);
    if (d->unused_at[0])
        snprintf(at, sizeof at, "%s%.80s%s",
                 !a->left_over ? before
                 : a->used     ? ", from an expression that used what "
                               : ", from an expression at ",
                 d->unused_at, a->used ? " set" : "");
    if (a->more)
        snprintf(at + strlen(at), sizeof at - strlen(at), ", with %u more", (unsigned)a->more);
    snprintf(text, size,
             "%.80s failed to get %" PRIu32 " bytes while %.110s%.140s%s holds %" PRIu64 " bytes%s; %.80s made most of them",
             d->line, d->failure.size, a->what, at, at[0] ? "," : "", a->bytes, why, d->holds->name);
}

/* What to change, up to the line that made the blocks. */
static void word_release(const struct hs_diagnosis *d, char *text, size_t size)
{
    const struct hs_accident *a = &d->accident;
    char name[HS_UNUSED_NAME + 8];
    bool attribute = strstr(a->what, "attribute ") && !strchr(d->unused.name, '.');
    snprintf(name, sizeof name, "%s%s", attribute ? "OBJECT." : "", d->unused.name);
    if (a->left_over)
        snprintf(text, size, "make and use it in a function of its own, whose stack ends with it: what");
    else if (a->both && a->why == HS_NEEDLESS_PART)
        snprintf(
            text, size,
            "take a copy of the part (%.60s) in a function of its own, which returns it: its variables and stack end with it, and "
            "what",
            a->copy);
    else if (a->both)
        snprintf(text, size,
                 "make and use it in a function of its own, whose variables and stack end with it (a slot of the stack would keep "
                 "it after %.60s = None): what",
                 name);
    else if (a->why == HS_NEEDLESS_LENGTH)
        snprintf(text, size, "keep its length in a variable (n = len(%.60s)) and let go of it: what", name);
    else if (a->why == HS_NEEDLESS_ERROR)
        snprintf(
            text, size,
            "raise it without the data, or keep only a number or short text of it (error.args[0], unless that is the data): what");
    else if (a->why == HS_NEEDLESS_REPLACED)
        snprintf(text, size, "let go of the old value before the new one is made (%.60s = None before %.100s): what", name,
                 d->unused_at);
    else if (a->why == HS_NEEDLESS_CACHE)
        snprintf(text, size, "drop old entries before %.100s adds another one (%.60s.clear(), or a bound): what", d->unused_at,
                 name);
    else if (a->why == HS_NEEDLESS_PART)
        snprintf(text, size,
                 "keep a copy of the part, which does not keep the whole (%.60s), in place of what %.100s makes: what", a->copy,
                 d->unused_at);
    else if (a->last[0])
        snprintf(text, size, "let go of it after %.100s (%.60s = None): what", a->last, name);
    else
        snprintf(text, size, "let go of it (%.60s = None): what", name);
}

static void advise_accident(struct hs_finding *f, const struct hs_doctor_input *input, const struct hs_diagnosis *d)
{
    const struct hs_accident *a = &d->accident;
    char before[400];
    word_release(d, before, sizeof before);
    const struct hs_line_advice advice = {HS_EDIT_RELEASE, d->holds->name, before, "made is then garbage", &a->set};
    hs_failure_advise_lines(f, input, d, &advice, 1);
    if (d->unused.global && a->why == HS_NEEDLESS_UNUSED && !a->both)
        hs_finding_next(f, "or make it a local variable of a function: it ends with the function");
}

static void held_by_accident(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    const struct hs_accident *a = &d->accident;
    char verdict[2 * HS_NOTE_LEN];
    word_accident(d, verdict, sizeof verdict);
    struct hs_finding *f = hs_failure_problem(findings, "HS-HEAP-HELD", verdict, d->unused_at[0] ? d->unused_at : d->holds->name);
    hs_failure_describe(f, d);
    hs_finding_evidence(f, "held by %.200s: %" PRIu64 " bytes in %" PRIu64 " block%s would be garbage without it", a->what,
                        a->bytes, a->blocks, a->blocks == 1 ? "" : "s");
    if (a->also[0])
        hs_finding_evidence(f, "%.200s is not used any more either", a->also);
    if (a->also_left_over)
        hs_finding_evidence(
            f, "a slot of a stack that is left over from an expression refers to them too, until it is used again or its "
               "function returns");
    hs_failure_name_holders(f, d, NULL);
    advise_accident(f, input, d);
}

/* A variable that is not used any more keeps what is missing. */
void hs_failure_held(const struct hs_doctor_input *input, const struct hs_diagnosis *d, struct hs_findings *findings)
{
    const struct hs_unused *u = &d->unused;
    const char *loop = u->loop ? "the loop that ends at " : "";
    char verdict[HS_NOTE_LEN];
    if (d->accident.known) {
        held_by_accident(input, d, findings);
        return;
    }
    snprintf(verdict, sizeof verdict,
             "%.80s failed to get %" PRIu32 " bytes while %s%.40s of %.60s still holds %" PRIu64
             " bytes that %.70s made: it is not used any more after %sline %u",
             d->line, d->failure.size, u->global ? "the global " : "", u->name, d->unused_at, d->holds->live, d->holds->name,
             loop, (unsigned)u->last);
    struct hs_finding *f = hs_failure_problem(findings, "HS-HEAP-HELD", verdict, d->unused_at);
    hs_failure_describe(f, d);
    hs_failure_name_holders(f, d, NULL);
    char before[HS_UNUSED_NAME + 80], after[120];
    snprintf(before, sizeof before, "let go of it after %sline %u (%s = None): what", loop, (unsigned)u->last, u->name);
    snprintf(after, sizeof after, "made is then garbage, unless something else refers to it");
    const struct hs_line_advice advice = {HS_EDIT_RELEASE, d->holds->name, before, after};
    hs_failure_advise_lines(f, input, d, &advice, 1);
    if (u->global)
        hs_finding_next(f, "or make it a local variable of a function: it ends with the function");
}
