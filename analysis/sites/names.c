/* SPDX-License-Identifier: MIT
 *
 * Names of sites.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/sites/names.h"

static const struct {
    const char *name;
    bool callers;
} keys[] = {
    [HS_KEY_LINE] = {"line", true},      [HS_KEY_FUNCTION] = {"function", true}, [HS_KEY_FILE] = {"file", true},
    [HS_KEY_KIND] = {"kind", false},     [HS_KEY_NATIVE] = {"native", false},    [HS_KEY_STACK] = {"stack", false},
    [HS_KEY_THREAD] = {"thread", false},
};

enum hs_group_by hs_group_by_find(const char *name, size_t length)
{
    enum hs_group_by key = HS_KEY_LINE;
    while (key < HS_KEYS && (strlen(keys[key].name) != length || memcmp(keys[key].name, name, length)))
        key++;
    return key;
}

const char *hs_group_by_name(enum hs_group_by key) { return keys[key].name; }

bool hs_key_of_callers(enum hs_group_by key) { return keys[key].callers; }

/* The name of a caller at distance 0 from the anchor: unknown. */
static const char unknown[] = "(unknown)";

/* Names of special sites that are no place in the program; NULL for ordinary sites. */
static const char *special(uint32_t site, const struct hs_site *known)
{
    if (site == HS_SITE_UNKNOWN)
        return "(before recording)";
    return site == 0 || !known ? "(other sites)" : NULL;
}

static const struct hs_site *site_of(const struct hs_names *names, uint32_t site)
{
    return site == HS_SITE_UNKNOWN ? NULL : hs_reader_site(names->reader, site);
}

/* A name that is valid as long as the symbols. */
static const char *native_function(const struct hs_names *names, int64_t caller)
{
    struct hs_symbol symbol;
    bool known = hs_symbols_lookup(names->symbols, caller, &symbol) && symbol.depth;
    return known ? symbol.frames[symbol.depth - 1].function : "(native)";
}

/* The reader's number of a site. */
static uint32_t plain(const struct hs_names *names, uint32_t number)
{
    return names->threads ? hs_threads_site(names->threads, number) : number;
}

static unsigned frames_of(const struct hs_names *names, uint32_t number, struct hs_frame *frame, struct hs_symbol *native)
{
    const struct hs_site *site = site_of(names, number);
    const char *name = special(number, site);
    unsigned n = 1;
    if (name) {
        *frame = (struct hs_frame){"", name, 0};
        return n;
    }
    *frame = (struct hs_frame){site->file, site->function, site->line};
    if (!site->line && !*site->file && (site->caller || !site->function[0])) { /* identified by its address, not by name */
        hs_symbols_lookup(names->symbols, site->caller, native);
        *frame = (struct hs_frame){"", site->caller ? native->function : unknown, 0};
    }
    const struct hs_context *context;
    for (uint32_t at = site->context; at && n < HS_DEPTH_MAX; at = context->parent) {
        context = hs_reader_context(names->reader, at);
        if (!context)
            break;
        frame[n++] = context->line ? (struct hs_frame){context->file, context->function, context->line}
                                   : (struct hs_frame){"", native_function(names, context->caller), 0};
    }
    return n;
}

unsigned hs_frames_of_site(const struct hs_names *names, uint32_t site, struct hs_frame *frame, struct hs_symbol *native)
{
    return frames_of(names, plain(names, site), frame, native);
}

char *hs_name_of_frame(const struct hs_frame *frame, enum hs_group_by key, char *name)
{
    bool native = !*frame->file;
    if (key == HS_KEY_FILE)
        snprintf(name, HS_NAME_MAX, "%s", native ? "(native)" : frame->file);
    else if (native)
        snprintf(name, HS_NAME_MAX, "%s", frame->function);
    else if (key == HS_KEY_FUNCTION || !frame->line)
        snprintf(name, HS_NAME_MAX, "%s (%s)", frame->function, frame->file);
    else
        snprintf(name, HS_NAME_MAX, "%s:%u %s", frame->file, frame->line, frame->function);
    return name;
}

static char *stack_name(const struct hs_frame *frame, unsigned n, char *name)
{
    char one[HS_NAME_MAX];
    size_t at = 0;
    name[0] = '\0';
    while (n-- && at < HS_NAME_MAX)
        at += (size_t)snprintf(name + at, HS_NAME_MAX - at, "%s%s", at ? ";" : "", hs_name_of_frame(&frame[n], HS_KEY_LINE, one));
    return name;
}

static char *native_name(const struct hs_names *names, uint32_t number, enum hs_group_by key, char *name)
{
    const struct hs_site *site = site_of(names, number);
    const char *none = special(number, site);
    struct hs_symbol symbol;
    /* The name comes from the trace, not from an ELF file. */
    bool in_trace = !none && ((!site->line && !*site->file) || (!site->caller && key == HS_KEY_NATIVE));
    if (in_trace && site->function[0])
        none = site->function;
    if (!none)
        hs_symbols_lookup(names->symbols, site->caller, &symbol);
    snprintf(name, HS_NAME_MAX, "%s",
             none                 ? none
             : key == HS_KEY_KIND ? hs_block_kind(symbol.kind)->name
             : site->caller       ? symbol.function
                                  : unknown);
    return name;
}

char *hs_name_of_thread(const struct hs_reader *reader, uint32_t thread, char *name)
{
    const char *system = hs_reader_fact(reader, "system");
    bool python = system && (!strncmp(system, "micropython", 11) || !strncmp(system, "circuitpython", 13));
    char key[32];
    snprintf(key, sizeof key, "thread %" PRIu32, thread);
    const char *called = hs_reader_fact(reader, key);
    if (!called && !thread)
        called = python ? "main, interrupts" : "start-up, interrupts";
    snprintf(name, HS_NAME_MAX, called ? "%s (%s)" : "%s", key, called);
    return name;
}

static char *thread_name(const struct hs_names *names, uint32_t number, char *name)
{
    uint32_t thread = names->threads ? hs_threads_thread(names->threads, number) : 0;
    const char *none = special(number, site_of(names, plain(names, number)));
    if (!none)
        return hs_name_of_thread(names->reader, thread, name);
    snprintf(name, HS_NAME_MAX, "%s", none);
    return name;
}

char *hs_name_of_site(const struct hs_names *names, uint32_t site, enum hs_group_by key, char *name)
{
    struct hs_frame frame[HS_DEPTH_MAX];
    struct hs_symbol native;
    if (key == HS_KEY_THREAD)
        return thread_name(names, site, name);
    if (key == HS_KEY_KIND || key == HS_KEY_NATIVE)
        return native_name(names, plain(names, site), key, name);
    unsigned n = hs_frames_of_site(names, site, frame, &native);
    return key == HS_KEY_STACK ? stack_name(frame, n, name) : hs_name_of_frame(frame, key, name);
}
