/* SPDX-License-Identifier: MIT */
#include "analysis/cmd/missing_mark.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "analysis/cmd/cmd.h"
#include "analysis/model/knowledge.h"

void hs_oldest_mark_take(struct hs_oldest_mark *oldest, const struct hs_text *label)
{
    size_t kept = label->len < sizeof oldest->label ? label->len : sizeof oldest->label;
    if (!oldest->n) {
        oldest->len = label->len;
        memcpy(oldest->label, kept ? label->data : "", kept);
    }
    oldest->n += oldest->len == label->len && (!kept || !memcmp(oldest->label, label->data, kept));
}

/* Whether a shell takes the label as it is, with ' around it if it is not `plain`. */
static bool can_be_typed(const struct hs_oldest_mark *oldest, bool *plain)
{
    *plain = oldest->len > 0;
    if (oldest->len > sizeof oldest->label)
        return false;
    for (size_t i = 0; i < oldest->len; i++) {
        unsigned char c = (unsigned char)oldest->label[i];
        if (c < ' ' || c == '\'' || c == 0x7f)
            return false;
        *plain = *plain && (isalnum(c) || strchr("_-.:/", c));
    }
    return true;
}

enum { TAIL = 320 };

static void say_oldest(char *tail, size_t size, const struct hs_missing_mark *m)
{
    const struct hs_oldest_mark *oldest = m->oldest;
    bool plain;
    if (!oldest->n) {
        snprintf(tail, size, "It has no other mark");
        return;
    }
    if (!can_be_typed(oldest, &plain)) {
        snprintf(tail, size, "heapstrata marks shows what is left");
        return;
    }
    const char *quote = plain ? "" : "'";
    snprintf(tail, size, "The oldest mark that is left is '%.*s': type --%s %s%s%.*s%s%s", (int)oldest->len, oldest->label,
             m->option, quote, m->prefix, (int)oldest->len, oldest->label, oldest->n > 1 ? "#1" : "", quote);
}

int hs_complain_of_mark(const struct hs_missing_mark *m)
{
    char tail[TAIL] = "heapstrata marks shows which there are";
    const char *why = "; ";
    if (!m->kept && hs_knowledge_lost(m->reader)) {
        why = hs_reader_info(m->reader)->overwritten ? ": if the program set it, the ring no longer holds it. "
                                                     : ": if the program set it, its record was lost. ";
        say_oldest(tail, sizeof tail, m);
    }
    return hs_complain("%s: no mark '%.*s'%s%s (--%s)%s%s", m->path, (int)m->label_len, m->label,
                       m->seldom ? " as often as that" : "", m->where, m->option, why, tail);
}
