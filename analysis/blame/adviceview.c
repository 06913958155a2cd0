/* SPDX-License-Identifier: MIT */
#include "analysis/blame/adviceview.h"

#include <stdarg.h>
#include <string.h>

#include "analysis/time/summary.h"
#include "analysis/draw/table.h"
#include "lib/assertion.h"

#define TEXT_MAX (3 * HS_NAME_MAX)

/* A sentence is a pattern. A letter after % stands for a figure of the advice: l the line to change, i the line of the
 * islands, n blocks, o of, s smallest, g largest, b bytes, t and u times. */
static const struct {
    const char *key, *what, *why;
} words[HS_ADVICE_KINDS] = {
    [HS_ADVICE_REUSE] =
        {"reuse", "reuse one buffer instead of allocating a new one each time (readinto(), a slice of a memoryview)",
         "%o blocks of %b bytes on average were allocated there, at most %g bytes live at a time. %n times one that was freed "
         "was next to a block of %i; they were freed after %t on average, while the latter survived %u"},
    [HS_ADVICE_IMPORT] = {"import", "import at the top of the program, before anything else is allocated",
                          "%n of its %o blocks in free space came from an import in the middle of the program"},
    [HS_ADVICE_FINAL_SIZE] = {"final size",
                              "give it its final size at once ([None] * n, bytearray(n), a dict filled at the start)",
                              "%n resizes of %o of its blocks, up to %g bytes, before they became islands"},
    [HS_ADVICE_PREALLOCATE] =
        {"preallocate", "allocate these blocks, or one array in their place, before the loop that needs the buffers",
         "%n blocks of %s bytes survived %t on average, %o of them until the end, among blocks that were freed after %u"},
    [HS_ADVICE_EARLIER] =
        {"earlier", "allocate it earlier, before the short-lived blocks",
         "%n of its blocks (%b bytes) survived %t on average, %o of them until the end, among blocks that were freed after %u"},
    [HS_ADVICE_COLLECT] = {"collect",
                           "call gc.collect() before it: its blocks are then placed at lower addresses, next to long-lived ones",
                           "%n of the %o blocks that survived the next collection would have fit at a lower address after it"},
    [HS_ADVICE_THRESHOLD] =
        {"threshold",
         "set gc.threshold(%g), so that collections come before the heap is full; heapstrata whatif "
         "--threshold %g shows the effect",
         "%n of %o collections began only when a request did not fit any more, and a collection freed %b bytes on average"},
};

static const char *line(const struct hs_blameview *v, uint32_t group, char *shown)
{
    const char *name = group == UINT32_MAX ? "" : v->groups->group[group].name[0];
    return hs_format(shown, HS_NAME_MAX, HS_VALUE_TEXT, (struct hs_value){.s = name});
}

static void figure(const struct hs_blameview *v, const struct hs_advice *a, char which, char *text, bool grouped)
{
    uint64_t number = which == 'n'   ? a->blocks
                      : which == 'o' ? a->of
                      : which == 's' ? a->smallest
                      : which == 'g' ? a->largest
                                     : a->bytes;
    if (which == 'l')
        line(v, a->group, text);
    else if (which == 'i')
        line(v, v->islands->row[a->row].group, text);
    else if (which == 't' || which == 'u')
        hs_format(text, HS_NAME_MAX, HS_VALUE_SECONDS,
                  (struct hs_value){.d = hs_seconds(v->head.reader, which == 't' ? a->ticks : a->other_ticks)});
    else if (which == 's' && a->smallest != a->largest)
        snprintf(text, HS_NAME_MAX, "%llu to %llu", (unsigned long long)a->smallest, (unsigned long long)a->largest);
    else if (grouped)
        hs_format(text, HS_NAME_MAX, HS_VALUE_COUNT, (struct hs_value){.u = number});
    else
        snprintf(text, HS_NAME_MAX, "%llu", (unsigned long long)number);
}

