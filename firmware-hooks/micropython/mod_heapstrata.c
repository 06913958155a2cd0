/* SPDX-License-Identifier: MIT
 *
 * The Python module heapstrata, on the device:
 *
 *   start(stacks=False, level=None, interval=None, script=None)
 *                        starts recording. stacks: record the whole Python stack, if built in. level: "full", "sampled"
 *                        or "summary"; it may be changed while recording; None: as this program chose before. interval:
 *                        mean bytes between two samples. script: file name of code from the REPL, instead of <stdin>
 *   stop()               stops recording
 *   mark(label)          records a mark
 *   snapshot(refs=False) records the allocation table, or the figures that the level has. refs: with all references and
 *                        roots (level "full")
 *   refs(when)           records references automatically: "mark" after every mark, "fail" after a failed allocation,
 *                        "mark,fail", or "" for never; at first it is "fail"
 *   dump()               prints the image as text, for a host that reads the console
 *   dump(offset)         prints it again from this byte on
 *   dump(stream)         writes it to a stream, as bytes
 *   stream(to, every=8)  sends packets to a stream as they close, with a keyframe in every `every` packets, from the
 *                        scheduler and from poll(); stream(None) sends the rest and ends the stream
 *   poll()               sends as much as the stream accepts now; True if nothing is left
 *   stats()              the recorder's own figures, as a dict. site_table and ring_size: entries and bytes; sized_by_heap:
 *                        bytes of the heap that these sizes depend on, 0 if the build has set both, or settings.toml the ring's
 *   track(what)          track("label") is a context manager and a decorator, track(function) the tracked function. Prints what
 *                        that part of the program allocated, kept and left as garbage; the context manager has these bytes as
 *                        attributes `allocated`, `kept` and `garbage`
 *   reset()              discards everything recorded so far
 */
#include <string.h>

#include "firmware-hooks/micropython/mod_track.h"
#include "firmware-hooks/micropython/mp_hooks.h"
#include "firmware-hooks/micropython/mp_refs.h"
#include "firmware-hooks/micropython/mp_room.h"
#include "firmware-hooks/micropython/mp_stream.h"
#include "lib/base64.h"
#include "lib/crc.h"
#include "lib/heapstrata.h"
#include "lib/level.h"
#include "py/mphal.h"
#include "py/objstr.h"
#include "py/runtime.h"
#include "py/stream.h"

/* Defined only by the link options that have the wraps (micropython.mk): a link without them fails and prints this name. */
extern const char hs_wraps_are_missing_at_the_link[];

static void need_hooks(void)
{
    __asm__ volatile("" : : "r"(hs_wraps_are_missing_at_the_link));
    if (!hs_mp_linked())
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("the hooks are not linked"));
}

/* Returns the image; raises an exception if the hooks are not linked or the port's memory or packet size was refused. */
static const struct hs_ring_header *need_image(void)
{
    need_hooks();
    if (hs_mp_ring_in_heap())
        mp_raise_msg(&mp_type_RuntimeError,
                     MP_ERROR_TEXT("the trace's ring is in the heap: build with HEAPSTRATA_RING_ADDR, an address outside of it"));
    if (!hs_image() && hs_mp_room.set && !hs_mp_room.heap)
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("nothing is recorded: HEAPSTRATA_RING_SIZE is 0 in settings.toml"));
    if (!hs_image())
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("no memory for the trace, or a wrong packet size"));
    return hs_image();
}

/* Runs `call` without an interrupt (Ctrl-C) in it. */
#define WHOLE(call) \
    do { \
        hs_mp_hold(); \
        call; \
        hs_mp_let_go(); \
    } while (0)

/* --- start ----------------------------------------------------------------------------------------------- */

static const qstr level_names[] = {
    [HS_LEVEL_FULL] = MP_QSTR_full,
    [HS_LEVEL_SAMPLED] = MP_QSTR_sampled,
    [HS_LEVEL_SUMMARY] = MP_QSTR_summary,
};

