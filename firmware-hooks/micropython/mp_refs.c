/* SPDX-License-Identifier: MIT
 *
 * The reference graph. As in the collector, a word is a reference if its value is the address of a live block's head,
 * whatever the word really is.
 *
 * Roots: the port's own gc_collect() is called, but its calls of gc_collect_start, gc_collect_root and gc_collect_end are
 * redirected and mark nothing. So the roots are exactly those of a real collection on any port: mp_state_ctx, registers, the
 * stacks of all threads, and the port's other roots.
 *
 * FORMAT.md, chapter 8, describes the bytes.
 */
#include "firmware-hooks/micropython/mp_refs.h"

#include <string.h>

#include "firmware-hooks/micropython/mp_hooks.h"
#include "firmware-hooks/micropython/mp_versions.h"
#include "lib/heapstrata.h"
#include "lib/varint.h"
#include "py/bc.h"
#include "py/gc.h"
#include "py/objmodule.h"
#include "py/runtime.h"

void __real_gc_collect_root(void **ptrs, size_t len);
void __wrap_gc_collect_root(void **ptrs, size_t len);
HS_MP_SAME_TYPE(gc_collect_root);

#if HS_WITH_REFERENCES

#define GRANULE MICROPY_BYTES_PER_GC_BLOCK
#define WORD sizeof(void *)
#define NO_BLOCK HS_POS_IMPLIED
#define NOINLINE __attribute__((noinline))
enum { AT_FREE, AT_HEAD, AT_TAIL, AT_MARK };

#if MICROPY_GC_SPLIT_HEAP
#define NEXT_AREA(a) ((a)->next)
#else
#define NEXT_AREA(a) NULL
#endif
#define FOR_EACH_AREA(a) for (const mp_state_mem_area_t *a = &MP_STATE_MEM(area); a; a = NEXT_AREA(a))

/* --- the target of a word ------------------------------------------------------------------------------ */

static unsigned kind_at(const mp_state_mem_area_t *a, size_t granule)
{
    return a->gc_alloc_table_start[granule / 4] >> 2 * (granule % 4) & 3;
}

static const mp_state_mem_area_t *area_of(uintptr_t word)
{
    FOR_EACH_AREA(a)
    if (word >= (uintptr_t)a->gc_pool_start && word < (uintptr_t)a->gc_pool_end)
        return a;
    return NULL;
}

static uint32_t length_at(const mp_state_mem_area_t *a, size_t at)
{
    size_t end = at + 1, n = a->gc_alloc_table_byte_len * 4;
    while (end < n && kind_at(a, end) == AT_TAIL)
        end++;
    return (uint32_t)(end - at);
}

/* If the word is the address of a live block's head: the block's granule; otherwise NO_BLOCK. */
static uint32_t target_of(uintptr_t word)
{
    if (word & (GRANULE - 1))
        return NO_BLOCK;
    const mp_state_mem_area_t *a = area_of(word);
    if (!a || kind_at(a, (word - (uintptr_t)a->gc_pool_start) / GRANULE) != AT_HEAD)
        return NO_BLOCK;
    return hs_mp_pos((const void *)word);
}

uint32_t hs_mp_head(uintptr_t word) { return target_of(word); }

size_t hs_mp_bytes_at(const void *head)
{
    if (target_of((uintptr_t)head) == NO_BLOCK)
        return 0;
    const mp_state_mem_area_t *a = area_of((uintptr_t)head);
    return (size_t)length_at(a, ((uintptr_t)head - (uintptr_t)a->gc_pool_start) / GRANULE) * GRANULE;
}

/* --- roots ----------------------------------------------------------------------------------------------- */

/* The most bytes of a root's pair: number of words between, and block. */
#define ROOT_MAX (2 * HS_VARINT32_MAX)

enum root { ROOT_STATE = 1, ROOT_REGISTERS, ROOT_STACK, ROOT_PYSTACK, ROOT_OTHER };

struct range {
    const uintptr_t *at, *end;
    uintptr_t address; /* recorded instead of `at` */
    uint8_t kind;      /* enum root */
};

static void record_roots(const struct range *r, uintptr_t address, const uint8_t *data, uint32_t len)
{
    HS_MP_RECORD_WALKING(&(struct hs_record){
        .kind = HS_ROOT, .root = {.origin = r->kind, .thread = hs_mp_thread(), .address = address, .refs = {data, len}}});
}

