/* SPDX-License-Identifier: MIT
 *
 * Paths, dominators and references in words.
 */
#include "analysis/why/whyview.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/draw/table.h"

#define STEPS_SHOWN 64u
#define REFERENCES_SHOWN 16u
#define FRAME_NAME_MAX 300            /* of a function and of its file in a FRAME, with blanks and similar characters escaped */
#define WORDS_MAX (HS_NAME_MAX + 128) /* bytes of the text for the place of a reference */

/* ---- descriptions ---- */

static const char *kind_of(const struct hs_whyview *v, uint32_t block, char *name)
{
    return hs_name_of_site(v->names, v->retained->of->snapshot.block[block].site, HS_KEY_KIND, name);
}

/* "list, 16 bytes at 0x2000, const.py:7 <module>" */
static char *describe_block(const struct hs_whyview *v, uint32_t block, char *text, size_t size)
{
    char kind[HS_NAME_MAX], line[HS_NAME_MAX], shown[HS_NAME_MAX], bytes[32];
    hs_name_of_site(v->names, v->retained->of->snapshot.block[block].site, HS_KEY_LINE, line);
    hs_format(shown, sizeof shown, HS_VALUE_TEXT, (struct hs_value){.s = line});
    hs_format(bytes, sizeof bytes, HS_VALUE_BYTES, (struct hs_value){.u = hs_refs_bytes(v->retained->of, block)});
    snprintf(text, size, "%s, %s bytes at 0x%" PRIx64 ", %s", kind_of(v, block, kind), bytes,
             hs_refs_address(v->retained->of, block), shown);
    return text;
}

static const char *const root_names[HS_ROOT_KINDS] = {
    [HS_ROOT_STATE] = "root pointer",
    [HS_ROOT_REGISTERS] = "register",
    [HS_ROOT_STACK] = "C stack",
    [HS_ROOT_PYSTACK] = "Python's stack",
    [HS_ROOT_OTHER] = "other memory of the port",
};
static const char *const root_keys[HS_ROOT_KINDS] = {
    [HS_ROOT_STATE] = "state",     [HS_ROOT_REGISTERS] = "registers", [HS_ROOT_STACK] = "stack",
    [HS_ROOT_PYSTACK] = "pystack", [HS_ROOT_OTHER] = "other",
};

/* The use of a slot, for text and for JSON. */
static const char *const slot_uses[] = {
    [HS_SLOT_UNKNOWN] = "unknown", [HS_SLOT_STACK] = "stack",         [HS_SLOT_ARGUMENT] = "argument",
    [HS_SLOT_LOCAL] = "local",     [HS_SLOT_LEFT_OVER] = "left over", [HS_SLOT_HANDLERS] = "handlers",
};

/* "slot 2 of the stack of main (main.py:7), left over: above what is in use" */
static char *describe_slot(const struct hs_slot *slot, char *text, size_t size)
{
    static const struct {
        const char *what, *of, *behind;
    } words[] = {
        [HS_SLOT_UNKNOWN] = {"slot", "the stack of ", ", in use or left over"},
        [HS_SLOT_STACK] = {"slot", "the stack of ", ", in use"},
        [HS_SLOT_ARGUMENT] = {"argument", "", ""},
        [HS_SLOT_LOCAL] = {"local variable", "", ""},
        [HS_SLOT_LEFT_OVER] = {"slot", "the stack of ", ", left over: above what is in use"},
        [HS_SLOT_HANDLERS] = {"word", "", ", of exception handlers"},
    };
    const char *name = slot->frame->name, *blank = strrchr(name, ' ');
    char function[FRAME_NAME_MAX], file[FRAME_NAME_MAX], copy[FRAME_NAME_MAX];
    snprintf(copy, sizeof copy, "%.*s", blank ? (int)(blank - name) : 0, name);
    hs_format(file, sizeof file, HS_VALUE_TEXT, (struct hs_value){.s = copy});
    hs_format(function, sizeof function, HS_VALUE_TEXT, (struct hs_value){.s = blank ? blank + 1 : name});
    snprintf(text, size, "%s %" PRIu32 " of %s%s (%s:%" PRIu32 ")%s", words[slot->use].what, slot->index, words[slot->use].of,
             function, file, slot->frame->line, words[slot->use].behind);
    return text;
}