static uint8_t level_of(mp_obj_t name)
{
    for (uint8_t level = HS_LEVEL_FULL; level <= HS_LEVEL_SUMMARY; level++)
        if (mp_obj_equal(name, MP_OBJ_NEW_QSTR(level_names[level])))
            return level;
    mp_raise_ValueError(MP_ERROR_TEXT("level: full, sampled or summary"));
}

static bool differ(struct hs_level_choice a, struct hs_level_choice b) { return a.level != b.level || a.interval != b.interval; }

/* Sets the requested level and interval; None keeps the current value. */
static void choose_level(mp_obj_t level, mp_obj_t interval)
{
    if (!HS_WITH_LEVELS) {
        if (level != mp_const_none && level_of(level) != HS_LEVEL_FULL)
            mp_raise_NotImplementedError(MP_ERROR_TEXT("built without levels"));
        return;
    }
    struct hs_level_choice choice = hs_mp_level();
    if (level != mp_const_none)
        choice.level = level_of(level);
    if (interval != mp_const_none) {
        mp_int_t bytes = mp_obj_get_int(interval);
        if (bytes < 1 || bytes > (mp_int_t)HS_LEVEL_INTERVAL_MAX)
            mp_raise_ValueError(MP_ERROR_TEXT("interval: 1 to 16777216 bytes"));
        choice.interval = (uint32_t)bytes;
    }
    if (level != mp_const_none || interval != mp_const_none || differ(choice, hs_level_state().choice))
        WHOLE(hs_level_set(&choice));
}

static void choose_script(mp_obj_t name)
{
    size_t len;
    const char *data = mp_obj_str_get_data(name, &len);
    WHOLE(hs_mp_script(((struct hs_text){data, (uint32_t)len})));
}