static void put_roots(struct range r)
{
    uint8_t data[HS_DATA_MAX], *to = data;
    uint32_t gap = 0, before = 0, len = 0;
    uintptr_t address = r.address;
    for (; r.at < r.end; r.at++, r.address += WORD) {
        uint32_t target = target_of(*r.at);
        if (target == NO_BLOCK) {
            gap += len != 0;
            continue;
        }
        address = len ? address : r.address;
        to = hs_put_u32(to, gap);
        to = hs_put_u32(to, hs_zigzag32((int32_t)(target - before)));
        before = target;
        gap = 0;
        len = (uint32_t)(to - data);
        if (len > HS_DATA_MAX - ROOT_MAX) {
            record_roots(&r, address, data, len);
            to = data;
            len = before = 0;
        }
    }
    if (len)
        record_roots(&r, address, data, len);
}

/* The roots that gc_collect_start marks. */
void hs_mp_refs_state(void)
{
    const uintptr_t *state = (const uintptr_t *)(const void *)&mp_state_ctx;
    size_t start = offsetof(mp_state_ctx_t, thread.dict_locals), end = offsetof(mp_state_ctx_t, vm.qstr_last_chunk);
    put_roots((struct range){state + start / WORD, state + end / WORD, start, ROOT_STATE});
#if MICROPY_ENABLE_PYSTACK
    const uintptr_t *stack = (const uintptr_t *)(const void *)MP_STATE_THREAD(pystack_start);
    put_roots(
        (struct range){stack, (const uintptr_t *)(const void *)MP_STATE_THREAD(pystack_cur), (uintptr_t)stack, ROOT_PYSTACK});
#endif
}

/* On these machines the port saves the registers just below the part of the stack that it scans. */
#if defined(__x86_64__)
#define REGISTERS 6
#elif defined(__i386__)
#define REGISTERS 4
#else
#define REGISTERS 0
#endif

static void put_range(const uintptr_t *at, size_t len)
{
    const uintptr_t *end = at + len;
    uint8_t kind = (uintptr_t)end / WORD == (uintptr_t)MP_STATE_THREAD(stack_top) / WORD ? ROOT_STACK : ROOT_OTHER;
    size_t registers = kind == ROOT_STACK ? REGISTERS : 0;
    put_roots((struct range){at, at + registers, (uintptr_t)at, ROOT_REGISTERS});
    put_roots((struct range){at + registers, end, (uintptr_t)(at + registers), kind});
    hs_mp_frames_in(at, end);
}

void __wrap_gc_collect_root(void **ptrs, size_t len)
{
    if (hs_mp_walking)
        put_range((const uintptr_t *)(const void *)ptrs, len);
    else
        __real_gc_collect_root(ptrs, len);
}

/* --- names ----------------------------------------------------------------------------------------------- */

enum value { VALUE_IMMEDIATE, VALUE_BLOCK, VALUE_OUTSIDE, VALUE_MASK = 3, NAME_ON_HEAP = 4 };

static const uint8_t *text_of(qstr q, size_t *len) { return (const uint8_t *)qstr_data(q, len); }

static uint8_t value_kind(mp_obj_t value)
{
    if (!mp_obj_is_obj(value))
        return VALUE_IMMEDIATE;
    return area_of((uintptr_t)MP_OBJ_TO_PTR(value)) ? VALUE_BLOCK : VALUE_OUTSIDE;
}

/* The most bytes of a record without its data: kind, time, block, word, part, length. */
#define RECORD_MAX 12

/* These write records, unless `dry`, and return the most bytes that they take. */
static uint32_t put_global(uint32_t slot, const mp_map_elem_t *elem, bool dry)
{
    size_t len;
    const uint8_t *text = text_of(MP_OBJ_QSTR_VALUE(elem->key), &len);
    if (dry)
        return RECORD_MAX + (uint32_t)len;
    uint8_t kind = value_kind(elem->value);
    hs_record(&(struct hs_record){
        .kind = HS_GLOBAL,
        .global =
            {
                .slot = slot,
                .what = (uint8_t)(kind | (area_of((uintptr_t)text) ? NAME_ON_HEAP : 0)),
                .pos = kind == VALUE_BLOCK ? target_of((uintptr_t)MP_OBJ_TO_PTR(elem->value)) : NO_BLOCK,
                .key = (uint32_t)MP_OBJ_QSTR_VALUE(elem->key),
                .name = {(const char *)text, (uint32_t)len},
            },
    });
    return RECORD_MAX + (uint32_t)len;
}