/* Finds the slot of a call frame that contains a root or a word of a block. */
static bool slot_of(const struct hs_whyview *v, const struct hs_holder *h, struct hs_slot *slot)
{
    struct hs_frame_facts facts = hs_frame_facts(v->names->reader);
    struct hs_word word = {.block = h->block, .word = h->word};
    if (h->root)
        word = (struct hs_word){.block = HS_NO_BLOCK, .address = h->root->address};
    return (!h->root || h->root->kind != HS_ROOT_STATE) && hs_frames_slot(&v->retained->of->frames, &facts, &word, slot);
}

static char *describe_root(const struct hs_whyview *v, const struct hs_root *root, char *text, size_t size)
{
    char member[HS_SYMBOL_NAME_MAX], thread[32] = "", what[3 * FRAME_NAME_MAX];
    struct hs_slot slot;
    if (root->thread)
        snprintf(thread, sizeof thread, " of thread %" PRIu32, root->thread);
    if (slot_of(v, &(struct hs_holder){.root = root}, &slot))
        snprintf(text, size, "%s%s, %s", root_names[root->kind], thread, describe_slot(&slot, what, sizeof what));
    else if (root->kind != HS_ROOT_STATE)
        snprintf(text, size, "%s%s, word at 0x%" PRIx64, root_names[root->kind], thread, root->address);
    else if (hs_symbols_member(v->names->symbols, "mp_state_ctx", root->address, member))
        snprintf(text, size, "%s mp_state_ctx.%s", root_names[root->kind], member);
    else
        snprintf(text, size, "%s mp_state_ctx+0x%" PRIx64, root_names[root->kind], root->address);
    return text;
}

/* Describes a word of a block as exactly as the trace allows. */
static char *describe_word(const struct hs_whyview *v, const struct hs_holder *h, char *text, size_t size)
{
    char kind[HS_NAME_MAX], name[HS_NAME_MAX];
    const struct hs_refgraph *g = v->retained->of;
    const struct hs_global *global = hs_refs_global(g, h->block, h->word);
    uint32_t header = hs_frame_facts(v->names->reader).header;
    struct hs_slot slot;
    kind_of(v, h->block, kind);
    bool frame = !strcmp(kind, "call frame");
    if (global)
        snprintf(text, size, "name '%s' of %s", hs_format(name, sizeof name, HS_VALUE_TEXT, (struct hs_value){.s = global->name}),
                 g->module[global->module].name);
    else if (slot_of(v, h, &slot))
        describe_slot(&slot, text, size);
    else if (frame && header && h->word >= header)
        snprintf(text, size, "slot %" PRIu32 " of its stack, in use or left over from an earlier call", h->word - header);
    else if (frame && h->word == 0)
        snprintf(text, size, "its function");
    else if (!strcmp(kind, "dict table"))
        snprintf(text, size, "%s of place %" PRIu32, h->word % 2 ? "value" : "key", h->word / 2);
    else
        snprintf(text, size, "word %" PRIu32, h->word);
    return text;
}

static char *describe_holder(const struct hs_whyview *v, const struct hs_holder *h, char *text, size_t size)
{
    return h->root ? describe_root(v, h->root, text, size) : describe_word(v, h, text, size);
}

/* ---- text ---- */

static void path_text(const struct hs_whyview *v, uint32_t block, FILE *out)
{
    struct hs_holder step[STEPS_SHOWN];
    char holder[WORDS_MAX], to[2 * HS_NAME_MAX];
    uint32_t n = hs_retained_path(v->retained, block, step, STEPS_SHOWN);
    if (!n) {
        fputs("  nothing leads to it: the next collection frees it\n", out);
        return;
    }
    fprintf(out, "  shortest path from a root:\n");
    for (uint32_t i = 0; i < n && i < STEPS_SHOWN; i++) {
        uint32_t next = i + 1 < n && i + 1 < STEPS_SHOWN ? step[i + 1].block : block;
        fprintf(out, "    %s\n      -> %s\n", describe_holder(v, &step[i], holder, sizeof holder),
                describe_block(v, next, to, sizeof to));
    }
    if (n > STEPS_SHOWN)
        fprintf(out, "    ... and %" PRIu32 " steps more\n", n - STEPS_SHOWN);
}