enum { START_STACKS, START_LEVEL, START_INTERVAL, START_SCRIPT, START_ARGS };
static const mp_arg_t start_args[START_ARGS] = {
    [START_STACKS] = {MP_QSTR_stacks, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_FALSE}},
    [START_LEVEL] = {MP_QSTR_level, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [START_INTERVAL] = {MP_QSTR_interval, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    [START_SCRIPT] = {MP_QSTR_script, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
};

static mp_obj_t hs_mod_start(size_t n_args, const mp_obj_t *args, mp_map_t *named)
{
    mp_arg_val_t arg[START_ARGS];
    mp_arg_parse_all(n_args, args, named, START_ARGS, start_args, arg);
    bool stacks = mp_obj_is_true(arg[START_STACKS].u_obj);
#if HS_STACKS
    hs_mp_stacks = stacks;
#else
    if (stacks)
        mp_raise_NotImplementedError(MP_ERROR_TEXT("built without HS_STACKS"));
#endif
    need_image();
    if (hs_mp_selftest() < 0)
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("allocations bypass the hooks (link-time optimisation?)"));
    choose_level(arg[START_LEVEL].u_obj, arg[START_INTERVAL].u_obj);
    if (arg[START_SCRIPT].u_obj != mp_const_none)
        choose_script(arg[START_SCRIPT].u_obj);
    WHOLE(hs_start());
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(start_obj, 0, hs_mod_start);

static mp_obj_t hs_mod_stop(void)
{
    WHOLE(hs_stop());
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(stop_obj, hs_mod_stop);

static mp_obj_t hs_mod_mark(mp_obj_t label)
{
    size_t len;
    const char *data = mp_obj_str_get_data(label, &len);
    need_hooks();
    if (hs_state != HS_STATE_OFF)
        hs_mp_mark((struct hs_text){data, (uint32_t)len});
    if (hs_at_level())
        hs_mp_summary(2);
    hs_mp_refs_mark();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(mark_obj, hs_mod_mark);

static void need_references(void)
{
    if (!HS_WITH_REFERENCES)
        mp_raise_NotImplementedError(MP_ERROR_TEXT("built without references"));
}

static void snapshot_with_refs(void)
{
    need_references();
    if (hs_at_level())
        mp_raise_ValueError(MP_ERROR_TEXT("references need level full"));
    uint32_t needed = hs_mp_refs();
    if (needed)
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("references take %u bytes, more than half of the ring"),
                          (unsigned)needed);
}

static mp_obj_t hs_mod_snapshot(size_t n_args, const mp_obj_t *args, mp_map_t *named)
{
    static const mp_arg_t allowed[] = {{MP_QSTR_refs, MP_ARG_BOOL, {.u_bool = false}}};
    mp_arg_val_t refs;
    mp_arg_parse_all(n_args, args, named, 1, allowed, &refs);
    if (hs_state == HS_STATE_OFF)
        return mp_const_none;
    if (refs.u_bool)
        snapshot_with_refs();
    else if (hs_at_level())
        hs_mp_summary(2);
    else
        hs_mp_snapshot();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(snapshot_obj, 0, hs_mod_snapshot);

static mp_obj_t hs_mod_refs(mp_obj_t words)
{
    need_references();
    if (!hs_mp_refs_when(mp_obj_str_get_str(words)))
        mp_raise_ValueError(MP_ERROR_TEXT("refs: mark, fail or both"));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(refs_obj, hs_mod_refs);

static mp_obj_t hs_mod_reset(void)
{
    need_image();
    WHOLE((hs_reset(), hs_mp_refs_forget(), hs_mp_stream_restart()));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(reset_obj, hs_mod_reset);

static mp_obj_t hs_mod_stats(void)
{
    need_image();
    const struct hs_stats s = hs_stats();
    const struct hs_level_state l = hs_level_state();
    const struct {
        qstr name;
        uint32_t value;
    } row[] = {
        {MP_QSTR_records, s.offered},
        {MP_QSTR_lost, s.lost},
        {MP_QSTR_packets, s.packets},
        {MP_QSTR_boot, s.boot},
        {MP_QSTR_sites, s.sites},
        {MP_QSTR_names, s.names},
        {MP_QSTR_defined, s.defined},
        {MP_QSTR_ring_size, s.ring_size},
        {MP_QSTR_recording, hs_state != HS_STATE_OFF},
        {MP_QSTR_site_table, hs_mp_room.sites},
        {MP_QSTR_sized_by_heap, hs_mp_room.set ? 0 : hs_mp_room.heap},
        {MP_QSTR_interval, l.choice.interval},
        {MP_QSTR_samples, l.samples},
        {MP_QSTR_unfollowed, l.unfollowed},
    };
    mp_obj_t dict = mp_obj_new_dict(MP_ARRAY_SIZE(row) + 1);
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_level), MP_OBJ_NEW_QSTR(level_names[l.choice.level]));
    for (size_t i = 0; i < MP_ARRAY_SIZE(row); i++)
        mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(row[i].name), mp_obj_new_int_from_uint(row[i].value));
    return dict;
}
static MP_DEFINE_CONST_FUN_OBJ_0(stats_obj, hs_mod_stats);

/* --- dump ---------------------------------------------------------------------------------------------- */

#define LINE 45u /* bytes per line: the text fits into 80 columns, so no terminal breaks it */

static bool is_blank(const uint8_t *bytes, uint32_t len)
{
    while (len && !*bytes)
        bytes++, len--;
    return !len;
}

/* BEGIN and END have the same values, because either may be lost. */
static void print_frame(const char *what, uint32_t size, uint32_t check)
{
    mp_printf(&mp_plat_print, "HS:%s %u %08x\n", what, (unsigned)size, (unsigned)check);
}

static void print_line(const uint8_t *bytes, uint32_t at, uint32_t len)
{
    char text[HS_BASE64_LEN(LINE) + 1];
    const uint8_t where[] = {(uint8_t)at, (uint8_t)(at >> 8), (uint8_t)(at >> 16), (uint8_t)(at >> 24)};
    text[hs_base64_encode(text, bytes, len)] = '\0';
    mp_printf(&mp_plat_print, "HS:%x %s %08x\n", (unsigned)at, text,
              (unsigned)hs_crc32(hs_crc32(0, where, sizeof where), bytes, len));
}

/* Prints lines of base64, each with its offset and check, except lines with only zeros. Allocates nothing. Recording must be
 * off. */
static void print_image(const uint8_t *image, uint32_t size, uint32_t from)
{
    uint32_t check = hs_crc32(0, image, size);
    print_frame("BEGIN", size, check);
    for (uint32_t at = from, len; at < size; at += len) {
        len = size - at < LINE ? size - at : LINE;
        if (!is_blank(image + at, len))
            print_line(image + at, at, len);
    }
    print_frame("END", size, check);
}

static void write_image(mp_obj_t stream, const uint8_t *image, uint32_t size)
{
    int error;
    mp_get_stream_raise(stream, MP_STREAM_OP_WRITE);
    mp_stream_write_exactly(stream, image, size, &error);
    if (error)
        mp_raise_OSError(error);
}

/* Recording pauses, so that the image does not change; a stream may allocate, and a keyframe follows. While recording is
 * stopped, all dumps have the same image, so one can complete another. */
static mp_obj_t hs_mod_dump(size_t n_args, const mp_obj_t *args)
{
    const struct hs_ring_header *image = need_image();
    bool recording = hs_state != HS_STATE_OFF;
    mp_int_t from = 0;
    bool text = !n_args || mp_obj_get_int_maybe(args[0], &from);
    if (recording)
        WHOLE(hs_stop());
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        if (text)
            print_image((const uint8_t *)image, hs_image_size(), (uint32_t)from);
        else
            write_image(args[0], (const uint8_t *)image, hs_image_size());
        nlr_pop();
        nlr.ret_val = NULL;
    }
    if (recording)
        WHOLE(hs_start());
    if (nlr.ret_val)
        nlr_jump(nlr.ret_val);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(dump_obj, 0, 1, hs_mod_dump);

/* --- streaming ----------------------------------------------------------------------------------------- */

#if HS_WITH_STREAMING
static mp_obj_t hs_mod_stream(size_t n_args, const mp_obj_t *args)
{
    mp_int_t every = n_args > 1 ? mp_obj_get_int(args[1]) : 8;
    if (every < 1)
        mp_raise_ValueError(MP_ERROR_TEXT("a keyframe in every packet at most"));
    if (need_image()->flags & HS_RING_STREAM)
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("the trace leaves by HEAPSTRATA_OUT already"));
    if (args[0] == mp_const_none)
        hs_mp_stream_end();
    else
        hs_mp_stream_begin(args[0], (mp_uint_t)every);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(stream_obj, 1, 2, hs_mod_stream);

static mp_obj_t hs_mod_poll(void) { return mp_obj_new_bool(hs_mp_stream_poll()); }
static MP_DEFINE_CONST_FUN_OBJ_0(poll_obj, hs_mod_poll);
#endif

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_heapstrata)},
    {MP_ROM_QSTR(MP_QSTR_start), MP_ROM_PTR(&start_obj)},
    {MP_ROM_QSTR(MP_QSTR_stop), MP_ROM_PTR(&stop_obj)},
    {MP_ROM_QSTR(MP_QSTR_mark), MP_ROM_PTR(&mark_obj)},
    {MP_ROM_QSTR(MP_QSTR_snapshot), MP_ROM_PTR(&snapshot_obj)},
    {MP_ROM_QSTR(MP_QSTR_refs), MP_ROM_PTR(&refs_obj)},
    {MP_ROM_QSTR(MP_QSTR_dump), MP_ROM_PTR(&dump_obj)},
#if HS_WITH_STREAMING
    {MP_ROM_QSTR(MP_QSTR_stream), MP_ROM_PTR(&stream_obj)},
    {MP_ROM_QSTR(MP_QSTR_poll), MP_ROM_PTR(&poll_obj)},
#endif
    {MP_ROM_QSTR(MP_QSTR_stats), MP_ROM_PTR(&stats_obj)},
    {MP_ROM_QSTR(MP_QSTR_reset), MP_ROM_PTR(&reset_obj)},
#if HS_WITH_TRACK
    {MP_ROM_QSTR(MP_QSTR_track), MP_ROM_PTR(&hs_mod_track_obj)},
#endif
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t heapstrata_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_heapstrata, heapstrata_module);