/* Not for modules in ROM, whose globals are constant. */
static uint32_t put_module(qstr name, const mp_obj_dict_t *globals, bool dry)
{
    size_t len;
    const uint8_t *text = text_of(name, &len);
    const mp_map_t *map = &globals->map;
    uint32_t bytes = RECORD_MAX + (uint32_t)len;
    if (map->is_fixed)
        return 0;
    if (!dry)
        hs_record(&(struct hs_record){.kind = HS_MODULE,
                                      .module = {.pos = target_of((uintptr_t)map->table),
                                                 .slots = (uint32_t)map->alloc,
                                                 .name = {(const char *)text, (uint32_t)len}}});
    for (size_t i = 0; i < map->alloc; i++)
        if (mp_map_slot_is_filled(map, i) && mp_obj_is_qstr(map->table[i].key))
            bytes += put_global((uint32_t)i, &map->table[i], dry);
    return bytes;
}

static uint32_t put_modules(bool dry)
{
    const mp_map_t *loaded = &MP_STATE_VM(mp_loaded_modules_dict).map;
    uint32_t bytes = put_module(MP_QSTR___main__, &MP_STATE_VM(dict_main), dry);
    for (size_t i = 0; i < loaded->alloc; i++) {
        if (!mp_map_slot_is_filled(loaded, i) || !mp_obj_is_type(loaded->table[i].value, &mp_type_module))
            continue;
        const mp_obj_module_t *module = MP_OBJ_TO_PTR(loaded->table[i].value);
        if (module->globals != &MP_STATE_VM(dict_main) && mp_obj_is_qstr(loaded->table[i].key))
            bytes += put_module(MP_OBJ_QSTR_VALUE(loaded->table[i].key), module->globals, dry);
    }
    return bytes;
}

/* --- references ------------------------------------------------------------------------------------------- */

#define GROUP 7u /* words of a block per mask */
#define GROUP_MAX (1 + GROUP * HS_VARINT32_MAX)
#define RUN_MOST 128u
#define SKIP_MOST 127u
#define PART_LAST 2

struct block {
    const uintptr_t *at;
    uint32_t words;
    uint32_t pos;
};

struct writer {
    uint32_t pos, word;     /* start of this record: block, and word in it */
    uint32_t none;          /* blocks without references that are not yet written */
    uint32_t first, before; /* bases of the next differences: for a block's first word, for its other words */
    uint32_t bytes;         /* bytes of all records so far */
    uint8_t part, len;
    bool unfinished; /* the last block has more words than were written */
    bool dry;        /* only count the bytes */
    uint8_t data[HS_DATA_MAX];
};

static void begin(struct writer *w, uint32_t pos, uint32_t word)
{
    w->pos = w->first = w->before = pos;
    w->word = word;
    w->len = 0;
    w->unfinished = false;
}

static void emit(struct writer *w)
{
    if (!w->dry)
        hs_record(&(struct hs_record){.kind = HS_REFS,
                                      .refs = {.pos = w->pos, .word = w->word, .part = w->part, .refs = {w->data, w->len}}});
    w->bytes += w->len + RECORD_MAX;
}

/* Marks the end of the last block, if it has words that were not written. */
static void finish(struct writer *w)
{
    if (w->unfinished)
        w->data[w->len++] = 0;
    w->unfinished = false;
}

/* Writes the number of blocks without references before the one at `next`. A new record that begins there needs no number. */
static void flush_none(struct writer *w, uint32_t next)
{
    for (; w->none && w->len <= HS_DATA_MAX - 2; w->none -= w->none < RUN_MOST ? w->none : RUN_MOST) {
        finish(w);
        w->data[w->len++] = (uint8_t)((w->none < RUN_MOST ? w->none : RUN_MOST) - 1);
    }
    if (w->none) {
        emit(w);
        begin(w, next, 0);
        w->none = 0;
    }
}

static bool has_targets(const struct block *b, uint32_t word)
{
    for (uint32_t i = word; i < word + GROUP && i < b->words; i++)
        if (target_of(b->at[i]) != NO_BLOCK)
            return true;
    return false;
}