static void references_text(const struct hs_whyview *v, uint32_t block, FILE *out)
{
    struct hs_holder holder[REFERENCES_SHOWN];
    char what[WORDS_MAX], of[2 * HS_NAME_MAX];
    uint32_t n = hs_retained_references(v->retained, block, holder, REFERENCES_SHOWN);
    fprintf(out, "  all references to it: %" PRIu32 "\n", n);
    for (uint32_t i = 0; i < n && i < REFERENCES_SHOWN; i++) {
        fprintf(out, "    %s", describe_holder(v, &holder[i], what, sizeof what));
        if (!holder[i].root)
            fprintf(out, "\n      of %s%s", describe_block(v, holder[i].block, of, sizeof of),
                    hs_retained_reached(v->retained, holder[i].block) ? "" : " (garbage itself)");
        fputc('\n', out);
    }
    if (n > REFERENCES_SHOWN)
        fprintf(out, "    ... and %" PRIu32 " more\n", n - REFERENCES_SHOWN);
}

static void dominator_text(const struct hs_whyview *v, uint32_t block, FILE *out)
{
    const struct hs_retained *r = v->retained;
    char text[2 * HS_NAME_MAX], bytes[32];
    hs_format(bytes, sizeof bytes, HS_VALUE_BYTES, (struct hs_value){.u = r->bytes[block]});
    fprintf(out, "  retained size %s bytes (%" PRIu64 " block%s): freed if this is freed\n", bytes, r->blocks[block],
            r->blocks[block] == 1 ? "" : "s");
    uint32_t d = r->dominators.of[block];
    if (d == HS_NODE_ROOTS)
        fputs("  dominator: none, no single block holds it\n", out);
    else if (d != HS_NODE_NONE)
        fprintf(out, "  dominator: %s\n", describe_block(v, d, text, sizeof text));
}

static void block_text(const struct hs_whyview *v, uint32_t block, FILE *out)
{
    char text[2 * HS_NAME_MAX];
    describe_block(v, block, text, sizeof text);
    fprintf(out, "\n%s%s%s\n", v->color ? "\033[1m" : "", text, v->color ? "\033[0m" : "");
    dominator_text(v, block, out);
    path_text(v, block, out);
    references_text(v, block, out);
}

static const char *const places[] = {
    [HS_VALUE_IN_SLOT] = "is in the dict's slot itself (a small integer, a string's number, True, False, None)",
    [HS_VALUE_ON_HEAP] = "is on the heap, but not at a block's start",
    [HS_VALUE_OUTSIDE] = "is outside of the heap (in ROM, or static)",
};

void hs_whyview_text(const struct hs_whyview *v, FILE *out)
{
    const struct hs_retained *r = v->retained;
    char what[HS_NAME_MAX];
    hs_format(what, sizeof what, HS_VALUE_TEXT, (struct hs_value){.s = v->what});
    fprintf(out, "# What keeps '%s' alive in '%s'\n", what, v->head.path);
    hs_head_text(&v->head, out, "# ");
    if (v->dropped)
        fprintf(out, "# warning: incomplete reference snapshots, left out: %" PRIu64 "\n", v->dropped);
    fprintf(out,
            "# %" PRIu32 " blocks, %" PRIu32 " words of roots; garbage not yet collected: %" PRIu32 " blocks, %" PRIu64
            " bytes\n",
            r->graph.n, r->graph.n_roots, r->unreached, r->unreached_bytes);
    for (uint32_t i = 0; i < v->n_immediate; i++)
        fprintf(out, "\n%s of %s: no block of its own, the value %s\n", v->immediate[i]->name,
                r->of->module[v->immediate[i]->module].name, places[v->immediate[i]->place]);
    for (uint32_t i = 0; i < v->n_blocks && i < v->limit; i++)
        block_text(v, v->block[i], out);
    if (v->n_blocks > v->limit)
        fprintf(out, "\n%" PRIu64 " block%s more, not shown\n", v->n_blocks - v->limit, v->n_blocks - v->limit == 1 ? "" : "s");
}

/* ---- JSON ---- */

static void block_members(const struct hs_whyview *v, uint32_t block, struct hs_json *json)
{
    char name[HS_NAME_MAX];
    uint32_t site = v->retained->of->snapshot.block[block].site;
    hs_json_hex(json, "address", hs_refs_address(v->retained->of, block));
    hs_json_text(json, "kind", kind_of(v, block, name));
    hs_json_text(json, "line", hs_name_of_site(v->names, site, HS_KEY_LINE, name));
    hs_json_uint(json, "bytes", hs_refs_bytes(v->retained->of, block));
}

