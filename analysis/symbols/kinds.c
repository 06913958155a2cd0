/* SPDX-License-Identifier: MIT */
#include "analysis/symbols/kinds.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define RULES(...) \
    (const struct hs_block_rule[]) \
    { \
        __VA_ARGS__, { 0 } \
    }
#define CALLER(name) \
    { \
        .function = (name) \
    }
#define WITHIN(name, outer) \
    { \
        .function = (name), .within = (outer) \
    }
#define SOURCE(path) \
    { \
        .file = (path) \
    }

static const struct hs_block_kind kinds[] = {
#include "analysis/symbols/kinds.def"
};

enum { KINDS = sizeof kinds / sizeof kinds[0], OTHER = KINDS - 1, NAME_MAX_LENGTH = 128 };

size_t hs_block_kind_count(void) { return KINDS; }

const struct hs_block_kind *hs_block_kind(size_t kind) { return &kinds[kind < KINDS ? kind : OTHER]; }

size_t hs_block_kind_find(const char *name)
{
    size_t kind = 0;

    while (kind < KINDS && strcmp(kinds[kind].name, name) != 0)
        kind++;
    return kind;
}

/* C names contain no dots, so a dot starts a compiler suffix; a leading dot does not. */
size_t hs_block_function_length(const char *function) { return *function ? 1 + strcspn(function + 1, ".") : 0; }

static bool function_fits(const char *pattern, const char *function)
{
    char stem[NAME_MAX_LENGTH];

    if (!function)
        return false;
    snprintf(stem, sizeof stem, "%.*s", (int)hs_block_function_length(function), function);
    return fnmatch(pattern, stem, 0) == 0;
}

/* Compares as many of the path's last components as the pattern has. */
static bool file_fits(const char *pattern, const char *file)
{
    if (!file)
        return false;
    for (const char *tail = file; tail; tail = strchr(tail, '/')) {
        tail += *tail == '/';
        if (fnmatch(pattern, tail, FNM_PATHNAME) == 0)
            return true;
    }
    return false;
}

static bool within_fits(const char *pattern, const struct hs_block_frame *outer, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (function_fits(pattern, outer[i].function))
            return true;
    return false;
}

/* `frames[0]` is the frame to match; the others are its callers. */
static bool rule_fits(const struct hs_block_rule *rule, const struct hs_block_frame *frames, size_t n)
{
    return (!rule->function || function_fits(rule->function, frames[0].function)) &&
           (!rule->file || file_fits(rule->file, frames[0].file)) &&
           (!rule->within || within_fits(rule->within, frames + 1, n - 1));
}

static bool rule_is_last(const struct hs_block_rule *rule) { return !rule->function && !rule->file; }

struct match {
    size_t kind;
    const struct hs_block_rule *rule;
};

/* Tries either the rules that name a function, or those that name only a file. */
static struct match match_frame(const struct hs_block_frame *frames, size_t n, bool by_function)
{
    for (size_t kind = 0; kind < OTHER; kind++)
        for (const struct hs_block_rule *rule = kinds[kind].rules; !rule_is_last(rule); rule++)
            if ((rule->function != NULL) == by_function && rule_fits(rule, frames, n))
                return (struct match){kind, rule};
    return (struct match){OTHER, NULL};
}

static struct match match(const struct hs_block_frame *frames, size_t n)
{
    struct match found = {OTHER, NULL};

    for (size_t i = 0; i < n && !found.rule; i++) {
        found = match_frame(frames + i, n - i, true);
        if (!found.rule)
            found = match_frame(frames + i, n - i, false);
    }
    return found;
}

size_t hs_block_kind_match(const struct hs_block_frame *frames, size_t n) { return match(frames, n).kind; }

const struct hs_block_rule *hs_block_kind_rule(const struct hs_block_frame *frames, size_t n) { return match(frames, n).rule; }