/* Writes a mask and the targets of seven words from `word` on; returns the byte after them. */
static uint8_t *put_group(struct writer *w, const struct block *b, uint32_t word, uint8_t *to)
{
    uint8_t *mask = to++;
    *mask = 0x80;
    for (uint32_t i = 0; i < GROUP && word + i < b->words; i++) {
        uint32_t target = target_of(b->at[word + i]);
        if (target == NO_BLOCK)
            continue;
        uint32_t *base = word + i ? &w->before : &w->first;
        *mask |= (uint8_t)(1u << i);
        to = hs_put_u32(to, hs_zigzag32((int32_t)(target - *base)));
        *base = target;
    }
    return to;
}

/* Appends the group at `word`, after `skip` groups without references. Returns false and changes nothing if there is no
 * room. */
static bool append(struct writer *w, const struct block *b, uint32_t word, uint32_t skip)
{
    uint8_t group[GROUP_MAX];
    uint32_t first = w->first, before = w->before;
    size_t len = (size_t)(put_group(w, b, word, group) - group);
    if (skip > SKIP_MOST || w->len + len + (skip != 0) > HS_DATA_MAX) {
        w->first = first;
        w->before = before;
        return false;
    }
    if (skip)
        w->data[w->len++] = (uint8_t)skip;
    memcpy(w->data + w->len, group, len);
    w->len = (uint8_t)(w->len + len);
    return true;
}

/* Starts a block. Its first group is always written, even without references. Returns false if there is no room. */
static bool start_block(struct writer *w, const struct block *b, uint32_t *skip)
{
    flush_none(w, b->pos);
    w->before = b->pos;
    if (w->len > HS_DATA_MAX - 2)
        return false;
    finish(w);
    if (*skip) {
        w->data[w->len++] = 0x80;
        --*skip;
    }
    return true;
}

static void put_block(struct writer *w, const struct block *b)
{
    uint32_t skip = 0;
    bool started = false;
    for (uint32_t word = 0; word < b->words; word += GROUP) {
        if (!has_targets(b, word)) {
            skip++;
            continue;
        }
        if (!(started || start_block(w, b, &skip)) || !append(w, b, word, skip)) {
            emit(w);
            begin(w, b->pos, word);
            append(w, b, word, 0);
        }
        started = true;
        skip = 0;
        w->unfinished = word + GROUP < b->words;
    }
    w->none += !started;
}

static void put_area(struct writer *w, const mp_state_mem_area_t *a)
{
    size_t n = a->gc_alloc_table_byte_len * 4;
    begin(w, hs_mp_pos(a->gc_pool_start), 0);
    for (size_t at = 0, len; at < n; at += len) {
        len = 1;
        if (kind_at(a, at) != AT_HEAD)
            continue;
        len = length_at(a, at);
        struct block block = {(const uintptr_t *)(const void *)(a->gc_pool_start + at * GRANULE),
                              HS_MP_SCANS(a, at) ? (uint32_t)(len * GRANULE / WORD) : 0,
                              hs_mp_pos(a->gc_pool_start + at * GRANULE)};
        put_block(w, &block);
    }
    w->part |= NEXT_AREA(a) ? 0 : PART_LAST;
    w->none = 0; /* blocks that are not written have no references */
    emit(w);
}

static NOINLINE uint32_t put_references(bool dry)
{
    struct writer w = {.dry = dry};
    FOR_EACH_AREA(a)
    put_area(&w, a);
    return w.bytes;
}

/* --- the whole graph ---------------------------------------------------------------------------------------- */

/* Stack frames of the functions above had addresses of blocks. If these stayed on the stack, a later collection could take
 * them as references. */
static NOINLINE void wipe_stack(void)
{
    volatile uintptr_t below[192];
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
        below[i] = 0;
}

/* If other threads scan their stacks in a signal handler, none of them may be writing a record then: so this thread holds the
 * lock. */
#ifdef HS_PORT_GC_SIGNALS
static NOINLINE void put_all_roots(void)
{
    hs_lock_t lock = hs_port_lock();
    hs_mp_walk_roots();
    hs_port_unlock(lock);
}
#else
#define put_all_roots() hs_mp_walk_roots()
#endif

/* In a ring of which `most` bytes are too little nothing is recorded, and the bytes of the references are returned. `all`: the
 * snapshot and the modules' names count, too. */
static NOINLINE uint32_t record_graph(bool all, uint32_t most)
{
    if (!(hs_image()->flags & HS_RING_STREAM)) {
        uint32_t bytes = put_references(true);
        if (bytes + (all ? hs_mp_heap.keyframe_size() + put_modules(true) : 0) > most)
            return bytes;
    }
    hs_mp_snapshot();
    hs_mp_frames_begin();
    put_all_roots();
    put_modules(false);
    put_references(false);
    return 0;
}