static void slot_json(const struct hs_whyview *v, const struct hs_holder *h, struct hs_json *json)
{
    struct hs_slot slot;
    if (!slot_of(v, h, &slot))
        return;
    hs_json_object(json, "slot");
    hs_json_text(json, "use", slot_uses[slot.use]);
    hs_json_uint(json, "index", slot.index);
    hs_json_text(json, "function", slot.frame->name);
    hs_json_uint(json, "line", slot.frame->line);
    hs_json_end(json);
}

static void holder_json(const struct hs_whyview *v, const struct hs_holder *h, struct hs_json *json)
{
    char text[WORDS_MAX];
    hs_json_object(json, NULL);
    slot_json(v, h, json);
    hs_json_text(json, "what", describe_holder(v, h, text, sizeof text));
    if (h->root) {
        hs_json_text(json, "root", root_keys[h->root->kind]);
        hs_json_hex(json, h->root->kind == HS_ROOT_STATE ? "offset" : "word_address", h->root->address);
        hs_json_uint(json, "thread", h->root->thread);
    } else {
        hs_json_uint(json, "word", h->word);
        block_members(v, h->block, json);
        hs_json_bool(json, "reached", hs_retained_reached(v->retained, h->block));
    }
    hs_json_end(json);
}

/* Adds `n` holders as an array. The caller limits `n`: the first ones are enough. */
static void holders_json(const struct hs_whyview *v, const char *key, const struct hs_holder *h, uint32_t n, struct hs_json *json)
{
    hs_json_array(json, key);
    for (uint32_t i = 0; i < n; i++)
        holder_json(v, &h[i], json);
    hs_json_end(json);
}

static void block_json(const struct hs_whyview *v, uint32_t block, struct hs_json *json)
{
    const struct hs_retained *r = v->retained;
    struct hs_holder holder[STEPS_SHOWN];
    hs_json_object(json, NULL);
    block_members(v, block, json);
    hs_json_uint(json, "retained_bytes", r->bytes[block]);
    hs_json_uint(json, "retained_blocks", r->blocks[block]);
    hs_json_bool(json, "reached", hs_retained_reached(r, block));
    uint32_t d = r->dominators.of[block];
    if (d < r->graph.n) {
        hs_json_object(json, "dominator");
        block_members(v, d, json);
        hs_json_end(json);
    } else {
        hs_json_null(json, "dominator");
    }
    uint32_t n = hs_retained_path(r, block, holder, STEPS_SHOWN);
    hs_json_uint(json, "path_steps", n);
    holders_json(v, "path", holder, n < STEPS_SHOWN ? n : STEPS_SHOWN, json);
    n = hs_retained_references(r, block, holder, STEPS_SHOWN);
    hs_json_uint(json, "n_references", n);
    holders_json(v, "references", holder, n < STEPS_SHOWN ? n : STEPS_SHOWN, json);
    hs_json_end(json);
}

int hs_whyview_json(const struct hs_whyview *v, FILE *out)
{
    struct hs_json *json = hs_json_new();
    if (!json)
        return HS_ERR_MEMORY;
    hs_json_object(json, NULL);
    hs_head_json(&v->head, json);
    hs_json_text(json, "what", v->what);
    hs_json_uint(json, "blocks", v->retained->graph.n);
    hs_json_uint(json, "roots", v->retained->graph.n_roots);
    hs_json_uint(json, "unreached_blocks", v->retained->unreached);
    hs_json_uint(json, "unreached_bytes", v->retained->unreached_bytes);
    hs_json_uint(json, "graphs_dropped", v->dropped);
    hs_json_array(json, "without_block");
    for (uint32_t i = 0; i < v->n_immediate; i++)
        hs_json_text(json, NULL, v->immediate[i]->name);
    hs_json_end(json);
    hs_json_array(json, "found");
    for (uint32_t i = 0; i < v->n_blocks && i < v->limit; i++)
        block_json(v, v->block[i], json);
    hs_json_end(json);
    hs_json_end(json);
    int error = hs_json_print(json, out, true);
    hs_json_free(json);
    return error;
}