/* Fills in a pattern. In code, numbers are not grouped. */
static char *fill_in(const struct hs_blameview *v, const struct hs_advice *a, const char *pattern, bool grouped, char *text)
{
    size_t n = 0;
    for (; *pattern && n + HS_NAME_MAX < TEXT_MAX; pattern++) {
        if (*pattern != '%') {
            text[n++] = *pattern;
            continue;
        }
        figure(v, a, *++pattern, text + n, grouped);
        n += strlen(text + n);
    }
    HS_ASSERT(!*pattern);
    text[n] = '\0';
    return text;
}

/* What to do, with what a trial of it showed. */
static char *what_to_do(const struct hs_blameview *v, const struct hs_advice *a, char *text)
{
    fill_in(v, a, words[a->kind].what, false, text);
    size_t n = strlen(text);
    if (a->trial == HS_ADVICE_UNTRIED)
        snprintf(text + n, TEXT_MAX - n, ": not tried: this trace is too long, or cannot be replayed");
    else if (a->trial == HS_ADVICE_LESS)
        snprintf(text + n, TEXT_MAX - n,
                 ": tried on this trace, fragmentation after collections falls from %.1f%% to %.1f%% on average", 100 * a->before,
                 100 * a->after);
    else
        snprintf(text + n, TEXT_MAX - n, ": tried on this trace, %s%s",
                 a->failures ? "fewer allocations fail" : "no allocation fails",
                 a->trial == HS_ADVICE_HELPS ? ""
                 : a->group == UINT32_MAX    ? " if blocks become garbage as early as the trace allows"
                                             : " if the blocks beside it are garbage by then, which the trace does not show");
    return text;
}

/* Wraps at 112 columns. The first line starts with `mark`; the others have the same indent. */
static void wrapped(const char *text, const char *mark, FILE *out)
{
    size_t column = 0;
    for (const char *p = text; *p;) {
        size_t length = strcspn(p, " ");
        if (!column || column + length > 112) {
            column = (size_t)fprintf(out, "%s%5s", column ? "\n" : "", column ? "" : mark) - (column > 0);
        } else {
            fputc(' ', out);
            column++;
        }
        column += (size_t)fprintf(out, "%.*s", (int)length, p);
        p += length + strspn(p + length, " ");
    }
    fputc('\n', out);
}

void hs_advice_text(const struct hs_blameview *v, FILE *out)
{
    char text[TEXT_MAX], shown[HS_NAME_MAX];
    if (!v->islands->n_advice)
        return;
    fputs("\n# Suggested fixes, with evidence from this trace:\n", out);
    for (size_t i = 0; i < v->islands->n_advice; i++) {
        const struct hs_advice *a = &v->islands->advice[i];
        fprintf(out, "%s\n", a->group == UINT32_MAX ? "the whole run" : line(v, a->group, shown));
        wrapped(what_to_do(v, a, text), "  -> ", out);
        wrapped(fill_in(v, a, words[a->kind].why, true, text), "", out);
    }
}

void hs_advice_json(const struct hs_blameview *v, struct hs_json *json)
{
    char text[TEXT_MAX];
    hs_json_array(json, "advice");
    for (size_t i = 0; i < v->islands->n_advice; i++) {
        const struct hs_advice *a = &v->islands->advice[i];
        hs_json_object(json, NULL);
        hs_json_text(json, "advice", words[a->kind].key);
        hs_json_text(json, "line", a->group == UINT32_MAX ? NULL : v->groups->group[a->group].name[0]);
        hs_json_text(json, "islands_line", a->row == UINT32_MAX ? NULL : v->groups->group[v->islands->row[a->row].group].name[0]);
        hs_json_text(json, "what", what_to_do(v, a, text));
        hs_json_text(json, "why", fill_in(v, a, words[a->kind].why, false, text));
        hs_json_uint(json, "blocks", a->blocks);
        hs_json_uint(json, "of", a->of);
        hs_json_uint(json, "bytes", a->bytes);
        hs_json_uint(json, "largest_bytes", a->largest);
        hs_json_real(json, "seconds", hs_seconds(v->head.reader, a->ticks));
        hs_json_real(json, "other_seconds", hs_seconds(v->head.reader, a->other_ticks));
        hs_json_end(json);
    }
    hs_json_end(json);
}