static uint32_t record_refs(bool all, uint32_t most)
{
    bool ordered = hs_mp_enter_order();
    uint32_t refused = record_graph(all, most);
    hs_mp_leave_order(ordered);
    wipe_stack();
    return refused;
}

uint32_t hs_mp_refs(void) { return record_refs(false, hs_stats().ring_size / 2); }

static uint8_t when;

/* The references at failures. */
static struct {
    uint8_t recorded, refused; /* times */
    uint32_t packets;          /* when the last ones were begun; 0: there are none */
    uint32_t offered;          /* records, when they were complete */
} fails;

void hs_mp_refs_forget(void) { memset(&fails, 0, sizeof fails); }

/* newlib's strstr and strcspn would cost flash. */
bool hs_mp_refs_when(const char *words)
{
    uint8_t moments = 0;
    for (; *words; words++) {
        uint8_t moment = !strncmp(words, "mark", 4) ? HS_REFS_AT_MARK : !strncmp(words, "fail", 4) ? HS_REFS_AT_FAIL : 0;
        if (moment)
            words += 3;
        else if (*words != ',' && *words != ' ')
            return false;
        moments |= moment;
    }
    when = moments;
    hs_mp_refs_forget();
    return true;
}

/* Without the layout, references are of no use. */
static bool has_layout(void) { return hs_state == HS_STATE_ON || hs_state == HS_STATE_KEYFRAME_DUE; }

void hs_mp_refs_mark(void)
{
    if (when & HS_REFS_AT_MARK && has_layout())
        hs_mp_refs();
}

#define FAIL_PART 3 /* of a ring: with their snapshot and the modules' names they take at most 1/FAIL_PART of it */

/* The most bytes of the stack that the functions of this file and those that they call take on a Cortex-M3, and a quarter more. */
#define REFS_STACK (320 * sizeof(uintptr_t))

/* Whether the ring still has the references of a failure. */
static bool has_those_of_a_failure(void)
{
    const struct hs_ring_header *ring = hs_image();
    return fails.packets && !(ring->flags & HS_RING_STREAM) && hs_stats().packets - fails.packets < ring->packet_count;
}

/* Requests that fail at once after a failure, such as those for the exception and its traceback, tell nothing more, and their
 * references would overwrite what led to the failure. */
#define NEXT_BYTES (32 * sizeof(uintptr_t))
#define NEXT_RECORDS 250u
static bool follows_a_failure(size_t bytes)
{
    return bytes <= NEXT_BYTES && has_those_of_a_failure() && hs_stats().offered - fails.offered < NEXT_RECORDS;
}

/* Whether the stack has room for what records the graph. */
#if MICROPY_STACK_CHECK
static bool has_stack(void)
{
    uintptr_t here = (uintptr_t)&here, top = (uintptr_t)MP_STATE_THREAD(stack_top);
    return top - here + REFS_STACK <= MP_STATE_THREAD(stack_limit);
}
#else
#define has_stack() true
#endif

void hs_mp_refs_fail(size_t bytes)
{
    if (!has_layout() || !(when & HS_REFS_AT_FAIL) || follows_a_failure(bytes) || !has_stack())
        return;
    if (!has_those_of_a_failure() && !(hs_image()->flags & HS_RING_STREAM))
        fails.recorded = 0; /* a ring does not have them any more */
    if (fails.recorded == HS_REFS_FAILS || fails.refused == HS_REFS_FAILS)
        return;
    uint32_t packets = hs_stats().packets;
    if (record_refs(true, hs_stats().ring_size / FAIL_PART)) {
        fails.refused++;
        return;
    }
    fails.recorded++;
    fails.packets = packets;
    fails.offered = hs_stats().offered;
}

#else

void __wrap_gc_collect_root(void **ptrs, size_t len) { __real_gc_collect_root(ptrs, len); }
uint32_t hs_mp_refs(void) { return 0; }
bool hs_mp_refs_when(const char *words)
{
    (void)words;
    return false;
}
void hs_mp_refs_forget(void) {}
void hs_mp_refs_mark(void) {}
void hs_mp_refs_fail(size_t bytes) { (void)bytes; }
void hs_mp_refs_state(void) {}

#endif
