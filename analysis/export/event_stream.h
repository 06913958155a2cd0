/* SPDX-License-Identifier: MIT
 *
 * A trace told as a sequence of named events with named values, for exporters that write every event.
 *
 *     struct hs_story *story = hs_story_new(&(struct hs_story_config){ .reader = reader, .sets = HS_STORY_RECORDS });
 *     struct hs_telling telling;
 *     while (hs_story_next(story, &telling) == HS_OK && telling.kind != HS_TELLING_END)
 *         ...
 *     hs_story_free(story);
 *
 * Two sets of events:
 *
 *   HS_STORY_RECORDS  "heapstrata:alloc", ...: each record of the trace is one event, with the fields that
 *                     records.def gives it, its number, and what the host knows: address, place in the
 *                     source. Between them samples: "heapstrata:heap", the state of the heap, whenever used or the longest free
 *                     run have moved by a 64th of the heap, at each end of a collection, and where something is worth a
 *                     flag; after it "heapstrata:live" for each kind of block whose bytes changed since the last. Where text
 *                     of mem_info() does not print the longest run, "heapstrata:usage" is told instead.
 *   HS_STORY_LIBC     "lttng_ust_libc:malloc", ...: what each record changes, in the events of LTTng's wrapper
 *                     of the C library, which other programs' memory analyses know. Each is of the thread that
 *                     asked for the block first, whoever freed it, so that what a thread holds is never below nothing.
 *   HS_STORY_BLOCKS   "heapstrata:block": one event a block and place that held it, when it is over, and at the end of the trace
 *                     for those that are there.
 */
#ifndef HS_EXPORT_EVENT_STREAM_H
#define HS_EXPORT_EVENT_STREAM_H

#include "analysis/export/changes.h"
#include "analysis/symbols/symbols.h"

enum hs_story_set { HS_STORY_RECORDS = 1, HS_STORY_LIBC = 2, HS_STORY_BLOCKS = 4 };

/* HEX: an address. The narrow ones are for formats that have a use for them; values are 64 bits wide. */
enum hs_story_type { HS_STORY_U8, HS_STORY_U32, HS_STORY_U64, HS_STORY_HEX, HS_STORY_INT, HS_STORY_TEXT };

struct hs_story_field {
    const char *name;
    enum hs_story_type type;
};

#define HS_STORY_FIELDS 24 /* of one event, at most */

struct hs_story_class {
    const char *name; /* NULL: not in use */
    struct hs_story_field field[HS_STORY_FIELDS];
    unsigned n_fields;
    enum hs_story_set set;
    bool sample; /* no record of the trace */
};

union hs_story_value {
    uint64_t u;
    int64_t i;
    const char *s; /* never NULL */
};

enum hs_telling_kind {
    HS_TELLING_EVENT,
    HS_TELLING_PACKET,     /* events follow that were recorded without a gap */
    HS_TELLING_PACKET_END,
    HS_TELLING_LOSS,       /* in front of a packet: records are missing between `ns` and `until` */
    HS_TELLING_WAIT,       /* nothing follows for now: the trace is being written (hs_reader_follow) */
    HS_TELLING_END,        /* nothing follows */
};

struct hs_telling {
    enum hs_telling_kind kind;
    unsigned class;      /* EVENT: index for hs_story_class */
    uint32_t thread;     /* EVENT */
    uint32_t boot;       /* EVENT */
    uint64_t ns;         /* since the trace's first event, never going back */
    uint32_t none;      /* EVENT: a bit for each field whose value is not known: it is 0 or "" */
    uint64_t until, count; /* LOSS */
    const union hs_story_value *value; /* EVENT: of the class's fields; valid until the next call */
    const struct hs_model *model;   /* END: the heap as it is then, */
    const struct hs_reader *reader; /* and the reader, for names */
};

struct hs_story_config {
    struct hs_reader *reader;     /* at its beginning; remains the caller's */
    struct hs_symbols *symbols;   /* for names of native functions; NULL: none */
    unsigned sets;                /* enum hs_story_set */
    bool declare;                 /* begin with one event of each class of HS_STORY_LIBC that has no meaning, all
                                     values 0: formats that name only classes with events then name them all */
};

struct hs_story;

/* NULL when out of memory. */
struct hs_story *hs_story_new(const struct hs_story_config *config);
void hs_story_free(struct hs_story *story);

/* The next thing to tell. Returns HS_OK, or a negative enum hs_err when the trace cannot be told any further;
 * damage that the reader skipped is in hs_reader_error. */
int hs_story_next(struct hs_story *story, struct hs_telling *telling);

/* What the traced program is called, cut to what kernels keep of such a name: "micropython". Known once the first event is told. */
#define HS_STORY_PROCESS 16
void hs_story_process(const struct hs_story *story, char name[HS_STORY_PROCESS]);

/* The classes, the same for every story: index from 0 to hs_story_classes(). */
unsigned hs_story_classes(void);
const struct hs_story_class *hs_story_class(unsigned index);

/* What the value of a field stands for: "threshold"; NULL when the field is no enumeration, or this no value of it. */
bool hs_story_field_is_word(unsigned class, unsigned field);
const char *hs_story_word(unsigned class, unsigned field, uint64_t value);

/* The model, as it is after the event told last. */
const struct hs_model *hs_story_model(const struct hs_story *story);

#endif
